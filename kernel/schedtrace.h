/*
 * schedtrace.h - what the scheduler did, event by event, for as long as somebody wants to know.
 */
#ifndef KERNEL_SCHEDTRACE_H
#define KERNEL_SCHEDTRACE_H

#include "kernel/task.h"

enum trace_event {
	TRACE_BEGIN,			/* the trace begins on this hart; pid runs */
	TRACE_END,			/* and ends; pid has run until now */
	TRACE_SWITCH,			/* pid leaves, other comes */
	TRACE_WAKE,			/* pid, which last ran on hart `other`, is ready again */
	TRACE_NEW,			/* pid is ready for the first time */
	TRACE_MIGRATE,			/* pid, not running, goes to hart `other` */
};

struct trace_record {
	u64	time;			/* timer ticks */
	int	pid, other;
	u8	event;			/* TRACE_* */
	char	state;			/* of pid: as in /proc/PID/stat; of one that leaves: R if it stays ready */
	u8	prio, other_prio;	/* 0..98 real time, the most urgent is 0; 100..139 by nice; 140 idle */
	char	comm[TASK_COMM_LEN];	/* pid's */
};

extern bool schedtrace_on;		/* [a] */
void	schedtrace_record(enum trace_event event, const struct task *t, int other, const struct task *next);

/* --- called by the scheduler, with interrupts off: one load and one branch while nobody traces --- */

/* prev leaves the hart to next. */
static ALWAYS_INLINE void
schedtrace_switch(const struct task *prev, const struct task *next)
{
	if (unlikely(READ_ONCE(schedtrace_on)))
		schedtrace_record(TRACE_SWITCH, prev, 0, next);
}

/* t is ready: woken, or new. */
static ALWAYS_INLINE void
schedtrace_ready(const struct task *t, enum trace_event event)
{
	if (unlikely(READ_ONCE(schedtrace_on)))
		schedtrace_record(event, t, t->cpu, NULL);
}

static ALWAYS_INLINE void
schedtrace_migrate(const struct task *t, int cpu)
{
	if (unlikely(READ_ONCE(schedtrace_on)))
		schedtrace_record(TRACE_MIGRATE, t, cpu, NULL);
}

/* --- for whoever controls and reads it --- */

#define SCHEDTRACE_DEFAULT	32768	/* records, of all harts */
#define SCHEDTRACE_MAX		65536	/* their text fits in a file of /proc */

/*
 * Forget what was recorded and record from now on, the last `records` of each hart (0: SCHEDTRACE_DEFAULT for all).
 * 0, -EBUSY: it is on; -EINVAL: more than SCHEDTRACE_MAX; -ENOMEM.
 */
int	schedtrace_start(ulong records);
int	schedtrace_stop(void);		/* what was recorded stays. 0 or -EINVAL: it is off */
int	schedtrace_clear(void);		/* give the memory back. 0 or -EBUSY: it is on */
/*
 * For each hart in turn, `hart`, and then `record` for each of its records that is left, oldest first. May be
 * called while tracing goes on.
 */
void	schedtrace_report(void (*hart)(void *arg, int cpu, u64 written, u64 lost),
			  void (*record)(void *arg, int cpu, const struct trace_record *r), void *arg);
ulong	schedtrace_size(void);		/* records a hart; 0: there are none */

#endif
