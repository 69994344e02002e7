/*
 * anon.c - open files that are not in any file system.
 *
 * All share one inode, as on Linux: fstat() has nothing to say of an event.
 */
#include "fs/event/anon.h"
#include "abi/statfs.h"
#include "fs/internal.h"
#include "kernel/fdtable.h"
#include "kernel/printk.h"

static const struct file_system anonfs = { .name = "anon_inodefs", .nodev = true };
static const struct super_ops anon_super_ops;
static struct inode *anon_inode;

struct file *
anon_file(const struct file_ops *ops, void *private, u32 flags)
{
	struct file *f;

	inode_get(anon_inode);
	f = file_create(ops, anon_inode, O_RDWR | (flags & ~(u32)O_CLOEXEC));
	if (IS_ERR(f))
		inode_put(anon_inode);
	else
		f->private = private;
	return f;
}

long
anon_open(const struct file_ops *ops, void *private, u32 flags)
{
	struct file *f = anon_file(ops, private, flags);
	int fd;

	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_open(f, flags & O_CLOEXEC);
	if (fd < 0)
		file_abandon(f);
	return fd;
}

void
anon_init(void)
{
	struct super_block *sb = super_create(&anonfs, &anon_super_ops, ANON_INODE_FS_MAGIC);

	anon_inode = sb ? inode_create(sb, 0600) : NULL;
	if (!anon_inode)
		panic("no memory for anonymous files");
}
