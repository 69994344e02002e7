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
#include "mm/kasan.h"
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

/*
 * The largest page that a leaf for va may map: PT_SIZE(2), PT_SIZE(1) or PAGE_SIZE. It maps no more than size bytes,
 * and both va and pa are multiples of its size.
 */
static u64
leaf_size(vaddr_t va, paddr_t pa, u64 size)
{
	for (int level = 2; level > 0; level--)
		if (((va | pa) & (PT_SIZE(level) - 1)) == 0 && size >= PT_SIZE(level))
			return PT_SIZE(level);
	return PAGE_SIZE;
}

/* Map [va, va+size) of the GiB that *root covers, with the largest pages that fit. */
static void
map_in_gib(pte_t *root, vaddr_t va, paddr_t pa, u64 size, u64 bits)
{
	paddr_t table;
	u64 step;
	int level;

	for (; size; va += step, pa += step, size -= step) {
		step = leaf_size(va, pa, size);
		if (step == PT_SIZE(2)) {
			*root = pte_make(pa, bits);
			continue;
		}
		level = step == PT_SIZE(1);
		table = table_below(root);
		if (level == 0)
			table = table_below_at(table, PT_INDEX(va, 1));
		((pte_t *)early_va(table))[PT_INDEX(va, level)] = pte_make(pa, bits);
	}
}

/* Map [va, va+size), which may be in several GiB. */
static void
map(vaddr_t va, paddr_t pa, u64 size, u64 bits)
{
	u64 step;

	for (; size; va += step, pa += step, size -= step) {
		step = MIN(ALIGN_DOWN(va, PT_SIZE(2)) + PT_SIZE(2) - va, size);
		map_in_gib(&kernel_root[PT_INDEX(va, 2)], va, pa, step, bits);
	}
}

static void
map_direct(paddr_t start, paddr_t end, u64 bits)
{
	map(start + DIRECT_BASE, start, end - start, bits);
}

/*
 * What may be done with the image's page at `at`: text is executed, constants are read, all else is written. Nothing is
 * both written and executed.
 */
static u64
image_bits(const char *at)
{
	if (at < image_text_end)
		return KPTE_RX;
	return at < image_rodata_end ? KPTE_R : KPTE_RW;
}

static void
map_image(void)
{
	static char *const bounds[] = { image_start, image_text_end, image_rodata_end, image_end };
	pte_t root = 0;
	vaddr_t start, end;

	for (uint i = 0; i + 1 < ARRAY_SIZE(bounds); i++) {
		start = (vaddr_t)bounds[i];
		end = PAGE_ALIGN(bounds[i + 1]);
		map_in_gib(&root, start, virt_to_phys(bounds[i]), end - start, image_bits(bounds[i]));
	}
	kernel_root[PT_INDEX(IMAGE_BASE, 2)] = root;
}

#ifdef DEBUG
/* The shadow (kasan.c) of [start, end), to whole pages of that size, gets memory of its own, whatever is in that. */
static void
map_shadow(vaddr_t start, vaddr_t end, u64 page)
{
	vaddr_t first = ALIGN_DOWN((vaddr_t)va_to_shadow(start), page);
	size_t size = ALIGN_UP((vaddr_t)va_to_shadow(end - 1) + 1, page) - first;

	map(first, bootmem_alloc_raw(size, page), size, KPTE_RW);
}

/* That of RAM and of the image; and for the vmap area the same zeros again and again. */
static void
map_shadows(void)
{
	vaddr_t va = (vaddr_t)va_to_shadow(VMAP_BASE), end = (vaddr_t)va_to_shadow(VMAP_BASE + VMAP_SIZE);
	paddr_t zeros = bootmem_alloc(PT_SIZE(1), PT_SIZE(1));

	map_shadow(bootmem_ram[0].start + DIRECT_BASE, bootmem_ram[bootmem_nram - 1].end + DIRECT_BASE, PT_SIZE(1));
	map_shadow(IMAGE_BASE, (vaddr_t)image_end, PAGE_SIZE);
	for (; va < end; va += PT_SIZE(1))
		map(va, zeros, PT_SIZE(1), KPTE_R);
}
#else
static void map_shadows(void) { }
#endif

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
	map_shadows();
	tlb_flush_local();
	kasan_init();			/* DEBUG: bad accesses are caught */
	bootmem_direct_map_up();
}
