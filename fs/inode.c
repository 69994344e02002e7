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
#include "drivers/block/block.h"
#include "fs/dev.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "fs/pipe.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "mm/slab.h"

/*
 * A file's times move in steps, as on Linux, where they are those of the last timer tick: most writes and fsyncs of a
 * busy file then find its inode as it is on the disk, and have nothing to log.
 */
#define FILE_TIME_STEP	(4 * NSEC_PER_MSEC)

#define MEMORY_TRIES	50			/* to write a file that goes, if memory is short */
#define MEMORY_PAUSE	(10 * NSEC_PER_MSEC)

static struct slab_cache *inode_cache;
static u64 last_ino;			/* [a] */
static u32 last_dev;			/* [a] minor of the last anonymous device */

static struct spinlock supers_lock = SPINLOCK_INIT(RANK_SB);
static struct list supers = LIST_INIT(supers);
static struct waitq visitors_gone = WAITQ_INIT(visitors_gone);
static struct waitq unwatched = WAITQ_INIT(unwatched);	/* some sb->watched is 0 */

struct timespec_k
timespec_of(u64 ns)
{
	u64 sec = ns / NSEC_PER_SEC;

	return (struct timespec_k){ sec, ns - sec * NSEC_PER_SEC };
}

struct timespec_k
time_now(void)
{
	u64 now = clock_realtime();

	return timespec_of(now - now % FILE_TIME_STEP);
}

u64
ino_alloc(void)
{
	return __atomic_add_fetch(&last_ino, 1, __ATOMIC_RELAXED);
}

u64
inode_serial(struct inode *i)
{
	static u64 last;		/* [a] */
	u64 none = 0, n = READ_ONCE(i->serial);

	if (n)
		return n;
	n = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n(&i->serial, &none, n, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ? n : none;
}

/* Open a socket's name: no such device. */
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
	list_init(&i->dirty_link);
	rwsem_init(&i->lock, S_ISDIR(mode) ? RANK_INODE_DIR : RANK_INODE);
	mapping_init(&i->mapping, i, NULL);
	return i;
}

void
inode_inherit_group(struct inode *i, const struct inode *dir)
{
	if (!(dir->mode & S_ISGID))
		return;
	i->gid = dir->gid;
	if (S_ISDIR(i->mode))
		i->mode |= S_ISGID;
	else if ((i->mode & S_IXGRP) && !task_in_group(i->gid) && !capable(CAP_FSETID))
		i->mode &= ~S_ISGID;
}

void
inode_discard(struct inode *i)
{
	mapping_destroy(&i->mapping);
	if (i->locks)
		locks_free(i);
	slab_free(inode_cache, i);
}

/* The last reference is gone. */
static NOINLINE void
inode_free(struct inode *i)
{
	inode_undirty(i);
	if (i->sb->ops->free_inode)
		i->sb->ops->free_inode(i);
	if (i->flags & INODE_HASHED)
		inode_unhash(i);
	inode_discard(i);
}

/*
 * What must be written of i is, while look-ups still find it. An error of the disk has been noted where fsync will
 * tell; want of memory passes.
 */
static void
write_before_last(struct inode *i)
{
	int err = -ENOMEM;

	for (int tries = 0; err == -ENOMEM && tries < MEMORY_TRIES; tries++) {
		if (tries)
			sleep_until(clock_monotonic() + MEMORY_PAUSE);
		err = inode_sync(i);
	}
	if (err == -ENOMEM)
		pr_err("inode %lu: no memory to write it: changes are lost\n", (ulong)i->ino);
}

/* Give back the last reference to i, or what seemed to be. */
static NOINLINE void
inode_put_slow(struct inode *i)
{
	if (i->nlink && (READ_ONCE(i->flags) & (INODE_DIRTY | INODE_DIRTY_PAGES)))
		write_before_last(i);
	if (inode_put_last(i))
		inode_free(i);
}

void
inode_put(struct inode *i)
{
	int n = atomic_read(&i->refs);

	while (n > 1)
		if (__atomic_compare_exchange_n(&i->refs.v, &n, n - 1, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			return;
	if (i->flags & (INODE_HASHED | INODE_DIRTY | INODE_DIRTY_PAGES))
		inode_put_slow(i);
	else if (atomic_dec_and_test(&i->refs))
		inode_free(i);
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
	else if (S_ISBLK(mode))
		i->fops = &blkdev_fops;
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
	list_init(&sb->dirty);
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

/* Nobody visits sb any more, unless others do: then the last of them says so. */
static void
visitor_leave(struct super_block *sb) MUST_HOLD(supers_lock)
{
	if (!--sb->visitors)
		wake_up_all(&visitors_gone);
}

static bool
has_visitors(struct super_block *sb)
{
	bool has;

	spin_lock(&supers_lock);
	has = sb->visitors;
	spin_unlock(&supers_lock);
	return has;
}

void
super_discard(struct super_block *sb)
{
	spin_lock(&supers_lock);
	list_remove(&sb->link);
	spin_unlock(&supers_lock);
	kfree(sb);
}

void
super_unwatch(struct super_block *sb)
{
	if (atomic_dec_and_test(&sb->watched))
		wake_up_all(&unwatched);
}

void
super_put(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->refs))
		return;
	/* From here on super_for_each passes it over; who is there already only looks, and leaves. */
	wait_event(&visitors_gone, !has_visitors(sb));
	if (sb->root)
		notify_unmount(sb);
	/* Who took a watch off puts its inode later, without a lock. */
	wait_event(&unwatched, !atomic_read(&sb->watched));
	if (sb->root) {
		super_sync(sb, true);
		dcache_drop_tree(sb->root);
		dentry_put(sb->root);
	}
	if (sb->ops->unmount)
		sb->ops->unmount(sb);
	if (sb->bdev)
		block_release(sb->bdev, sb);
	super_discard(sb);
}

void
super_for_each(void (*fn)(struct super_block *sb, void *arg), void *arg)
{
	struct super_block *sb, *prev = NULL;

	spin_lock(&supers_lock);
	list_for_each(sb, &supers, link) {
		if (!READ_ONCE(sb->root) || !atomic_read(&sb->refs))
			continue;
		sb->visitors++;
		spin_unlock(&supers_lock);
		fn(sb, arg);
		spin_lock(&supers_lock);
		if (prev)
			visitor_leave(prev);
		prev = sb;
	}
	if (prev)
		visitor_leave(prev);
	spin_unlock(&supers_lock);
}

struct super_block *
super_find(const struct block_device *dev)
{
	struct super_block *sb, *found = NULL;

	spin_lock(&supers_lock);
	list_for_each(sb, &supers, link) {
		if (sb->bdev == dev && atomic_inc_not_zero(&sb->refs)) {
			found = sb;
			break;
		}
	}
	spin_unlock(&supers_lock);
	return found;
}

void
inode_init(void)
{
	inode_cache = slab_create("inode", sizeof(struct inode), 8, NULL);
}
