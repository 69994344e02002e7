/*
 * early.c - the first page table, built before paging is on.
 *
 * This file runs at the physical address the image was loaded at, while the image is linked at IMAGE_BASE:
 * every address it forms is PC-relative (-mcmodel=medany), so it may take addresses of things but may not
 * use an address that the compiler or linker stored somewhere (tables of pointers, switch tables, strings
 * in initialised pointers).
 *
 * Data        kernel_root, the root of the kernel half; image_table and fixmap_table below it. In the debug build
 *             also the sanitizer's shadow (mm/kasan.c) of both, for what runs before kasan_init.
 * Further     mm/kernelmap.c replaces the image's mapping by one that is W^X.
 */
#include "arch/pagetable.h"
#include "csr.h"
#include "kernel/main.h"
#include "mm/layout.h"
#include "private.h"

pte_t kernel_root[PT_ENTRIES] ALIGNED(4096);
static pte_t image_table[PT_ENTRIES] ALIGNED(4096);
pte_t fixmap_table[PT_ENTRIES] ALIGNED(4096);

ulong boot_hartid;
paddr_t boot_fdt_pa;
const void *boot_fdt;
size_t boot_fdt_size;
paddr_t image_pa;

#define EARLY_BITS	(PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)
#define FDT_MAGIC	0xedfe0dd0		/* 0xd00dfeed as a little-endian load sees it */

/* Map the device tree at fixmap slot 0, which has two entries. It may start anywhere in a 2 MiB page. */
static void
early_map_fdt(paddr_t pa)
{
	const u32 *header = (const u32 *)pa;
	ulong offset = pa & (PT_SIZE(1) - 1);
	u32 size;

	if (!pa || pa % 4 || header[0] != FDT_MAGIC)
		return;
	size = header[1] >> 24 | (header[1] >> 8 & 0xff00) | (header[1] & 0xff00) << 8 | header[1] << 24;
	fixmap_table[0] = pte_make(pa - offset, EARLY_BITS);
	if (offset + size > PT_SIZE(1))
		fixmap_table[1] = pte_make(pa - offset + PT_SIZE(1), EARLY_BITS);
	boot_fdt = (const void *)(FIXMAP_BASE + offset);
	boot_fdt_size = MIN((ulong)size, 2 * PT_SIZE(1) - offset);
}

#ifdef DEBUG
static pte_t shadow_table[PT_ENTRIES] ALIGNED(4096);	/* of the GiB that has the shadow of the last 8 GiB */
static pte_t fixmap_shadow[PT_ENTRIES] ALIGNED(4096), image_shadow[PT_ENTRIES] ALIGNED(4096);
static char zeros[PAGE_SIZE] ALIGNED(PAGE_SIZE);

/* The shadow of `size` bytes at va, all in one 2 MiB page's place, is zeros, which allow everything. */
static void
early_map_shadow(pte_t *table, vaddr_t va, size_t size)
{
	vaddr_t start = (vaddr_t)va_to_shadow(va), end = (vaddr_t)va_to_shadow(va + size - 1);

	for (uint i = PT_INDEX(start, 0); i <= PT_INDEX(end, 0); i++)
		table[i] = pte_make((paddr_t)zeros, PTE_V | PTE_R | PTE_A);
	shadow_table[PT_INDEX(start, 1)] = pte_make((paddr_t)table, PTE_V);
	kernel_root[PT_INDEX(start, 2)] = pte_make((paddr_t)shadow_table, PTE_V);
}
#endif

/* Called by head.S on the boot hart, paging off, .bss clear. Returns the value for satp. */
ulong
early_init(ulong hartid, paddr_t fdt)
{
	paddr_t start = (paddr_t)image_start, end = (paddr_t)image_end, pa;
	int i = PT_INDEX(IMAGE_BASE, 1);

	image_pa = start;
	boot_hartid = hartid;
	boot_fdt_pa = fdt;

	for (pa = start; pa < end; pa += PT_SIZE(1))
		image_table[i++] = pte_make(pa, EARLY_BITS | PTE_X);
	kernel_root[PT_INDEX(IMAGE_BASE, 2)] = pte_make((paddr_t)image_table, PTE_V);
	kernel_root[PT_INDEX(FIXMAP_BASE, 2)] = pte_make((paddr_t)fixmap_table, PTE_V);
	early_map_fdt(fdt);
#ifdef DEBUG
	early_map_shadow(fixmap_shadow, FIXMAP_BASE, FIXMAP_SLOTS * PT_SIZE(1));
	early_map_shadow(image_shadow, IMAGE_BASE, end - start);
#endif
	return SATP_SV39 | (paddr_t)kernel_root >> PAGE_SHIFT;
}
