/* tty [-s] - the name of the terminal that is standard input; status 1 if it is none. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	int silent = 0, c;
	char name[PATH_MAX];
	ssize_t n;

	while ((c = getopt(argc, argv, "s")) != -1) {
		silent = 1;
		if (c == '?')
			usage("tty [-s]");
	}
	if (optind < argc)
		usage("tty [-s]");
	if (!isatty(0)) {
		if (!silent)
			puts("not a tty");
		return 1;
	}
	n = readlink("/proc/self/fd/0", name, sizeof name - 1);
	if (n < 0)
		die_errno("/proc/self/fd/0");
	name[n] = 0;
	if (!silent)
		puts(name);
	return finish_output(0);
}
