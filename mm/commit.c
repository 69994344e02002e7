/*
 * commit.c - may an address space grow? Limits of the process, and what all programs together have been promised.
 *
 *	RLIMIT_AS	pages of all areas
 *	RLIMIT_DATA	of private writable ones but stacks
 *	RLIMIT_MEMLOCK	of locked ones, unless CAP_IPC_LOCK
 *	overcommit	pages that may come to need a frame of their own (VM_ACCOUNT), of all programs and RAM files:
 *			mode 0	refuses what alone is more than all of RAM
 *			mode 1	refuses nothing
 *			mode 2	keeps the sum below overcommit_ratio per cent of RAM, or overcommit_kbytes
 *
 * Data        committed: the sum, kept in every mode, so that mode 2 may be chosen at any time.
 * Locks       mm->lock for the space's own sums; committed is atomic. It is looked at first and added to later: two
 *             who ask at once may together pass the limit by what one of them asked for.
 * Further     Linux Documentation/mm/overcommit-accounting.rst, setrlimit(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "kernel/task.h"
#include "mm/internal.h"

#define RESERVE_PART	32		/* of RAM, or of a program: kept for root, or for the user's way out */
#define ADMIN_MAX	(8 * MiB)
#define USER_MAX	(128 * MiB)

struct commit_settings commit_settings = { .mode = OVERCOMMIT_GUESS, .ratio = 50 };

static long committed;			/* [a] pages */

static inline u64
limit_pages(uint which)
{
	return current->proc->rlim[which].rlim_cur >> PAGE_SHIFT;
}

bool
mm_may_grow(struct mm *mm, u32 flags, u64 pages)
{
	const struct abi_rlimit *data = &current->proc->rlim[RLIMIT_DATA];

	if (mm->total_pages + pages > limit_pages(RLIMIT_AS))
		return false;
	if ((flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) != VM_WRITE ||
	    mm->data_pages + pages <= data->rlim_cur >> PAGE_SHIFT)
		return true;
	/* As Linux: Valgrind sets the soft limit to 0 and means brk alone. */
	return data->rlim_cur == 0 && mm->data_pages + pages <= data->rlim_max >> PAGE_SHIFT;
}

bool
mm_may_lock(struct mm *mm, u32 flags, u64 pages)
{
	return !(flags & VM_LOCKED) || mm->locked_pages + pages <= limit_pages(RLIMIT_MEMLOCK) ||
	       task_capable(BIT(CAP_IPC_LOCK));
}

u64
commit_limit(void)
{
	struct mem_stats st;

	if (commit_settings.kbytes)
		return commit_settings.kbytes / (PAGE_SIZE / 1024);
	mem_stats(&st);
	return st.total * commit_settings.ratio / 100;
}

u64
commit_total(void)
{
	long n = __atomic_load_n(&committed, __ATOMIC_RELAXED);

	return MAX(n, 0L);
}

/* Mode 2. mm: who asks, NULL: nobody in particular. */
static bool
within_limit(const struct mm *mm, u64 pages)
{
	u64 limit = commit_limit(), keep = 0;
	struct mem_stats st;

	mem_stats(&st);
	if (!task_capable(BIT(CAP_SYS_ADMIN)))
		keep = MIN(st.total / RESERVE_PART, ADMIN_MAX >> PAGE_SHIFT);
	if (mm)
		keep += MIN(mm->total_pages / RESERVE_PART, MIN(st.total / RESERVE_PART, USER_MAX >> PAGE_SHIFT));
	return commit_total() + pages + keep < limit;
}

bool
commit_allows(const struct mm *mm, u64 pages)
{
	struct mem_stats st;

	switch (READ_ONCE(commit_settings.mode)) {
	case OVERCOMMIT_ALWAYS:
		return true;
	case OVERCOMMIT_NEVER:
		return within_limit(mm, pages);
	}
	if (pages < 1024)
		return true;
	mem_stats(&st);
	return pages <= st.total;
}

void
commit_add(long pages)
{
	__atomic_fetch_add(&committed, pages, __ATOMIC_RELAXED);
}
