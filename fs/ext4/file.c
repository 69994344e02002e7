/*
 * file.c - what can be done to an open file of ext4: mostly what any file on a disk does (fs/diskfile.c).
 *
 * fsync writes the pages, waits for them, and then needs the log only if something changed that the data depends on:
 *
 *	fsync      ei->sync_tid      the transaction of the inode's last change
 *	fdatasync  ei->datasync_tid  the same without changes of times alone
 *
 * If that is on the disk already, the disk's cache is flushed and that is all.
 *
 * Locks       inode->lock for reading round O_DIRECT reads: truncation must not free what the disk is reading.
 */
#include "abi/capability.h"
#include "abi/fcntl.h"
#include "abi/ioctl.h"
#include "fs/ext4/data.h"
#include "fs/internal.h"

#define SMALL_ENOUGH	(8UL * GiB)	/* any map reaches so far */

/* Flags a program may see, and those it may change: as lsattr and chattr name them. */
#define FLAGS_VISIBLE	0x725bdfffU
#define FLAGS_CHANGE	(EXT4_SYNC_FL | EXT4_IMMUTABLE_FL | EXT4_APPEND_FL | EXT4_NODUMP_FL | EXT4_NOATIME_FL)

static int
file_open(struct inode *inode, struct file *f)
{
	u32 flags = ext4_i(inode)->flags;

	if (unlikely(flags & (EXT4_IMMUTABLE_FL | EXT4_APPEND_FL)) && (f->mode & FMODE_WRITE)) {
		if ((flags & EXT4_IMMUTABLE_FL) || !(f->flags & O_APPEND))
			return -EPERM;
	}
	f->seen = mapping_error_sample(&inode->mapping);
	return 0;
}

static void
file_release(struct file *f)
{
	if (f->mode & FMODE_WRITE)
		ext4_prealloc_drop(f->inode);
}

static ssize_t
file_write_ext4(struct file *f, struct uio *u, loff_t *pos)
{
	struct inode *inode = f->inode;
	ssize_t n;
	u64 max;
	int err;

	/* Where an appending write will be is not known yet: data.c refuses what does not fit. */
	if (unlikely((u64)*pos + u->resid > SMALL_ENOUGH) && !(f->flags & O_APPEND)) {
		max = ext4_size_max(inode);
		if ((u64)*pos >= max)
			return u->resid ? -EFBIG : 0;
		u->resid = MIN(u->resid, max - *pos);
	}
	n = disk_file_write(f, u, pos);
	if (unlikely(ext4_i(inode)->flags & EXT4_SYNC_FL) && n > 0 && !(f->flags & O_DSYNC)) {
		err = ext4_fsync(f, false);
		if (err)
			n = err;
	}
	return n;
}

/* ---- fsync ---- */

/* No log: everything that is in memory, wherever it belongs. */
static int
sync_without_log(struct ext4_sb *s)
{
	int err = buffer_sync(s->dev);

	return !err && s->barrier ? block_flush(s->dev) : err;
}

int
ext4_inode_fsync(struct inode *inode, bool datasync)
{
	struct ext4_inode *ei = ext4_i(inode);
	struct ext4_sb *s = ext4_isb(inode);
	bool flushed;
	u32 tid;
	int err;

	if (READ_ONCE(s->aborted))
		return -EROFS;
	if (s->read_only)
		return 0;
	err = datasync ? mapping_write_range(&inode->mapping, 0, ~0UL, true) : inode_sync(inode);
	if (err)
		return err;
	if (!s->journal)
		return sync_without_log(s);
	tid = READ_ONCE(*(datasync ? &ei->datasync_tid : &ei->sync_tid));
	flushed = journal_commit_pending(s->journal, tid);
	err = journal_commit_wait(s->journal, tid);
	return !err && !flushed && s->barrier ? block_flush(s->dev) : err;
}

int
ext4_fsync(struct file *f, bool datasync)
{
	int err = ext4_inode_fsync(f->inode, datasync);
	int told = mapping_error_check(&f->inode->mapping, &f->seen);

	return err ? err : told;
}

/* ---- seeking for data and holes ---- */

/* The first page from `index` on that has bytes which are not on the disk yet; ~0: none. */
static u64
next_unwritten_page(struct mapping *m, u64 index)
{
	u64 dirty = index, writing = index;
	ulong flags = spin_lock_irqsave(&m->lock);

	if (!radix_next_tag(&m->pages, &dirty, TAG_DIRTY))
		dirty = ~0UL;
	if (!radix_next_tag(&m->pages, &writing, TAG_WRITEBACK))
		writing = ~0UL;
	spin_unlock_irqrestore(&m->lock, flags);
	return MIN(dirty, writing);
}

