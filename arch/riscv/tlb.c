/*
 * tlb.c - forgetting stale translations and instructions, here and on other harts.
 *
 * Only full fences go to other harts: a fence by address does not work on FU540 and may be ignored by
 * the instruction TLB of FU740 (CIP-1200), and the firmware's share of the cost is the same.
 * A fence by address on this hart is used unless errata.c knows better.
 *
 * A hart that waits for work (cpu_nap) is not woken for it: it owes the fence and executes it when it wakes, before
 * it uses anything but its own stack and the kernel's text.
 *
 *	a hart that asks			a hart that naps
 *	change an entry				napping |= me
 *	owed[it] |= what    (full fence)	wfi
 *	read napping				napping &= ~me      (full fence)
 *	not there: ask it by SBI		owed[me] -> 0, execute them
 *
 * Either the first sees that it is awake, or it sees what it owes.
 */
#include "arch/pagetable.h"
#include "arch/cpu.h"
#include "errata.h"
#include "lib/bitops.h"
#include "private.h"
#include "sbi.h"

#define OWES_SFENCE	BIT(0)
#define OWES_FENCE_I	BIT(1)

static cpumask_t napping;		/* [a] */
static ulong owed[MAX_CPUS];		/* [a] OWES_*; of one awake: nothing, or what it has been asked by SBI */

/* Put it down for those of mask that nap; who is to be asked now. */
static cpumask_t
owe(cpumask_t mask, ulong what)
{
	cpumask_t asleep = mask & READ_ONCE(napping), left;

	for (left = asleep; left; left &= left - 1)
		__atomic_fetch_or(&owed[bit_lowest(left)], what, __ATOMIC_SEQ_CST);
	return mask & ~(asleep & __atomic_load_n(&napping, __ATOMIC_SEQ_CST));
}

void
cpu_nap(void)
{
	int cpu = cpu_number();
	ulong what;

	__atomic_fetch_or(&napping, BIT(cpu), __ATOMIC_SEQ_CST);
	cpu_wfi();
	__atomic_fetch_and(&napping, ~BIT(cpu), __ATOMIC_SEQ_CST);
	if (likely(!READ_ONCE(owed[cpu])))
		return;
	what = __atomic_exchange_n(&owed[cpu], 0, __ATOMIC_SEQ_CST);
	if (what & OWES_SFENCE)
		tlb_flush_local();
	if (what & OWES_FENCE_I)
		icache_flush_local();
}

void
tlb_flush_local_page(vaddr_t va)
{
	if (unlikely(READ_ONCE(errata) & ERRATUM_FENCE_ADDRESS))
		asm volatile("sfence.vma" : : : "memory");
	else
		asm volatile("sfence.vma %0" : : "r"(va) : "memory");
}

void
tlb_flush_remote(u64 mask, vaddr_t va, size_t len)
{
	mask = owe(mask, OWES_SFENCE);
	if (mask)
		sbi_remote_sfence(mask);
}

void
icache_flush_local(void)
{
	asm volatile("fence.i" : : : "memory");
}

void
icache_flush_all(void)
{
	u64 others = cpus_online & ~BIT(cpu_number());

	asm volatile("fence rw, rw\n\tfence.i" : : : "memory");	/* what was written is visible before they fetch */
	others = owe(others, OWES_FENCE_I);
	if (others)
		sbi_remote_fence_i(others);
}
