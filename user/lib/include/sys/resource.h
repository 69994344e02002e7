/* resource.h - limits, usage, priorities. */
#ifndef SYS_RESOURCE_H
#define SYS_RESOURCE_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/resource.h"

typedef unsigned long rlim_t;

int	getrlimit(int which, struct rlimit *r);
int	setrlimit(int which, const struct rlimit *r);
int	prlimit(pid_t pid, int which, const struct rlimit *set, struct rlimit *old);
int	getrusage(int who, struct rusage *ru);
int	getpriority(int which, id_t who);
int	setpriority(int which, id_t who, int prio);

#endif
