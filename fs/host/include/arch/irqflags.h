/*
 * irqflags.h - the host's interrupts: what is due (a disk's completion, a timer) is called when they are
 * switched on, and so is, now and then, another task: see machine.c.
 */
#ifndef ARCH_IRQFLAGS_H
#define ARCH_IRQFLAGS_H

#include "lib/types.h"

extern bool host_irqs_off;
void	host_tick(void);		/* time passes; interrupts that are due */

static inline ulong
irq_save(void)
{
	ulong old = !host_irqs_off;

	host_irqs_off = true;
	return old;
}

static inline void
irq_enable(void)
{
	host_irqs_off = false;
	host_tick();
}

static inline void
irq_restore(ulong flags)
{
	if (flags)
		irq_enable();
}

static inline void
irq_window(void)
{
	if (!host_irqs_off)
		host_tick();
}

static inline void irq_disable(void) { host_irqs_off = true; }
static inline bool irq_enabled(void) { return !host_irqs_off; }

#endif
