/* getopt.c - options, as POSIX: no permutation, no long names. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *optarg;
int optind = 1, opterr = 1, optopt;

static int at;			/* index in argv[optind] of the next letter, 0 at a word's start */

int
getopt(int argc, char *const argv[], const char *opts)
{
	const char *p;
	int c;

	if (optind == 0) {
		optind = 1;
		at = 0;
	}
	optarg = NULL;
	if (at == 0) {
		if (optind >= argc || argv[optind][0] != '-' || !argv[optind][1])
			return -1;
		if (!strcmp(argv[optind], "--")) {
			optind++;
			return -1;
		}
		at = 1;
	}
	c = (unsigned char)argv[optind][at++];
	p = c == ':' ? NULL : strchr(opts, c);
	if (p && p[1] == ':') {
		if (argv[optind][at])
			optarg = argv[optind] + at;
		else if (++optind < argc)
			optarg = argv[optind];
		optind++;
		at = 0;
		if (optarg)
			return c;
	} else if (!argv[optind][at]) {
		optind++;
		at = 0;
	}
	if (p && p[1] != ':')
		return c;
	optopt = c;
	if (*opts == ':')
		return p ? ':' : '?';
	if (opterr)
		fprintf(stderr, p ? "%s: option -%c needs an argument\n" : "%s: unknown option -%c\n", argv[0], c);
	return '?';
}
