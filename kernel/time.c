/*
 * time.c - what time it is: the monotonic clock, and the wall clock as an offset to it.
 *
 * Data        clock_boot_ticks; vdso_vvar, which programs read too: what a time is made of.
 * Locks       clock_lock: who sets the wall clock. Readers need none: see struct vdso_data.
 * Not here    things that happen at a time (timer.c); the system calls (sys_time.c).
 */
#include "kernel/time.h"
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

void
clock_set_realtime(u64 ns)
{
	struct vdso_data *d = &vdso_vvar.data;
	ulong flags = spin_lock_irqsave(&clock_lock);	/* a reader in an interrupt would wait for ever */

	WRITE_ONCE(d->sequence, d->sequence + 1);
	smp_wmb();
	WRITE_ONCE(d->realtime_offset, ns - clock_monotonic());
	smp_wmb();
	WRITE_ONCE(d->sequence, d->sequence + 1);
	spin_unlock_irqrestore(&clock_lock, flags);
	wall_clock_was_set();
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
