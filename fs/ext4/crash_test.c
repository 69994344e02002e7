/*
 * crash_test.c - the power fails at any moment of some work: the next mount brings the disk in order.
 *
 * Three tasks make, write, sync, rename, cut and delete files.  The disk has recorded every write and flush; crash
 * states are cut from the record (fs/host/disk.c), with any of the writes that no flush had made durable missing, or
 * torn.  Each is mounted, which replays the log and finishes orphans, and unmounted; then e2fsck must find nothing.
 */
#include "abi/fcntl.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/xattr.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define TASKS	3
#define NAMES	12
#define STEPS	40
#define STATES	40		/* crash states of each file system */

static char data[40000];

struct worker { int id; };

static void
name_of(char *buf, int id, int n)
{
	snprintf(buf, 64, n % 3 ? "/mnt/w%d/file%d" : "/mnt/w%d/sub/file-with-a-longer-name-%d", id, n);
}

static void
write_some(const char *path, bool sync)
{
	struct file *f = vfs_open(AT_FDCWD, path, O_RDWR | O_CREAT, 0644);

	if (IS_ERR(f))
		return;
	host_write(f, data, 1 + host_below(sizeof(data)), host_below(3) * host_below(30000));
	if (sync)
		HOST_CHECK(host_fsync(f) == 0);
	file_put(f);
}

static void
cut(const char *path)
{
	struct attr a = { .valid = ATTR_SIZE, .size = host_below(20000) };
	struct path p;

	if (path_lookup(AT_FDCWD, path, 0, &p))
		return;
	vfs_setattr(&p, &a);
	path_put(&p);
}

static void
mark(const char *path)
{
	struct path p;

	if (path_lookup(AT_FDCWD, path, 0, &p))
		return;
	vfs_setxattr(&p, host_below(2) ? "user.mark" : "user.other", host_below(4) ? data : NULL, host_below(700), 0);
	path_put(&p);
}

static void
work(void *arg)
{
	struct worker *w = arg;
	char a[64], b[64];

	snprintf(a, sizeof(a), "/mnt/w%d", w->id);
	vfs_mkdir(AT_FDCWD, a, 0755);
	snprintf(a, sizeof(a), "/mnt/w%d/sub", w->id);
	vfs_mkdir(AT_FDCWD, a, 0755);
	for (int i = 0; i < STEPS; i++) {
		name_of(a, w->id, host_below(NAMES));
		name_of(b, host_below(TASKS), host_below(NAMES));
		switch (host_below(9)) {
		case 0: case 1: case 2:
			write_some(a, host_below(3) == 0);
			break;
		case 3:
			vfs_unlink(AT_FDCWD, a, false);
			break;
		case 4:
			vfs_rename(AT_FDCWD, a, AT_FDCWD, b, 0);
			break;
		case 5:
			vfs_link(AT_FDCWD, a, AT_FDCWD, b, 0);
			break;
		case 6:
			cut(a);
			break;
		case 7:
			if (host_below(4) == 0)
				super_sync(host_super(), true);
			break;
		case 8:
			mark(a);
		}
		host_sleep(host_below(300) * 1000000UL);
	}
}

static void
check_state(struct block_device *dev, ulong cut_at, u64 seed)
{
	struct block_device *copy = host_disk_crash(dev, cut_at, seed);

	HOST_CHECK(host_mount(copy, 0, NULL) == 0);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(copy, "e2fsck -fn", 0) == 0);
	host_disk_free(copy);
}

static void
test(const char *make, const char *options)
{
	struct block_device *dev = host_mke2fs(make, 10 * MiB);
	struct worker w[TASKS];
	struct task *t[TASKS];
	ulong cut_at, before;
	u64 seed;

	HOST_CHECK(host_mount(dev, 0, options) == 0);
	for (int i = 0; i < TASKS; i++) {
		w[i].id = i;
		t[i] = host_spawn("work", work, &w[i]);
	}
	for (int i = 0; i < TASKS; i++)
		host_join(t[i]);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	HOST_CHECK(host_disk_events(dev) > 100);
	before = host_failures;
	for (int i = 0; i < STATES && host_failures == (int)before; i++) {
		cut_at = host_below(host_disk_events(dev) + 1);
		seed = host_below(4) ? 1 + host_random() : 0;
		check_state(dev, cut_at, seed);
		if (host_failures != (int)before)
			printf("... mke2fs %s, %s: cut at %lu of %lu, seed %lu\n", make, options, cut_at,
			       host_disk_events(dev), (ulong)seed);
	}
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	memset(data, 'c', sizeof(data));
	test("-t ext4 -b 1024", "data=ordered");
	test("-t ext4 -b 1024 -O orphan_file", "data=writeback");
	test("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -g 1024", "data=ordered");
	test("-t ext3 -b 1024", "data=journal");
	test("-t ext4 -b 4096", "data=journal");
	test("-t ext4 -b 2048 -O ^64bit,^flex_bg", "nodelalloc");
	return host_end();
}
