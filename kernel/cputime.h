/*
 * cputime.h - how long a task has run, in user mode and in the kernel, and what becomes due by that.
 */
#ifndef KERNEL_CPUTIME_H
#define KERNEL_CPUTIME_H

#include "kernel/spinlock.h"
#include "lib/list.h"

struct process;
struct task;
extern struct spinlock tasks_lock;

#define CPU_TICK_NS	4000000UL	/* how often a busy hart looks */

/* Guarded by: u lock  o only the hart that runs the task, interrupts off */
struct cputime {			/* of a task, ns */
	struct spinlock lock;
	u64	seen;			/* [u] runtime at the last tick that found it running */
	u64	system;			/* [u] of that, in the kernel */
	u64	told_user, told_system;	/* [u] as told last: neither ever goes back */
};
void	cputime_init(struct cputime *c);

/* CPU time in ns: a thread's; a process's, of all its threads. */
void	task_times(struct task *t, u64 *utime, u64 *stime);
void	process_times(struct process *p, u64 *utime, u64 *stime);
void	process_times_locked(struct process *p, u64 *utime, u64 *stime) MUST_HOLD(tasks_lock);
/* How much of its busy time cpu was found in the kernel, ns. */
u64	cpu_system_ns(int cpu);

/* The idle task of cpu has just been left: its tick, if it has stopped, begins. On that cpu, interrupts off. */
void	cpu_tick_start(int cpu);
void	cpu_tick_init(int cpu);

/* --- cputimer.c: timers that count CPU time --- */

struct cpu_timer {
	struct list link;		/* on proc->cpu_timers while armed */
	struct process *proc;		/* whose time; the owner keeps it counted */
	struct task *thread;		/* only this thread's, counted by the owner; NULL: the whole process's */
	bool	user_only;		/* user time alone */
	u64	expires;
	/* Taken off the list; tasks_lock held, interrupts off. May arm it again. now: what its clock shows. */
	void	(*fn)(struct cpu_timer *t, u64 now);
};
void	cpu_timer_arm(struct cpu_timer *t, u64 expires);
/* Not armed, and fn not running, when this returns. Not under tasks_lock. True if it was armed. */
bool	cpu_timer_cancel(struct cpu_timer *t);
/* Sleep until t's clock shows `expires`: 0 or -ERESTARTSYS. t says whose; it is not armed itself. */
int	cpu_timer_sleep(struct cpu_timer *t, u64 expires);
static inline bool cpu_timer_armed(const struct cpu_timer *t) { return !list_empty(&t->link); }
/*
 * Fill in whose time clock `id` is: CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, or of a process or thread by
 * pid (clock_getcpuclockid). Counted: cpu_clock_put(). 0 or -EINVAL. In sys_time.c.
 */
int	cpu_clock_get(int id, struct cpu_timer *t);
void	cpu_clock_put(struct cpu_timer *t);
u64	cpu_timer_now_locked(const struct cpu_timer *t) MUST_HOLD(tasks_lock);
u64	cpu_timer_now(const struct cpu_timer *t);

/* From the tick, on t's cpu: what is due by the time of current's process. Sends SIGXCPU, too. */
void	cpu_timers_check(struct task *t);

#endif
