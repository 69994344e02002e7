/*
 * timerfd.c - a timer behind a descriptor: read tells how often it expired.
 *
 * An interval timer is not started again when it expires but when somebody looks (read, gettime):
 * one that nobody reads costs one interrupt, and the expiries it missed are counted by division.
 *
 * Data        struct timerfd.
 * Locks       t->lock [t], taken by the timer's callback too. wall_timer_cancel() waits for that
 *             callback, so it is called without.
 * Further     timerfd_create(2).
 */
#include "abi/capability.h"
#include "abi/event.h"
#include "abi/poll.h"
#include "abi/time.h"
#include "fs/event/anon.h"
#include "fs/proc/tree.h"
#include "kernel/fdtable.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/walltimer.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

struct timerfd {			/* Guarded by: i immutable  t lock */
	struct spinlock lock;
	struct waitq wait;
	struct wall_timer timer;
	struct wall_watcher watcher;	/* with TFD_TIMER_CANCEL_ON_SET: told when the wall clock is set */
	int	clock;			/* [i] */
	bool	wall;			/* [t] timer.expires is of the wall clock */
	bool	expired;		/* [t] and not started again since */
	bool	canceled;		/* [t] the wall clock was set: the next read says so */
	u32	settime_flags;		/* [t] for fdinfo */
	u64	ticks;			/* [t] expiries that read has not told */
	u64	expires;		/* [t] on the clock, absolute; 0: disarmed */
	u64	interval;		/* [t] ns, 0: once */
};

static u64
timerfd_now(const struct timerfd *t)
{
	return t->wall ? clock_realtime() : clock_monotonic();
}

static void
timerfd_expired(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer.timer);
	ulong flags = spin_lock_irqsave(&t->lock);

	t->expired = true;
	t->ticks++;
	spin_unlock_irqrestore(&t->lock, flags);
	wake_up_key(&t->wait, (void *)(ulong)POLLIN, 1);
}

static void
timerfd_clock_set(struct wall_watcher *w)
{
	struct timerfd *t = container_of(w, struct timerfd, watcher);
	ulong flags = spin_lock_irqsave(&t->lock);

	t->canceled = true;
	spin_unlock_irqrestore(&t->lock, flags);
	wake_up_key(&t->wait, (void *)(ulong)POLLIN, 1);
}

static void
timerfd_start(struct timerfd *t) MUST_HOLD(t->lock)
{
	t->expired = false;
	wall_timer_start(&t->timer, t->expires, t->wall);
}

/* If an interval timer has expired: count what it missed, and start it for the next time. */
static void
timerfd_forward(struct timerfd *t) MUST_HOLD(t->lock)
{
	u64 now, n;

	if (!t->expired || !t->interval)
		return;
	now = timerfd_now(t);
	n = now > t->expires ? (now - t->expires) / t->interval + 1 : 1;
	t->ticks += n - 1;
	t->expires = time_forward(t->expires, n, t->interval);
	timerfd_start(t);
}

/* What a read gives: 1 with *n, -ECANCELED, or 0 to wait. */
static int
timerfd_take(struct timerfd *t, u64 *n)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	int r = 0;

	if (t->canceled) {
		t->canceled = false;
		t->ticks = 0;
		r = -ECANCELED;
	} else if (t->ticks) {
		timerfd_forward(t);
		*n = t->ticks;
		t->ticks = 0;
		r = 1;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return r;
}

static ssize_t
timerfd_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct timerfd *t = f->private;
	int r, err = 0;
	u64 n = 0;

	if (u->resid < sizeof(n))
		return -EINVAL;
	r = timerfd_take(t, &n);
	if (!r && (f->flags & O_NONBLOCK))
		return -EAGAIN;
	if (!r)
		err = wait_event_interruptible(&t->wait, (r = timerfd_take(t, &n)) != 0);
	if (err || r < 0)
		return err ? err : r;
	return uio_put(u, &n, sizeof(n)) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static uint
timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->private;

	poll_wait(pt, &t->wait);
	return READ_ONCE(t->ticks) || READ_ONCE(t->canceled) ? POLLIN : 0;
}

static void
timerfd_release(struct file *f)
{
	struct timerfd *t = f->private;

	wall_unwatch(&t->watcher);
	wall_timer_cancel(&t->timer);
	kfree(t);
}

