/*
 * pagecache.h - the pages of a file in memory: one cache under read, write, mmap and raw disks.
 *
 *	absent --insert--> LOCKED --read_pages--> UPTODATE --write, shared mmap--> DIRTY
 *	                     |  error                ^ |                             | write_pages
 *	                     v                       | +--reclaim--> absent          v
 *	            not UPTODATE: who wants          +----mapping_write_done---- WRITEBACK
 *	            it next reads it again
 *
 * LOCKED, DIRTY and WRITEBACK are bits of their own: a page may be written to while it is on its way to the disk,
 * and is then DIRTY and WRITEBACK.  docs/pagecache.md has the whole picture.
 *
 * Locks       mapping->lock [p] for the tree.  A page's content is stable for writing back or truncating while it is
 *             FRAME_LOCKED (mapping_lock_page); who waits for a page holds no journal handle (fs/jbd2/jbd2.h).
 */
#ifndef MM_PAGECACHE_H
#define MM_PAGECACHE_H

#include "kernel/mutex.h"
#include "lib/list.h"
#include "lib/radix.h"
#include "mm/frame.h"

struct area;
struct file;
struct inode;
struct mapping;
struct uio;

/* What a file system supplies. A RAM file system supplies none: absent pages read as zeros and are kept. */
struct mapping_ops {
	/*
	 * Start reading n pages of consecutive index, each in the tree and FRAME_LOCKED: mapping_read_done() for each,
	 * at once or from interrupt. Pages past the end of the file and holes are zeroed. No return value: errors go
	 * through mapping_read_done, which every read of the page is then told as -EIO.
	 */
	void	(*read_pages)(struct mapping *m, struct frame **pages, uint n);
	/*
	 * Before bytes [from, to) of page index are written: reserve space. 0 or -ENOSPC, -EDQUOT, -EROFS... May sleep.
	 * The page is in the tree and locked; not UPTODATE if all of it will be overwritten or is_hole().
	 */
	int	(*write_begin)(struct mapping *m, struct frame *f, uint from, uint to);
	/*
	 * After; page still locked, and inode->size is already the new one; only then it is marked dirty. to == from:
	 * nothing was copied, give back what write_begin reserved. 0 or -errno, then the size is the old one again and
	 * the bytes count as not written. May be NULL.
	 */
	int	(*write_end)(struct mapping *m, struct frame *f, uint from, uint to);
	/* Is page `index` a hole, so that it need not be read before it is partly written? NULL: never. */
	bool	(*is_hole)(struct mapping *m, u64 index);
	/* A shared mapping is about to write to the page (locked): as write_begin for all of it that the file has. */
	int	(*make_writable)(struct mapping *m, struct frame *f);
	/*
	 * Write n dirty pages of consecutive index, each LOCKED, WRITEBACK set and DIRTY cleared. Unlocks each (page by
	 * page, once its content may change again); mapping_write_done(f, error) when it is on disk. Holes past the
	 * file's size are skipped by calling mapping_write_done at once. sync: somebody waits. Bytes past the file's
	 * size are zero already.
	 */
	void	(*write_pages)(struct mapping *m, struct frame **pages, uint n, bool sync);
	/* f (locked) leaves the cache unwritten, dirty or not (truncate): give back what was reserved. May be NULL. */
	void	(*drop_page)(struct mapping *m, struct frame *f);
	/* O_DIRECT: move bytes between u and the disk, the cache being clean there: bytes or -errno. May be NULL. */
	ssize_t	(*direct)(struct mapping *m, struct uio *u, loff_t pos, bool write);
	/* May another page be added? For tmpfs's size limit: 0 or -ENOSPC. */
	int	(*charge)(struct mapping *m, long pages);
};

struct mapping {			/* Guarded by: p lock  i immutable  a atomic */
	struct spinlock lock;		/* rank RANK_PAGES; interrupts off: write_done comes from there */
	struct radix pages;		/* [p] struct frame by page number, each holding a reference; tags below */
	struct inode *inode;		/* [i] */
	const struct mapping_ops *ops;	/* [i] */
	ulong	ndirty, nwriteback;	/* [p] pages so tagged */
	u32	wb_err;			/* [a] counts write-back errors, and keeps the last: mapping_error_* */
	struct list areas;		/* areas that map it, under areas_lock: rmap.c */
	struct mutex areas_lock;	/* rank RANK_RMAP */
	atomic_t writable;		/* shared areas that may be written, until no TLB knows them any more */
};

/* Tags of lib/radix.h. */
#define TAG_DIRTY	0
#define TAG_WRITEBACK	1

void	mapping_init(struct mapping *m, struct inode *inode, const struct mapping_ops *ops);
/*
 * Drop every page from byte `size` on, unmapping it everywhere; zeroes the tail of the page holding byte `size`. Waits
 * for pages that are locked or being written. inode->size is the new size already.
 */
void	mapping_truncate(struct mapping *m, u64 size);
/* The same for bytes [start, end): whole pages go, edges are zeroed. */
void	mapping_punch(struct mapping *m, u64 start, u64 end);
/*
 * Of pages [first, last] of a RAM file drop those with this mark in frame->private that are zeros and nobody has: that
 * they have been there leaves no trace.
 */
