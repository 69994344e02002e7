/*
 * xattr_test.c - extended attributes set, replaced and removed at random: what is read is what was written, before and
 * after a mount; e2fsck finds nothing, nor after a power cut at any moment; and memory may fail anywhere.
 */
#include "abi/xattr.h"
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/xattr.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define FILES	6
#define NAMES	8
#define LONGEST	220		/* bytes of a value */

static char value[FILES][NAMES][LONGEST];
static int size[FILES][NAMES];		/* -1: it is not there */

static struct path
file(int f)
{
	struct path p;
	char name[32];

	snprintf(name, sizeof(name), "/mnt/f%d", f);
	HOST_CHECK(path_lookup(AT_FDCWD, name, 0, &p) == 0);
	return p;
}

static void
name_of(char *buf, int n)
{
	static const char *const prefix[] = { "user", "trusted", "security" };

	snprintf(buf, 64, "%s.%.*s", prefix[n % 3], 1 + n * 2, "abcdefghijklmnopqrstuvwxyz");
}

/* One change at random; err: what it may fail with, and then nothing has changed. */
static void
change(int may_fail)
{
	int f = host_below(FILES), n = host_below(NAMES);
	int len = host_below(3) ? host_below(host_below(2) ? 20 : LONGEST) : -1;
	struct path p = file(f);
	char name[64], new[LONGEST];
	int err;

	name_of(name, n);
	for (int i = 0; i < len; i++)
		new[i] = host_random();
	if (len < 0)
		err = vfs_setxattr(&p, name, NULL, 0, XATTR_REPLACE);
	else
		err = vfs_setxattr(&p, name, new, len, 0);
	if (len < 0 && size[f][n] < 0) {
		HOST_CHECK(err == -ENODATA || (err && err == may_fail));
	} else if (!err) {
		size[f][n] = len;
		memcpy(value[f][n], new, MAX(len, 0));
	} else {
		HOST_CHECK(err == -ENOSPC || err == may_fail);
	}
	path_put(&p);
}

static void
check_all(void)
{
	char name[64], buf[LONGEST];

	for (int f = 0; f < FILES; f++) {
		struct path p = file(f);

		for (int n = 0; n < NAMES; n++) {
			name_of(name, n);
			ssize_t got = vfs_getxattr(&p, name, buf, sizeof(buf));

			HOST_CHECK(got == (size[f][n] < 0 ? -ENODATA : size[f][n]));
			HOST_CHECK(got <= 0 || !memcmp(buf, value[f][n], got));
		}
		path_put(&p);
	}
}

static void
files_make(void)
{
	char name[32];

	for (int f = 0; f < FILES; f++) {
		snprintf(name, sizeof(name), "/mnt/f%d", f);
		switch (f) {
		case 0:
			HOST_CHECK(vfs_mkdir(AT_FDCWD, name, 0755) == 0);
			break;
		default:
			HOST_CHECK(host_put_file(name, name, f) == 0);
		}
		for (int n = 0; n < NAMES; n++)
			size[f][n] = -1;
	}
}

static void
check_crashes(struct block_device *dev, const char *make)
{
	int before = host_failures;

	for (int i = 0; i < 12 && host_failures == before; i++) {
		ulong cut = host_below(host_disk_events(dev) + 1);
		struct block_device *copy = host_disk_crash(dev, cut, host_below(4) ? 1 + host_random() : 0);

		HOST_CHECK(host_mount(copy, 0, NULL) == 0);
		HOST_CHECK(host_umount() == 0);
		HOST_CHECK(host_disk_run(copy, "e2fsck -fn", 0) == 0);
		host_disk_free(copy);
		if (host_failures != before)
			printf("... mke2fs %s: cut at %lu\n", make, cut);
	}
}

static void
test(const char *make, bool crashes)
{
	struct block_device *dev = host_mke2fs(make, 8 * MiB);
	s64 blocks;

	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	files_make();
	HOST_CHECK(super_sync(host_super(), true) == 0);
	for (int i = 0; i < 400; i++) {
		change(0);
		if (host_below(40) == 0)
			super_sync(host_super(), true);
	}
	check_all();
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	check_all();
	for (int i = 0; i < 150; i++) {
		host_alloc_fail(1 + host_below(6), 0);
		change(-ENOMEM);
		host_alloc_fail(0, 0);
	}
	check_all();
	blocks = ext4_sb(host_super())->free_blocks;
	HOST_CHECK(host_umount() == 0);
	if (host_disk_run(dev, "e2fsck -fn", 0))
		HOST_CHECK(!"e2fsck after failed allocations");
	HOST_CHECK(blocks > 0);
	if (crashes)
		check_crashes(dev, make);
	host_disk_free(dev);
}

/* What e2fsprogs wrote is read, and changed. */
static void
test_foreign(void)
{
	struct block_device *dev = host_mke2fs("-t ext4 -b 1024", 8 * MiB);
	char buf[64];
	struct path p;

	HOST_CHECK(host_disk_change(dev, "debugfs -w -R 'ea_set / user.foreign attribute'") == 0);
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	HOST_CHECK(path_lookup(AT_FDCWD, "/mnt", 0, &p) == 0);
	HOST_CHECK(vfs_getxattr(&p, "user.foreign", buf, sizeof(buf)) == 9 && !memcmp(buf, "attribute", 9));
	HOST_CHECK(vfs_setxattr(&p, "user.ours", "own", 3, XATTR_CREATE) == 0);
	path_put(&p);
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "debugfs -R 'ea_get / user.ours'", -1) == 0 && strstr(host_output, "own"));
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	host_boot(argc, argv);
	test("-t ext4 -b 1024", true);
	test("-t ext4 -b 4096 -I 128", true);
	test("-t ext4 -b 1024 -I 1024 -O ^metadata_csum,uninit_bg", false);
	test("-t ext2 -b 1024 -I 128 -O ^ext_attr", false);
	test("-t ext3 -b 2048", true);
	test_foreign();
	return host_end();
}
