/* readlink [-f] PATH... - where links point; -f: the whole path without links. */
#include <stdio.h>
#include <stdlib.h>
#include <limits.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int full = 0, status = 0, c;
	char buf[PATH_MAX];

	while ((c = getopt(argc, argv, "f")) != -1) {
		full = 1;
		if (c == '?')
			usage("readlink [-f] PATH...");
	}
	if (optind == argc)
		usage("readlink [-f] PATH...");
	for (; optind < argc; optind++) {
		ssize_t n;

		if (full) {
			if (realpath(argv[optind], buf))
				puts(buf);
			else
				status = 1;
			continue;
		}
		n = readlink(argv[optind], buf, sizeof buf - 1);
		if (n < 0) {
			status = 1;
			continue;
		}
		buf[n] = '\0';
		puts(buf);
	}
	return finish_output(status);
}
