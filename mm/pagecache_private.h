/*
 * pagecache_private.h - what the files of the page cache share: pagecache.c, truncate.c, pagewrite.c, readahead.c,
 * reclaim.c, and faults.
 */
#ifndef MM_PAGECACHE_PRIVATE_H
#define MM_PAGECACHE_PRIVATE_H

#include "kernel/waitq.h"
#include "mm/pagecache.h"

/* Its pages are nowhere else. */
static inline bool
mapping_is_ram(const struct mapping *m)
{
	return !m->ops || !m->ops->read_pages;
}

/* --- pagecache.c --- */
void	radix_cache_init(void);		/* radix_node_alloc works */
#define PAGE_QUEUES	64
extern struct waitq page_queues[PAGE_QUEUES];	/* who waits for a bit of a page to go away */

static inline struct waitq *
page_queue(const struct frame *f)
{
	return &page_queues[(f - frames) % PAGE_QUEUES];
}

/* The page, counted, whatever its state; NULL. */
struct frame *page_lookup(struct mapping *m, u64 index);
/* The first page at or after *index, counted; sets *index. NULL: there is none. */
struct frame *page_next(struct mapping *m, u64 *index);
/* Wait until nobody has it LOCKED. */
void	page_wait(struct frame *f);
static inline bool
page_trylock(struct frame *f)
{
	return !(__atomic_fetch_or(&f->flags, FRAME_LOCKED, __ATOMIC_ACQUIRE) & FRAME_LOCKED);
}
/* A frame for a page of a file, perhaps after waiting until reclaim has made one; NULL. */
struct frame *page_frame(uint gfp);
/* Put f in as page `index`, with flags `set` too; the tree has a reference of its own. 0, -EEXIST, -ENOMEM, -ENOSPC. */
int	page_insert(struct mapping *m, struct frame *f, u64 index, u32 set);
/* f, LOCKED, leaves the tree: its reference is dropped. */
void	page_remove(struct mapping *m, struct frame *f);
/* The same if f, LOCKED and counted once by the caller, is clean and nobody else has it. False: it stays. */
bool	page_remove_unused(struct mapping *m, struct frame *f);

/* --- pagewrite.c --- */
/* mapping_dirty. True: it was clean. */
bool	page_dirty(struct mapping *m, struct frame *f);
/* Write up to max dirty pages from *index on, to `last`; *index is where to go on. How many. */
ulong	mapping_write_some(struct mapping *m, u64 *index, u64 last, ulong max, bool sync);

/* --- rmap.c --- */
/* Take page `index` out of every address space that maps it, but for locked areas and private copies. */
void	mapping_unmap_page(struct mapping *m, u64 index);

/* --- reclaim.c --- */
void	lru_add(struct frame *f);	/* f is LOCKED, and now in a tree */
void	lru_remove(struct frame *f);
/*
 * No frame could be had: wait until reclaim has tried. False: there is no point in another try, or (kernel threads that
 * free memory, interrupts off, spinlocks held) no waiting here.
 */
bool	reclaim_wait(uint tries);

#endif
