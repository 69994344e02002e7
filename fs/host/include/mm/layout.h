/* layout.h - the host's memory: "physical" addresses are offsets into one arena (fs/host/memory.c). */
#ifndef MM_LAYOUT_H
#define MM_LAYOUT_H

#include "lib/types.h"

#define HOST_RAM_BASE	0x80000000UL	/* the arena's physical address */

extern char *host_ram;

static inline void *phys_to_virt(paddr_t pa) { return host_ram + (pa - HOST_RAM_BASE); }
static inline paddr_t virt_to_phys(const void *p) { return (u64)((const char *)p - host_ram) + HOST_RAM_BASE; }

#endif
