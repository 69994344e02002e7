/*
 * super.c - a file system put on a disk: one super block for a device, however often it is mounted.
 *
 * Locks       mounting (RANK_MOUNT): two tasks that mount one device do it one after the other.
 * Not here    the super blocks' list (inode.c); where they are mounted (mount.c).
 */
#include "abi/mount.h"
#include "drivers/block/block.h"
#include "fs/dev.h"
#include "fs/internal.h"
#include "kernel/printk.h"

static struct mutex mounting;

/* dev is mounted already as sb (counted): the same again, or an errno. */
static struct super_block *
mount_again(struct super_block *sb, const struct file_system *fs, ulong flags)
{
	int err = 0;

	if (sb->fs != fs || ((sb->flags ^ flags) & MS_RDONLY))
		err = -EBUSY;
	if (err) {
		super_put(sb);
		return ERR_PTR(err);
	}
	return sb;
}

/* A super block for dev, filled in by fill. ERR_PTR. */
static struct super_block *
mount_first(const struct file_system *fs, struct block_device *dev, ulong flags, const char *data,
	    const struct super_ops *ops, u64 magic, int (*fill)(struct super_block *, ulong, const char *))
{
	struct super_block *sb;
	int err;

	if (dev->read_only && !(flags & MS_RDONLY))
		return ERR_PTR(-EACCES);
	sb = super_create(fs, ops, magic);
	if (!sb)
		return ERR_PTR(-ENOMEM);
	err = block_claim(dev, sb);
	if (err)
		goto out_free;
	sb->dev = ABI_DEV(DEV_MAJOR(dev->dev), DEV_MINOR(dev->dev));
	sb->flags = flags & MS_RDONLY;
	sb->bdev = dev;
	err = fill(sb, flags, data);
	if (err)
		goto out_release;
	return sb;
out_release:
	sb->bdev = NULL;
	block_release(dev, sb);
out_free:
	super_discard(sb);
	return ERR_PTR(err);
}

struct super_block *
super_mount_disk(const struct file_system *fs, const char *source, ulong flags, const char *data,
		 const struct super_ops *ops, u64 magic,
		 int (*fill)(struct super_block *sb, ulong flags, const char *data))
{
	struct block_device *dev;
	struct super_block *sb;

	if (!source || !*source)
		return ERR_PTR(-EINVAL);
	dev = block_by_path(source);
	if (IS_ERR(dev))
		return ERR_PTR(PTR_ERR(dev));
	mutex_lock(&mounting);
	sb = super_find(dev);
	if (sb)
		sb = mount_again(sb, fs, flags);
	else
		sb = mount_first(fs, dev, flags, data, ops, magic, fill);
	mutex_unlock(&mounting);
	return sb;
}

void
super_init(void)
{
	mutex_init(&mounting, RANK_MOUNT);
}