void	mapping_drop_marked(struct mapping *m, u64 first, u64 last, u64 mark);
bool	page_is_zero(const struct frame *f);
/* Drop the clean, unmapped, unused pages [first, last]: how many stayed. For O_DIRECT, fadvise, drop_caches. */
ulong	mapping_invalidate(struct mapping *m, u64 first, u64 last);
/*
 * Behind pages [first, last] the disk has changed: whoever reads them from now on reads them anew. Waits for those
 * being read; dirty ones stay as they are, for their bytes are newer.
 */
void	mapping_stale(struct mapping *m, u64 first, u64 last);
void	mapping_destroy(struct mapping *m);
/*
 * The page, uptodate, with a reference; ERR_PTR. Reads it (and a few after it) from the disk. create: make it (zeroed)
 * if absent from a RAM file system; without, an absent page of a RAM file is -ENOENT: a hole.
 */
struct frame *mapping_get(struct mapping *m, u64 index, bool create);
/* The page without reading it: in the tree, LOCKED, perhaps not UPTODATE; referenced. Unlock it. ERR_PTR(-ENOMEM). */
struct frame *mapping_get_locked(struct mapping *m, u64 index);
/* Only if present and uptodate: a reference, or NULL. Does not sleep. */
struct frame *mapping_peek(struct mapping *m, u64 index);
/* The same for n pages from `first` on, NULLs where there is none. False: there is none at all. */
bool	mapping_peek_range(struct mapping *m, u64 first, uint n, struct frame **out);

void	mapping_lock_page(struct frame *f);	/* sleeps; then check f->owner: it may have been truncated */
void	mapping_unlock_page(struct frame *f);
void	mapping_read_done(struct frame *f, int error);	/* any context */
void	mapping_write_done(struct frame *f, int error);	/* any context; error is remembered in wb_err */
/* f (in m; locked, if m has a disk) has new bytes. Puts the inode on its super block's list. Not in interrupts. */
void	mapping_dirty(struct mapping *m, struct frame *f);
void	mapping_wait_writeback(struct frame *f);	/* sleeps until f is not on its way to the disk */

/* read and write through the cache: generic file operations. Bytes or -errno. */
ssize_t	pagecache_read(struct file *file, struct mapping *m, struct uio *u, loff_t *pos, u64 size);
ssize_t	pagecache_write(struct mapping *m, struct uio *u, loff_t *pos, u64 limit);	/* extends inode size */

/* ---- pagewrite.c ---- */
/* Write dirty pages of bytes [start, end) (end ~0: all). wait: also for those already on their way; 0 or the error. */
int	mapping_write_range(struct mapping *m, u64 start, u64 end, bool wait);
int	mapping_wait_range(struct mapping *m, u64 start, u64 end);
/* wb_err: what a file must report once. error_sample at open -> f->seen; error_check: -errno once per file, then 0. */
u32	mapping_error_sample(struct mapping *m);
int	mapping_error_check(struct mapping *m, u32 *seen);
void	mapping_error_set(struct mapping *m, int error);	/* any context */

/* ---- fs/writeback.c ---- */
void	writeback_init(void);		/* the thread that writes back by age and by pressure */
void	writeback_kick(void);		/* memory is short: write now. Any context that may wake a task */
void	writeback_done(void);		/* a page is written. Any context */
/* current has made so many pages dirty: start writing, or sleep until others are written. Holds no page's lock. */
void	writeback_balance(uint pages);

/* ---- readahead.c ---- */
struct readahead {			/* in struct file; [p] of the file, but faults use it too: only hints */
	u64	start;			/* window last read: first page */
	u32	size;			/* pages in it */
	u32	async;			/* of them, so many from the end: reading one starts the next window */
	u64	prev;			/* page last looked for */
	u32	mode;			/* READAHEAD_* */
};
enum { READAHEAD_NORMAL, READAHEAD_RANDOM, READAHEAD_SEQUENTIAL };	/* as posix_fadvise said */
/* Page `index` is wanted and absent, and npages in all: start reading them, and what will be wanted. ra may be NULL. */
void	readahead_sync(struct mapping *m, struct readahead *ra, u64 index, u64 npages, u64 size);
/* Page `index` was reached, which is marked FRAME_AHEAD: start the next window. */
void	readahead_async(struct mapping *m, struct readahead *ra, u64 index, u64 size);
/* Start reading what is absent of [first, first + n). 0, or -ENOMEM: not even the first. */
int	readahead_range(struct mapping *m, u64 first, u64 n);

/* ---- rmap.c: who maps a page ---- */
void	mapping_add_area(struct mapping *m, struct area *a);
void	mapping_add_area_locked(struct mapping *m, struct area *a);	/* areas_lock is held */
void	mapping_remove_area(struct mapping *m, struct area *a);
/* Take pages [first, last] out of every address space that maps them as file pages; private copies too if `copies`. */
void	mapping_unmap(struct mapping *m, u64 first, u64 last, bool copies);
/* Make f's mappings read-only, so that the next write faults: before write-back. True: some were writable. */
bool	mapping_clean_page(struct mapping *m, struct frame *f);

/* ---- reclaim.c ---- */
void	reclaim_init(void);		/* the thread that keeps some frames free */
/* Free up to n clean pages, unused and not mapped: how many. No I/O, no sleeping; no spinlock may be held. */
ulong	reclaim_clean(ulong n);
void	reclaim_kick(void);
ulong	reclaim_drop_caches(void);	/* all that reclaim_clean would free if asked long enough: how many */
void	reclaim_page_used(struct frame *f);	/* second chance */

#endif
