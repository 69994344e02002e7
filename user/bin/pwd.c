/* pwd - print the working directory. */
#include <stdio.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(void)
{
	char *s = getcwd(NULL, 0);

	if (!s)
		die_errno("getcwd");
	puts(s);
	return finish_output(0);
}
