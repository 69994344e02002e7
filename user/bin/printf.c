/* printf FORMAT [ARGUMENT...] */
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	return finish_output(printf_main(argc, argv));
}
