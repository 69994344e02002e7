/*
 * mm.h - an address space: an ordered tree of areas over a page table.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "arch/atomic.h"
#include "arch/pagetable.h"
#include "kernel/mutex.h"
#include "lib/list.h"
#include "lib/rbtree.h"

struct file;
struct mapping;

#define VM_READ		BIT(0)
#define VM_WRITE	BIT(1)
#define VM_EXEC		BIT(2)
#define VM_SHARED	BIT(3)
#define VM_GROWSDOWN	BIT(4)		/* a stack */
#define VM_MAYWRITE	BIT(5)		/* mprotect may add write */
#define VM_NORESERVE	BIT(6)
#define VM_DONTCOPY	BIT(7)
#define VM_IO		BIT(8)		/* not counted frames: the vDSO's pages */
#define VM_LOCKED	BIT(9)
#define VM_ANON		BIT(10)		/* a private mapping of a file that has pages of its own by now: [a] */
#define VM_WIPEONFORK	BIT(11)		/* the child reads zeros */
#define VM_LOCKONFAULT	BIT(12)		/* with VM_LOCKED: pages come when they are touched */
#define VM_ACCOUNT	BIT(13)		/* its pages count as promised: commit.c */
#define VM_LOCKED_MASK	(VM_LOCKED | VM_LOCKONFAULT)

/* Guarded by mm->lock; where it lies in its file, to be changed, by the file's areas_lock too. */
struct area {				/* [start, end), pages */
	u64	start, end;
	u32	flags;			/* VM_* */
	struct file *file;		/* counted, or NULL: anonymous */
	u64	pgoff;			/* page of file at start */
	struct rb_node node;		/* in mm->areas by start */
	struct mm *mm;
	struct list map_link;		/* on the file's mapping->areas, under areas_lock (rmap.c) */
	bool	writable;		/* counts in the file's mapping->writable */
};

struct mm {			/* Guarded by: l lock  p pt_lock, or l for writing  i immutable  a atomic */
	struct rwsem lock;		/* areas: faults read, changes write */
	struct rb_root areas;		/* [l] */
	struct area *cached;		/* [a] last hit */
	uint	nareas;			/* [l] */
	pte_t	*root;			/* [i] direct-map address of the root table */
	struct spinlock pt_lock;	/* page-table entries */
	atomic_t users;			/* threads that run in it (and temporary users) */
	atomic_t refs;			/* users count as one; kernel threads that borrow it one each */
	u64	cpus;			/* [a] harts that may hold translations */
	u64	brk_start, brk;		/* [l] from here on zeroed by mm_create */
	u64	mmap_top;		/* areas are placed downward from here */
	u64	full_above, full_len;		/* [l] no gap of full_len or more ends above full_above; 0: not known */
	u64	stack_top;
	u8	randomize;			/* RANDOMIZE_*: what its exec was to put at random */
	u64	arg_start, arg_end, env_start, env_end;
	u64	start_code, end_code, start_data, end_data;
	u64	vdso;			/* user address of the vDSO's image */
	u64	auxv[64];		/* for /proc/PID/auxv */
	ulong	total_pages, data_pages, stack_pages, locked_pages, committed;	/* [l] virtual */
	ulong	hiwater_pages;			/* [l] the largest total_pages */
	ulong	rss_anon, rss_file, hiwater_rss;	/* [p] */
	ulong	pt_pages;		/* [p] */
	u32	lock_future;		/* [l] VM_LOCKED_MASK of areas to come: mlockall(MCL_FUTURE) */
	u64	start_stack;		/* sp at exec */
	struct file *exe;		/* [i] once it runs: its program, which nobody writes to meanwhile, or NULL */
	bool	undumpable;		/* [a] what is in it is not for its user's other programs: PR_SET_DUMPABLE */
	u32	membarrier;		/* [a] commands registered for (kernel/membarrier.c) */
};

