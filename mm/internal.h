/*
 * internal.h - what the files of mm/ share and nobody else may use.
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include "kernel/task.h"
#include "mm/frame.h"
#include "mm/mm.h"

/* --- bootmem.c --- */
/* Largest device tree that is looked at. */
#define FDT_MAX_SIZE	(2 * MiB)
/* A physical address before and after the direct map is up; before, until the next call. */
void	*early_va(paddr_t pa);
/* As bootmem_alloc from the largest range of RAM, not zeroed, only after the direct map is up. */
paddr_t	bootmem_alloc_raw(size_t size, size_t align);
/* The direct map is up: copy the device tree to where it stays. */
void	bootmem_direct_map_up(void);
/* The first reserved range that overlaps [start, end); NULL if all of it is free. */
const struct mem_range *bootmem_reserved_in(paddr_t start, paddr_t end);

/* --- frame.c --- */
#ifdef DEBUG
bool	alloc_should_fail(uint gfp);	/* failure injection chose this allocation */
/* Call fn with the head of every block that ever came online, free or not. Nobody may allocate meanwhile. */
void	frames_each_block(void (*fn)(struct frame *head));
#else
static inline bool alloc_should_fail(uint gfp) { return false; }
#endif

bool	frames_low(void);		/* user pages are refused */
bool	frames_enough(void);		/* reclaim may rest */
/* May current look for frames to free, or sleep until some are? Not with interrupts off or a spinlock held. */
static inline bool
reclaim_allowed(void)
{
	return current->arch.preempt_count == 0 && irq_enabled();
}
u64	frames_total_ram(void);

/* --- oom.c --- */
/* A fault found no memory, after so many tries that did not either: may it be tried again? Sleeps. */
bool	oom_retry(uint tries);

/* --- an entry --- */
#define PTE_ANON	PTE_SOFT0	/* an anonymous frame: this space's own, or shared copy-on-write */
#define PTE_SPECIAL	PTE_SOFT1	/* no reference is held: the zero frame, the vdso */

static inline struct frame *
pte_frame(pte_t e)
{
	return &frames[(e >> 10) - frames_base];
}

/* The page-table page that holds this entry; frame->index counts its entries that are not 0. */
static inline struct frame *
pte_table(pte_t *p)
{
	return va_frame(p);
}

/* The table that entry e, no leaf and not 0, points to. */
static inline pte_t *
pte_below(pte_t e)
{
	return phys_to_virt(pte_pa(e));
}

/* Bits of a leaf entry of area flags, without write permission: that is the fault handler's to give. */
static inline u64
pte_prot(u32 flags)
{
	u64 bits = PTE_U | PTE_A;

	if (flags & (VM_READ | VM_WRITE))
		bits |= PTE_R | PTE_V;
	if (flags & VM_EXEC)
		bits |= PTE_X | PTE_V;
	return bits;
}

/* --- tables.c: tables, and what was taken out of them --- */
void	*pt_root_alloc(void);		/* with the kernel half; NULL if out of memory */
void	pt_root_free(void *root);	/* its user half is empty again */
/* Put a new table below *slot, unless another fault was faster. False if out of memory. */
bool	pt_add_table(struct mm *mm, pte_t *slot);

/*
 * Frames and tables taken out of a space, until the TLBs have forgotten them.
 * gather_init, gather_zap..., gather_finish.
 */
#define GATHER_MAX	64
struct gather {
	struct mm *mm;
	u64	start, end;		/* what to flush */
	uint	nframes, ntables;
	long	anon, file;		/* pages taken out */
	struct frame *frames[GATHER_MAX];
	struct frame *tables[GATHER_MAX];
};

void	gather_init(struct gather *g, struct mm *mm);
/* Let go of what was gathered, once no hart and no copy can reach it any more. Not under pt_lock. */
void	gather_flush(struct gather *g);
void	gather_finish(struct gather *g);
/* The table below *slot, on the way to addr, is empty: take it out. */
void	gather_table(struct gather *g, pte_t *slot, u64 addr);

/* [start, end) is to be flushed. */
static inline void
gather_range(struct gather *g, u64 start, u64 end)
{
	g->start = MIN(g->start, start);
	g->end = MAX(g->end, end);
}

/* e was taken out, a frame fits in: keep what it held. */
static inline void
gather_entry(struct gather *g, pte_t e)
{
	if (e & PTE_SPECIAL)
		return;
	if (e & PTE_ANON)
		g->anon++;
	else
		g->file++;
	g->frames[g->nframes++] = pte_frame(e);
}

