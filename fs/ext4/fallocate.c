/*
 * fallocate.c - room made for a file ahead of its use, and parts of it turned into zeros or holes.
 *
 *	allocate     what is a hole gets blocks, unwritten: they read as zeros
 *	zero range   the same, and what has blocks becomes unwritten, too
 *	punch hole   what has blocks becomes unwritten, and then a hole
 *
 * A range's blocks become unwritten before they go.  In between its pages leave the cache once more: who was reading
 * the old blocks is done then, and who reads from now on sees zeros, whatever becomes of the blocks.
 *
 *	punch        1  the parts of blocks at both edges are written with zeros, through the cache
 *	             2  pages leave the cache; blocks become unwritten; pages leave the cache
 *	             3  the blocks are freed; pages leave the cache
 *
 * Each step takes as many transactions as it needs, and after each of them the file is whole: should the machine stop,
 * some of the range is zeros and the rest what it was.  Who stores through a mapping meanwhile has stored before, or
 * after.
 *
 * Locks       inode->lock for writing; then pages, or ei->size_lock and handles: never a page under a handle.
 */
#include "abi/capability.h"
#include "abi/fcntl.h"
#include "fs/ext4/data.h"
#include "fs/internal.h"
#include "lib/string.h"
#include "mm/slab.h"

/* ---- blocks ---- */

/* One run of blocks from `first` on, before `end`, unwritten where there was none: the next block to do in *next. */
static int
allocate_run(struct inode *inode, u32 first, u32 end, u64 size, u32 *next)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct super_block *sb = inode->sb;
	struct ext4_map m = { .logical = first, .len = end - first };
	struct ext4_inode *ei = ext4_i(inode);
	struct handle *h;
	u64 reached;
	int err, err2;

	h = ext4_begin(sb, ext4_credits_blocks(sb, 1) + EXT4_CREDITS_INODE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	err = ext4_map_create(h, inode, &m, EXT4_MAP_UNWRITTEN);
	if (!err) {
		reached = MIN(size, ((u64)m.logical + m.len) << s->block_bits);
		if (reached > inode->size) {
			WRITE_ONCE(inode->size, reached);
			rwsem_lock_write(&ei->map_lock);
			ei->disk_size = reached;
			rwsem_unlock_write(&ei->map_lock);
			inode->mtime = time_now();
		}
		inode->ctime = time_now();
		*next = m.logical + m.len;
		err = ext4_inode_dirty(h, inode);
	}
	err2 = ext4_end(sb, h);
	return err ? err : err2;
}

/* Blocks [at, end) that are holes get some; the file grows to `size`, if it is shorter. */
static int
allocate(struct inode *inode, u32 at, u32 end, u64 size)
{
	int err = 0, tries = 0;

	while (!err && at < end) {
		err = allocate_run(inode, at, end, size, &at);
		if (err == -ENOSPC && ext4_alloc_retry(inode->sb, &tries))
			err = 0;
	}
	return err;
}

/* Blocks [at, end) that are written are so no more. */
static int
unwrite(struct inode *inode, u32 at, u32 end)
{
	struct super_block *sb = inode->sb;
	struct ext4_map m;
	struct handle *h;
	int err, err2;

	for (; at < end; at += m.len) {
		m.logical = at;
		m.len = end - at;
		err = ext4_map_find(inode, &m);
		if (err)
			return err;
		if (!m.physical || m.unwritten)
			continue;
		h = ext4_begin(sb, ext4_credits_blocks(sb, 1) + EXT4_CREDITS_INODE);
		if (IS_ERR(h))
			return PTR_ERR(h);
		err = ext4_map_convert(h, inode, m.logical, m.len, true);
		if (!err)
			err = ext4_inode_dirty(h, inode);
		err2 = ext4_end(sb, h);
		if (err || err2)
			return err ? err : err2;
	}
	return 0;
}

