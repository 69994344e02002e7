/*
 * mount_test.c - an ext4 file system mounted on the host: what is written is there, and e2fsck is
 * content.
 */
#include <string.h>
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
	return host_end();
}
