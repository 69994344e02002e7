/* free [-hm] - memory, from /proc/meminfo. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/cmd.h"

static unsigned long
field(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtoul(p + strlen(name), NULL, 10) : 0;
}

int
main(int argc, char **argv)
{
	static char text[8192];
	unsigned long total, unused, cached, available, v[4];
	int human = 0, mega = 0, c, i;
	FILE *f;
	size_t n;

	while ((c = getopt(argc, argv, "hmk")) != -1) {
		human |= c == 'h';
		mega |= c == 'm';
		if (c == '?')
			usage("free [-hm]");
	}
	f = fopen("/proc/meminfo", "r");
	if (!f)
		die_errno("/proc/meminfo");
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	total = field(text, "MemTotal:");
	unused = field(text, "MemFree:");
	available = field(text, "MemAvailable:");
	cached = field(text, "\nCached:") + field(text, "Buffers:");
	v[0] = total;
	v[1] = total - unused - cached;
	v[2] = unused;
	v[3] = cached;
	printf("%8s %11s %11s %11s %11s %11s\nMem:    ", "", "total", "used", "free", "cached", "available");
	for (i = 0; i < 5; i++) {
		unsigned long kb = i < 4 ? v[i] : available;
		char buf[16];

		if (human)
			printf(" %11s", human_size((unsigned long long)kb * 1024, buf));
		else
			printf(" %11lu", mega ? kb / 1024 : kb);
	}
	printf("\n");
	return finish_output(0);
}
