/*
 * timer.c - the time CSR's frequency, and this hart's one-shot timer.
 *
 * With Sstc a compare register of S-mode's own makes the interrupt; else the firmware is asked each time.
 * A timer interrupt stays pending until the timer is set anew, so trap.c masks it and timer_set() unmasks.
 *
 * Further     privileged ISA, Sstc; SBI TIME.
 */
#include "arch/timer.h"
#include "csr.h"
#include "kernel/printk.h"
#include "lib/fdt_machine.h"
#include "mm/bootmem.h"
#include "private.h"
#include "sbi.h"

#define LONGEST_SLEEP	8		/* seconds */
#define NSEC	1000000000UL

u64 timer_hz;
u64 timer_ns_per_tick, timer_ns_frac;
static u64 ticks_per_ns_frac;		/* timer_hz / 10^9 in 2^-64, rounded down */
static bool have_sstc;

/* floor(n * 2^64 / d) for n < d: long division, once at boot. */
static u64
fraction(u64 n, u64 d)
{
	u64 q = 0;
	int i;

	for (i = 0; i < 64; i++) {
		n <<= 1;
		q <<= 1;
		if (n >= d) {
			n -= d;
			q |= 1;
		}
	}
	return q;
}

void
timer_init(void)
{
	timer_hz = fdt_timebase(&the_fdt);
	if (!timer_hz || timer_hz >= NSEC)
		panic("/cpus/timebase-frequency is absent or not below 1 GHz: there is no clock");
	timer_ns_per_tick = NSEC / timer_hz;
	timer_ns_frac = fraction(NSEC % timer_hz, timer_hz);
	ticks_per_ns_frac = fraction(timer_hz, NSEC);
	have_sstc = cpu_all_have("sstc") && timer_probe_sstc();
	pr_info("timer: %lu Hz, %s\n", timer_hz, have_sstc ? "Sstc" : "SBI");
}

void
timer_init_hart(void)
{
	csr_set(sie, SIE_TIMER);
}

u64
timer_ns_to_ticks(u64 ns)
{
	u64 ticks = (unsigned __int128)ns * ticks_per_ns_frac >> 64;

	while (timer_ticks_to_ns(ticks) < ns)	/* at most twice */
		ticks++;
	return ticks;
}

/*
 * No hart sleeps longer than a while, and "never" is after a while, too: an emulator that skips over idle time would
 * otherwise be at the end of time before a disk has answered.
 */
void
timer_set(u64 when)
{
	when = MIN(when, timer_ticks() + LONGEST_SLEEP * timer_hz);
	if (have_sstc)
		asm volatile("csrw 0x14d, %0" : : "r"(when) : "memory");	/* CSR_STIMECMP */
	else
		sbi_set_timer(when);
	csr_set(sie, SIE_TIMER);
}
