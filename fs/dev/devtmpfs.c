/*
 * devtmpfs.c - the file system of /dev: one RAM tree, however often mounted, in which a device's
 * node appears when its driver registers.
 *
 * pts/, shm/ and the links fd, stdin, stdout, stderr are made by programs, as on Linux.
 */
#include "abi/mount.h"
#include "fs/dev/private.h"
#include "kernel/printk.h"
#include "lib/string.h"

static struct super_block *dev_sb;	/* NULL until devtmpfs_init */

static struct super_block *
devtmpfs_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	super_get(dev_sb);
	return dev_sb;
}

static const struct file_system devtmpfs = { .name = "devtmpfs", .nodev = true, .mount = devtmpfs_mount };

int
devtmpfs_add_node(const char *name, u32 mode, u32 dev)
{
	return ram_node_create(dev_sb->root, name, mode, dev);
}

/* A name that is gone already, or was replaced by something else's, is left as it is. */
void
devtmpfs_remove_node(const char *name)
{
	struct inode *dir = dev_sb->root->inode;
	struct dentry *d;
	struct qname q;

	qname_init(&q, dev_sb->root, name, strlen(name));
	rwsem_lock_write(&dir->lock);
	d = lookup_locked(dev_sb->root, &q, false);
	if (!IS_ERR(d)) {
		if (d->inode && S_ISBLK(d->inode->mode)) {
			rwsem_lock_write(&d->inode->lock);
			dir->ops->unlink(dir, d);
			rwsem_unlock_write(&d->inode->lock);
			d_delete(d);
		}
		dentry_put(d);
	}
	rwsem_unlock_write(&dir->lock);
}

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
	kmsg_init();
	latency_init();
}
