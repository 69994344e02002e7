/*
 * time.c - what time it is: the monotonic clock, and the wall clock as an offset to it.
 *
 * Data        clock_boot_ticks; vdso_vvar, which programs read too: what a time is made of.
 * Locks       clock_lock: who sets the wall clock. Readers need none: see struct vdso_data.
 * Not here    things that happen at a time (timer.c); the system calls (sys_time.c).
 */
#include "kernel/time.h"
#include "abi/errno.h"
#include "abi/time.h"
#include "arch/vdso.h"
#include "kernel/walltimer.h"

u64 clock_boot_ticks;
static struct spinlock clock_lock;

u64
clock_monotonic(void)
{
	return ticks_to_monotonic(timer_ticks());
}

u64
clock_realtime(void)
{
	return vdso_realtime(&vdso_vvar.data);
}

/* Interrupts off: a reader in one would wait for ever. */
static void
set_offset(u64 offset) MUST_HOLD(clock_lock)
{
	struct vdso_data *d = &vdso_vvar.data;

	WRITE_ONCE(d->sequence, d->sequence + 1);
	smp_wmb();
	WRITE_ONCE(d->realtime_offset, offset);
	smp_wmb();
	WRITE_ONCE(d->sequence, d->sequence + 1);
}

void
clock_set_realtime(u64 ns)
{
	ulong flags = spin_lock_irqsave(&clock_lock);
	u64 now = clock_monotonic();

	set_offset(MAX(MIN(ns, CLOCK_SET_MAX), now) - now);
	spin_unlock_irqrestore(&clock_lock, flags);
	wall_clock_was_set(true);
}

int
clock_adjust(s64 delta, bool tell)
{
	ulong flags = spin_lock_irqsave(&clock_lock);
	u64 was = vdso_vvar.data.realtime_offset, offset = was + delta;
	bool fits = (delta >= 0 || offset < was) && offset < CLOCK_SET_MAX - MIN(clock_monotonic(), CLOCK_SET_MAX);

	if (fits)
		set_offset(offset);
	spin_unlock_irqrestore(&clock_lock, flags);
	if (fits)
		wall_clock_was_set(tell);
	return fits ? 0 : -EINVAL;
}

u64
clock_to_monotonic(u64 realtime)
{
	u64 offset = READ_ONCE(vdso_vvar.data.realtime_offset);

	if (realtime == TIME_NEVER)
		return TIME_NEVER;
	return realtime > offset ? realtime - offset : 0;
}

void
clock_init(void)
{
	struct vdso_data *d = &vdso_vvar.data;

	spin_init(&clock_lock, RANK_CLOCK);
	clock_boot_ticks = timer_ticks();
	d->boot_ticks = clock_boot_ticks;
	d->ns_per_tick = timer_ns_per_tick;
	d->ns_frac = timer_ns_frac;
	d->plain_clock = timer_ns_frac ? VDSO_NO_CLOCK : CLOCK_MONOTONIC;
	d->nsec_per_sec = NSEC_PER_SEC;
}
