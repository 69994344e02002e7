/* main.h - the C entry points that head.S calls. */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include "lib/types.h"

void	kernel_main(void) NORETURN;		/* boot hart: paging on, bss clear, on boot_stack, interrupts off */
void	kernel_secondary(void) NORETURN;	/* others: current is their idle task, on its stack */

extern ulong boot_hartid;			/* a0 at entry */
extern paddr_t boot_fdt_pa;			/* a1 at entry */

#endif
