/*
 * tlb.c - forgetting stale translations and instructions, here and on other harts.
 *
 * Only full fences go to other harts: a fence by address does not work on FU540 and may be ignored by
 * the instruction TLB of FU740 (CIP-1200), and the firmware's share of the cost is the same.
 * A fence by address on this hart is used unless its ids name one of those cores.
 */
#include "arch/pagetable.h"
#include "arch/cpu.h"
#include "private.h"
#include "sbi.h"

#define SIFIVE_BULLET		0x8000000000000007UL	/* marchid of the U7 series */
#define SIFIVE_ROCKET		1UL			/* of the U5 series, as of every Rocket */

/* Does sfence.vma with an address fail on cpu 0? Its fellows are of the same kind. */
static bool
fence_by_address_broken(void)
{
	ulong vendor, arch, imp;

	cpu_vendor(0, &vendor, &arch, &imp);
	return (arch == SIFIVE_BULLET || arch == SIFIVE_ROCKET) && (imp & 0xffffff) <= 0x200630 && imp != 0x1200626;
}

void
tlb_flush_local_page(vaddr_t va)
{
	static int broken = -1;

	if (unlikely(broken < 0))
		broken = fence_by_address_broken();
	if (broken)
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
