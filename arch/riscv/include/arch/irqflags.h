/* irqflags.h - this hart's interrupt-enable bit (sstatus.SIE). */
#ifndef ARCH_IRQFLAGS_H
#define ARCH_IRQFLAGS_H

#include "kernel/latency.h"
#include "lib/types.h"

#define SSTATUS_SIE	(1UL << 1)

/* For what measures the others, and is not to be measured (kernel/latency.c). */
static inline ulong
irq_save_untimed(void)
{
	ulong old;

	asm volatile("csrrci %0, sstatus, 2" : "=r"(old) : : "memory");
	return old & SSTATUS_SIE;
}

static inline void
irq_restore_untimed(ulong flags)
{
	asm volatile("csrs sstatus, %0" : : "r"(flags) : "memory");
}

static inline ulong
irq_save(void)			/* disable; returns what irq_restore needs */
{
	ulong old = irq_save_untimed();

	latency_begin();
	return old;
}

static inline void
irq_restore(ulong flags)
{
	if (LATENCY_TIMED && flags)
		latency_end();
	irq_restore_untimed(flags);
}

static inline void
irq_disable(void)
{
	asm volatile("csrci sstatus, 2" : : : "memory");
	latency_begin();
}

static inline void
irq_enable(void)
{
	latency_end();
	asm volatile("csrsi sstatus, 2" : : : "memory");
}

/* Interrupts come where they may, unless the machine is a simulated one, which looks for them here (fs/host). */
static inline void
irq_window(void)
{
}

static inline bool
irq_enabled(void)
{
	ulong s;

	asm volatile("csrr %0, sstatus" : "=r"(s));
	return s & SSTATUS_SIE;
}

#endif
