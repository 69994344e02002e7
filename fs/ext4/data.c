/*
 * data.c - the page cache's questions to ext4: may this be written, must that be read; and their answers' bookkeeping.
 *
 * A block is allocated as late as can be: when its page is written back, together with its neighbours, so that they
 * lie in a row.  Until then a reservation (ext4_reserve) sees to it that there will be one; write(2) gets its -ENOSPC
 * here, not when nobody listens any more.
 *
 *	write to a hole:   hole --reserve--> PROMISED --write back--> allocated, and written
 *	                                         |
 *	                                         +--truncate--> hole; the promise is given back
 *
 * With nodelalloc the block is allocated at once, but unwritten, so that it reads as zeros until it has been; the block
 * map of ext2 knows no such thing, and is always late.
 *
 * Data        frame->private (data.h); ei->reserved, the sum of this file's promises.
 * Locks       the page is FRAME_LOCKED in all of these but is_hole.
 * Not here    reading (pageio.c), writing back (writeback.c), data=journal (journaled.c), O_DIRECT (direct.c).
 */
#include "fs/ext4/data.h"

/* ---- promises ---- */

/* How many bits are set: mostly one. */
static inline uint
page_promises(u64 bits)
{
	return bits & (bits - 1) ? __builtin_popcountl(bits) : 1;
}

void
ext4_page_fulfil(struct inode *inode, struct frame *f, u64 bits)
{
	u64 had = page_bits(f) & bits & PAGE_ALL_PROMISED;

	if (!had)
		return;
	page_bits_clear(f, had);
	__atomic_fetch_sub(&ext4_i(inode)->reserved, page_promises(had), __ATOMIC_RELAXED);
}

void
ext4_page_unpromise(struct inode *inode, struct frame *f, u64 bits)
{
	u64 had = page_bits(f) & bits & PAGE_ALL_PROMISED;

	if (!had)
		return;
	ext4_page_fulfil(inode, f, had);
	ext4_unreserve(inode->sb, page_promises(had));
}

/* Block k of f, a hole, will get a block of its own. */
static int
promise(struct inode *inode, struct frame *f, uint k)
{
	int err;

	if (page_bits(f) & PAGE_PROMISED(k))
		return 0;
	err = ext4_reserve(inode->sb, 1);
	if (err)
		return err;
	__atomic_fetch_add(&ext4_i(inode)->reserved, 1, __ATOMIC_RELAXED);
	page_bits_set(f, PAGE_PROMISED(k));
	return 0;
}

/* nodelalloc: the hole gets its block now. */
static int
allocate_now(struct inode *inode, u32 block)
{
	struct super_block *sb = inode->sb;
	struct ext4_map m;
	struct handle *h;
	int err, err2, tries = 0;

	do {
		h = ext4_begin(sb, ext4_credits_blocks(sb, 1) + EXT4_CREDITS_INODE);
		if (IS_ERR(h))
			return PTR_ERR(h);
		m.logical = block;
		m.len = 1;
		err = ext4_map_create(h, inode, &m, EXT4_MAP_UNWRITTEN);
		if (!err)
			err = ext4_inode_dirty(h, inode);
		err2 = ext4_end(sb, h);
	} while (err == -ENOSPC && ext4_alloc_retry(sb, &tries));
	return err ? err : err2;
}

/* ---- before a page is written to ---- */

/* Block k of f is about to be changed: see that it has a place on the disk, or will. */
static int
prepare_block(struct inode *inode, struct frame *f, uint k)
{
	struct ext4_sb *s = ext4_isb(inode);
	struct ext4_map m = { .logical = page_block(s, f) + k, .len = 1 };
	int err;

	err = ext4_map_find(inode, &m);
	if (!err && !m.physical) {
		if (likely(s->delalloc) || !ext4_has_extents(inode) || ext4_journals_data(inode))
			err = promise(inode, f, k);
		else
			err = allocate_now(inode, m.logical);
	}
	if (!err)
		page_bits_set(f, PAGE_CHANGED(k));
	return err;
}

/* Nothing will be written after all: a page that is clean has no promises. */
static void
prepare_undo(struct inode *inode, struct frame *f)
{
	if (READ_ONCE(f->flags) & FRAME_DIRTY)
		return;
	ext4_page_unpromise(inode, f, PAGE_ALL_PROMISED);
	page_bits_clear(f, PAGE_OURS);
}

