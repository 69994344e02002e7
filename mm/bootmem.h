/*
 * bootmem.h - what memory there is, and handing it out before the buddy allocator runs.
 */
#ifndef MM_BOOTMEM_H
#define MM_BOOTMEM_H

#include "lib/types.h"

#define BOOTMEM_MAX_RANGES	64

struct mem_range { paddr_t start, end; u32 node; };

/* RAM the kernel may touch, firmware's and no-map regions left out: sorted, page-aligned, not overlapping. */
extern struct mem_range bootmem_ram[BOOTMEM_MAX_RANGES];
extern int bootmem_nram;
extern struct mem_range bootmem_reserved[BOOTMEM_MAX_RANGES];	/* sorted, merged */
extern int bootmem_nreserved;

/* Read /memory, the reservation block, /reserved-memory; reserve image, device tree and initrd. Panics without RAM. */
void	bootmem_init(void);
void	bootmem_reserve(paddr_t start, paddr_t end);
/*
 * Zeroed, aligned, never freed. Panics when there is none: memory out during boot. Physical: usable before the
 * direct map is up.
 */
paddr_t	bootmem_alloc(size_t size, size_t align);

/* The device tree, opened, readable for ever; and the initrd (size 0: none). */
struct fdt;
extern struct fdt the_fdt;
extern paddr_t initrd_pa;
extern size_t initrd_size;

#endif
