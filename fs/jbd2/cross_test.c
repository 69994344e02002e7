/*
 * cross_test.c - e2fsck and we agree on a log: what a power cut leaves of a mounted ext4 is brought
 *                home by both, and the disk is the same afterwards, byte for byte; and debugfs can
 *                read what we log.
 *
 *	-i IMAGE	compare on this one, whoever left its log so
 */
#include <string.h>
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/jbd2/private.h"
#include "kernel/task.h"

#define SUPER_AT	1024
#define STATES		12		/* power cuts for each kind of file system */

/* ---- the log of an unmounted ext4: its inode's extents stand in the super block, too ---- */

struct run { u32 first, count; u64 block; };
struct place { u32 blocks, block_size; uint nruns; struct run run[4]; };

static u32 le32(const u8 *p) { return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24; }
static u16 le16(const u8 *p) { return p[0] | p[1] << 8; }

static struct place
log_place(struct block_device *dev)
{
	const u8 *s = (u8 *)host_disk_bytes(dev) + SUPER_AT, *map = s + 0x10c;
	struct place p = { .block_size = 1024 << le32(s + 24), .nruns = le16(map + 2) };

	HOST_CHECK(le16(map) == 0xf30a && p.nruns <= 4 && le16(map + 6) == 0);	/* extents, all in the root */
	for (uint i = 0; i < p.nruns; i++) {
		const u8 *e = map + 12 + 12 * i;

		p.run[i] = (struct run){ le32(e), le16(e + 4), le32(e + 8) | (u64)le16(e + 6) << 32 };
		p.blocks += p.run[i].count;
	}
	return p;
}

static int
place_map(void *arg, u32 i, u32 *n, u64 *out)
{
	const struct place *p = arg;

	for (uint k = 0; k < p->nruns; k++)
		if (i >= p->run[k].first && i < p->run[k].first + p->run[k].count)
			*out = p->run[k].block + i - p->run[k].first;
	*n = 1;
	return 0;
}

static bool
in_log(const struct place *p, u64 block)
{
	for (uint k = 0; k < p->nruns; k++)
		if (block >= p->run[k].block && block < p->run[k].block + p->run[k].count)
			return true;
	return false;
}

static int
replay(struct block_device *dev, u32 *replayed)
{
	struct place p = log_place(dev);
	struct journal_config c = {
		.dev = dev, .block_size = p.block_size, .blocks = p.blocks, .map = place_map, .arg = &p,
		.barrier = true,
	};
	struct journal *j;
	int err = journal_load(&c, &j);

	if (err)
		return err;
	err = journal_replay(j, replayed);
	journal_destroy(j);
	host_disk_forget(dev);
	return err;
}

/* ---- a life on it ---- */

static void
task(void *arg)
{
	u64 me = (u64)arg;
	char buf[5000], name[64], other[64];

	memset(buf, 'a' + me, sizeof(buf));
	for (int i = 0; i < 40; i++) {
		sprintf(name, "/mnt/t%lu/d%d", (ulong)me, i);
		if (i % 9 == 0)
			vfs_mkdir(AT_FDCWD, name, 0755);
		sprintf(name, "/mnt/t%lu/f%d", (ulong)me, i % 12);
		sprintf(other, "/mnt/t%lu/d%d/g", (ulong)me, i / 9 * 9);
		host_put_file(name, buf, host_below(sizeof(buf)));
		if (i % 3 == 0)
			vfs_rename(AT_FDCWD, name, AT_FDCWD, other, 0);
		if (i % 4 == 0)
			vfs_unlink(AT_FDCWD, other, false);
		if (i % 11 == 10) {
			sprintf(other, "/mnt/t%lu/d%d", (ulong)me, i / 9 * 9);
			vfs_unlink(AT_FDCWD, other, true);
		}
		if (i % 5 == 0) {
			struct file *f = vfs_open(AT_FDCWD, name, O_RDWR | O_CREAT, 0644);

			if (!IS_ERR(f)) {
				host_fsync(f);
				file_put(f);
			}
		}
	}
}

