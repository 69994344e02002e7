/*
 * time.c - what time it is: the monotonic clock, and the wall clock as an offset to it.
 *
 * Data        clock_boot_ticks, and the wall clock's offset: one 64-bit word, so that readers
 *             need no lock and never see half of a change.
 * Not here    things that happen at a time (timer.c); the system calls (sys_time.c).
 */
#include "kernel/time.h"
#include "arch/timer.h"

u64 clock_boot_ticks;
static u64 realtime_offset;		/* [a] realtime - monotonic, ns */

u64
clock_monotonic(void)
{
	return ticks_to_monotonic(timer_ticks());
}

u64
clock_realtime(void)
{
	return clock_monotonic() + READ_ONCE(realtime_offset);
}

void
clock_set_realtime(u64 ns)
{
	WRITE_ONCE(realtime_offset, ns - clock_monotonic());
}

u64
clock_to_monotonic(u64 realtime)
{
	u64 offset = READ_ONCE(realtime_offset);

	if (realtime == TIME_NEVER)
		return TIME_NEVER;
	return realtime > offset ? realtime - offset : 0;
}
