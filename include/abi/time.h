/*
 * time.h - clocks, timers and their structures.
 * Source: Linux include/uapi/linux/time.h, time_types.h, times.h.
 */
#ifndef ABI_TIME_H
#define ABI_TIME_H

#include "abi/check.h"

#define CLOCK_REALTIME		0
#define CLOCK_MONOTONIC		1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID	3
#define CLOCK_MONOTONIC_RAW	4
#define CLOCK_REALTIME_COARSE	5
#define CLOCK_MONOTONIC_COARSE	6
#define CLOCK_BOOTTIME		7
#define CLOCK_REALTIME_ALARM	8
#define CLOCK_BOOTTIME_ALARM	9
#define CLOCK_TAI		11

#define TIMER_ABSTIME		1

#define ITIMER_REAL		0
#define ITIMER_VIRTUAL		1
#define ITIMER_PROF		2

#define UTIME_NOW		0x3fffffff	/* in tv_nsec of utimensat; linux/stat.h */
#define UTIME_OMIT		0x3ffffffe

#define ABI_CLK_TCK		100		/* units of times(2) and /proc: AT_CLKTCK */

struct abi_timespec {
	int64_t	tv_sec;
	int64_t	tv_nsec;
};
ABI_SIZE(struct abi_timespec, 16);

struct abi_timeval {
	int64_t	tv_sec;
	int64_t	tv_usec;
};
ABI_SIZE(struct abi_timeval, 16);

struct abi_timezone {
	int32_t	tz_minuteswest;
	int32_t	tz_dsttime;
};
ABI_SIZE(struct abi_timezone, 8);

struct abi_itimerval {
	struct abi_timeval it_interval;
	struct abi_timeval it_value;
};
ABI_SIZE(struct abi_itimerval, 32);

struct abi_itimerspec {
	struct abi_timespec it_interval;
	struct abi_timespec it_value;
};
ABI_SIZE(struct abi_itimerspec, 32);

struct abi_tms {			/* in ticks of ABI_CLK_TCK */
	int64_t	tms_utime, tms_stime;
	int64_t	tms_cutime, tms_cstime;
};
ABI_SIZE(struct abi_tms, 32);

#endif
