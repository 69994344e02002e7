/*
 * pagewrite.c - dirty pages on their way to the disk: which are, writing runs of them, waiting, errors.
 *
 *	page_dirty    DIRTY set, the page tagged in the tree, its inode on the super block's list
 *	page_claim    page locked, mappings read-only, DIRTY -> WRITEBACK
 *	write_pages   the file system's: finds the blocks, submits, unlocks
 *	mapping_write_done   from the disk's interrupt: WRITEBACK gone
 *
 * Data        The tree's tags TAG_DIRTY and TAG_WRITEBACK: which pages, without a look at the others.
 *             mapping->wb_err: the last error in bits 0..11, bit 12 "somebody has been told", above it a count.
 * Locks       mapping->lock for tags, with FRAME_DIRTY and FRAME_WRITEBACK and their counts.
 * Invariants  W1  a page of a disk's file has FRAME_DIRTY <=> its entry has TAG_DIRTY; so for WRITEBACK.
 *             W2  a page that is mapped writable is DIRTY: rmap.c takes the permission before DIRTY goes.
 * Not here    which inodes, and when (fs/writeback.c).
 */
#include "abi/errno.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "mm/pagecache_private.h"
#include "mm/slab.h"

#define RUN_FEW		32		/* pages of a run kept on the stack */
#define RUN_MAX		1024

/* ---- becoming dirty ---- */

bool
page_dirty(struct mapping *m, struct frame *f)
{
	u32 old = READ_ONCE(f->flags);
	bool newly;
	ulong flags;

	/* Instruction caches hold older bytes. */
	if (old & FRAME_CODE_CLEAN)
		__atomic_fetch_and(&f->flags, ~(u32)FRAME_CODE_CLEAN, __ATOMIC_RELAXED);
	if (old & FRAME_DIRTY)
		return false;
	if (mapping_is_ram(m)) {
		__atomic_fetch_or(&f->flags, FRAME_DIRTY, __ATOMIC_RELAXED);
		return false;
	}
	flags = spin_lock_irqsave(&m->lock);
	newly = f->owner == m && !(f->flags & FRAME_DIRTY);
	if (newly) {
		__atomic_fetch_or(&f->flags, FRAME_DIRTY, __ATOMIC_RELAXED);
		radix_tag_set(&m->pages, f->index, TAG_DIRTY);
		m->ndirty++;
	}
	spin_unlock_irqrestore(&m->lock, flags);
	if (newly) {
		mem_stat_add(MEM_DIRTY, 1);
		inode_mark_dirty_pages(m->inode);
	}
	return newly;
}

void
mapping_dirty(struct mapping *m, struct frame *f)
{
	page_dirty(m, f);
}

/* ---- errors ---- */

#define ERR_MASK	0xfffU
#define ERR_TOLD	BIT(12)
#define ERR_ONE		BIT(13)		/* the count's unit */

