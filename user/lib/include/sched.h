/* sched.h - threads and their order. */
#ifndef SCHED_H
#define SCHED_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/sched.h"

#define CPU_SETSIZE	1024

typedef struct { unsigned long bits[CPU_SETSIZE / 64]; } cpu_set_t;

#define CPU_ZERO(s)	((void)(*(s) = (cpu_set_t){ { 0 } }))
#define CPU_SET(c, s)	((void)((s)->bits[(c) / 64] |= 1UL << ((c) % 64)))
#define CPU_CLR(c, s)	((void)((s)->bits[(c) / 64] &= ~(1UL << ((c) % 64))))
#define CPU_ISSET(c, s)	((int)((s)->bits[(c) / 64] >> ((c) % 64) & 1))

int	clone(int (*f)(void *), void *stack, int flags, void *arg, ...);
int	sched_yield(void);
int	sched_getcpu(void);
int	sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int	sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int	sched_setscheduler(pid_t pid, int policy, const struct sched_param *p);
int	sched_getparam(pid_t pid, struct sched_param *p);
int	sched_get_priority_min(int policy);
int	sched_get_priority_max(int policy);
int	sched_getscheduler(pid_t pid);

#endif
