/*
 * tlb.c - forgetting stale translations and instructions, here and on other harts.
 *
 * Only full fences go to other harts: a fence by address does not work on FU540 and may be ignored by
 * the instruction TLB of FU740 (CIP-1200), and the firmware's share of the cost is the same.
 * A fence by address on this hart is used unless errata.c knows better.
 */
#include "arch/pagetable.h"
#include "arch/cpu.h"
#include "errata.h"
#include "private.h"
#include "sbi.h"

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
	if (others)
		sbi_remote_fence_i(others);
}
