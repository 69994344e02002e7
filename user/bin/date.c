/* date [+FORMAT], date -s @SECONDS - UTC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	const char *fmt = "%a %b %e %H:%M:%S %Z %Y";
	char text[512];
	time_t t = time(NULL);
	int i;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '+') {
			fmt = argv[i] + 1;
		} else if (!strcmp(argv[i], "-s") && i + 1 < argc && argv[i + 1][0] == '@') {
			struct timespec ts = { strtol(argv[++i] + 1, NULL, 10), 0 };

			if (clock_settime(CLOCK_REALTIME, &ts))
				die_errno("clock");
			t = ts.tv_sec;
		} else if (!strcmp(argv[i], "-d") && i + 1 < argc && argv[i + 1][0] == '@') {
			t = strtol(argv[++i] + 1, NULL, 10);
		} else if (strcmp(argv[i], "-u")) {
			usage("date [-u] [-d @SECONDS | -s @SECONDS] [+FORMAT]");
		}
	}
	if (!strftime(text, sizeof text, fmt, gmtime(&t)) && *fmt)
		die("format too long");
	puts(*fmt ? text : "");
	return finish_output(0);
}
