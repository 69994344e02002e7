/* du [-ahsckx] [-d DEPTH] [FILE...] - the disk space of trees, in KiB; a file with several names counts once. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/cmd.h"

static int all, human, total, one_device, status;
static long depth_max = -1;
static dev_t device;

/* Files with several names that were met: a hash table with open addressing. */
static struct { dev_t dev; ino_t ino; } *seen;
static size_t seen_size, seen_count;

static size_t
slot(dev_t dev, ino_t ino)
{
	size_t i = (ino * 0x9e3779b97f4a7c15UL ^ dev) >> 7;

	for (i &= seen_size - 1; seen[i].ino && (seen[i].ino != ino || seen[i].dev != dev); )
		i = (i + 1) & (seen_size - 1);
	return i;
}

static int
met_before(const struct stat *st)
{
	size_t i;

	if (2 * seen_count >= seen_size) {
		typeof(seen) old = seen;
		size_t n = seen_size;

		seen_size = n ? 2 * n : 64;
		seen = calloc(seen_size, sizeof *seen);
		if (!seen)
			die("out of memory");
		for (i = 0; i < n; i++)
			if (old[i].ino)
				seen[slot(old[i].dev, old[i].ino)] = old[i];
		free(old);
	}
	i = slot(st->st_dev, st->st_ino);
	if (seen[i].ino)
		return 1;
	seen[i].dev = st->st_dev;
	seen[i].ino = st->st_ino;
	seen_count++;
	return 0;
}

static void
show(unsigned long long blocks, const char *path)
{
	char buf[16];

	if (human)
		printf("%s\t%s\n", human_size(blocks * 512, buf), path);
	else
		printf("%llu\t%s\n", (blocks + 1) / 2, path);
}

/* Blocks of 512 bytes at and below path. */
static unsigned long long
measure(const char *path, int depth)
{
	unsigned long long sum;
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (lstat(path, &st)) {
		warn_errno(path);
		status = 1;
		return 0;
	}
	if (depth == 0)
		device = st.st_dev;
	if (one_device && st.st_dev != device)
		return 0;
	if (st.st_nlink > 1 && met_before(&st))
		return 0;
	sum = st.st_blocks;
	if (S_ISDIR(st.st_mode)) {
		d = opendir(path);
		if (!d) {
			warn_errno(path);
			status = 1;
		}
		while (d && (e = readdir(d))) {
			char *below;

			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			below = path_join(path, e->d_name);
			sum += measure(below, depth + 1);
			free(below);
		}
		if (d)
			closedir(d);
	}
	if (depth == 0 || ((all || S_ISDIR(st.st_mode)) && (depth_max < 0 || depth <= depth_max)))
		show(sum, path);
	return sum;
}

int
main(int argc, char **argv)
{
	static char *here[] = { "." };
	unsigned long long sum = 0;
	int c;

	while ((c = getopt(argc, argv, "ahsckxd:")) != -1) {
		if (c == '?')
			usage("du [-ahsckx] [-d DEPTH] [FILE...]");
		all |= c == 'a';
		human |= c == 'h';
		total |= c == 'c';
		one_device |= c == 'x';
		if (c == 's')
			depth_max = 0;
		if (c == 'd')
			depth_max = number(optarg, "depth");
	}
	argv += optind;
	argc -= optind;
	if (!argc) {
		argv = here;
		argc = 1;
	}
	while (argc--)
		sum += measure(*argv++, 0);
	if (total)
		show(sum, "total");
	return finish_output(status);
}
