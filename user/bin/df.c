/* df [-h] [FILE...] - how full file systems are. */
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "common/cmd.h"

static int human;

static void
put_size(unsigned long long bytes)
{
	char buf[16];

	if (human)
		printf(" %9s", human_size(bytes, buf));
	else
		printf(" %9llu", bytes / 1024);
}

static int
show(const char *source, const char *path)
{
	struct statfs s;
	unsigned long long size;

	if (statfs(path, &s)) {
		warn_errno(path);
		return 1;
	}
	size = s.f_bsize;
	printf("%-14s", source);
	put_size(s.f_blocks * size);
	put_size((s.f_blocks - s.f_bfree) * size);
	put_size(s.f_bavail * size);
	printf(" %3lu%% %s\n", s.f_blocks ? (unsigned long)((s.f_blocks - s.f_bfree) * 100 / s.f_blocks) : 0, path);
	return 0;
}

int
main(int argc, char **argv)
{
	char line[1024], dev[256], dir[256];
	int status = 0, c;
	FILE *f;

	while ((c = getopt(argc, argv, "hk")) != -1) {
		human |= c == 'h';
		if (c == '?')
			usage("df [-h] [FILE...]");
	}
	printf("%-14s %9s %9s %9s %4s %s\n", "Filesystem", human ? "size" : "1K-blocks", "used", "available",
	       "use%", "mounted on");
	for (; optind < argc; optind++) {
		status |= show("-", argv[optind]);
		if (optind + 1 == argc)
			return finish_output(status);
	}
	f = fopen("/proc/mounts", "r");
	if (!f)
		die_errno("/proc/mounts");
	while (fgets(line, sizeof line, f)) {
		struct statfs s;

		if (sscanf(line, "%255s %255s", dev, dir) == 2 && !statfs(dir, &s) && s.f_blocks)
			status |= show(dev, dir);
	}
	return finish_output(status);
}
