/*
 * resource.h - limits, usage and priorities.
 * Source: Linux include/uapi/asm-generic/resource.h, linux/resource.h.
 */
#ifndef ABI_RESOURCE_H
#define ABI_RESOURCE_H

#include "abi/check.h"
#include "abi/time.h"

#define RLIMIT_CPU	0
#define RLIMIT_FSIZE	1
#define RLIMIT_DATA	2
#define RLIMIT_STACK	3
#define RLIMIT_CORE	4
#define RLIMIT_RSS	5
#define RLIMIT_NPROC	6
#define RLIMIT_NOFILE	7
#define RLIMIT_MEMLOCK	8
#define RLIMIT_AS	9
#define RLIMIT_LOCKS	10
#define RLIMIT_SIGPENDING 11
#define RLIMIT_MSGQUEUE	12
#define RLIMIT_NICE	13
#define RLIMIT_RTPRIO	14
#define RLIMIT_RTTIME	15
#define RLIM_NLIMITS	16
#define RLIM_INFINITY	(~0UL)

#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN	(-1)
#define RUSAGE_THREAD	1

#define PRIO_MIN	(-20)
#define PRIO_MAX	20
#define PRIO_PROCESS	0
#define PRIO_PGRP	1
#define PRIO_USER	2

struct abi_rlimit {
	uint64_t rlim_cur;
	uint64_t rlim_max;
};
ABI_SIZE(struct abi_rlimit, 16);

struct abi_rusage {
	struct abi_timeval ru_utime;
	struct abi_timeval ru_stime;
	int64_t	ru_maxrss;		/* KiB */
	int64_t	ru_ixrss, ru_idrss, ru_isrss;
	int64_t	ru_minflt, ru_majflt;
	int64_t	ru_nswap;
	int64_t	ru_inblock, ru_oublock;
	int64_t	ru_msgsnd, ru_msgrcv;
	int64_t	ru_nsignals;
	int64_t	ru_nvcsw, ru_nivcsw;
};
ABI_SIZE(struct abi_rusage, 144);
ABI_OFFSET(struct abi_rusage, ru_minflt, 64);

#endif
