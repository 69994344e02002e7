/*
 * fdt_machine.h - what a device tree says of the machine itself: harts, memory, the clock.
 *
 * The kernel's boot and `make port-check` ask here, so that they cannot disagree.
 */
#ifndef LIB_FDT_MACHINE_H
#define LIB_FDT_MACHINE_H

#include "lib/fdt.h"

/* Can the hart that the node describes run the kernel: a cpu, not disabled, with an MMU? */
bool	fdt_cpu_usable(const struct fdt *f, int node);
u64	fdt_cpu_hartid(const struct fdt *f, int node);
/* Both forms of the binding as one string: "rv64imafdc_zicsr_...". */
void	fdt_cpu_isa(const struct fdt *f, int node, char *isa, size_t size);

/* The bank of memory after that one (-1: the first), in use; -1 ends. Its ranges are fdt_reg()'s. */
int	fdt_next_memory(const struct fdt *f, int node);
/* Likewise a region that /reserved-memory keeps from us. */
int	fdt_next_reserved(const struct fdt *f, int node);

u32	fdt_timebase(const struct fdt *f);	/* ticks a second; 0 if it does not say */

#endif