void
mapping_error_set(struct mapping *m, int error)
{
	u32 old = READ_ONCE(m->wb_err), new;

	if (!error)
		return;
	do {
		/* An error that nobody has heard of is replaced; else it is one more. */
		new = (old & ~(ERR_MASK | ERR_TOLD)) | (-error & ERR_MASK);
		if (old & ERR_TOLD)
			new += ERR_ONE;
	} while (!__atomic_compare_exchange_n(&m->wb_err, &old, new, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

u32
mapping_error_sample(struct mapping *m)
{
	u32 now = READ_ONCE(m->wb_err);

	/* What nobody has been told is news to a file opened now. */
	return now & ERR_TOLD || !now ? now : 0;
}

int
mapping_error_check(struct mapping *m, u32 *seen)
{
	u32 now = READ_ONCE(m->wb_err);

	if (likely(now == *seen))
		return 0;
	while (!(now & ERR_TOLD) &&
	       !__atomic_compare_exchange_n(&m->wb_err, &now, now | ERR_TOLD, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	now |= ERR_TOLD;
	if (now == *seen)
		return 0;
	*seen = now;
	return -(int)(now & ERR_MASK);
}

/* 0, or the error that came since `before` was m->wb_err. */
static int
error_since(const struct mapping *m, u32 before)
{
	u32 now = READ_ONCE(m->wb_err);

	return (now ^ before) & ~ERR_TOLD ? -(int)(now & ERR_MASK) : 0;
}

/* ---- writing ---- */

/* The first page from *index to last with this tag, counted; sets *index. NULL: there is none. */
static struct frame *
next_tagged(struct mapping *m, u64 *index, u64 last, uint tag)
{
	struct frame *f;
	ulong flags = spin_lock_irqsave(&m->lock);
	u64 at = *index;

	f = radix_next_tag(&m->pages, &at, tag);
	if (f && at > last)
		f = NULL;
	if (f) {
		frame_get(f);
		*index = at;
	}
	spin_unlock_irqrestore(&m->lock, flags);
	return f;
}

/* What lies past the file's size is written as zeros, whatever a mapping has put there. */
static void
zero_past_size(struct mapping *m, struct frame *f)
{
	u64 size = READ_ONCE(m->inode->size), start = f->index << PAGE_SHIFT;

	if (size > start && size - start < PAGE_SIZE)
		memset((char *)frame_va(f) + (size - start), 0, PAGE_SIZE - (size - start));
}

/* f, locked: DIRTY becomes WRITEBACK. False: it is not dirty (any more), not m's, or (!wait) on its way already. */
static bool
claim_locked(struct mapping *m, struct frame *f, bool wait)
{
	ulong flags;

	if (f->owner != m || !(f->flags & FRAME_DIRTY))
		return false;
	if (f->flags & FRAME_WRITEBACK) {
		if (!wait)
			return false;
		mapping_wait_writeback(f);
	}
	if (!list_empty(&m->areas))
		mapping_clean_page(m, f);
	zero_past_size(m, f);
	flags = spin_lock_irqsave(&m->lock);
	__atomic_fetch_and(&f->flags, ~(u32)FRAME_DIRTY, __ATOMIC_RELAXED);
	__atomic_fetch_or(&f->flags, FRAME_WRITEBACK, __ATOMIC_RELAXED);
	radix_tag_clear(&m->pages, f->index, TAG_DIRTY);
	radix_tag_set(&m->pages, f->index, TAG_WRITEBACK);
	m->ndirty--;
	m->nwriteback++;
	spin_unlock_irqrestore(&m->lock, flags);
	return true;
}

/* Lock f and claim it; counted by the caller, who keeps that if it is true. */
static bool
page_claim(struct mapping *m, struct frame *f, bool wait)
{
	if (wait)
		mapping_lock_page(f);
	else if (!page_trylock(f))
		return false;
	if (claim_locked(m, f, wait))
		return true;
	mapping_unlock_page(f);
	return false;
}

struct run {
	struct frame **pages;		/* claimed, of consecutive numbers */
	uint	n, max;
};

/* Gather dirty pages from *index on into r, which is empty; *index goes behind them. False: there are none. */
static bool
run_fill(struct mapping *m, struct run *r, u64 *index, u64 last, bool sync)
{
	struct frame *f;

	for (; r->n < r->max && *index <= last; ++*index) {
		u64 at = *index;

		f = next_tagged(m, &at, last, TAG_DIRTY);
		if (!f)
			return r->n > 0;
		if (r->n && at != *index) {
			frame_put(f);
			return true;
		}
		*index = at;
		/* Only the first page is waited for: what has been claimed must go. */
		if (page_claim(m, f, sync && !r->n)) {
			r->pages[r->n++] = f;
			continue;
		}
		frame_put(f);
		if (r->n)
			return true;		/* the next run begins with it */
	}
	return r->n > 0;
}

static void
run_write(struct mapping *m, struct run *r, bool sync)
{
	mem_stat_add(MEM_DIRTY, -(long)r->n);
	mem_stat_add(MEM_WRITEBACK, r->n);
	m->ops->write_pages(m, r->pages, r->n, sync);
	for (uint i = 0; i < r->n; i++)
		frame_put(r->pages[i]);
	r->n = 0;
}

ulong
mapping_write_some(struct mapping *m, u64 *index, u64 last, ulong max, bool sync)
{
	struct frame *few[RUN_FEW], **many = NULL;
	struct run r = { few, 0, RUN_FEW };
	ulong done = 0;

	/* A long run needs more room; without it, shorter ones do. */
	if (READ_ONCE(m->ndirty) > RUN_FEW) {
		many = kmalloc(RUN_MAX * sizeof(*many), GFP_KERNEL);
		if (many)
			r = (struct run){ many, 0, RUN_MAX };
	}
	while (done < max && run_fill(m, &r, index, last, sync)) {
		done += r.n;
		run_write(m, &r, sync);
	}
	kfree(many);
	return done;
}

/* The number of the last page of a range that ends before byte `end`; no page that the file has now is left out. */
static u64
last_page(const struct mapping *m, u64 end)
{
	if (end == ~0UL)		/* pages that are added meanwhile are the next call's */
		end = MAX(READ_ONCE(m->inode->size), 1UL);
	return (end - 1) >> PAGE_SHIFT;
}

int
mapping_write_range(struct mapping *m, u64 start, u64 end, bool wait)
{
	u64 index = start >> PAGE_SHIFT, last;
	u32 before = READ_ONCE(m->wb_err);

	if (mapping_is_ram(m) || start >= end)
		return 0;
	last = last_page(m, end);
	if (READ_ONCE(m->ndirty))
		mapping_write_some(m, &index, last, ~0UL, wait);
	if (!wait)
		return 0;
	mapping_wait_range(m, start, end);
	return error_since(m, before);
}

int
mapping_wait_range(struct mapping *m, u64 start, u64 end)
{
	u64 index = start >> PAGE_SHIFT, last;
	u32 before = READ_ONCE(m->wb_err);
	struct frame *f;

	if (mapping_is_ram(m) || start >= end)
		return 0;
	last = last_page(m, end);
	while (READ_ONCE(m->nwriteback) && index <= last && (f = next_tagged(m, &index, last, TAG_WRITEBACK))) {
		mapping_wait_writeback(f);
		frame_put(f);
		index++;
	}
	return error_since(m, before);
}

void
mapping_write_done(struct frame *f, int error)
{
	struct mapping *m = f->owner;
	ulong flags;

	mapping_error_set(m, error);
	flags = spin_lock_irqsave(&m->lock);
	radix_tag_clear(&m->pages, f->index, TAG_WRITEBACK);
	m->nwriteback--;
	__atomic_fetch_and(&f->flags, ~(u32)FRAME_WRITEBACK, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&m->lock, flags);
	/* Now f and m may go. */
	mem_stat_add(MEM_WRITEBACK, -1);
	wake_up_all(page_queue(f));
	writeback_done();
}
