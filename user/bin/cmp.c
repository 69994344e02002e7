/* cmp [-s] [-n BYTES] A B - whether two files are the same: status 0, 1 if they differ, 2 if in trouble. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

static void
failed(const char *name)
{
	warn_errno(name);
	_exit(2);
}

static FILE *
open_file(const char *name)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "r") : stdin;

	if (!f)
		failed(name);
	return f;
}

/* Both ends, or one: which file has no more. */
static int
at_end(FILE *a, const char *name_a, const char *name_b, unsigned long at, int silent)
{
	if (!silent)
		fprintf(stderr, "cmp: EOF on %s after byte %lu\n", feof(a) ? name_a : name_b, at);
	return 1;
}

int
main(int argc, char **argv)
{
	unsigned long at, line = 1;
	long long max = -1;
	int silent = 0, c, x, y;
	FILE *a, *b;

	while ((c = getopt(argc, argv, "sn:")) != -1) {
		if (c == '?')
			usage("cmp [-s] [-n BYTES] A B");
		silent |= c == 's';
		if (c == 'n')
			max = size_number(optarg, "bytes");
	}
	if (argc - optind != 2)
		usage("cmp [-s] [-n BYTES] A B");
	a = open_file(argv[optind]);
	b = open_file(argv[optind + 1]);
	for (at = 0; max < 0 || at < (unsigned long)max; at++) {
		x = getc(a);
		y = getc(b);
		if (x == EOF && ferror(a))
			failed(argv[optind]);
		if (y == EOF && ferror(b))
			failed(argv[optind + 1]);
		if (x == y && x == EOF)
			break;
		if (x == EOF || y == EOF)
			return at_end(a, argv[optind], argv[optind + 1], at, silent);
		if (x != y) {
			if (!silent)
				printf("%s %s differ: char %lu, line %lu\n", argv[optind], argv[optind + 1],
				       at + 1, line);
			return finish_output(1);
		}
		line += x == '\n';
	}
	return 0;
}
