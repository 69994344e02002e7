/*
 * writeback.c - dirty pages go to the disk, and get their blocks on the way.
 *
 *	pages      [P P P P][P P P P][. . . .][C C C C]     P promised  C changed, has its block  . clean
 *	runs        one handle, one run of blocks,           overwritten in place:
 *	            one bio, disk_size follows               a bio and no handle
 *
 * data=ordered: what a transaction makes reachable must be on the disk before the transaction is.  So bios of blocks
 * that are allocated, converted, or come inside the file's size on disk by it are registered with the handle's
 * transaction, whose commit waits for them; and they are started before the handle ends.
 *
 * An error is told to the page cache, which tells every open file once.  If it may pass (no space, no memory) the page
 * stays dirty, to be tried again; if the disk failed it does not, as on Linux.
 *
 * Data        struct writer, on the stack: one call's pages, its handle and the bio being built.
 * Locks       pages are FRAME_LOCKED and FRAME_WRITEBACK on entry; then ei->size_lock; a handle; ei->map_lock inside
 *             map.c.  size_lock keeps the size from falling in between: blocks would be in a transaction, past
 *             the size that is, in the same one.
 * Invariants  W1  no handle is begun while a bio of an earlier one is unsubmitted: its commit would wait for us.
 *             W2  disk_size never passes data that is not on its way in the same transaction or written before.
 */
#include "fs/ext4/data.h"

#define CHANGED		BIT(0)		/* of a block: to be written */
#define PROMISED	BIT(1)		/* it is a hole with a reservation */
#define ORDERED		BIT(2)		/* its write must belong to a transaction */

struct writer {
	struct mapping *m;
	struct inode *inode;
	struct ext4_sb *s;
	struct frame **pages;
	u64	first;			/* logical number of block 0 of these pages */
	uint	total;			/* blocks */
	uint	bits;			/* log2 of blocks in a page */
	u64	size;			/* of the file, when this began */
	struct handle *h;		/* NULL: none is needed, so far */
	u64	end;			/* h carries data up to this byte */
	struct ext4_io io;
	uint	run_end;		/* blocks up to here are in run_state */
	uint	run_state;
};

static inline struct frame *
writer_page(const struct writer *w, uint k)
{
	return w->pages[k >> w->bits];
}

/* What is to be done with block k of these pages. */
static uint
block_state(const struct writer *w, uint k)
{
	struct frame *f = writer_page(w, k);
	uint slot = k & ((1U << w->bits) - 1);
	u64 state = page_bits(f);

	if ((w->first + k) << w->s->block_bits >= w->size)
		return 0;
	if (w->bits && !(state & PAGE_CHANGED(slot)))
		return 0;
	return CHANGED | (state & PAGE_PROMISED(slot) ? PROMISED : 0) | (state & PAGE_ORDER ? ORDERED : 0);
}

/* ---- the handle ---- */

/* Start what was built, and let the handle go with the size that its data gives the file. */
static int
writer_end(struct writer *w)
{
	struct handle *h = w->h;
	int err, err2;

	ext4_io_submit(&w->io);
	if (!h)
		return 0;
	ext4_disk_size_advance(w->inode, w->end);
	err = ext4_inode_dirty(h, w->inode);
	w->h = NULL;
	w->io.order = NULL;
	err2 = ext4_end(w->inode->sb, h);
	err = err ? err : err2;
	if (err)
		mapping_error_set(w->m, err);
	return err;
}

/* Have a handle in which one run can be allocated. */
static int
writer_begin(struct writer *w)
{
	struct super_block *sb = w->inode->sb;
	int need = ext4_credits_blocks(sb, 1) + EXT4_CREDITS_INODE, err;
	struct handle *h = w->h;

	if (h) {
		if (h->credits >= need || ext4_extend(sb, h, need - h->credits) == 0)
			return 0;
		err = writer_end(w);
		if (err)
			return err;
	}
	ext4_io_submit(&w->io);
	h = ext4_begin(sb, need);
	if (IS_ERR(h))
		return PTR_ERR(h);
	w->h = h;
	w->end = 0;
	/* Before any page is done: who waits for it must then wait for this transaction. */
	WRITE_ONCE(ext4_i(w->inode)->sync_tid, ext4_tid(sb, h));
	WRITE_ONCE(ext4_i(w->inode)->datasync_tid, ext4_tid(sb, h));
	if (w->s->journal && w->s->data != EXT4_DATA_WRITEBACK)
		w->io.order = h;
	return 0;
}

/* ---- runs of blocks ---- */

/* Where the file ends if it ends with m. */
static inline u64
run_end_byte(const struct writer *w, const struct ext4_map *m)
{
	return MIN(((u64)m->logical + m->len) << w->s->block_bits, w->size);
}

/* Find the blocks of m, which are all in `state`; allocate or convert under a handle if they are not all there. */
static int
map_run_once(struct writer *w, uint state, struct ext4_map *m)
{
	bool there = false;
	int err = 0;

	if (!(state & PROMISED)) {
		err = ext4_map_find(w->inode, m);
		if (err)
			return err;
		there = m->physical && !m->unwritten;
		if (there && !(state & ORDERED) && run_end_byte(w, m) <= READ_ONCE(ext4_i(w->inode)->disk_size))
			return 0;
	}
	err = writer_begin(w);
	if (!err && !there)
		err = ext4_map_create(w->h, w->inode, m,
				      EXT4_MAP_CONVERT | (state & PROMISED ? EXT4_MAP_RESERVED : 0));
	if (!err)
		w->end = MAX(w->end, run_end_byte(w, m));
	return err;
}

