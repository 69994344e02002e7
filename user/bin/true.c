/* true - succeed. Linked as false, fail. */
#include <errno.h>
#include <string.h>

int
main(void)
{
	return !strcmp(program_invocation_short_name, "false");
}
