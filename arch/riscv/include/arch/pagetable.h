/*
 * pagetable.h - Sv39: three levels of 512 entries. Privileged ISA 12.4 (Sv39).
 *
 * User space is the lower half, 0..USER_TOP; the kernel's upper half is shared by every
 * table: its 256 root entries are made at boot and never change.
 */
#ifndef ARCH_PAGETABLE_H
#define ARCH_PAGETABLE_H

#include "lib/types.h"

#define USER_TOP	(1UL << 38)	/* first address past user space */

#define PTE_V		BIT(0)
#define PTE_R		BIT(1)
#define PTE_W		BIT(2)
#define PTE_X		BIT(3)
#define PTE_U		BIT(4)
#define PTE_G		BIT(5)
#define PTE_A		BIT(6)
#define PTE_D		BIT(7)
#define PTE_SOFT0	BIT(8)		/* for mm/: PTE_COW, say */
#define PTE_SOFT1	BIT(9)
#define PTE_LEAF	(PTE_R | PTE_W | PTE_X)

#define PT_ENTRIES	512
#define PT_LEVELS	3		/* level 2 is the root, level 0 maps 4 KiB pages */
#define PT_SHIFT(level)	(PAGE_SHIFT + 9 * (level))
#define PT_SIZE(level)	(1UL << PT_SHIFT(level))
#define PT_INDEX(va, level) ((u64)(va) >> PT_SHIFT(level) & 511)
#define PT_BLOCK_END(va, level) (((u64)(va) | (PT_SIZE(level) - 1)) + 1)	/* of what one entry covers */

static inline pte_t pte_make(paddr_t pa, u64 bits) { return pa >> 12 << 10 | bits; }
static inline paddr_t pte_pa(pte_t e) { return (e >> 10 & ((1UL << 44) - 1)) << 12; }
static inline bool pte_present(pte_t e) { return e & PTE_V; }
static inline bool pte_leaf(pte_t e) { return e & PTE_LEAF; }

extern pte_t	kernel_root[PT_ENTRIES];	/* the kernel's own table (init's and idle's) */

/*
 * Windows for physical memory that nothing maps yet: the 2 MiB page around pa, read-write, until the
 * next call for that slot. Returns pa's address. Slot 0 holds the device tree; 1 is for building tables.
 */
#define FIXMAP_SCRATCH	1
#define FIXMAP_SLOTS	4
void	*fixmap_map(int slot, paddr_t pa);
/* The direct map is up: no window stays, for one may be a writable second mapping of the kernel's text. */
void	fixmap_close(void);

/* Copy the kernel half into a fresh, zeroed root. */
void	pagetable_init_root(pte_t *root);

/* Switch this hart to a root table (physical). Flushes what must be flushed. */
void	mmu_switch(paddr_t root);

/* Flush this hart's translations. */
static inline void
tlb_flush_local(void)
{
	asm volatile("sfence.vma" : : : "memory");
}
void	tlb_flush_local_page(vaddr_t va);	/* full flush on harts with the SiFive errata */

/* Flush other harts, by SBI RFENCE or when they wake (cpu_nap). mask must not include this cpu. */
void	tlb_flush_remote(u64 mask, vaddr_t va, size_t len);
/* New instructions are visible to fetches on this hart; and on others. */
void	icache_flush_local(void);
void	icache_flush_all(void);

#endif
