/*
 * pagetable.c - Sv39 tables, the register that selects one, and the fixmap windows.
 *
 * Invariants  The upper 256 entries of kernel_root are all made during boot; every user root holds a copy.
 * Further     tlb.c flushes; mm/ builds the tables' lower levels.
 */
#include "arch/pagetable.h"
#include "csr.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "private.h"

void *
fixmap_map(int slot, paddr_t pa)
{
	int entry = slot ? slot + 1 : 0;	/* slot 0, the device tree's, has two */
	ulong offset = pa & (PT_SIZE(1) - 1);

	fixmap_table[entry] = pte_make(pa - offset, PTE_V | PTE_R | PTE_W | PTE_A | PTE_D);
	tlb_flush_local();
	return (void *)(FIXMAP_BASE + entry * PT_SIZE(1) + offset);
}

void
fixmap_close(void)
{
	memset(fixmap_table, 0, PT_ENTRIES * sizeof(pte_t));
	tlb_flush_local();
}

void
pagetable_init_root(pte_t *root)
{
	memcpy(root + PT_ENTRIES / 2, kernel_root + PT_ENTRIES / 2, PT_ENTRIES / 2 * sizeof(pte_t));
}

/* ASID 0 for all: the flush follows the write (some cores prefetch through the old table until then). */
void
mmu_switch(paddr_t root)
{
	csr_write(satp, SATP_SV39 | root >> PAGE_SHIFT);
	tlb_flush_local();
}
