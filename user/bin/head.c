/* head [-n LINES | -c BYTES | -LINES] [FILE...] */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	long n = 10, left;
	int bytes = 0, c, status = 0, many, first = 1;
	char *dash = "-";

	if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		n = number(argv[1] + 1, "lines");
		optind = 2;
	} else {
		while ((c = getopt(argc, argv, "n:c:")) != -1) {
			if (c == '?')
				usage("head [-n LINES | -c BYTES] [FILE...]");
			n = number(optarg, c == 'c' ? "bytes" : "lines");
			bytes = c == 'c';
		}
	}
	argv += optind;
	argc -= optind;
	if (!argc) {
		argv = &dash;
		argc = 1;
	}
	many = argc > 1;
	for (; argc; argc--, argv++) {
		FILE *f = strcmp(*argv, "-") ? fopen(*argv, "r") : stdin;

		if (!f) {
			warn_errno(*argv);
			status = 1;
			continue;
		}
		if (many)
			printf("%s==> %s <==\n", first ? "" : "\n", *argv);
		first = 0;
		for (left = n; left > 0 && (c = getc(f)) != EOF; left -= bytes || c == '\n')
			putchar(c);
		if (ferror(f)) {
			warn_errno(*argv);
			status = 1;
		}
		if (f != stdin)
			fclose(f);
	}
	return finish_output(status);
}
