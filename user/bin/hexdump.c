/* hexdump [-C] [-n BYTES] [-s SKIP] [FILE] - bytes in hexadecimal; -C also as text. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

static int canonical;

static void
show(unsigned long at, const unsigned char *b, int n)
{
	int i;

	printf(canonical ? "%08lx " : "%07lx", at);
	if (!canonical) {
		for (i = 0; i < n; i += 2)
			printf(" %04x", b[i] | (i + 1 < n ? b[i + 1] << 8 : 0));
		printf("\n");
		return;
	}
	for (i = 0; i < 16; i++) {
		if (i % 8 == 0)
			printf(" ");
		if (i < n)
			printf("%02x ", b[i]);
		else
			printf("   ");
	}
	printf(" |");
	for (i = 0; i < n; i++)
		putchar(isprint(b[i]) ? b[i] : '.');
	printf("|\n");
}

int
main(int argc, char **argv)
{
	unsigned char now[16], last[16];
	unsigned long at = 0, skip = 0, limit = -1;
	int c, n, same = 0, have_last = 0;

	while ((c = getopt(argc, argv, "Cn:s:")) != -1) {
		switch (c) {
		case 'C':
			canonical = 1;
			break;
		case 'n':
			limit = strtoul(optarg, NULL, 0);
			break;
		case 's':
			skip = strtoul(optarg, NULL, 0);
			break;
		default:
			usage("hexdump [-C] [-n BYTES] [-s SKIP] [FILE]");
		}
	}
	if (optind < argc && !freopen(argv[optind], "r", stdin))
		die_errno(argv[optind]);
	if (skip && fseek(stdin, skip, SEEK_SET))
		for (at = 0; at < skip && getchar() != EOF; at++)
			;
	at = skip;
	limit = limit + skip < limit ? limit : limit + skip;
	while (at < limit && (n = fread(now, 1, limit - at < 16 ? limit - at : 16, stdin)) > 0) {
		if (have_last && n == 16 && !memcmp(now, last, 16)) {
			if (!same)
				printf("*\n");
			same = 1;
		} else {
			show(at, now, n);
			same = 0;
		}
		memcpy(last, now, 16);
		have_last = 1;
		at += n;
	}
	if (ferror(stdin))
		die_errno(optind < argc ? argv[optind] : "standard input");
	if (at > skip)
		printf(canonical ? "%08lx\n" : "%07lx\n", at);
	return finish_output(0);
}