/* --- pagetable.c: the entries of the user half --- */
pte_t	*pt_find(struct mm *mm, u64 addr);	/* NULL: no table there */
pte_t	*pt_get(struct mm *mm, u64 addr);	/* made if missing; NULL: out of memory */
pte_t	pte_protect(pte_t e, u32 flags);
/* Give [start, end) the permissions of area flags. True if any entry lost one: then flush. */
bool	pt_protect(struct mm *mm, u64 start, u64 end, u32 flags) MUST_HOLD(mm->lock);
/* Take out the entries of [start, end), inside one last-level table; p is the entry of start. */
void	gather_zap_table(struct gather *g, pte_t *p, u64 start, u64 end);
/* Take out every entry of [start, end). mm->lock is held for writing, or nobody uses mm any more. */
void	gather_zap(struct gather *g, u64 start, u64 end);

/* --- mm.c --- */
void	mm_init(void);			/* the caches; called by vmap_init */

/* --- placement.c --- */
void	placement_init(void);
/* Choose stack_top and mmap_top, for a stack of at most stack_limit. fixed: nothing at random. */
void	mm_place(struct mm *mm, u64 stack_limit, bool fixed);

/* --- area.c --- */
void	area_init(void);
#define STACK_GUARD	(256 * PAGE_SIZE)	/* stays unmapped below a stack */
#define AREAS_MAX	65530			/* as vm.max_map_count */
#define MMAP_MIN	(64 * KiB)		/* lowest address given out unasked: vm.mmap_min_addr */

struct area *area_alloc(void);			/* zeroed; NULL if out of memory */
void	area_free(struct area *a);		/* drops its file: not under mm->lock */
void	areas_free(struct area *chain);		/* linked by their mm fields */
/* [a->start, a->end) must be free. Accounts for its pages. */
void	area_insert(struct mm *mm, struct area *a) MUST_HOLD(mm->lock);
void	area_remove(struct mm *mm, struct area *a) MUST_HOLD(mm->lock);
/* mm's accounts, copied from another's, do not count a. */
void	area_unaccount(struct mm *mm, const struct area *a);
struct area *area_next(struct area *a);
struct area *area_prev(struct area *a);
/* Cut a in two at addr; a keeps the lower part. 0 or -ENOMEM. */
int	area_split(struct mm *mm, struct area *a, u64 addr) MUST_HOLD(mm->lock);
/* Join a with like neighbours. Returns the area that holds it now. */
struct area *area_merge(struct mm *mm, struct area *a) MUST_HOLD(mm->lock);
/* The highest free stretch of len below mm->mmap_top; 0: none. */
u64	area_gap(struct mm *mm, u64 len) MUST_HOLD(mm->lock);
/* Is [start, end) free and not in a stack's guard gap? */
bool	area_range_free(struct mm *mm, u64 start, u64 end) MUST_HOLD_SHARED(mm->lock);
/* Move a->start or a->end, keeping the accounts. */
void	area_resize(struct mm *mm, struct area *a, u64 start, u64 end) MUST_HOLD(mm->lock);
/* Change a->flags, keeping the accounts. */
void	area_set_flags(struct mm *mm, struct area *a, u32 flags) MUST_HOLD(mm->lock);
/* The part [start, end) of a loses and gets these flags; a is cut for that, and joined. 0 or -ENOMEM. */
int	area_change(struct mm *mm, struct area *a, u64 start, u64 end, u32 clear, u32 set) MUST_HOLD(mm->lock);

/* --- commit.c --- */
/* May mm grow by so many pages of this kind (RLIMIT_AS, RLIMIT_DATA)? */
bool	mm_may_grow(struct mm *mm, u32 flags, u64 pages) MUST_HOLD_SHARED(mm->lock);
/* If flags have VM_LOCKED: may so many more be locked (RLIMIT_MEMLOCK)? */
bool	mm_may_lock(struct mm *mm, u32 flags, u64 pages) MUST_HOLD_SHARED(mm->lock);

/* --- mlock.c --- */
bool	mlock_allowed(void);		/* current may lock something */

/* --- mmap.c --- */
/* Take [start, end) out. Areas taken out are chained on *dead, to be areas_free'd after unlocking. */
int	mm_unmap_locked(struct mm *mm, u64 start, u64 end, struct area **dead) MUST_HOLD(mm->lock);

/* --- fault.c --- */
/*
 * Touch every page of [start, end). access 0: as each area allows (MAP_POPULATE, mlock); else VM_READ or VM_WRITE,
 * for madvise. 0, -ENOMEM: a hole, or no memory; -EFAULT; -EINVAL: access is not allowed there; -EINTR: a fatal signal.
 */
int	mm_populate(struct mm *mm, u64 start, u64 end, u32 access);

/* --- usercopy.c --- */
/* Wait until no other cpu copies through mm's page table as it was before this call. */
void	usercopy_wait(struct mm *mm);

#endif
