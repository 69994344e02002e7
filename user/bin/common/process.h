/* process.h - what /proc says of a process, for ps and top. */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

struct process {
	int	pid, ppid, tty, threads;
	char	state, comm[32];
	int	priority;		/* as in /proc/PID/stat: -100..-2 real time, 0..39 time sharing */
	int	nice, hart, rt_priority, policy;
	unsigned long ticks, rss;	/* processor time; resident pages */
	uid_t	uid;
};

/* 0, or -1: it has gone. */
int	process_read(int pid, struct process *p);
/* Every process's number, ascending, malloc'ed; *n of them. Dies without /proc. */
int	*process_list(int *n);
/* A small file of a process: its length, -1 if it has gone. buf ends in NUL. */
int	process_file(int pid, const char *name, char *buf, int size);
/* What it was started as, or "[name]". */
void	process_command(const struct process *p, char *buf, int size);
void	process_user(const struct process *p, char *buf, int size);
/* "TS", "FF", "RR", "B", "IDL" */
const char *policy_class(int policy);
/* "SCHED_OTHER" ... */
const char *policy_name(int policy);

#endif