static void
live(void)
{
	struct task *t[3];
	char name[64];

	for (u64 i = 0; i < 3; i++) {
		sprintf(name, "/mnt/t%lu", (ulong)i);
		HOST_CHECK(vfs_mkdir(AT_FDCWD, name, 0755) == 0);
		t[i] = host_spawn("life", task, (void *)i);
	}
	for (int i = 0; i < 3; i++)
		host_join(t[i]);
}

/* ---- the comparison ---- */

/* Blocks that differ, the log and the super block (times of the check) left out. */
static ulong
differences(struct block_device *a, struct block_device *b)
{
	struct place p = log_place(a);
	const char *x = host_disk_bytes(a), *y = host_disk_bytes(b);
	ulong n = 0;

	for (u64 at = 0; at < a->sectors * SECTOR_SIZE; at += 512) {
		u64 block = at / p.block_size;

		if (in_log(&p, block) || (at >= SUPER_AT && at < SUPER_AT + 1024))
			continue;
		n += memcmp(x + at, y + at, 512) != 0;
	}
	return n;
}

static void
compare(struct block_device *crashed, const char *what)
{
	struct block_device *ours = host_disk_copy(crashed), *theirs = host_disk_copy(crashed);
	u32 replayed = 0;
	int err;

	HOST_CHECK(host_disk_run(crashed, "debugfs -R 'logdump -a' %s", 0) == 0);
	HOST_CHECK(strstr(host_output, "Journal starts at block") != NULL);
	err = replay(ours, &replayed);
	HOST_CHECK(err == 0);
	HOST_CHECK(host_disk_change(theirs, "e2fsck -y -E journal_only") <= 1);
	/* Whatever it is asked for, e2fsck may finish what was being deleted: then only our mount can be judged. */
	if (err || (!strstr(host_output, "orphan") && differences(ours, theirs))) {
		printf("%s: replay: %d, %u transactions; %lu sectors differ from e2fsck's\n%s", what, err, replayed,
		       differences(ours, theirs), host_output);
		host_failures++;
	}
	HOST_CHECK(host_disk_run(theirs, "e2fsck -fy", -1) <= 1);	/* orphans */
	host_disk_free(ours);
	host_disk_free(theirs);
}

/* A mount replays, and finishes what was being deleted; nothing is wrong then. */
static void
mount_after(struct block_device *crashed)
{
	struct block_device *dev = host_disk_copy(crashed);

	if (host_mount(dev, 0, NULL) == 0) {
		HOST_CHECK(host_umount() == 0);
		HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	} else {
		printf("it cannot be mounted\n");
		host_failures++;
	}
	host_disk_free(dev);
}

static void
one_kind(const char *options, u64 seed)
{
	struct block_device *dev, *crashed;
	ulong begin, end;

	host_seed(seed);
	dev = host_mke2fs(options, 16 * MiB);
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	begin = host_disk_events(dev);		/* before, the super block was written in place, and may be torn */
	live();
	end = host_disk_events(dev);
	HOST_CHECK(host_umount() == 0);
	for (int i = 0; i < STATES; i++) {
		crashed = host_disk_crash(dev, begin + host_below(end - begin), 1 + host_random() % 10000);
		compare(crashed, options);
		mount_after(crashed);
		host_disk_free(crashed);
	}
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	u64 seed;

	host_boot(argc, argv);
	if (argc > 2 && !strcmp(argv[1], "-i")) {
		struct block_device *dev = host_disk_load("", argv[2]);

		compare(dev, argv[2]);
		mount_after(dev);
		host_disk_free(dev);
		return host_end();
	}
	seed = host_random() % 100000;
	one_kind("-t ext4 -b 1024 -J size=1", seed);
	one_kind("-t ext4 -b 4096 -J size=4", seed + 1);
	one_kind("-t ext4 -b 1024 -O ^metadata_csum,^64bit -J size=1", seed + 2);
	one_kind("-t ext4 -b 2048 -O fast_commit -J size=4", seed + 3);
	return host_end();
}