/* Blocks [first, end) go. Pages are not written back meanwhile: they could get a block that goes at this moment. */
static int
free_blocks(struct inode *inode, u32 first, u32 end)
{
	struct super_block *sb = inode->sb;
	struct ext4_inode *ei = ext4_i(inode);
	struct handle *h;
	int err, err2;

	rwsem_lock_write(&ei->size_lock);
	h = ext4_begin(sb, ext4_credits_blocks(sb, 1) + EXT4_CREDITS_INODE);
	err = IS_ERR(h) ? PTR_ERR(h) : 0;
	if (err)
		goto out_unlock;
	err = ext4_map_remove(h, inode, first, end - 1);
	if (!err)
		err = ext4_credits_for_end(h, inode);
	err2 = ext4_inode_dirty(h, inode);
	err = err ? err : err2;
	err2 = ext4_end(sb, h);
	err = err ? err : err2;
out_unlock:
	rwsem_unlock_write(&ei->size_lock);
	return err;
}

/* ---- pages ---- */

/* Whole blocks of one page, bytes [from, to) of the file, will not be written: they are zeros. */
static void
blocks_clear(struct inode *inode, u64 from, u64 to)
{
	struct mapping *m = &inode->mapping;
	struct frame *f = mapping_peek(m, from >> PAGE_SHIFT);
	u64 blocks;

	if (!f)
		return;
	mapping_lock_page(f);
	mapping_wait_writeback(f);
	if (f->owner == m) {
		blocks = page_block_mask(ext4_isb(inode), PAGE_OFFSET(from), PAGE_OFFSET(to - 1) + 1);
		mapping_clean_page(m, f);		/* the next store asks again */
		ext4_page_unpromise(inode, f, blocks << 4);
		page_bits_clear(f, blocks);
		memset((char *)frame_va(f) + PAGE_OFFSET(from), 0, to - from);
	}
	mapping_unlock_page(f);
	frame_put(f);
}

/* Whole blocks, bytes [from, to), are not in the cache any more, or zeros there. */
static void
cache_clear(struct inode *inode, u64 from, u64 to)
{
	mapping_punch(&inode->mapping, from, to);
	if (from >> PAGE_SHIFT == to >> PAGE_SHIFT) {
		blocks_clear(inode, from, to);
		return;
	}
	if (PAGE_OFFSET(from))
		blocks_clear(inode, from, ALIGN_UP(from, PAGE_SIZE));
	if (PAGE_OFFSET(to))
		blocks_clear(inode, ALIGN_DOWN(to, PAGE_SIZE), to);
}

/* Has the block of byte `at` bytes in the cache that are still to be written? */
static bool
changed_in_cache(struct inode *inode, u64 at)
{
	struct frame *f = mapping_peek(&inode->mapping, at >> PAGE_SHIFT);
	bool changed;

	if (!f)
		return false;
	changed = page_bits(f) & page_block_mask(ext4_isb(inode), PAGE_OFFSET(at), PAGE_OFFSET(at) + 1);
	frame_put(f);
	return changed;
}

/* Bytes [from, to), less than a block, become zeros; what is past the file's end is so already. */
static int
edge_zero(struct inode *inode, u64 from, u64 to)
{
	struct ext4_map m = { .logical = from >> ext4_isb(inode)->block_bits, .len = 1 };
	bool changed;
	loff_t pos = from;
	struct uio u;
	char *zeros;
	ssize_t n;
	int err;

	to = MIN(to, inode->size);
	if (from >= to)
		return 0;
	/* In this order: who writes the page back gives the block its place first. */
	changed = changed_in_cache(inode, from);
	err = ext4_map_find(inode, &m);
	if (err || (!changed && (!m.physical || m.unwritten)))
		return err;
	zeros = kzalloc(to - from, GFP_KERNEL);
	if (!zeros)
		return -ENOMEM;
	uio_init_kernel(&u, zeros, to - from);
	n = pagecache_write(&inode->mapping, &u, &pos, INT64_MAX);
	kfree(zeros);
	return n < 0 ? n : u.resid ? -EIO : 0;
}

/* ---- ranges of bytes: inode->lock held for writing ---- */

/*
 * Pages of bytes before `end` will not be written back. If the file's last one is among them, it would not tell the
 * disk any more how long the file is: do it now.
 */
