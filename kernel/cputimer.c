/*
 * cputimer.c - timers that count CPU time: ITIMER_VIRTUAL and ITIMER_PROF, POSIX timers and sleeps on CPU clocks,
 * and the limits RLIMIT_CPU and RLIMIT_RTTIME.
 *
 * A process's time only grows while one of its threads runs, and then that hart ticks: so the tick looks
 * whether anything is due.  A timer is late by a tick at most.
 *
 * Data        process.cpu_timers, in no order.
 * Locks       cpu_timers_lock for these lists: timers are armed with a sighand lock held.  A timer's function is
 *             called with tasks_lock, so that cancelling, which takes it, waits for the function's end.
 * Not here    the time (cputime.c); who sets such timers (itimer.c, posixtimer.c, sys_time.c).
 * Further     setrlimit(2), RLIMIT_CPU, RLIMIT_RTTIME.
 */
#include "kernel/cputime.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "kernel/task.h"

static struct spinlock cpu_timers_lock = SPINLOCK_INIT(RANK_CPU_TIMERS);

void
cpu_timer_arm(struct cpu_timer *t, u64 expires)
{
	ulong flags = spin_lock_irqsave(&cpu_timers_lock);

	list_remove(&t->link);
	t->expires = expires;
	list_push_back(&t->proc->cpu_timers, &t->link);
	spin_unlock_irqrestore(&cpu_timers_lock, flags);
}

bool
cpu_timer_cancel(struct cpu_timer *t)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	bool was;

	spin_lock(&cpu_timers_lock);
	was = cpu_timer_armed(t);
	list_remove(&t->link);
	spin_unlock(&cpu_timers_lock);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return was;
}

u64
cpu_timer_now_locked(const struct cpu_timer *t)
{
	u64 utime, stime;

	if (t->thread)
		task_times(t->thread, &utime, &stime);
	else
		process_times_locked(t->proc, &utime, &stime);
	return t->user_only ? utime : utime + stime;
}

u64
cpu_timer_now(const struct cpu_timer *t)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	u64 now = cpu_timer_now_locked(t);

	spin_unlock_irqrestore(&tasks_lock, flags);
	return now;
}

/* --- sleeping --- */

struct cpu_sleeper {
	struct cpu_timer timer;
	struct task *task;
};

static void
cpu_sleeper_wake(struct cpu_timer *t, u64 now)
{
	wake_task(container_of(t, struct cpu_sleeper, timer)->task, WAKE_ANY);
}

int
cpu_timer_sleep(struct cpu_timer *t, u64 expires)
{
	struct cpu_sleeper s = { .timer = *t, .task = current };
	int err = 0;

	if (cpu_timer_now(t) >= expires)
		return 0;
	list_init(&s.timer.link);
	s.timer.fn = cpu_sleeper_wake;
	cpu_timer_arm(&s.timer, expires);
	for (;;) {
		set_state(TASK_INTERRUPTIBLE);
		if (!cpu_timer_armed(&s.timer))
			break;
		err = signal_pending(current) ? -ERESTARTSYS : 0;
		if (err)
			break;
		schedule();
	}
	set_state(TASK_RUNNING);
	cpu_timer_cancel(&s.timer);
	return err;
}

/* --- the limit --- */

/* SIGXCPU at the soft limit and each second after it; SIGKILL at the hard one. */
static void
check_limit(struct process *p, u64 total) MUST_HOLD(tasks_lock)
{
	struct abi_rlimit *l = &p->rlim[RLIMIT_CPU];
	u64 seconds = total / NSEC_PER_SEC;

	if (seconds >= l->rlim_max) {
		signal_send_locked(p, NULL, SIGKILL, NULL);
	} else if (seconds >= l->rlim_cur) {
		signal_send_locked(p, NULL, SIGXCPU, NULL);
		WRITE_ONCE(l->rlim_cur, seconds + 1);
	}
}

/* The same, in us, for how long a real-time task has run since it slept last. */
static void
check_rt_limit(struct task *t) MUST_HOLD(tasks_lock)
{
	struct abi_rlimit *l = &t->proc->rlim[RLIMIT_RTTIME];
	u64 us = timer_ticks_to_ns(READ_ONCE(t->se.unslept)) / NSEC_PER_USEC;

	if (us >= l->rlim_max) {
		signal_send_locked(t->proc, NULL, SIGKILL, NULL);
	} else if (us >= l->rlim_cur) {
		signal_send_locked(t->proc, NULL, SIGXCPU, NULL);
		WRITE_ONCE(l->rlim_cur, l->rlim_cur + NSEC_PER_SEC / NSEC_PER_USEC);
	}
}

/* --- what is due --- */

/* Move the timers of p that have expired to `due`. */
static void
collect(struct process *p, struct list *due) MUST_HOLD(tasks_lock)
{
	struct cpu_timer *t, *next;
	u64 utime, stime, now;

	process_times_locked(p, &utime, &stime);
	spin_lock(&cpu_timers_lock);
	list_for_each_safe(t, next, &p->cpu_timers, link) {
		now = t->thread ? cpu_timer_now_locked(t) : t->user_only ? utime : utime + stime;
		if (now >= t->expires) {
			list_remove(&t->link);
			list_push_back(due, &t->link);
		}
	}
	spin_unlock(&cpu_timers_lock);
}

/* Take the first off `due`; whoever arms it meanwhile does so as well. */
static struct cpu_timer *
take(struct list *due) MUST_HOLD(tasks_lock)
{
	struct cpu_timer *t;

	spin_lock(&cpu_timers_lock);
	t = list_first(due, struct cpu_timer, link);
	if (t)
		list_remove(&t->link);
	spin_unlock(&cpu_timers_lock);
	return t;
}

void
cpu_timers_check(struct task *t)
{
	struct process *p = t->proc;
	bool limited = READ_ONCE(p->rlim[RLIMIT_CPU].rlim_cur) != RLIM_INFINITY;
	bool rt_limited = READ_ONCE(p->rlim[RLIMIT_RTTIME].rlim_cur) != RLIM_INFINITY && t->se.class == &sched_rt;
	struct list due = LIST_INIT(due);
	struct cpu_timer *timer;
	u64 utime, stime;
	ulong flags;

	if (likely(!limited && !rt_limited && list_empty(&p->cpu_timers)))
		return;
	flags = spin_lock_irqsave(&tasks_lock);
	if (limited) {
		process_times_locked(p, &utime, &stime);
		check_limit(p, utime + stime);
	}
	if (rt_limited)
		check_rt_limit(t);
	collect(p, &due);
	while ((timer = take(&due)) != NULL)
		timer->fn(timer, cpu_timer_now_locked(timer));
	spin_unlock_irqrestore(&tasks_lock, flags);
}
