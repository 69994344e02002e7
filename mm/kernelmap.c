/*
 * kernelmap.c - the kernel's own page table: the direct map of RAM, and the image write-xor-execute.
 *
 *	direct map   RAM the kernel may touch, read-write; the image's text and constants read-only.
 *	             Largest pages that fit inside one range of bootmem_ram: as firmware's memory is
 *	             in no range, no page covers any of it. (Cores that check PMP for the whole page
 *	             fault on every access to one that does: SiFive FU540.)
 *	image        text read-execute, constants read-only, data read-write.
 *	vmap area    its root entries only (vmap.c).
 *
 * Data        kernel_root, made by head.S with what booting needed. Its other entries are set here,
 *             once, and every user page table copies them.
 * Not here    mapping a page later: vmap.c.  The fixed windows: arch/riscv.
 * Further     Privileged ISA, Sv39; docs/memory.md.
 */
#include "arch/pagetable.h"
#include "kernel/printk.h"
#include "mm/bootmem.h"
#include "mm/internal.h"
#include "mm/layout.h"
#include "mm/vmap.h"

#define KPTE_R	(PTE_V | PTE_R | PTE_A | PTE_G)
#define KPTE_RX	(KPTE_R | PTE_X)
#define KPTE_RW	(KPTE_R | PTE_W | PTE_D)

/* The table below entry e, made if there is none. */
static paddr_t
table_below(pte_t *e)
{
	paddr_t pa;

	if (pte_present(*e)) {
		assert(!pte_leaf(*e));
		return pte_pa(*e);
	}
	pa = bootmem_alloc(PAGE_SIZE, PAGE_SIZE);
	*e = pte_make(pa, PTE_V);
	return pa;
}

/* The same for entry i of the table at physical address `table`; making one moves the early window. */
static paddr_t
table_below_at(paddr_t table, uint i)
{
	pte_t *slot = (pte_t *)early_va(table) + i;
	pte_t e = *slot;
	paddr_t pa;

	if (!pte_present(e)) {
		pa = table_below(&e);
		slot = (pte_t *)early_va(table) + i;
		*slot = e;
		return pa;
	}
	assert(!pte_leaf(e));
	return pte_pa(e);
}

/* Map [va, va+size) of the GiB that *root covers, with the largest pages that fit. */
static void
map_in_gib(pte_t *root, vaddr_t va, paddr_t pa, u64 size, u64 bits)
{
	paddr_t table;
	u64 step;

	for (; size; va += step, pa += step, size -= step) {
		if (((va | pa) & (PT_SIZE(2) - 1)) == 0 && size == PT_SIZE(2)) {
			*root = pte_make(pa, bits);
			return;
		}
		table = table_below(root);
		if (((va | pa) & (PT_SIZE(1) - 1)) == 0 && size >= PT_SIZE(1)) {
			step = PT_SIZE(1);
			((pte_t *)early_va(table))[PT_INDEX(va, 1)] = pte_make(pa, bits);
			continue;
		}
		step = PAGE_SIZE;
		table = table_below_at(table, PT_INDEX(va, 1));
		((pte_t *)early_va(table))[PT_INDEX(va, 0)] = pte_make(pa, bits);
	}
}

static void
map_direct(paddr_t start, paddr_t end, u64 bits)
{
	u64 va, size;

	for (; start < end; start += size) {
		va = start + DIRECT_BASE;
		size = MIN(ALIGN_DOWN(va, PT_SIZE(2)) + PT_SIZE(2) - va, end - start);
		map_in_gib(&kernel_root[PT_INDEX(va, 2)], va, start, size, bits);
	}
}

static void
map_image(void)
{
	static const struct { char *start, *end; u64 bits; } parts[] = {
		{ image_start, image_text_end, KPTE_RX },
		{ image_text_end, image_rodata_end, KPTE_R },
		{ image_rodata_end, image_end, KPTE_RW },
	};
	pte_t root = 0;
	vaddr_t start, end;

	for (uint i = 0; i < ARRAY_SIZE(parts); i++) {
		start = (vaddr_t)parts[i].start;
		end = PAGE_ALIGN(parts[i].end);
		map_in_gib(&root, start, virt_to_phys(parts[i].start), end - start, parts[i].bits);
	}
	kernel_root[PT_INDEX(IMAGE_BASE, 2)] = root;
}

void
kernelmap_init(void)
{
	paddr_t constants_end = virt_to_phys(image_rodata_end);
	const struct mem_range *r;

	for (r = bootmem_ram; r < bootmem_ram + bootmem_nram; r++) {
		if (r->start <= image_pa && image_pa < r->end) {
			map_direct(r->start, image_pa, KPTE_RW);
			map_direct(image_pa, constants_end, KPTE_R);
			map_direct(constants_end, r->end, KPTE_RW);
		} else {
			map_direct(r->start, r->end, KPTE_RW);
		}
	}
	for (vaddr_t va = VMAP_BASE; va < VMAP_BASE + VMAP_SIZE; va += PT_SIZE(2))
		table_below(&kernel_root[PT_INDEX(va, 2)]);
	map_image();
	tlb_flush_local();
	bootmem_direct_map_up();
}
