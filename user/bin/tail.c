/* tail [-f] [-n [+]LINES | -c [+]BYTES | -LINES] [FILE...] */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

static long n = 10;
static int bytes, from_start;

/* Print from the n-th unit on. */
static void
skip_then_print(FILE *f)
{
	long skip = n > 0 ? n - 1 : 0;
	int c;

	while (skip && (c = getc(f)) != EOF)
		skip -= bytes || c == '\n';
	while ((c = getc(f)) != EOF)
		putchar(c);
}

/* Print the last n units: all is kept that might still be among them. */
static void
print_last(FILE *f)
{
	char *buf = NULL;
	size_t used = 0, cap = 0, at, got;
	long left = n;

	for (;;) {
		if (cap - used < 4096) {
			if (bytes && used > 2 * (size_t)n + 4096) {
				memmove(buf, buf + used - n, n);
				used = n;
			} else {
				cap = cap * 2 + 8192;
				buf = realloc(buf, cap);
				if (!buf)
					die("out of memory");
			}
		}
		got = fread(buf + used, 1, 4096, f);
		if (!got)
			break;
		used += got;
	}
	at = used;
	if (bytes) {
		at = used > (size_t)n ? used - n : 0;
	} else if (n > 0) {
		if (at && buf[at - 1] == '\n')
			at--;
		while (at && !(buf[at - 1] == '\n' && --left == 0))
			at--;
	}
	if (used > at)
		fwrite(buf + at, 1, used - at, stdout);
	free(buf);
}

static void
set_count(const char *s)
{
	from_start = *s == '+';
	n = number(s + (*s == '+' || *s == '-'), bytes ? "bytes" : "lines");
}

int
main(int argc, char **argv)
{
	int c, follow = 0, status = 0, many, first = 1;
	char *dash = "-";
	FILE *f = NULL;

	if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		set_count(argv[1] + 1);
		optind = 2;
	}
	while ((c = getopt(argc, argv, "fn:c:")) != -1) {
		if (c == '?')
			usage("tail [-f] [-n [+]LINES | -c [+]BYTES] [FILE...]");
		if (c == 'f') {
			follow = 1;
		} else {
			bytes = c == 'c';
			set_count(optarg);
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
		f = strcmp(*argv, "-") ? fopen(*argv, "r") : stdin;
		if (!f) {
			warn_errno(*argv);
			status = 1;
			continue;
		}
		if (many)
			printf("%s==> %s <==\n", first ? "" : "\n", *argv);
		first = 0;
		if (from_start)
			skip_then_print(f);
		else
			print_last(f);
		if (ferror(f)) {
			warn_errno(*argv);
			status = 1;
		}
	}
	while (follow && f) {
		fflush(stdout);
		clearerr(f);
		while ((c = getc(f)) != EOF)
			putchar(c);
		fflush(stdout);
		usleep(300000);
	}
	return finish_output(status);
}
