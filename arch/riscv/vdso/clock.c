/*
 * clock.c - the clocks, read in user mode.
 *
 * Runs in programs: it can call nothing, and reads only the page in front of it. What it does not know
 * (CPU time, invalid clocks) the system call answers.
 *
 * Further     docs/traps.md; vdso(7).
 */
#include "abi/errno.h"
#include "abi/syscall.h"
#include "abi/time.h"
#include "arch/vdso.h"

#define MONOTONIC	(BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) | BIT(CLOCK_BOOTTIME))
#define REALTIME	(BIT(CLOCK_REALTIME) | BIT(CLOCK_TAI))
#define MONOTONIC_COARSE BIT(CLOCK_MONOTONIC_COARSE)
#define REALTIME_COARSE	BIT(CLOCK_REALTIME_COARSE)

extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));	/* vdso.ld: the page below */

int	__vdso_clock_gettime(int id, struct abi_timespec *ts);
int	__vdso_clock_getres(int id, struct abi_timespec *res);
int	__vdso_gettimeofday(struct abi_timeval *tv, struct abi_timezone *tz);

static int
system_call(long number, int id, void *p)
{
	register long a0 asm("a0") = id;
	register void *a1 asm("a1") = p;
	register long a7 asm("a7") = number;

	asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
	return a0;
}

static inline bool
is_one_of(int id, ulong clocks)
{
	return (uint)id < 64 && (clocks >> id & 1);
}

__attribute__((visibility("default"))) int
__vdso_clock_gettime(int id, struct abi_timespec *ts)
{
	const struct vdso_data *d = &vdso_data;
	u64 ns;

	if (likely(id == d->plain_clock))		/* the most wanted: vdso_monotonic, without the fraction */
		ns = (timer_ticks() - d->boot_ticks) * d->ns_per_tick;
	else if (is_one_of(id, MONOTONIC | MONOTONIC_COARSE))
		ns = vdso_monotonic(d);
	else if (is_one_of(id, REALTIME | REALTIME_COARSE))
		ns = vdso_realtime(d);
	else
		return system_call(SYS_clock_gettime, id, ts);
	ts->tv_sec = ns / d->nsec_per_sec;
	ts->tv_nsec = ns % d->nsec_per_sec;
	return 0;
}

__attribute__((visibility("default"))) int
__vdso_clock_getres(int id, struct abi_timespec *res)
{
	bool coarse = is_one_of(id, MONOTONIC_COARSE | REALTIME_COARSE);

	if (!coarse && !is_one_of(id, MONOTONIC | REALTIME))
		return system_call(SYS_clock_getres, id, res);
	if (res) {
		res->tv_sec = 0;
		res->tv_nsec = coarse ? VDSO_COARSE_NS : 1;
	}
	return 0;
}

__attribute__((visibility("default"))) int
__vdso_gettimeofday(struct abi_timeval *tv, struct abi_timezone *tz)
{
	u64 us;

	if (tv) {
		us = vdso_realtime(&vdso_data) / 1000;
		tv->tv_sec = us / 1000000;
		tv->tv_usec = us % 1000000;
	}
	if (tz)
		*tz = (struct abi_timezone){ 0, 0 };
	return 0;
}
