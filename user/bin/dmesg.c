/* dmesg [-c] [-n LEVEL] - the kernel's log; -c empties it, -n sets what the console shows. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>
#include "common/cmd.h"

#define READ_ALL	3
#define READ_CLEAR	4
#define CONSOLE_LEVEL	8
#define SIZE_BUFFER	10

int
main(int argc, char **argv)
{
	int clear = 0, c, size, n, start = 1;
	char *buf, *p;

	while ((c = getopt(argc, argv, "cn:")) != -1) {
		if (c == '?')
			usage("dmesg [-c] [-n LEVEL]");
		if (c == 'n') {
			if (klogctl(CONSOLE_LEVEL, NULL, number(optarg, "level")) < 0)
				die_errno("level");
			return 0;
		}
		clear = 1;
	}
	size = klogctl(SIZE_BUFFER, NULL, 0);
	if (size <= 0)
		size = 65536;
	buf = malloc(size);
	if (!buf)
		die("out of memory");
	n = klogctl(clear ? READ_CLEAR : READ_ALL, buf, size);
	if (n < 0)
		die_errno("klogctl");
	for (p = buf; p < buf + n; p++) {
		if (start && *p == '<') {		/* "<6>": the level is not shown */
			char *q = p + 1;

			while (q < buf + n && isdigit((unsigned char)*q))
				q++;
			if (q < buf + n && *q == '>')
				p = q + 1;
			if (p >= buf + n)
				break;
		}
		putchar(*p);
		start = *p == '\n';
	}
	if (!start)
		putchar('\n');
	return finish_output(0);
}
