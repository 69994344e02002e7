/* basename PATH [SUFFIX], dirname PATH */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	char *s;

	if (!strcmp(program_invocation_short_name, "dirname")) {
		if (argc != 2)
			usage("dirname PATH");
		puts(dirname(argv[1]));
		return finish_output(0);
	}
	if (argc < 2 || argc > 3)
		usage("basename PATH [SUFFIX]");
	s = basename(argv[1]);
	if (argc == 3) {
		size_t n = strlen(s), m = strlen(argv[2]);

		if (n > m && !strcmp(s + n - m, argv[2]))
			s[n - m] = '\0';
	}
	puts(s);
	return finish_output(0);
}
