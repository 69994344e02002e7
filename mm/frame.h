/*
 * frame.h - physical page frames: who holds each, and the buddy allocator over them.
 *
 * Per-cpu lists of single frames over one buddy per NUMA node.  A frame's metadata is
 * initialised only when its section of memory is first needed, so boot does not grow with RAM.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include "arch/atomic.h"
#include "lib/list.h"
#include "mm/layout.h"

#define MAX_ORDER	10		/* largest block: 2^10 frames, 4 MiB */
#define MAX_NODES	8

struct frame {				/* 64 bytes, one per 4 KiB */
	atomic_t refs;			/* 0: free */
	u32	flags;			/* [a] FRAME_* */
	u8	order;			/* of the block this frame heads */
	u8	node;
	u16	spare[3];
	struct list link;		/* free list, LRU, slab's own list */
	void	*owner;			/* page cache: struct mapping; slab: its cache; anon: NULL */
	u64	index;			/* page cache: page number in the file; else the owner's */
	u64	private;		/* the owner's: slab freelist, block buffers, swap entry */
	u64	unused;
};
static_assert(sizeof(struct frame) == 64, "one cache line");

#define FRAME_BUDDY	BIT(0)		/* heads a free block in the buddy */
#define FRAME_SLAB	BIT(1)
#define FRAME_ANON	BIT(2)
#define FRAME_CACHE	BIT(3)		/* in a page cache */
#define FRAME_DIRTY	BIT(4)
#define FRAME_UPTODATE	BIT(5)		/* contents valid */
#define FRAME_LOCKED	BIT(6)		/* being read, written to, or taken out of its cache: mapping_lock_page */
#define FRAME_WRITEBACK	BIT(7)		/* on its way to the disk */
#define FRAME_RESERVED	BIT(8)		/* never free: image, holes, zero page */
#define FRAME_CODE_CLEAN BIT(9)		/* no instruction cache holds older bytes of it */
#define FRAME_USED	BIT(10)		/* page cache: read or written since it came */
#define FRAME_HOT	BIT(11)		/* and once more: reclaim takes others first */
#define FRAME_LRU	BIT(12)		/* on one of reclaim's lists, by link */
#define FRAME_ACTIVE	BIT(13)		/* and that is the list of hot ones */
#define FRAME_AHEAD	BIT(14)		/* reading it starts the next readahead */
#define FRAME_ONLINE	BIT(31)		/* metadata initialised */

/* Allocation flags (gfp). */
#define GFP_KERNEL	0		/* may sleep, may reclaim */
#define GFP_ATOMIC	BIT(0)		/* may not sleep */
#define GFP_ZERO	BIT(1)
#define GFP_NOFAIL_INJECT BIT(2)	/* not subject to failure injection */
#define GFP_USER	BIT(3)		/* for a user page: leaves the reserve alone */

extern struct frame *frames;		/* by frame number - frames_base */
extern u64 frames_base, frames_end;	/* pfns */

static inline struct frame *pa_frame(paddr_t pa) { return &frames[(pa >> PAGE_SHIFT) - frames_base]; }
static inline paddr_t frame_pa(const struct frame *f) { return ((u64)(f - frames) + frames_base) << PAGE_SHIFT; }
static inline void *frame_va(const struct frame *f) { return phys_to_virt(frame_pa(f)); }
static inline struct frame *va_frame(const void *va) { return pa_frame(virt_to_phys(va)); }

void	frame_init(void);		/* after bootmem and the direct map */
void	frame_init_cpu(int cpu);
int	frame_nodes(void);				/* NUMA nodes, numbered from 0 */
int	frame_cpu_node(int cpu);
/* Boot is done with the whole pages of [start, end), reserved by bootmem: the initrd's. */
void	frame_release_boot(paddr_t start, paddr_t end);
/* 2^order contiguous frames, refs 1; NULL if out of memory. */
struct frame *frame_alloc(uint order, uint gfp);
struct frame *frame_alloc_node(int node, uint order, uint gfp);
void	frame_free(struct frame *f, uint order);	/* refs must be 1 (or 0 after frame_put) */
static inline void frame_get(struct frame *f) { atomic_inc(&f->refs); }
void	frame_put(struct frame *f);			/* frees the block (f->order) at 0 */
/* One page by direct-map address; NULL if out of memory. */
void	*page_alloc(uint gfp);
void	page_free(void *va);
void	page_clear(void *va);				/* zero PAGE_SIZE bytes, fast */
void	page_copy(void *dst, const void *src);

struct mem_stats { u64 total, free, cached, anon, slab, kstack, pagetables, shmem, dirty, writeback; };	/* frames */
void	mem_stats(struct mem_stats *out);
enum mem_stat {
	MEM_CACHED, MEM_ANON, MEM_SLAB, MEM_KSTACK, MEM_PAGETABLES, MEM_SHMEM, MEM_DIRTY, MEM_WRITEBACK, MEM_NSTATS
};
void	mem_stat_add(enum mem_stat which, long n);

extern struct frame *zero_frame;	/* read faults on untouched anonymous memory map it */

#endif
