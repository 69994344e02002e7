/* cut -c LIST | -b LIST | -f LIST [-d CHAR] [-s] [FILE...] - parts of each line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

#define MAX 4096

static char wanted[MAX + 2];		/* by number, from 1; [MAX + 1] stands for all beyond */
static int fields, skip, sep = '\t';	/* -f, -s, -d */

static void
parse_list(char *s)
{
	char *part;

	while ((part = strsep(&s, ","))) {
		char *end = part;
		long lo = *part == '-' ? 1 : strtol(part, &end, 10), hi = lo;

		if (*end == '-') {
			hi = end[1] ? strtol(end + 1, &end, 10) : MAX + 1;
			if (hi == MAX + 1)
				end++;
		}
		if (*end || lo < 1 || hi < lo)
			die("%s: bad list", part);
		for (; lo <= hi && lo <= MAX + 1; lo++)
			wanted[lo] = 1;
	}
}

static int
is_wanted(long i)
{
	return wanted[i > MAX ? MAX + 1 : i];
}

static void
put_chars(const char *line, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n; i++)
		if (is_wanted(i + 1))
			putchar(line[i]);
}

static void
put_fields(const char *line, ssize_t n)
{
	ssize_t i = 0;
	long at;
	int any = 0;

	for (at = 1; i <= n; at++) {
		const char *end = memchr(line + i, sep, n - i);
		ssize_t len = end ? end - line - i : n - i;

		if (is_wanted(at)) {
			if (any++)
				putchar(sep);
			fwrite(line + i, 1, len, stdout);
		}
		i += len + 1;
	}
}

static void
cut_file(FILE *f)
{
	static char *line;
	static size_t cap;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (!fields) {
			put_chars(line, n);
		} else if (memchr(line, sep, n)) {
			put_fields(line, n);
		} else {
			if (!skip)
				puts(line);
			continue;
		}
		putchar('\n');
	}
}

int
main(int argc, char **argv)
{
	int chosen = 0, c, status = 0;
	char *dash = "-";

	while ((c = getopt(argc, argv, "c:b:f:d:s")) != -1) {
		switch (c) {
		case 'f':
			fields = 1;
			/* fall through */
		case 'c':
		case 'b':
			chosen = 1;
			parse_list(optarg);
			break;
		case 'd':
			sep = *optarg;
			break;
		case 's':
			skip = 1;
			break;
		default:
			chosen = 0;
			optind = argc;
		}
	}
	if (!chosen)
		usage("cut -c LIST | -f LIST [-d CHAR] [-s] [FILE...]");
	argv += optind;
	argc -= optind;
	if (!argc) {
		argv = &dash;
		argc = 1;
	}
	for (; argc; argc--, argv++) {
		FILE *f = strcmp(*argv, "-") ? fopen(*argv, "r") : stdin;

		if (!f) {
			warn_errno(*argv);
			status = 1;
			continue;
		}
		cut_file(f);
		if (f != stdin)
			fclose(f);
	}
	return finish_output(status);
}
