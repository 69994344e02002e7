/*
 * itimer.c - the three interval timers of a process: setitimer, getitimer.
 *
 *	ITIMER_REAL	time that passes		SIGALRM
 *	ITIMER_VIRTUAL	user time of its threads	SIGVTALRM
 *	ITIMER_PROF	user and system time		SIGPROF
 *
 * They survive execve and are not inherited by fork.
 *
 * Data        process.itimer_real, and process.itimer_cpu[] for the other two.
 * Locks       tasks_lock [T] for starting them, by setitimer and by their own callbacks.
 * Not here    alarm(3) is a setitimer; POSIX timers (posixtimer.c).
 * Further     setitimer(2).
 */
#include "abi/errno.h"
#include "abi/time.h"
#include "kernel/cputime.h"
#include "kernel/posixtimer.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"
#include "kernel/task_private.h"
#include "kernel/time.h"
#include "mm/usercopy.h"

#define ITIMER_MIN	(100 * NSEC_PER_USEC)	/* an interval timer leaves the cpu time for something else */

static void
itimer_real_expired(struct timer *timer)
{
	struct process *p = container_of(timer, struct process, itimer_real);
	ulong flags = spin_lock_irqsave(&tasks_lock);
	u64 next;

	if (!p->zombie) {
		signal_send_locked(p, NULL, SIGALRM, NULL);
		if (p->itimer_interval) {
			next = time_add(timer->expires, p->itimer_interval);
			timer_start(timer, MAX(next, clock_monotonic() + ITIMER_MIN));
		}
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void
itimer_cpu_expired(struct cpu_timer *timer, u64 now) NO_TSA
{
	struct cpu_itimer *it = container_of(timer, struct cpu_itimer, timer);

	signal_send_locked(timer->proc, NULL, timer->user_only ? SIGVTALRM : SIGPROF, NULL);
	if (it->interval)
		cpu_timer_arm(timer, time_forward(timer->expires, (now - timer->expires) / it->interval + 1,
						  it->interval));
}

void
itimers_init(struct process *p)
{
	timer_setup(&p->itimer_real, itimer_real_expired);
	for (int i = 0; i < 2; i++) {
		p->itimer_cpu[i] = (struct cpu_itimer){
			.timer = { .proc = p, .user_only = i == 0, .fn = itimer_cpu_expired },
		};
		list_init(&p->itimer_cpu[i].timer.link);
	}
	list_init(&p->cpu_timers);
	list_init(&p->posix_timers);
}

void
itimers_exit(struct process *p)
{
	timer_cancel(&p->itimer_real);
	cpu_timer_cancel(&p->itimer_cpu[0].timer);
	cpu_timer_cancel(&p->itimer_cpu[1].timer);
	posix_timers_delete(p);
}

/* --- the calls --- */

static struct abi_timeval
to_timeval(u64 ns)
{
	ns = ns / NSEC_PER_USEC + (ns % NSEC_PER_USEC != 0);
	return (struct abi_timeval){ ns / 1000000, ns % 1000000 };
}

/* What is left of timer `which`; at least a little while it runs. */
static void
itimer_get(struct process *p, int which, struct abi_itimerval *v)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	u64 expires = 0, now, interval;

	if (which == ITIMER_REAL) {
		if (timer_pending(&p->itimer_real))
			expires = p->itimer_real.expires;
		now = clock_monotonic();
		interval = p->itimer_interval;
	} else {
		struct cpu_itimer *it = &p->itimer_cpu[which - ITIMER_VIRTUAL];

		if (cpu_timer_armed(&it->timer))
			expires = it->timer.expires;
		now = cpu_timer_now_locked(&it->timer);
		interval = it->interval;
	}
	v->it_interval = to_timeval(interval);
	v->it_value = to_timeval(!expires ? 0 : expires > now ? expires - now : NSEC_PER_USEC);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void
itimer_set(struct process *p, int which, u64 value, u64 interval)
{
	struct cpu_itimer *it = which == ITIMER_REAL ? NULL : &p->itimer_cpu[which - ITIMER_VIRTUAL];
	ulong flags;

	if (it)
		cpu_timer_cancel(&it->timer);
	else
		timer_cancel(&p->itimer_real);
	flags = spin_lock_irqsave(&tasks_lock);
	if (it) {
		it->interval = interval;
		if (value)
			cpu_timer_arm(&it->timer, time_add(cpu_timer_now_locked(&it->timer), value));
	} else {
		p->itimer_interval = interval;
		if (value)
			timer_start(&p->itimer_real, deadline_after(value));
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* getitimer(2). */
long
sys_getitimer(const ulong *a)
{
	struct abi_itimerval v;
	uint which = a[0];

	if (which > ITIMER_PROF)
		return -EINVAL;
	itimer_get(current->proc, which, &v);
	return put_user(v, UPTR(a[1]));
}

/* setitimer(2). No new value: as if it were zero. */
long
sys_setitimer(const ulong *a)
{
	struct process *p = current->proc;
	u64 value = 0, interval = 0;
	struct abi_itimerval old;
	uint which = a[0];
	int err = 0;

	if (a[1])
		err = itimerval_from_user(UPTR(a[1]), &value, &interval);
	if (err)
		return err;
	if (which > ITIMER_PROF)
		return -EINVAL;
	if (a[2])
		itimer_get(p, which, &old);
	itimer_set(p, which, value, interval);
	return a[2] ? put_user(old, UPTR(a[2])) : 0;
}
