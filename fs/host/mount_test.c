/*
 * mount_test.c - an ext4 file system mounted on the host: what is written is there, and e2fsck is
 * content.  One seed makes one file system.
 */
#include <string.h>
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"

static void
work(void)
{
	char buf[4000], name[64];

	memset(buf, 'x', sizeof(buf));
	HOST_CHECK(vfs_mkdir(AT_FDCWD, "/mnt/d", 0755) == 0);
	for (int i = 0; i < 40; i++) {
		struct file *f;

		sprintf(name, "/mnt/d/file%d", i);
		HOST_CHECK(host_put_file(name, buf, 100 * i) == 0);
		f = vfs_open(AT_FDCWD, name, O_RDWR, 0);
		HOST_CHECK(!IS_ERR(f));
		if (i % 8 == 0)
			HOST_CHECK(host_fsync(f) == 0);
		file_put(f);
		if (i % 3 == 0)
			HOST_CHECK(vfs_unlink(AT_FDCWD, name, false) == 0);
	}
}

/* The UUID, by which checksums begin, and the hash's seed, by which directories are sorted. */
static void
test_seed(void)
{
	struct ext4_disk_super super[3];

	for (int i = 0; i < 3; i++) {
		struct block_device *dev;

		host_seed(7 + i / 2);
		dev = host_mke2fs("-t ext4 -b 1024", 8 * MiB);
		memcpy(&super[i], (char *)host_disk_bytes(dev) + EXT4_SUPER_OFFSET, sizeof(super[i]));
		host_disk_free(dev);
	}
	for (int i = 0; i < 2; i++) {
		HOST_CHECK(!memcmp(super[i].s_uuid, super[i + 1].s_uuid, sizeof(super[i].s_uuid)) == !i);
		HOST_CHECK(!memcmp(super[i].s_hash_seed, super[i + 1].s_hash_seed, sizeof(super[i].s_hash_seed)) == !i);
	}
}

int
main(int argc, char **argv)
{
	struct block_device *dev;

	host_boot(argc, argv);
	dev = host_mke2fs("-t ext4 -b 1024", 8 * MiB);
	HOST_CHECK(host_mount(dev, 0, NULL) == 0);
	work();
	HOST_CHECK(host_umount() == 0);
	HOST_CHECK(host_disk_run(dev, "e2fsck -fn", 0) == 0);
	host_disk_free(dev);
	test_seed();
	return host_end();
}
