/*
 * cputime.c - how long tasks have run, and in which mode.
 *
 * How long is exact: the scheduler notes the time at each switch.  In which mode is sampled, because
 * reading the clock at every system call would slow every one down: while a hart is busy, a tick every
 * 4 ms looks at what it interrupted, and the task's time since the tick that saw it last counts as that.
 * What no tick has seen yet counts as user time; so does all of a program that is gone sooner.
 *
 *	runtime    |--------- seen ----------|-- not yet --|
 *	           |  user   |    system     |    user     |
 *
 * When a tick then says "system", time that was told as user's would be taken back: so what was told is remembered,
 * and the other part waits until it has caught up.  The sum stays exact.
 *
 * Data        struct cputime, of each task; ticks[], of each hart.
 * Locks       a task's cputime.lock [u], interrupts off.
 * Not here    the runtime itself (sched.c); what is due by it (cputimer.c).
 */
#include "kernel/cputime.h"
#include "kernel/sched.h"
#include "kernel/task.h"

struct cpu_tick {
	struct timer timer;
	u64	system;			/* ns, written by its own hart */
} ALIGNED(64);

static struct cpu_tick ticks[MAX_CPUS];

void
cputime_init(struct cputime *c)
{
	spin_init(&c->lock, RANK_CPUTIME);
	c->seen = c->system = 0;
	c->told_user = c->told_system = 0;
}

/* t runs now: what it has run since it was seen last was spent like this. */
static void
cputime_sample(struct task *t, bool user)
{
	struct cputime *c = &t->cputime;
	u64 runtime = task_runtime(t);
	ulong flags = spin_lock_irqsave(&c->lock);

	if (!user)
		c->system += runtime - c->seen;
	c->seen = runtime;
	spin_unlock_irqrestore(&c->lock, flags);
}

void
task_times(struct task *t, u64 *utime, u64 *stime)
{
	struct cputime *c = &t->cputime;
	u64 runtime = task_runtime(t);
	ulong flags = spin_lock_irqsave(&c->lock);

	runtime = MAX(runtime, c->told_user + c->told_system);	/* somebody may have asked since we did */
	*stime = t->kernel_thread ? runtime : MAX(c->system, c->told_system);
	*utime = runtime - MIN(*stime, runtime);
	if (*utime < c->told_user)
		*utime = c->told_user;
	*stime = runtime - *utime;
	c->told_user = *utime;
	c->told_system = *stime;
	spin_unlock_irqrestore(&c->lock, flags);
}

void
process_times_locked(struct process *p, u64 *utime, u64 *stime)
{
	struct task *t;
	u64 u, s;

	*utime = p->utime;
	*stime = p->stime;
	list_for_each(t, &p->threads, thread_link) {
		task_times(t, &u, &s);
		*utime += u;
		*stime += s;
	}
}

void
process_times(struct process *p, u64 *utime, u64 *stime)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);

	process_times_locked(p, utime, stime);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* --- the tick --- */

static void
cpu_tick(struct timer *timer)
{
	struct cpu_tick *tick = container_of(timer, struct cpu_tick, timer);
	struct task *t = current;
	bool user = timer_from_user();

	if (t->se.class == &sched_idle)
		return;				/* until there is work again */
	if (!user)
		tick->system += CPU_TICK_NS;
	cputime_sample(t, user);
	cpu_timers_check(t);
	timer_start(timer, MAX(timer->expires, clock_monotonic() - CPU_TICK_NS / 2) + CPU_TICK_NS);
}

void
cpu_tick_start(int cpu)
{
	struct timer *timer = &ticks[cpu].timer;

	if (!timer_pending(timer))
		timer_start(timer, clock_monotonic() + CPU_TICK_NS);
}

void
cpu_tick_init(int cpu)
{
	timer_setup(&ticks[cpu].timer, cpu_tick);
}

u64
cpu_system_ns(int cpu)
{
	return READ_ONCE(ticks[cpu].system);
}
