/*
 * sync.c - what is safe on the disk, and what is soon wanted from it: the system calls.
 *
 *	sync			every file system: files, then its own structures, then wait for all of it
 *	syncfs			one of them
 *	fsync, fdatasync	one file, by its file system (file_ops.fsync), which also tells errors of earlier writes
 *	sync_file_range		some of a file's pages, and nothing about how to find them
 *	fadvise64, readahead	what will be read, and how
 *
 * Not here    the work: writeback.c, mm/pagewrite.c, mm/readahead.c. msync: mm/sysmmap.c.
 */
#include "drivers/block/block.h"
#include "fs/internal.h"
#include "kernel/fdtable.h"
#include "mm/pagecache_private.h"

/* ---- everything ---- */

static void
sync_one(struct super_block *sb, void *arg)
{
	super_sync(sb, *(bool *)arg);
}

/* sync(2): all begin before the first is waited for. */
long
sys_sync(const ulong *a)
{
	bool wait = false;

	super_for_each(sync_one, &wait);
	wait = true;
	super_for_each(sync_one, &wait);
	return 0;
}

/* syncfs(2). */
long
sys_syncfs(const ulong *a)
{
	struct file *f;
	bool put;
	long r = 0;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	if (f->mode & FMODE_PATH)
		r = -EBADF;
	else if (f->inode && f->inode->sb)
		r = super_sync(f->inode->sb, true);
	fd_put(f, put);
	return r;
}

/* ---- one file ---- */

static long
do_fsync(int fd, bool datasync)
{
	struct file *f;
	bool put;
	long r;

	f = fd_get(fd, &put);
	if (!f)
		return -EBADF;
	r = f->ops->fsync ? f->ops->fsync(f, datasync) : -EINVAL;
	fd_put(f, put);
	return r;
}

/* fsync(2). */
long
sys_fsync(const ulong *a)
{
	return do_fsync(a[0], false);
}

/* fdatasync(2). */
long
sys_fdatasync(const ulong *a)
{
	return do_fsync(a[0], true);
}

/* ---- a part of a file ---- */

/* The pages behind f; NULL if it has none. */
static struct mapping *
file_mapping(const struct file *f)
{
	struct inode *i = f->inode;

	if (!i)
		return NULL;
	if (f->ops == &blkdev_fops)
		i = ((struct block_device *)f->private)->inode;
	return (S_ISREG(i->mode) || S_ISBLK(i->mode)) ? &i->mapping : NULL;
}

static long
file_sync_range(struct file *f, u64 start, u64 end, uint flags)
{
	struct mapping *m = file_mapping(f);
	int err = 0, told;

	if (!m)
		return S_ISDIR(f->inode->mode) || S_ISLNK(f->inode->mode) ? 0 : -ESPIPE;
	if (flags & SYNC_FILE_RANGE_WAIT_BEFORE)
		err = mapping_wait_range(m, start, end);
	if (!err && (flags & SYNC_FILE_RANGE_WRITE))
		err = mapping_write_range(m, start, end, false);
	if (!err && (flags & SYNC_FILE_RANGE_WAIT_AFTER))
		err = mapping_wait_range(m, start, end);
	if (!(flags & (SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER)))
		return err;
	told = mapping_error_check(m, &f->seen);
	return told ? told : err;
}

/* sync_file_range(2). */
long
sys_sync_file_range(const ulong *a)
{
	loff_t off = a[1], len = a[2], end;
	uint flags = a[3];
	struct file *f;
	bool put;
	long r;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	if (f->mode & FMODE_PATH)
		r = -EBADF;
	else if (flags & ~(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
		r = -EINVAL;
	else if (off < 0 || len < 0 || __builtin_add_overflow(off, len, &end))
		r = -EINVAL;
	else if (!f->inode)
		r = -ESPIPE;
	else
		r = file_sync_range(f, off, len ? (u64)end : ~0UL, flags);
	fd_put(f, put);
	return r;
}

/* ---- advice ---- */

/* Pages that lie in [off, off + len) entirely; len 0: to the end. */
static void
forget_range(struct mapping *m, u64 off, u64 len)
{
	u64 end = len ? off + len : ~0UL, first = PAGE_ALIGN(off) >> PAGE_SHIFT, stop = end >> PAGE_SHIFT;

	mapping_write_range(m, off, end, false);
	/* The file's last page may be a part of one. */
	if (end >= READ_ONCE(m->inode->size))
		stop = ~0UL >> PAGE_SHIFT;
	if (first < stop)
		mapping_invalidate(m, first, stop - 1);
}

/* Start reading all of [off, off + len) that the file has. */
static void
want_range(struct mapping *m, u64 off, u64 len)
{
	u64 size = READ_ONCE(m->inode->size), end = len ? MIN(off + len, size) : size;
	u64 first = off >> PAGE_SHIFT, stop = PAGE_ALIGN(end) >> PAGE_SHIFT;
	struct mem_stats st;

	if (mapping_is_ram(m) || off >= end)
		return;
	/* No more than would stay: what is free, and half of what is cached. */
	mem_stats(&st);
	stop = MIN(stop, first + st.free / 2 + st.cached / 2);
	readahead_range(m, first, stop - first);
}

static long
file_advise(struct file *f, loff_t off, loff_t len, uint advice)
{
	struct mapping *m = file_mapping(f);

	if (f->ops->stream)
		return -ESPIPE;
	if (len < 0 || advice > POSIX_FADV_NOREUSE)
		return -EINVAL;
	if (!m || off < 0)
		return 0;
	if (__builtin_add_overflow(off, len, &(loff_t){ 0 }))
		len = 0;
	switch (advice) {
	case POSIX_FADV_NORMAL:
		f->ra.mode = READAHEAD_NORMAL;
		break;
	case POSIX_FADV_RANDOM:
		f->ra.mode = READAHEAD_RANDOM;
		break;
	case POSIX_FADV_SEQUENTIAL:
		f->ra.mode = READAHEAD_SEQUENTIAL;
		break;
	case POSIX_FADV_WILLNEED:
		want_range(m, off, len);
		break;
	case POSIX_FADV_DONTNEED:
		forget_range(m, off, len);
		break;
	}
	return 0;
}

/* posix_fadvise(2). */
long
sys_fadvise64(const ulong *a)
{
	struct file *f;
	bool put;
	long r;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	r = f->mode & FMODE_PATH ? -EBADF : file_advise(f, a[1], a[2], a[3]);
	fd_put(f, put);
	return r;
}

/* readahead(2). */
long
sys_readahead(const ulong *a)
{
	struct file *f;
	bool put;
	long r;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	if (!(f->mode & FMODE_READ))
		r = -EBADF;
	else if (!file_mapping(f))
		r = -EINVAL;
	else
		r = file_advise(f, a[1], a[2], POSIX_FADV_WILLNEED);
	fd_put(f, put);
	return r;
}
