/* kill [-s SIGNAL | -SIGNAL] PID..., kill -l [STATUS...] */
#include <stddef.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	return finish_output(kill_main(argc, argv, NULL));
}