static int
disk_size_settle(struct inode *inode, u64 end)
{
	struct ext4_inode *ei = ext4_i(inode);
	struct handle *h;
	int err, err2;

	if (end < inode->size || READ_ONCE(ei->disk_size) >= inode->size)
		return 0;
	h = ext4_begin(inode->sb, EXT4_CREDITS_INODE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	ext4_disk_size_advance(inode, inode->size);
	err = ext4_inode_dirty(h, inode);
	err2 = ext4_end(inode->sb, h);
	return err ? err : err2;
}

/* Bytes [off, end) become zeros; of the blocks [*first, *last), those wholly in it, none is written any more. */
static int
make_zero(struct inode *inode, u64 off, u64 end, u32 *first, u32 *last)
{
	struct ext4_sb *s = ext4_isb(inode);
	u64 from = ALIGN_UP(off, (u64)s->block_size), to = ALIGN_DOWN(end, (u64)s->block_size);
	int err = 0;

	*first = from >> s->block_bits;
	*last = MAX(from, to) >> s->block_bits;
	if (from > to)
		return edge_zero(inode, off, end);
	if (off < from)
		err = edge_zero(inode, off, from);
	if (!err && to < end)
		err = edge_zero(inode, to, end);
	if (!err && from < to)
		err = disk_size_settle(inode, to);
	if (err || from == to)
		return err;
	cache_clear(inode, from, to);
	err = unwrite(inode, *first, *last);
	cache_clear(inode, from, to);
	return err;
}

static int
punch(struct inode *inode, u64 off, u64 end)
{
	uint bits = ext4_isb(inode)->block_bits;
	u64 size = inode->size;
	u32 first, last;
	int err;

	if (off >= size)
		return 0;
	end = MIN(end, ALIGN_DOWN(size, PAGE_SIZE) + PAGE_SIZE);	/* what is past that stays, as on Linux */
	err = make_zero(inode, off, end, &first, &last);
	if (!err && first < last) {
		err = free_blocks(inode, first, last);
		cache_clear(inode, (u64)first << bits, (u64)last << bits);
	}
	inode->mtime = inode->ctime = time_now();
	inode_mark_dirty(inode);
	return err;
}

/* size: what the file grows to, if it is shorter. */
static int
zero_range(struct inode *inode, u64 off, u64 end, u64 size)
{
	struct ext4_sb *s = ext4_isb(inode);
	u32 first, last;
	int err = make_zero(inode, off, end, &first, &last);

	if (!err)
		err = allocate(inode, off >> s->block_bits, DIV_ROUND_UP(end, s->block_size), size);
	inode->mtime = inode->ctime = time_now();
	inode_mark_dirty(inode);
	return err;
}

/* May it be done to this file, by this kind of file system? */
static int
may_fallocate(const struct inode *inode, int mode, u64 end)
{
	u32 flags = ext4_i(inode)->flags;

	if ((flags & EXT4_IMMUTABLE_FL) || ((flags & EXT4_APPEND_FL) && (mode & ~FALLOC_FL_KEEP_SIZE)))
		return -EPERM;
	if (end > ext4_size_max(inode))
		return -EFBIG;
	return ext4_has_extents(inode) ? 0 : -EOPNOTSUPP;
}

long
ext4_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *inode = f->inode;
	struct ext4_sb *s = ext4_isb(inode);
	int how = mode & ~FALLOC_FL_KEEP_SIZE, err;
	u64 end = (u64)off + len, size = mode & FALLOC_FL_KEEP_SIZE ? 0 : end;

	if (how && how != FALLOC_FL_PUNCH_HOLE && how != FALLOC_FL_ZERO_RANGE)
		return -EOPNOTSUPP;
	err = may_fallocate(inode, mode, end);
	if (err)
		return err;
	rwsem_lock_write(&inode->lock);
	inode_strip_suid(inode);
	if (size > inode->size)
		ext4_old_end_zero(inode);
	if (how == FALLOC_FL_PUNCH_HOLE)
		err = punch(inode, off, end);
	else if (how == FALLOC_FL_ZERO_RANGE)
		err = zero_range(inode, off, end, size);
	else
		err = allocate(inode, off >> s->block_bits, DIV_ROUND_UP(end, s->block_size), size);
	rwsem_unlock_write(&inode->lock);
	if (!err && (f->flags & O_DSYNC))
		err = ext4_fsync(f, (f->flags & O_SYNC) != O_SYNC);
	return err;
}
