/*
 * truncate.c - pages that leave the cache because the file ends before them, or on request.
 *
 * A fault may map a page while it is being taken out. So the page leaves the tree first, and then every address
 * space; faults look at frame->owner under the page-table lock before they map (fault.c):
 *
 *	CPU 0 (drop)				CPU 1 (a fault)
 *	frame->owner = NULL			find the frame, count it
 *	take pt_lock, zap the entry		take pt_lock
 *						frame->owner still the mapping? store the entry
 *
 * Either CPU 1 comes first, and the zap finds its entry; or it sees that the page is gone, and faults again.
 *
 * Locks       a page of a disk's file is LOCKED while it is taken out, and not on its way to the disk. Pages of RAM
 *             files are not locked by anybody.
 */
#include "fs/vfs.h"
#include "lib/string.h"
#include "mm/pagecache_private.h"

/* Take f, counted by the caller, out of m for good, if it is still in it. */
static void
drop(struct mapping *m, struct frame *f)
{
	u64 index = f->index;
	bool ram = mapping_is_ram(m);

	if (!ram) {
		mapping_lock_page(f);
		mapping_wait_writeback(f);
	}
	if (READ_ONCE(f->owner) == m) {
		if (!ram && m->ops->drop_page)
			m->ops->drop_page(m, f);
		page_remove(m, f);
		if (atomic_read(&f->refs) > 1)
			mapping_unmap(m, index, index, true);
	}
	if (!ram)
		mapping_unlock_page(f);
}

/* Drop every page of [first, last]. */
static void
drop_range(struct mapping *m, u64 first, u64 last)
{
	struct frame *f;

	if (!READ_ONCE(m->pages.count))
		return;
	for (u64 index = first; index <= last && (f = page_next(m, &index)); index++) {
		if (index <= last)
			drop(m, f);
		frame_put(f);
	}
}

/* Bytes [from, to) of page `index`, if it is cached, become zeros. On the disk, that is the file system's to do. */
static void
zero_part(struct mapping *m, u64 index, uint from, uint to)
{
	struct frame *f = page_lookup(m, index);
	bool ram = mapping_is_ram(m);

	if (!f)
		return;
	if (!ram)
		mapping_lock_page(f);
	if (READ_ONCE(f->owner) == m && (f->flags & FRAME_UPTODATE))
		memset((char *)frame_va(f) + from, 0, to - from);
	if (!ram)
		mapping_unlock_page(f);
	frame_put(f);
}

void
mapping_truncate(struct mapping *m, u64 size)
{
	u64 first = PAGE_ALIGN(size) >> PAGE_SHIFT;

	/* Sizes within a page of 2^64 have nothing behind them. */
	if (size > PAGE_ALIGN(size))
		return;
	if (!list_empty(&m->areas))
		mapping_unmap(m, first, ~0UL, true);
	drop_range(m, first, ~0UL);
	if (PAGE_OFFSET(size) && READ_ONCE(m->pages.count))
		zero_part(m, size >> PAGE_SHIFT, PAGE_OFFSET(size), PAGE_SIZE);
}

void
mapping_punch(struct mapping *m, u64 start, u64 end)
{
	u64 first = PAGE_ALIGN(start) >> PAGE_SHIFT, stop = end >> PAGE_SHIFT;

	if (start >= end)
		return;
	if (start >> PAGE_SHIFT == stop) {
		zero_part(m, stop, PAGE_OFFSET(start), PAGE_OFFSET(end));
		return;
	}
	if (PAGE_OFFSET(start))
		zero_part(m, start >> PAGE_SHIFT, PAGE_OFFSET(start), PAGE_SIZE);
	if (PAGE_OFFSET(end))
		zero_part(m, stop, 0, PAGE_OFFSET(end));
	if (first == stop)
		return;
	if (!list_empty(&m->areas))
		mapping_unmap(m, first, stop - 1, true);
	drop_range(m, first, stop - 1);
}

bool
page_is_zero(const struct frame *f)
{
	const u64 *p = frame_va(f);
	size_t n = 0;

	while (n < PAGE_SIZE / sizeof(*p) && !p[n])
		n++;
	return n == PAGE_SIZE / sizeof(*p);
}

void
mapping_drop_marked(struct mapping *m, u64 first, u64 last, u64 mark)
{
	struct frame *f;

	for (u64 index = first; index <= last && (f = page_next(m, &index)); index++) {
		if (index <= last && f->private == mark && page_is_zero(f))
			page_remove_unused(m, f);
		frame_put(f);
	}
}

ulong
mapping_invalidate(struct mapping *m, u64 first, u64 last)
{
	struct frame *f;
	ulong stayed = 0;

	if (mapping_is_ram(m))
		return READ_ONCE(m->pages.count);
	for (u64 index = first; index <= last && (f = page_next(m, &index)); index++) {
		if (index > last) {
			frame_put(f);
			break;
		}
		if (!page_trylock(f)) {
			stayed++;
		} else {
			if (f->owner == m && !page_remove_unused(m, f))
				stayed++;
			mapping_unlock_page(f);
		}
		frame_put(f);
	}
	return stayed;
}

void
mapping_stale(struct mapping *m, u64 first, u64 last)
{
	struct frame *f;

	for (u64 index = first; index <= last && (f = page_next(m, &index)); index++) {
		if (index > last) {
			frame_put(f);
			break;
		}
		/* Who reads it in at this moment may have got the bytes of before. */
		mapping_lock_page(f);
		if (f->owner == m && !page_remove_unused(m, f) &&
		    !(READ_ONCE(f->flags) & (FRAME_DIRTY | FRAME_WRITEBACK)))
			__atomic_fetch_and(&f->flags, ~(u32)FRAME_UPTODATE, __ATOMIC_RELAXED);
		mapping_unlock_page(f);
		frame_put(f);
	}
}

void
mapping_destroy(struct mapping *m)
{
	ulong flags;

	mapping_truncate(m, 0);
	/* Reclaim may be taking the last page out: wait until it is done with m. */
	if (!mapping_is_ram(m)) {
		flags = spin_lock_irqsave(&m->lock);
		spin_unlock_irqrestore(&m->lock, flags);
	}
	radix_destroy(&m->pages);
}