/* The first byte of [at, end), a hole on the disk, that is data (or, for hole, is not): end if there is none. */
static u64
seek_in_hole(struct mapping *m, u64 at, u64 end, bool hole)
{
	u64 page = next_unwritten_page(m, at >> PAGE_SHIFT);

	if (!hole)
		return page < DIV_ROUND_UP(end, PAGE_SIZE) ? MAX(at, page << PAGE_SHIFT) : end;
	while (at < end && page == at >> PAGE_SHIFT) {
		at = (page + 1) << PAGE_SHIFT;
		page = next_unwritten_page(m, page + 1);
	}
	return MIN(at, end);
}

/* SEEK_DATA, SEEK_HOLE: the position or -ENXIO. inode->lock held for reading. */
static loff_t
seek_data(struct inode *inode, loff_t off, bool hole)
{
	uint bits = ext4_isb(inode)->block_bits;
	u64 size = inode->size, at = off, end, found;
	struct ext4_map m;
	int err;

	if (off < 0 || at >= size)
		return -ENXIO;
	for (; at < size; at = end) {
		m.logical = at >> bits;
		m.len = ((size - 1) >> bits) - m.logical + 1;
		err = ext4_map_find(inode, &m);
		if (err)
			return err;
		end = MIN(((u64)m.logical + m.len) << bits, size);
		if (m.physical && !m.unwritten) {
			if (!hole)
				return at;
			continue;
		}
		found = seek_in_hole(&inode->mapping, at, end, hole);
		if (found < end)
			return found;
	}
	return hole ? (loff_t)size : -ENXIO;
}

static loff_t
file_seek(struct file *f, loff_t off, int whence)
{
	struct inode *inode = f->inode;

	switch (whence) {
	case SEEK_CUR:
		off += f->pos;
		break;
	case SEEK_END:
		off += READ_ONCE(inode->size);
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		rwsem_lock_read(&inode->lock);
		off = seek_data(inode, off, whence == SEEK_HOLE);
		rwsem_unlock_read(&inode->lock);
		if (off < 0)
			return off;
		break;
	}
	if (off < 0 || (u64)off > ext4_size_max(inode))
		return -EINVAL;
	f->pos = off;
	return off;
}

/* ---- ioctl ---- */

static int
flags_set(struct inode *inode, u32 flags)
{
	struct ext4_inode *ei = ext4_i(inode);
	struct handle *h;
	u32 change;
	int err = 0, err2;

	if (!inode_owner(inode))
		return -EACCES;
	rwsem_lock_write(&inode->lock);
	change = (ei->flags ^ flags) & FLAGS_VISIBLE;
	if (change & ~FLAGS_CHANGE)
		err = -EOPNOTSUPP;
	else if ((change & (EXT4_IMMUTABLE_FL | EXT4_APPEND_FL)) && !capable(CAP_LINUX_IMMUTABLE))
		err = -EPERM;
	if (err || !change)
		goto out_unlock;
	h = ext4_begin(inode->sb, EXT4_CREDITS_INODE);
	err = IS_ERR(h) ? PTR_ERR(h) : 0;
	if (err)
		goto out_unlock;
	ei->flags ^= change;
	inode->ctime = time_now();
	err = ext4_inode_dirty(h, inode);
	err2 = ext4_end(inode->sb, h);
	err = err ? err : err2;
out_unlock:
	rwsem_unlock_write(&inode->lock);
	return err;
}

/* FIBMAP: the disk block of block *n, 0 for a hole; what is only in memory gets its place first. */
static int
block_of(struct inode *inode, int *n)
{
	struct ext4_map m = { .logical = *n, .len = 1 };
	int err;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (*n < 0 || ext4_journals_data(inode))
		return -EINVAL;
	err = mapping_write_range(&inode->mapping, 0, ~0UL, true);
	if (!err)
		err = ext4_map_find(inode, &m);
	if (err)
		return err;
	if (m.physical > INT32_MAX)
		return -ERANGE;
	*n = m.physical;
	return 0;
}

long
ext4_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct inode *inode = f->inode;
	int n, err;

	switch (cmd) {
	case FS_IOC_GETFLAGS:
		n = ext4_i(inode)->flags & FLAGS_VISIBLE;
		return put_user(n, UPTR(arg));
	case FS_IOC_SETFLAGS:
		err = get_user(n, UPTR(arg));
		return err ? err : flags_set(inode, n);
	case FS_IOC_GETVERSION:
		n = ext4_i(inode)->generation;
		return put_user(n, UPTR(arg));
	case FIGETBSZ:
		n = inode->sb->block_size;
		return put_user(n, UPTR(arg));
	case FIBMAP:
		if (!S_ISREG(inode->mode))
			return -ENOTTY;
		err = get_user(n, UPTR(arg));
		if (!err)
			err = block_of(inode, &n);
		return err ? err : put_user(n, UPTR(arg));
	}
	return -ENOTTY;
}

const struct file_ops ext4_file_fops = {
	.open = file_open,
	.release = file_release,
	.read = disk_file_read,
	.cached = true,
	.write = file_write_ext4,
	.seek = file_seek,
	.mmap = disk_file_mmap,
	.fsync = ext4_fsync,
	.fallocate = ext4_fallocate,
	.ioctl = ext4_ioctl,
};