struct mm *mm_create(void);				/* empty; NULL if out of memory */
struct mm *mm_fork(struct mm *old);			/* copy-on-write; NULL if out of memory */
void	mm_get(struct mm *mm);
void	mm_put(struct mm *mm);				/* last user: unmaps everything */
/* A kernel thread borrows the page table it finds loaded: counted in refs alone. The last mm_drop frees the root. */
static inline void mm_grab(struct mm *mm) { atomic_inc(&mm->refs); }
void	mm_drop(struct mm *mm);				/* any context that may free memory */
/* Load next, which the caller keeps alive, on this cpu; interrupts off. prev: what is loaded, NULL: kernel's table. */
void	mm_switch(struct mm *prev, struct mm *next);
/* This cpu runs in the kernel's own table instead of mm's; interrupts off. */
void	mm_leave(struct mm *mm);
struct mm *task_mm_get(struct task *t);			/* counted, NULL if kernel thread or exiting */

/*
 * Resolve a fault at addr. access: VM_READ, VM_WRITE or VM_EXEC. 0 when the access may be retried; else
 * -EFAULT (SEGV_MAPERR), -EACCES (SEGV_ACCERR), -ENOMEM (OOM: the caller kills), -EIO (SIGBUS).
 */
int	mm_fault(struct mm *mm, u64 addr, u32 access);

/* mmap and friends. Addresses and lengths are page multiples unless said. mm_map: the address or -errno. */
long	mm_map(struct mm *mm, u64 addr, u64 len, u32 vm_flags, u32 map_flags, struct file *file, u64 pgoff);
int	mm_unmap(struct mm *mm, u64 addr, u64 len);
/* from_bottom: addr is in a stack: from its lowest page on. */
int	mm_protect(struct mm *mm, u64 addr, u64 len, u32 vm_flags, bool from_bottom);
long	mm_brk(struct mm *mm, u64 brk);			/* the break afterwards */
struct area *mm_find(struct mm *mm, u64 addr) MUST_HOLD_SHARED(mm->lock);	/* first area with end > addr */

/* commit.c: what programs are promised; /proc/sys/vm. */
enum { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };
extern struct commit_settings { int mode, ratio; ulong kbytes; } commit_settings;
u64	commit_limit(void);				/* pages: OVERCOMMIT_NEVER's limit */
u64	commit_total(void);
/* May so many pages be promised? mm: to whom, or NULL. Then commit_add them; less than 0 when they are given back. */
bool	commit_allows(const struct mm *mm, u64 pages);
void	commit_add(long pages);

/* placement.c: what is put where no program can guess. Set by `norandmaps` and /proc. */
enum { RANDOMIZE_NOTHING, RANDOMIZE_MAPS, RANDOMIZE_HEAP };
extern int randomize_va_space;
u64	mm_place_program(struct mm *mm);		/* where one that may lie anywhere goes */
u64	mm_place_heap(struct mm *mm, u64 end);		/* where the break starts; end: the program's */
u64	mm_place_arguments(struct mm *mm);		/* bytes to leave between the strings and what points to them */

/* exec builds a stack: make the stack area, and later write to it by copy_to_user once current->mm is it. */
int	mm_setup_stack(struct mm *mm, u64 size_limit, bool fixed);	/* fixed: nothing at random */
int	mm_map_vdso(struct mm *mm);

/* Flush [start, end) on every hart that may hold it, and wait for user copies in flight. */
void	mm_tlb_flush(struct mm *mm, u64 start, u64 end);

struct mm_usage { u64 size, rss, shared, text, data, stack, pt; };	/* pages */
void	mm_usage(struct mm *mm, struct mm_usage *out);
/* Of an area, in pages; the pss in bytes << PSS_SHIFT. */
#define PSS_SHIFT	12
struct area_usage {
	u64	rss, anon, shared_clean, shared_dirty, private_clean, private_dirty;
	u64	pss, pss_dirty, pss_locked;
};
/* Add what a has in memory to *u. */
void	area_usage(struct mm *mm, const struct area *a, struct area_usage *u) MUST_HOLD_SHARED(mm->lock);

#endif
