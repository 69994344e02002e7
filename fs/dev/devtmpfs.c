/*
 * devtmpfs.c - the file system of /dev: one RAM tree, however often mounted, in which a device's
 * node appears when its driver registers.
 *
 * pts/, shm/ and the links fd, stdin, stdout, stderr are made by programs, as on Linux.
 */
#include "abi/mount.h"
#include "fs/dev/private.h"
#include "kernel/printk.h"

static struct super_block *dev_sb;	/* NULL until devtmpfs_init */

static struct super_block *
devtmpfs_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	super_get(dev_sb);
	return dev_sb;
}

static const struct file_system devtmpfs = { .name = "devtmpfs", .nodev = true, .mount = devtmpfs_mount };

int
devtmpfs_add(struct chrdev *c)
{
	return dev_sb ? ram_node_create(dev_sb->root, c->name, c->mode, c->dev) : 0;
}

void
devtmpfs_init(void)
{
	struct chrdev *c;

	dev_sb = ram_super_create(&devtmpfs, 0, "mode=755", 0755, true);
	if (IS_ERR(dev_sb))
		panic("no memory for /dev");
	fs_register(&devtmpfs);
	list_for_each(c, &chrdevs, link)
		if (devtmpfs_add(c))
			panic("no memory for /dev/%s", c->name);
	memdev_init();
}
