/*
 * inode.c - files themselves, whatever their names: counting them, and the super blocks they are in.
 *
 * Data        struct inode, struct super_block (vfs.h).  An inode lives while a dentry or an open
 *             file counts it; super_free_inode hands the last reference to its file system.
 * Locks       inode->lock for what is marked [l].  It ranks RANK_INODE_DIR for a directory and
 *             RANK_INODE for everything else, so a name's file may be locked inside its directory.
 *             supers_lock (RANK_SB) for the list of super blocks.
 * Not here    attributes as programs see them (attr.c).
 */
#include "fs/dev.h"
#include "fs/internal.h"
#include "fs/pipe.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct slab_cache *inode_cache;
static u64 last_ino;			/* [a] */
static u32 last_dev;			/* [a] minor of the last anonymous device */

static struct spinlock supers_lock = SPINLOCK_INIT(RANK_SB);
static struct list supers = LIST_INIT(supers);

struct timespec_k
timespec_of(u64 ns)
{
	u64 sec = ns / NSEC_PER_SEC;

	return (struct timespec_k){ sec, ns - sec * NSEC_PER_SEC };
}

struct timespec_k
time_now(void)
{
	return timespec_of(clock_realtime());
}

u64
ino_alloc(void)
{
	return __atomic_add_fetch(&last_ino, 1, __ATOMIC_RELAXED);
}

/* Open a socket's name, or a block device (there is no driver for any): no such device. */
static int
no_device_open(struct inode *inode, struct file *f)
{
	return -ENXIO;
}

static const struct file_ops no_device_fops = { .open = no_device_open };
static const struct inode_ops no_inode_ops;

struct inode *
inode_create(struct super_block *sb, u32 mode)
{
	struct inode *i = slab_alloc(inode_cache, GFP_KERNEL);

	if (!i)
		return NULL;
	memset(i, 0, sizeof(*i));
	i->ino = ino_alloc();
	i->sb = sb;
	i->ops = &no_inode_ops;
	i->fops = &no_device_fops;
	atomic_set(&i->refs, 1);
	i->mode = mode;
	i->uid = current->fsuid;
	i->gid = current->fsgid;
	i->nlink = 1;
	i->atime = i->mtime = i->ctime = i->btime = time_now();
	rwsem_init(&i->lock, S_ISDIR(mode) ? RANK_INODE_DIR : RANK_INODE);
	mapping_init(&i->mapping, i, NULL);
	return i;
}

void
inode_put(struct inode *i)
{
	if (!atomic_dec_and_test(&i->refs))
		return;
	if (i->sb->ops->free_inode)
		i->sb->ops->free_inode(i);
	mapping_destroy(&i->mapping);
	if (i->locks)
		locks_free(i);
	slab_free(inode_cache, i);
}

void
inode_setattr(struct inode *i, const struct attr *a)
{
	if (a->valid & ATTR_MODE)
		i->mode = (i->mode & S_IFMT) | (a->mode & 07777);
	if (a->valid & ATTR_UID)
		i->uid = a->uid;
	if (a->valid & ATTR_GID)
		i->gid = a->gid;
	if (a->valid & ATTR_SIZE) {
		u64 old = i->size;

		WRITE_ONCE(i->size, a->size);
		if (a->size < old)
			mapping_truncate(&i->mapping, a->size);
	}
	i->ctime = time_now();
	if (a->valid & ATTR_SIZE)
		i->mtime = i->ctime;
	if (a->valid & ATTR_ATIME)
		i->atime = a->atime;
	if (a->valid & ATTR_MTIME)
		i->mtime = a->mtime;
}

void
init_special_inode(struct inode *i, u32 mode, u32 rdev)
{
	i->mode = mode;
	i->rdev = rdev;
	if (S_ISCHR(mode))
		i->fops = &chrdev_fops;
	else if (S_ISFIFO(mode))
		i->fops = &fifo_fops;
	else
		i->fops = &no_device_fops;
}

struct super_block *
super_create(const struct file_system *fs, const struct super_ops *ops, u64 magic)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->fs = fs;
	sb->ops = ops;
	sb->magic = magic;
	sb->block_size = PAGE_SIZE;
	sb->dev = ABI_DEV(0, __atomic_add_fetch(&last_dev, 1, __ATOMIC_RELAXED));
	atomic_set(&sb->refs, 1);
	mutex_init(&sb->rename_lock, RANK_RENAME);
	spin_lock(&supers_lock);
	list_push_back(&supers, &sb->link);
	spin_unlock(&supers_lock);
	return sb;
}

void
super_get(struct super_block *sb)
{
	atomic_inc(&sb->refs);
}

void
super_put(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->refs))
		return;
	spin_lock(&supers_lock);
	list_remove(&sb->link);
	spin_unlock(&supers_lock);
	if (sb->root) {
		if (sb->ops->sync)
			sb->ops->sync(sb);
		dcache_drop_tree(sb->root);
		dentry_put(sb->root);
	}
	if (sb->ops->unmount)
		sb->ops->unmount(sb);
	kfree(sb);
}

void
super_sync_all(void)
{
	struct super_block *sb, *prev = NULL;

	spin_lock(&supers_lock);
	list_for_each(sb, &supers, link) {
		if (!sb->ops->sync || !atomic_inc_not_zero(&sb->refs))
			continue;
		spin_unlock(&supers_lock);
		if (prev)
			super_put(prev);
		sb->ops->sync(sb);
		prev = sb;
		spin_lock(&supers_lock);
	}
	spin_unlock(&supers_lock);
	if (prev)
		super_put(prev);
}

void
inode_init(void)
{
	inode_cache = slab_create("inode", sizeof(struct inode), 8, NULL);
}
