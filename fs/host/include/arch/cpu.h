/* cpu.h - the host's: one cpu, whose current task is a variable. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include "lib/types.h"

#define MAX_CPUS	1

struct task;

extern struct task *host_current;
#define current		host_current

typedef u64 cpumask_t;
#define ncpus		1

#endif