static int
map_run(struct writer *w, uint k, uint n, uint state, struct ext4_map *m)
{
	int err, tries = 0;

	do {
		m->logical = w->first + k;
		m->len = n;
		err = map_run_once(w, state, m);
		if (likely(err != -ENOSPC))
			return err;
		writer_end(w);
	} while (ext4_alloc_retry(w->inode->sb, &tries));
	return err;
}

/* ---- pages ---- */

static void
page_begin(struct writer *w, struct frame *f)
{
	ext4_page_trim(w->inode, f, w->size);
	if (w->bits)
		ext4_page_hold(f);
}

/* All blocks of f have been seen to. started: some are on their way. */
static void
page_end(struct writer *w, struct frame *f, bool started, int error)
{
	/* Of several blocks another one may have failed. */
	if (w->bits && !error)
		error = ext4_page_error(f);
	if (likely(!error)) {
		page_bits_clear(f, PAGE_ALL_CHANGED | PAGE_ORDER);
	} else if (error == -ENOSPC || error == -ENOMEM) {
		mapping_dirty(w->m, f);
	} else {
		ext4_page_unpromise(w->inode, f, PAGE_ALL_PROMISED);
		page_bits_clear(f, PAGE_ALL_CHANGED | PAGE_ORDER);
	}
	if (w->bits)
		ext4_page_drop(f, true, error);
	else if (!started)
		mapping_write_done(f, error);
	mapping_unlock_page(f);
}

/* The run m, found for block k on: put its pieces into bios. */
static void
write_run(struct writer *w, uint k, uint state, const struct ext4_map *m)
{
	uint size = w->s->block_size, shift = w->s->block_bits - SECTOR_SHIFT, mask = (1U << w->bits) - 1;
	struct frame *f;
	uint slot;

	for (uint i = 0; i < m->len; i++, k++) {
		f = writer_page(w, k);
		slot = k & mask;
		if (state & PROMISED) {
			if (m->fresh)
				ext4_page_fulfil(w->inode, f, PAGE_PROMISED(slot));
			else
				ext4_page_unpromise(w->inode, f, PAGE_PROMISED(slot));
		}
		w->io.left = (w->total - k + mask) >> w->bits;
		ext4_io_add(&w->io, f, slot * size, size, (m->physical + i) << shift);
		if (slot == mask)
			page_end(w, f, true, 0);
	}
}

/* The n blocks from k on could not be, or need not be, written. */
static void
skip_run(struct writer *w, uint k, uint n, int error)
{
	uint mask = (1U << w->bits) - 1;
	struct frame *f;

	for (uint i = 0; i < n; i++, k++) {
		f = writer_page(w, k);
		if ((k & mask) == mask) {
			page_end(w, f, false, error);
		} else if (error) {
			ext4_page_hold(f);
			ext4_page_drop(f, true, error);
		}
	}
}

/* Deal with block k and those after it that are in the same state, or some of them: how many. */
static uint
write_some(struct writer *w, uint k)
{
	struct ext4_map m;
	uint n;
	int err = 0;

	if (k >= w->run_end) {
		w->run_state = block_state(w, k);
		for (n = k + 1; n < w->total && block_state(w, n) == w->run_state; n++)
			;
		w->run_end = n;
	}
	n = w->run_end - k;
	if (w->run_state)
		err = map_run(w, k, n, w->run_state, &m);
	if (!w->run_state || err) {
		skip_run(w, k, n, err);
		return n;
	}
	write_run(w, k, w->run_state, &m);
	return m.len;
}

/* ei->size_lock is held for reading. */
static void
write_pages(struct mapping *m, struct frame **pages, uint n, bool sync)
{
	struct inode *inode = m->inode;
	struct ext4_sb *s = ext4_isb(inode);
	struct writer w = {
		.m = m,
		.inode = inode,
		.s = s,
		.pages = pages,
		.first = page_block(s, pages[0]),
		.total = n << page_block_bits(s),
		.bits = page_block_bits(s),
		.size = READ_ONCE(inode->size),
		.io = { .s = s, .op = BIO_WRITE, .flags = sync ? BIO_SYNC : 0, .count = page_block_bits(s) != 0 },
	};

	if (unlikely(ext4_journals_data(inode))) {
		ext4_journal_pages(m, pages, n);
		return;
	}
	for (uint i = 0; i < n; i++)
		page_begin(&w, pages[i]);
	for (uint k = 0; k < w.total;)
		k += write_some(&w, k);
	writer_end(&w);
}

void
ext4_write_pages(struct mapping *m, struct frame **pages, uint n, bool sync)
{
	struct ext4_inode *ei = ext4_i(m->inode);

	rwsem_lock_read(&ei->size_lock);
	write_pages(m, pages, n, sync);
	rwsem_unlock_read(&ei->size_lock);
}
