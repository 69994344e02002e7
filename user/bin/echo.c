/* echo [-neE] [WORD...] */
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	return finish_output(echo_main(argc, argv));
}