/* The blocks in `blocks`, CHANGED bits. */
static NOINLINE int
prepare_blocks(struct inode *inode, struct frame *f, u64 blocks)
{
	struct ext4_sb *s = ext4_isb(inode);
	u64 end = ext4_map_max_blocks(inode);
	int err = 0;

	if (unlikely(READ_ONCE(s->aborted)))
		return -EROFS;
	for (uint k = 0; !err && blocks >> k; k++) {
		if (!(blocks & ~page_bits(f) & PAGE_CHANGED(k)))
			continue;
		err = page_block(s, f) + k < end ? prepare_block(inode, f, k) : -EFBIG;
	}
	if (unlikely(err))
		prepare_undo(inode, f);
	return err;
}

static int
data_write_begin(struct mapping *m, struct frame *f, uint from, uint to)
{
	u64 blocks = page_block_mask(ext4_isb(m->inode), from, to);

	/* Changed and not yet written: it has been seen to. */
	if (likely((page_bits(f) & blocks) == blocks))
		return 0;
	return prepare_blocks(m->inode, f, blocks);
}

static int
data_write_end(struct mapping *m, struct frame *f, uint from, uint to)
{
	struct inode *inode = m->inode;
	u64 blocks;
	int err;

	if (unlikely(from >= to)) {
		prepare_undo(inode, f);
		return 0;
	}
	if (likely(!ext4_journals_data(inode)))
		return 0;
	blocks = page_block_mask(ext4_isb(inode), from, to);
	err = ext4_journal_page(inode, f, blocks, (f->index << PAGE_SHIFT) + to);
	/* The page becomes dirty all the same; but what is in the log need not be written again. */
	if (err)
		prepare_undo(inode, f);
	else if (!(page_bits(f) & PAGE_MAPPED))
		page_bits_clear(f, blocks);
	return err;
}

/*
 * All of the page, also what is past the file's end: should the file grow meanwhile, nobody asks again.  What is
 * still past the end when the page is written gives its promise back (ext4_page_trim).
 */
static int
data_make_writable(struct mapping *m, struct frame *f)
{
	struct inode *inode = m->inode;
	struct ext4_sb *s = ext4_isb(inode);
	u64 end = ext4_map_max_blocks(inode), first = page_block(s, f);
	uint n = 1U << page_block_bits(s);
	int err;

	if (first >= end)
		return -EFBIG;
	n = MIN((u64)n, end - first);
	err = prepare_blocks(inode, f, (1UL << n) - 1);
	if (err)
		return err;
	if (ext4_journals_data(inode))
		page_bits_set(f, PAGE_MAPPED);
	inode->mtime = inode->ctime = time_now();
	inode_mark_dirty(inode);
	return 0;
}

static bool
data_is_hole(struct mapping *m, u64 index)
{
	struct inode *inode = m->inode;
	struct ext4_sb *s = ext4_isb(inode);
	uint bits = page_block_bits(s);
	u64 block = index << bits, end = (index + 1) << bits;
	struct ext4_map map;

	end = MIN(end, DIV_ROUND_UP(READ_ONCE(inode->size), s->block_size));
	while (block < end) {
		map.logical = block;
		map.len = end - block;
		if (ext4_map_find(inode, &map) || (map.physical && !map.unwritten))
			return false;
		block += map.len;
	}
	return true;
}

/* ---- and after ---- */

void
ext4_page_trim(struct inode *inode, struct frame *f, u64 size)
{
	struct ext4_sb *s = ext4_isb(inode);
	u64 start = f->index << PAGE_SHIFT, past = PAGE_ALL_CHANGED;

	if (start + PAGE_SIZE <= size)
		return;
	if (size > start)
		past &= ~0UL << DIV_ROUND_UP(size - start, s->block_size);
	ext4_page_unpromise(inode, f, past << 4);
	page_bits_clear(f, past);
}

static void
data_drop_page(struct mapping *m, struct frame *f)
{
	ext4_page_unpromise(m->inode, f, PAGE_ALL_PROMISED);
	page_bits_clear(f, PAGE_OURS);
}

void
ext4_disk_size_advance(struct inode *inode, u64 end)
{
	struct ext4_inode *ei = ext4_i(inode);

	rwsem_lock_write(&ei->map_lock);
	/* A truncation sets inode->size first, then disk_size under this lock: so whoever comes last is right. */
	end = MIN(end, READ_ONCE(inode->size));
	if (end > ei->disk_size)
		ei->disk_size = end;
	rwsem_unlock_write(&ei->map_lock);
}

const struct mapping_ops ext4_mapping_ops = {
	.read_pages = ext4_read_pages,
	.write_begin = data_write_begin,
	.write_end = data_write_end,
	.is_hole = data_is_hole,
	.make_writable = data_make_writable,
	.write_pages = ext4_write_pages,
	.drop_page = data_drop_page,
	.direct = ext4_direct,
};
