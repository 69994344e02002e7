/* timer.h - the time CSR and this hart's one-shot timer (Sstc or SBI TIME). */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "lib/types.h"

#define CLOCK_NAME	"riscv_clocksource"	/* as Linux calls this clock, for /sys */

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

extern u64 timer_ns_per_tick, timer_ns_frac;	/* 10^9 / timer_hz: whole part, fraction in 2^-64 */

/* Monotone, no overflow for centuries. */
static ALWAYS_INLINE u64
timer_scale(u64 ticks, u64 ns_per_tick, u64 ns_frac)
{
	return ticks * ns_per_tick + (u64)((unsigned __int128)ticks * ns_frac >> 64);
}

static inline u64 timer_ticks_to_ns(u64 ticks) { return timer_scale(ticks, timer_ns_per_tick, timer_ns_frac); }
u64	timer_ns_to_ticks(u64 ns);	/* rounded up */
/* Interrupt this hart once when timer_ticks() >= when; ~0 cancels. Calls timer_interrupt() (kernel/timer.c). */
void	timer_set(u64 when);

#endif
