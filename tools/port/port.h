/*
 * port.h - a device tree, and what the kernel would do with it (make port-check).
 *
 * kernel.c reads kernel.elf and gives the tree to the kernel's own drivers/driver.c; report.c says what came out.
 */
#ifndef TOOLS_PORT_PORT_H
#define TOOLS_PORT_PORT_H

#include "drivers/driver.h"
#include "lib/fdt_machine.h"

#define MAX_CLAIMED	512

struct claimed {			/* a device that a driver would be given, in the order of boot */
	int	node;
	const char *driver;
	const char *kind;		/* the folder of drivers/ that the driver is in */
	enum driver_level level;
	const char *compatible;		/* by which it was found */
};

extern struct claimed claimed[MAX_CLAIMED];
extern int nclaimed;
extern const char *kernel_isa;		/* "rv64i2p1_m2p0...": what it was compiled for */

/* Read the drivers' tables from the kernel: NULL, or what is wrong with the file. */
const char *kernel_open(const void *elf, size_t size);
/* Probe the_fdt as the kernel's boot does, with drivers that only note that they were called. */
void	kernel_probe(void);

/* What the kernel would make of the_fdt. Whether it gets to a shell. */
bool	report(void);

#endif
