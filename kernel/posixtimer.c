/*
 * posixtimer.c - timers by number, each with a signal of its own: timer_create and its like.
 *
 *	           settime             expires                   signal taken
 *	 disarmed ---------> running ----------> signal queued ---------------> running again
 *	                        ^                     |                          (if it has an interval)
 *	                        +---------------------+
 *	                             signal ignored
 *
 * A timer has room for one queued signal, made with it: so expiry needs no memory.  An interval timer is not
 * started again before its signal has been taken; the intervals that pass meanwhile are counted by division
 * (si_overrun).  Timers of CPU time go on, for they cost a look at each tick anyway.
 *
 * Data        struct posix_timer, on process.posix_timers.
 * Locks       tasks_lock [T]: the list, and sending. t->lock [x]: when it expires; taken with a sighand lock held.
 * Invariants  X1  refs: one for the list, one for each place its signal is on or that delivers it, one for each call.
 * Not here    the clocks' timers: walltimer.c, cputimer.c.
 * Further     timer_create(2), timer_settime(2), timer_getoverrun(2).
 */
#include "kernel/posixtimer.h"
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/time.h"
#include "kernel/cputime.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/walltimer.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define RESTART_MIN	CPU_TICK_NS	/* whose signal nobody wants expires no more often */
#define POSIX_CPU_TIMERS_MAX 64		/* on a process's time: its tick looks at each, with tasks_lock */

struct posix_timer {			/* Guarded by: i immutable  T tasks_lock  x lock */
	struct sigqueue q;		/* its signal */
	struct list link;		/* [T] on proc->posix_timers */
	atomic_t refs;
	int	id;			/* [T] */
	int	clock;			/* [i] */
	int	notify;			/* [i] SIGEV_* */
	struct process *proc;		/* [i] whose it is; it deletes its timers before it goes */
	struct task *thread;		/* [i] SIGEV_THREAD_ID: counted */
	bool	dead;			/* [T] deleted: before ptimer_delete takes t->lock, and then stops it */
	bool	cpu;			/* [i] by CPU time: `cputimer`, not `timer` */
	struct spinlock lock;
	bool	wall;			/* [x] expires by the wall clock */
	bool	awaiting;		/* [x] starts again when its signal is taken */
	u64	expires;		/* [x] on its clock, 0: disarmed */
	u64	interval;		/* [x] ns, 0: once */
	s64	overrun;		/* [x] expiries since its last signal was taken, less one */
	int	overrun_last;		/* [x] as of that signal */
	struct wall_timer timer;
	struct cpu_timer cputimer;
};

void
posix_timer_put(struct posix_timer *t)
{
	if (!atomic_dec_and_test(&t->refs))
		return;
	sigqueue_uncharge(t->q.user);
	if (t->thread)
		task_put(t->thread);
	if (t->cpu) {
		atomic_dec(&t->cputimer.proc->cpu_timers_made);
		cpu_clock_put(&t->cputimer);
	}
	kfree(t);
}

/* --- running --- */

/* What its clock shows. Of CPU time: not with a sighand lock held. */
static u64
ptimer_now(struct posix_timer *t)
{
	return t->cpu ? cpu_timer_now(&t->cputimer) : t->wall ? clock_realtime() : clock_monotonic();
}

static void
ptimer_run(struct posix_timer *t) MUST_HOLD(t->lock)
{
	if (t->cpu)
		cpu_timer_arm(&t->cputimer, t->expires);
	else
		wall_timer_start(&t->timer, t->expires, t->wall);
}

/* Count the expiries up to now; the next one is after it. */
static void
ptimer_forward(struct posix_timer *t, u64 now) MUST_HOLD(t->lock)
{
	u64 n = now >= t->expires ? (now - t->expires) / t->interval + 1 : 0;

	t->expires = time_forward(t->expires, n, t->interval);
	t->overrun += n;
}

/* It has expired. */
static void
ptimer_fire(struct posix_timer *t, u64 now) MUST_HOLD(tasks_lock)
{
	int queued;

	if (t->dead)
		return;
	spin_lock(&t->lock);
	t->awaiting = t->interval && !t->cpu;		/* before it can be taken */
	if (!t->interval)
		t->overrun++;
	spin_unlock(&t->lock);
	queued = signal_send_own_locked(t->proc, t->thread, &t->q);
	spin_lock(&t->lock);
	if (t->interval && (t->cpu || (!queued && t->awaiting))) {
		t->awaiting = false;
		ptimer_forward(t, t->cpu ? now : now + RESTART_MIN);
		ptimer_run(t);
	}
	spin_unlock(&t->lock);
}

