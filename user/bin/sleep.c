/* sleep SECONDS... - fractions and the suffixes s m h d are understood. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	struct timespec ts = { 0, 0 };
	int i;

	if (argc < 2)
		usage("sleep SECONDS...");
	for (i = 1; i < argc; i++) {
		char *end = argv[i];
		long sec = strtol(argv[i], &end, 10), ns = 0, unit = 100000000, scale = 1;

		if (*end == '.') {
			for (end++; isdigit((unsigned char)*end); end++, unit /= 10)
				ns += (*end - '0') * unit;
		}
		if (*end == 's' || *end == 'm' || *end == 'h' || *end == 'd')
			scale = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : 86400, end++;
		if (end == argv[i] || *end || sec < 0)
			die("%s: not a time", argv[i]);
		ts.tv_sec += sec * scale + ns * scale / 1000000000;
		ts.tv_nsec += ns * scale % 1000000000;
		ts.tv_sec += ts.tv_nsec / 1000000000;
		ts.tv_nsec %= 1000000000;
	}
	while (nanosleep(&ts, &ts))
		if (errno != EINTR)
			die_errno("nanosleep");
	return 0;
}
