/*
 * layout.h - where things are in the kernel's half of every address space.
 *
 *	0xffffffc0_00000000	direct map: all RAM, va = pa + DIRECT_BASE (128 GiB)
 *	0xffffffe0_00000000	vmap area: kernel stacks with guard pages, device registers (4 GiB)
 *	0xffffffe8_00000000	sanitizer shadow (DEBUG)
 *	0xffffffff_00000000	fixmap: early device tree window (2 x 2 MiB)
 *	0xffffffff_80000000	the kernel image, wherever in RAM it was loaded
 */
#ifndef MM_LAYOUT_H
#define MM_LAYOUT_H

#define DIRECT_BASE	0xffffffc000000000
#define DIRECT_SIZE	(1UL << 37)
#define VMAP_BASE	0xffffffe000000000
#define VMAP_SIZE	(1UL << 32)
#define SHADOW_BASE	0xffffffe800000000
/* Where the shadow of address 0 would be. The Makefile tells it to the compiler. */
#define SHADOW_OFFSET	0xdffffff000000000
#define FIXMAP_BASE	0xffffffff00000000
#define IMAGE_BASE	0xffffffff80000000

#ifndef __ASSEMBLER__
#include "lib/types.h"

extern paddr_t image_pa;		/* where the image was loaded; IMAGE_BASE maps it */
extern char image_start[], image_text_end[], image_rodata_end[], image_end[];

static inline void *phys_to_virt(paddr_t pa) { return (void *)(pa + DIRECT_BASE); }
/* The byte of the sanitizer's shadow that is about va, whether or not either is mapped. */
static inline u8 *va_to_shadow(vaddr_t va) { return (u8 *)((va >> 3) + SHADOW_OFFSET); }
/* Of a direct-map or image address. */
static inline paddr_t
virt_to_phys(const void *p)
{
	u64 va = (u64)p;

	return va >= IMAGE_BASE ? va - IMAGE_BASE + image_pa : va - DIRECT_BASE;
}
#endif
#endif
