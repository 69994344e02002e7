/*
 * vmap.h - kernel address ranges mapped page by page: stacks with guard pages, device registers,
 * buffers larger than the buddy's blocks.
 */
#ifndef MM_VMAP_H
#define MM_VMAP_H

#include "lib/types.h"

void	vmap_init(void);			/* preallocates the tables: root entries never change */
/* Map `pages` fresh frames, an unmapped guard page on each side. NULL if out of memory. */
void	*vmalloc(size_t size);
void	vfree(void *p);
/* n allocations of one size, and n ends, for one flush of all harts' TLBs. How many were made: as memory went. */
uint	vmalloc_many(void **out, uint n, size_t size);
#define VFREE_MAX	64
void	vfree_many(void **p, uint n);			/* n <= VFREE_MAX */
/* Map device registers [pa, pa+size), read-write, never executable, strongly ordered by PMA. NULL on failure. */
volatile void *ioremap(paddr_t pa, size_t size);
void	iounmap(volatile void *p);
/* In the vmap area, which allocation holds va (for panic: "kernel stack overflow")? */
bool	vmap_is_guard(vaddr_t va);

/* The kernel's own page tables: direct map, W^X image. mm/kernelmap.c */
void	kernelmap_init(void);

#endif
