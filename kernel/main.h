/* main.h - the C entry points that head.S calls. */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include "lib/types.h"

void	kernel_main(void) NORETURN;		/* boot hart: paging on, bss clear, on boot_stack, interrupts off */
void	kernel_secondary(void) NORETURN;	/* others: current is their idle task, on its stack */

extern ulong boot_hartid;			/* a0 at entry */
extern paddr_t boot_fdt_pa;			/* a1 at entry */
extern const void *boot_fdt;			/* the same, mapped for ever; NULL if not a device tree */
extern size_t boot_fdt_size;			/* bytes readable at boot_fdt: its totalsize, 4 MiB - 2 MiB at worst */
extern char boot_stack[];			/* KSTACK_SIZE bytes, boot_idle_task's */

#endif
