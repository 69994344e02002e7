/*
 * walltimer.c - timers by the wall clock.
 *
 * A timer runs by CLOCK_MONOTONIC.  One that was asked for at 12:00 by the wall clock is started for when
 * that will be, as the clock stands; if somebody sets the clock it is started again.  So these are
 * on a list, and setting the clock, which is rare, walks it.
 *
 * Locks       wall_lock for the list of timers, interrupts off.  It is held while a timer is taken out of its tree
 *             and put back, so that wall_timer_cancel() finds it before or after.  watchers_lock for the other list:
 *             their functions take locks under which timers are started.
 * Not here    timers (timer.c); the clock (time.c).
 */
#include "kernel/walltimer.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

static struct spinlock wall_lock = SPINLOCK_INIT(RANK_WALL);
static struct list timers = LIST_INIT(timers);
static struct spinlock watchers_lock = SPINLOCK_INIT(RANK_WALL_WATCHERS);
static struct list watchers = LIST_INIT(watchers);

void
wall_timer_setup(struct wall_timer *w, void (*fn)(struct timer *))
{
	timer_setup(&w->timer, fn);
	list_init(&w->link);
	w->realtime = 0;
}

void
wall_timer_start(struct wall_timer *w, u64 when, bool wall)
{
	ulong flags = spin_lock_irqsave(&wall_lock);

	list_remove(&w->link);
	if (wall) {
		w->realtime = when;
		list_push_back(&timers, &w->link);
		when = clock_to_monotonic(when);
	}
	timer_start(&w->timer, when);
	spin_unlock_irqrestore(&wall_lock, flags);
}

bool
wall_timer_cancel(struct wall_timer *w)
{
	bool was = false;
	ulong flags;

	do {				/* again if its callback was running, and started it */
		flags = spin_lock_irqsave(&wall_lock);
		list_remove(&w->link);
		spin_unlock_irqrestore(&wall_lock, flags);
		was |= timer_cancel(&w->timer);
	} while (!list_empty(&w->link));
	return was;
}

struct wall_sleeper {
	struct wall_timer timer;
	struct task *task;
};

static void
wall_sleeper_wake(struct timer *t)
{
	wake_task(container_of(t, struct wall_sleeper, timer.timer)->task, WAKE_ANY);
}

int
sleep_until_wall(u64 realtime)
{
	struct wall_sleeper s = { .task = current };
	int err = 0;

	wall_timer_setup(&s.timer, wall_sleeper_wake);
	wall_timer_start(&s.timer, realtime, true);
	for (;;) {
		set_state(TASK_INTERRUPTIBLE);
		if (clock_realtime() >= realtime)
			break;
		err = signal_pending(current) ? -ERESTARTSYS : 0;
		if (err)
			break;
		if (!timer_pending(&s.timer.timer))
			wall_timer_start(&s.timer, realtime, true);	/* it was early: the clock was set back */
		schedule();
	}
	set_state(TASK_RUNNING);
	wall_timer_cancel(&s.timer);
	return err;
}

void
wall_watcher_init(struct wall_watcher *w, void (*fn)(struct wall_watcher *))
{
	list_init(&w->link);
	w->fn = fn;
}

void
wall_watch(struct wall_watcher *w)
{
	ulong flags = spin_lock_irqsave(&watchers_lock);

	if (list_empty(&w->link))
		list_push_back(&watchers, &w->link);
	spin_unlock_irqrestore(&watchers_lock, flags);
}

void
wall_unwatch(struct wall_watcher *w)
{
	ulong flags = spin_lock_irqsave(&watchers_lock);

	list_remove(&w->link);
	spin_unlock_irqrestore(&watchers_lock, flags);
}

void
wall_clock_was_set(bool tell)
{
	struct wall_timer *t;
	struct wall_watcher *w;
	ulong flags = spin_lock_irqsave(&wall_lock);

	list_for_each(t, &timers, link)
		timer_move(&t->timer, clock_to_monotonic(t->realtime));
	spin_unlock_irqrestore(&wall_lock, flags);

	if (!tell)
		return;
	flags = spin_lock_irqsave(&watchers_lock);
	list_for_each(w, &watchers, link)
		w->fn(w);
	spin_unlock_irqrestore(&watchers_lock, flags);
}
