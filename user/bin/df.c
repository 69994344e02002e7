/* df [-ahiT] [FILE...] - how full file systems are; -a: also those without blocks. */
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "common/cmd.h"
#include "common/mounts.h"

static int human, inodes, types, all;

static void
put_count(unsigned long long n, unsigned long long unit)
{
	char buf[16];

	if (human)
		printf("%9s ", human_size(n * unit, buf));
	else
		printf("%9llu ", inodes ? n : n * unit / 1024);
}

static void
put_head(void)
{
	printf("%-20s ", "Filesystem");
	if (types)
		printf("%-10s ", "Type");
	printf("%9s %9s %9s Use%% Mounted on\n", inodes ? "Inodes" : human ? "Size" : "1K-blocks", "Used", "Available");
}

/* Per cent, rounded up, of what ordinary users may have. */
static unsigned long long
percent(unsigned long long used, unsigned long long available)
{
	unsigned long long total = used + available;

	return total ? (used * 100 + total - 1) / total : 0;
}

static int
show(const struct mntent *m, int named)
{
	unsigned long long total, used, available, unit;
	struct statfs s;

	if (statfs(m->mnt_dir, &s)) {
		warn_errno(m->mnt_dir);
		return 1;
	}
	if (!s.f_blocks && !all && !named)
		return 0;
	unit = inodes ? 1 : s.f_frsize ? s.f_frsize : s.f_bsize;
	total = inodes ? s.f_files : s.f_blocks;
	used = total - (inodes ? s.f_ffree : s.f_bfree);
	available = inodes ? s.f_ffree : s.f_bavail;
	printf("%-20s ", m->mnt_fsname);
	if (strlen(m->mnt_fsname) > 20)		/* has its line for itself */
		printf("\n%20s ", "");
	if (types)
		printf("%-10s ", m->mnt_type);
	put_count(total, unit);
	put_count(used, unit);
	put_count(available, unit);
	printf("%3llu%% %s\n", percent(used, available), m->mnt_dir);
	return 0;
}

int
main(int argc, char **argv)
{
	struct mntent *table;
	int status = 0, c;
	size_t n, i;

	while ((c = getopt(argc, argv, "ahikPT")) != -1) {
		all |= c == 'a';
		human |= c == 'h';
		inodes |= c == 'i';
		types |= c == 'T';
		if (c == '?')
			usage("df [-ahiT] [FILE...]");
	}
	table = mounts_read(&n);
	put_head();
	for (i = 0; optind == argc && i < n; i++)
		status |= show(&table[i], 0);
	for (; optind < argc; optind++) {
		const struct mntent *m = mount_of(argv[optind], table, n);

		status |= m ? show(m, 1) : 1;
	}
	return finish_output(status);
}
