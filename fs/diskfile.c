/*
 * diskfile.c - reading and writing a file whose pages come from a disk: what every such file system shares.
 *
 *	read   page cache, or by O_DIRECT past it
 *	write  one writer at a time; size, times and privileges change with the data; then O_SYNC waits
 *
 * Locks       inode->lock for writing round each write, so writes are atomic against each other.  Reads from the
 *             cache take none: they see whole pages.  Reads past it take it for reading: blocks stay the file's.
 * Not here    the cache (mm/pagecache.c); where blocks are (the file system's mapping_ops).
 */
#include "fs/internal.h"
#include "mm/pagecache.h"

/* O_DIRECT: what is cached of the range goes to the disk first; for a write, it is dropped too. 0 or -errno. */
static int
direct_prepare(struct mapping *m, loff_t pos, size_t n, bool write)
{
	int err;

	if (!READ_ONCE(m->pages.count))
		return 0;
	err = mapping_write_range(m, pos, pos + n, true);
	if (!err && write)
		mapping_invalidate(m, pos >> PAGE_SHIFT, (pos + n - 1) >> PAGE_SHIFT);
	return err;
}

static ssize_t
direct_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct inode *i = f->inode;
	struct mapping *m = &i->mapping;
	ssize_t n = 0;

	rwsem_lock_read(&i->lock);
	if (u->resid && (u64)*pos < i->size) {
		n = direct_prepare(m, *pos, u->resid, false);
		if (!n)
			n = m->ops->direct(m, u, *pos, false);
	}
	rwsem_unlock_read(&i->lock);
	if (n > 0)
		*pos += n;
	return n;
}

ssize_t
disk_file_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct inode *i = f->inode;
	ssize_t n;

	/* Who wants pages given has asked for the flag before; it may have been set since. */
	if (unlikely(READ_ONCE(f->flags) & O_DIRECT) && i->mapping.ops->direct && !(u->kernel && u->give))
		n = direct_read(f, u, pos);
	else
		n = pagecache_read(f, &i->mapping, u, pos, READ_ONCE(i->size));
	file_touch_atime(f, i);
	return n;
}

/* Past the cache; what the disk's alignment leaves at the end goes through it. inode->lock held. */
static ssize_t
direct_write(struct inode *i, struct uio *u, loff_t *pos)
{
	struct mapping *m = &i->mapping;
	ssize_t n = direct_prepare(m, *pos, u->resid, true);

	if (!n)
		n = m->ops->direct(m, u, *pos, true);
	if (n <= 0)
		return n;
	*pos += n;
	if ((u64)*pos > i->size)
		WRITE_ONCE(i->size, *pos);
	/* A page read or mapped meanwhile shows what was there before. */
	mapping_stale(m, (*pos - n) >> PAGE_SHIFT, (*pos - 1) >> PAGE_SHIFT);
	return n;
}

/* Data changed. The inode is to be written only if its times are others now. */
static void
touch_mtime(struct inode *i)
{
	struct timespec_k now = time_now();

	if (i->mtime.nsec == now.nsec && i->ctime.nsec == now.nsec &&
	    i->mtime.sec == now.sec && i->ctime.sec == now.sec)
		return;
	i->mtime = i->ctime = now;
	inode_mark_dirty(i);
}

static ssize_t
write_locked(struct file *f, struct uio *u, loff_t *pos)
{
	u64 limit = MIN(current->proc->rlim[RLIMIT_FSIZE].rlim_cur, (u64)INT64_MAX);
	struct inode *i = f->inode;
	ssize_t n;

	if (write_flags(f, u) & O_APPEND)
		*pos = i->size;
	if (unlikely((u64)*pos >= limit && u->resid))
		return *pos == INT64_MAX ? -EFBIG : file_size_allowed(*pos + 1);
	if (unlikely(u->resid > limit - *pos))
		u->resid = limit - *pos;
	inode_strip_suid(i);
	if (unlikely(f->flags & O_DIRECT) && i->mapping.ops->direct)
		n = direct_write(i, u, pos);
	else
		n = pagecache_write(&i->mapping, u, pos, limit);
	if (n > 0)
		touch_mtime(i);
	return n;
}

ssize_t
disk_file_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct inode *i = f->inode;
	ssize_t n;
	int err;

	rwsem_lock_write(&i->lock);
	n = write_locked(f, u, pos);
	rwsem_unlock_write(&i->lock);
	if (unlikely(write_flags(f, u) & O_DSYNC) && n > 0 && f->ops->fsync) {
		err = f->ops->fsync(f, (write_flags(f, u) & O_SYNC) != O_SYNC);
		if (err)
			n = err;
	}
	return n;
}

/* The page cache serves. */
int
disk_file_mmap(struct file *f, struct area *a)
{
	return 0;
}
