/*
 * tlb.c - making every hart forget translations, before what they led to is used for something else.
 *
 *	CPU 0 (changes an entry)		CPU 1 (starts to run in the space)
 *	store the entry				set its bit in mm->cpus
 *	full fence (mm_tlb_flush)		full fence (mm_switch)
 *	read mm->cpus				load the root table, walk
 *
 * Either CPU 0 sees the bit and sends a flush, or CPU 1 walks the new entry. The same two fences,
 * with the announcement in place of the bit, stop for a copy in flight (usercopy.c).
 */
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/pagetable.h"
#include "kernel/spinlock.h"
#include "mm/internal.h"

/* From so many pages on, forgetting all is cheaper than one by one. */
#define FLUSH_ALL_PAGES	16

void
mm_tlb_flush(struct mm *mm, u64 start, u64 end)
{
	cpumask_t cpus;

	preempt_disable();
	smp_mb();
	cpus = READ_ONCE(mm->cpus);
	if (cpus & BIT(current->cpu)) {
		if (end - start > FLUSH_ALL_PAGES * PAGE_SIZE)
			tlb_flush_local();
		else
			for (u64 va = start; va < end; va += PAGE_SIZE)
				tlb_flush_local_page(va);
		cpus &= ~BIT(current->cpu);
	}
	if (cpus)
		tlb_flush_remote(cpus, start, end - start);
	usercopy_wait(mm);
	preempt_enable();
}