static void
ptimer_expired(struct timer *timer)
{
	struct posix_timer *t = container_of(timer, struct posix_timer, timer.timer);
	ulong flags = spin_lock_irqsave(&tasks_lock);

	ptimer_fire(t, ptimer_now(t));
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void
ptimer_expired_cpu(struct cpu_timer *timer, u64 now) NO_TSA
{
	ptimer_fire(container_of(timer, struct posix_timer, cputimer), now);
}

void
posix_timer_get_queued(struct sigqueue *q)
{
	atomic_inc(&q->timer->refs);
}

void
posix_timer_taken(struct sigqueue *q)
{
	struct posix_timer *t = q->timer;

	spin_lock(&t->lock);
	if (t->awaiting) {
		t->awaiting = false;
		ptimer_forward(t, ptimer_now(t));
		ptimer_run(t);
	}
	t->overrun_last = MIN(MAX(t->overrun, 0L), (s64)INT32_MAX);
	t->overrun = -1;
	q->info.si_overrun = t->overrun_last;
	spin_unlock(&t->lock);
}

static void
ptimer_stop(struct posix_timer *t)
{
	if (t->cpu)
		cpu_timer_cancel(&t->cputimer);
	else
		wall_timer_cancel(&t->timer);
}

/* --- making, finding, deleting --- */

static bool
is_wall(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

/* 0; -EINVAL: no such clock; -EOPNOTSUPP: none that has timers; -EPERM. */
static int
clock_check(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return task_capable(BIT(CAP_WAKE_ALARM)) ? 0 : -EPERM;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return 0;
	}
	return clock < 0 ? 0 : -EINVAL;
}

/* What ev asks for, checked: 0 or -EINVAL. */
static int
event_check(struct posix_timer *t, const struct abi_sigevent *ev)
{
	int how = ev->sigev_notify;

	if (how != SIGEV_SIGNAL && how != SIGEV_NONE && how != SIGEV_THREAD && how != SIGEV_THREAD_ID)
		return -EINVAL;
	if (how != SIGEV_NONE && (ev->sigev_signo < 1 || ev->sigev_signo > ABI_NSIG))
		return -EINVAL;
	if (how == SIGEV_THREAD_ID) {
		t->thread = task_get_by_pid(ev->sigev_tid);
		if (!t->thread || t->thread->proc != current->proc)
			return -EINVAL;
	}
	t->notify = how;
	t->q.info.si_signo = ev->sigev_signo;
	t->q.info.si_value = ev->sigev_value;
	return 0;
}

/* A timer that nobody can find yet. ERR_PTR. */
static struct posix_timer *
ptimer_new(int clock, const struct abi_sigevent *ev)
{
	struct posix_timer *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int err;

	if (!t)
		return ERR_PTR(-EAGAIN);
	t->q.user = sigqueue_charge(current->uid, current->proc->rlim[RLIMIT_SIGPENDING].rlim_cur);
	if (!t->q.user) {
		kfree(t);
		return ERR_PTR(-EAGAIN);
	}
	list_init(&t->q.link);
	list_init(&t->link);
	t->q.timer = t;
	t->q.info.si_code = SI_TIMER;
	atomic_set(&t->refs, 1);
	spin_init(&t->lock, RANK_POSIX_TIMER);
	t->clock = clock;
	t->proc = current->proc;
	t->overrun = -1;
	wall_timer_setup(&t->timer, ptimer_expired);
	list_init(&t->cputimer.link);
	err = event_check(t, ev);
	if (!err && (clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)) {
		err = cpu_clock_get(clock, &t->cputimer);
		t->cpu = !err;
		t->cputimer.fn = ptimer_expired_cpu;
		if (!err && atomic_add_return(&t->cputimer.proc->cpu_timers_made, 1) > POSIX_CPU_TIMERS_MAX)
			err = -EAGAIN;
	}
	if (err) {
		posix_timer_put(t);
		return ERR_PTR(err);
	}
	return t;
}

/* Timer `id` of current's process, counted, or NULL. */
static struct posix_timer *
ptimer_find(int id)
{
	struct posix_timer *t, *found = NULL;
	ulong flags = spin_lock_irqsave(&tasks_lock);

	list_for_each(t, &current->proc->posix_timers, link) {
		if (t->id == id) {
			atomic_inc(&t->refs);
			found = t;
			break;
		}
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return found;
}

/* Give t the next number and put it on the list; the caller has it counted. */
static int
ptimer_publish(struct posix_timer *t)
{
	struct process *p = t->proc;
	ulong flags = spin_lock_irqsave(&tasks_lock);
	int id = t->id = p->posix_timer_next;

	p->posix_timer_next = (id + 1) & INT32_MAX;
	t->q.info.si_timerid = id;
	list_push_back(&p->posix_timers, &t->link);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return id;
}

/* Off the list, if it still is on it; a signal that is queued stays. */
static void
ptimer_delete(struct posix_timer *t)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	bool was = !t->dead;

	t->dead = true;
	list_remove(&t->link);
	spin_lock(&t->lock);
	t->awaiting = false;
	spin_unlock(&t->lock);
	spin_unlock_irqrestore(&tasks_lock, flags);
	ptimer_stop(t);
	if (was)
		posix_timer_put(t);
}

void
posix_timers_delete(struct process *p)
{
	struct posix_timer *t;
	ulong flags;

	for (;;) {
		flags = spin_lock_irqsave(&tasks_lock);
		t = list_first(&p->posix_timers, struct posix_timer, link);
		if (t)
			atomic_inc(&t->refs);
		spin_unlock_irqrestore(&tasks_lock, flags);
		if (!t)
			break;
		ptimer_delete(t);
		posix_timer_put(t);
	}
}

/* --- the calls --- */

/* timer_create(2). Without an event: SIGALRM, with the timer's number as its value. */
long
sys_timer_create(const ulong *a)
{
	struct abi_sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	int clock = a[0], id, err;
	struct posix_timer *t;

	if (a[1] && get_user(ev, UPTR(a[1])))
		return -EFAULT;
	err = clock_check(clock);
	if (err)
		return err;
	t = ptimer_new(clock, &ev);
	if (IS_ERR(t))
		return PTR_ERR(t);
	atomic_inc(&t->refs);
	id = ptimer_publish(t);
	if (!a[1])
		t->q.info.si_int = id;
	err = put_user(id, UPTR(a[2]));
	if (err)
		ptimer_delete(t);
	posix_timer_put(t);
	return err;
}

/* Time left, and interval. */
static void
ptimer_value(struct posix_timer *t, u64 *left, u64 *interval)
{
	bool silent = t->notify == SIGEV_NONE;
	u64 now = ptimer_now(t);
	bool active;
	ulong flags = spin_lock_irqsave(&t->lock);

	if (t->interval && t->expires && (t->awaiting || silent))
		ptimer_forward(t, now);
	active = silent ? t->expires > now : t->awaiting || cpu_timer_armed(&t->cputimer) ||
		 timer_pending(&t->timer.timer);
	*left = !active || !t->expires ? 0 : t->expires > now ? t->expires - now : 1;
	*interval = t->interval;
	spin_unlock_irqrestore(&t->lock, flags);
}

static void
ptimer_set(struct posix_timer *t, bool absolute, u64 value, u64 interval)
{
	bool wall = is_wall(t->clock) && absolute;
	ulong flags;
	u64 base = 0;

	ptimer_stop(t);
	if (!absolute)
		base = t->cpu ? cpu_timer_now(&t->cputimer) : clock_monotonic();
	flags = spin_lock_irqsave(&t->lock);
	t->wall = wall;
	t->awaiting = false;
	t->overrun = -1;
	t->overrun_last = 0;
	t->interval = interval;
	t->expires = value ? time_add(base, value) : 0;
	if (value && t->notify != SIGEV_NONE && !t->dead)	/* deleted meanwhile: nobody would stop it again */
		ptimer_run(t);
	spin_unlock_irqrestore(&t->lock, flags);
}

/* timer_settime(2). */
long
sys_timer_settime(const ulong *a)
{
	u64 value, interval, left, old;
	struct posix_timer *t;
	int err;

	if (!a[2])
		return -EINVAL;
	err = itimerspec_from_user(UPTR(a[2]), &value, &interval);
	if (err)
		return err;
	t = ptimer_find(a[0]);
	if (!t)
		return -EINVAL;
	ptimer_value(t, &left, &old);
	ptimer_set(t, a[1] & TIMER_ABSTIME, value, interval);
	posix_timer_put(t);
	return a[3] ? itimerspec_to_user(UPTR(a[3]), left, old) : 0;
}

/* timer_gettime(2). */
long
sys_timer_gettime(const ulong *a)
{
	struct posix_timer *t = ptimer_find(a[0]);
	u64 left, interval;

	if (!t)
		return -EINVAL;
	ptimer_value(t, &left, &interval);
	posix_timer_put(t);
	return itimerspec_to_user(UPTR(a[1]), left, interval);
}

/* timer_getoverrun(2): of the signal taken last. */
long
sys_timer_getoverrun(const ulong *a)
{
	struct posix_timer *t = ptimer_find(a[0]);
	int n;

	if (!t)
		return -EINVAL;
	n = READ_ONCE(t->overrun_last);
	posix_timer_put(t);
	return n;
}

/* ptimer_delete(2). */
long
sys_timer_delete(const ulong *a)
{
	struct posix_timer *t = ptimer_find(a[0]);

	if (!t)
		return -EINVAL;
	ptimer_delete(t);
	posix_timer_put(t);
	return 0;
}
