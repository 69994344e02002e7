/* test EXPRESSION, [ EXPRESSION ] - status 0 if it is true. */
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	return test_main(argc, argv);
}
