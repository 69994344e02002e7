/* uniq [-cdu] [FILE] - lines that repeat the one before, once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

static int counts, only_repeated, only_single;

static void
show(const char *line, long n)
{
	if ((only_repeated && n < 2) || (only_single && n > 1) || !n)
		return;
	if (counts)
		printf("%7ld ", n);
	puts(line);
}

int
main(int argc, char **argv)
{
	char *line = NULL, *last = NULL;
	size_t cap = 0;
	ssize_t got;
	long n = 0;
	int c;

	while ((c = getopt(argc, argv, "cdu")) != -1) {
		counts |= c == 'c';
		only_repeated |= c == 'd';
		only_single |= c == 'u';
		if (c == '?')
			usage("uniq [-cdu] [FILE]");
	}
	if (optind < argc && strcmp(argv[optind], "-") && !freopen(argv[optind], "r", stdin))
		die_errno(argv[optind]);
	while ((got = getline(&line, &cap, stdin)) > 0) {
		if (line[got - 1] == '\n')
			line[got - 1] = '\0';
		if (last && !strcmp(last, line)) {
			n++;
			continue;
		}
		show(last, n);
		free(last);
		last = strdup(line);
		if (!last)
			die("out of memory");
		n = 1;
	}
	show(last, n);
	return finish_output(0);
}
