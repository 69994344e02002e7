/* timer.h - the time CSR and this hart's one-shot timer (Sstc or SBI TIME). */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "lib/types.h"

static inline u64
timer_ticks(void)
{
	u64 t;

	asm volatile("rdtime %0" : "=r"(t));
	return t;
}

extern u64 timer_hz;			/* /cpus timebase-frequency */
void	timer_init(void);		/* read the frequency; compute the multipliers */
void	timer_init_hart(void);		/* enable the interrupt */
u64	timer_ticks_to_ns(u64 ticks);	/* monotone, no overflow for centuries */
u64	timer_ns_to_ticks(u64 ns);	/* rounded up */
/* Interrupt this hart once when timer_ticks() >= when; ~0 cancels. Calls timer_interrupt() (kernel/timer.c). */
void	timer_set(u64 when);

#endif