/* Time left and interval. */
static void
timerfd_value(struct timerfd *t, u64 *left, u64 *interval)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	u64 now;

	timerfd_forward(t);
	now = timerfd_now(t);
	*interval = t->interval;
	*left = 0;
	if (t->expires && !t->expired)		/* armed: never 0, for that would say disarmed */
		*left = t->expires > now ? t->expires - now : 1;
	spin_unlock_irqrestore(&t->lock, flags);
}

static void
timerfd_fdinfo(struct file *f, struct pbuf *b)
{
	struct timerfd *t = f->private;
	u64 left, interval;

	timerfd_value(t, &left, &interval);
	pbuf_printf(b, "clockid: %d\nticks: %lu\nsettime flags: 0%o\nit_value: (%lu, %lu)\nit_interval: (%lu, %lu)\n",
		    t->clock, READ_ONCE(t->ticks), t->settime_flags, left / NSEC_PER_SEC, left % NSEC_PER_SEC,
		    interval / NSEC_PER_SEC, interval % NSEC_PER_SEC);
}

static const struct file_ops timerfd_fops = {
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
	.fdinfo = timerfd_fdinfo,
	.anon_name = "[timerfd]",
	.stream = true,
};

static inline bool
is_wall(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

/* timerfd_create(2). */
long
sys_timerfd_create(const ulong *a)
{
	int clock = a[0];
	uint flags = a[1];
	struct timerfd *t;
	long fd;

	if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) ||
	    (!is_wall(clock) && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME && clock != CLOCK_BOOTTIME_ALARM))
		return -EINVAL;
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) && !task_capable(BIT(CAP_WAKE_ALARM)))
		return -EPERM;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	spin_init(&t->lock, RANK_EVENT);
	waitq_init(&t->wait);
	wall_timer_setup(&t->timer, timerfd_expired);
	wall_watcher_init(&t->watcher, timerfd_clock_set);
	t->clock = clock;
	fd = anon_open(&timerfd_fops, t, flags);
	if (fd < 0)
		kfree(t);
	return fd;
}

/* The timerfd behind fd: as fd_get. -EBADF, -EINVAL: another kind of file. */
static int
timerfd_get(int fd, struct file **f, bool *put)
{
	*f = fd_get(fd, put);
	if (!*f)
		return -EBADF;
	if ((*f)->ops == &timerfd_fops)
		return 0;
	fd_put(*f, *put);
	return -EINVAL;
}

/* Arm it (value 0: disarm). Nobody else arms it meanwhile but by this, and the last one counts. */
static void
timerfd_set(struct timerfd *t, uint how, u64 value, u64 interval)
{
	bool absolute = how & TFD_TIMER_ABSTIME;
	ulong flags;

	flags = spin_lock_irqsave(&t->lock);
	t->interval = 0;			/* nobody who looks starts it again once it is cancelled */
	spin_unlock_irqrestore(&t->lock, flags);
	wall_timer_cancel(&t->timer);
	if (is_wall(t->clock) && absolute && (how & TFD_TIMER_CANCEL_ON_SET))
		wall_watch(&t->watcher);
	else
		wall_unwatch(&t->watcher);
	flags = spin_lock_irqsave(&t->lock);
	t->settime_flags = how;
	t->wall = is_wall(t->clock) && absolute;
	t->ticks = 0;
	t->canceled = false;
	t->expired = false;
	t->interval = interval;
	t->expires = value;
	if (value && !absolute)
		t->expires = deadline_after(value);
	if (value)
		timerfd_start(t);
	spin_unlock_irqrestore(&t->lock, flags);
}

/* timerfd_settime(2). */
long
sys_timerfd_settime(const ulong *a)
{
	uptr_t new = UPTR(a[2]), out = UPTR(a[3]);
	uint how = a[1];
	u64 value, interval, left, old_interval;
	struct file *f;
	bool put;
	int err;

	err = itimerspec_from_user(new, &value, &interval);
	if (!err && (how & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)))
		err = -EINVAL;
	if (!err)
		err = timerfd_get(a[0], &f, &put);
	if (err)
		return err;
	timerfd_value(f->private, &left, &old_interval);
	timerfd_set(f->private, how, value, interval);
	fd_put(f, put);
	return out.addr ? itimerspec_to_user(out, left, old_interval) : 0;
}

/* timerfd_gettime(2). */
long
sys_timerfd_gettime(const ulong *a)
{
	u64 left, interval;
	struct file *f;
	bool put;
	int err;

	err = timerfd_get(a[0], &f, &put);
	if (err)
		return err;
	timerfd_value(f->private, &left, &interval);
	fd_put(f, put);
	return itimerspec_to_user(UPTR(a[1]), left, interval);
}
