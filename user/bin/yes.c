/* yes [WORD...] - the same line for ever. */
#include <stdio.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int i;

	while (!ferror(stdout)) {
		for (i = 1; i < argc; i++)
			printf("%s%s", i > 1 ? " " : "", argv[i]);
		puts(argc > 1 ? "" : "y");
	}
	return finish_output(1);
}
