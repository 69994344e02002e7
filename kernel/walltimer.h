/*
 * walltimer.h - timers that may be set by the wall clock, and go with it when it is set.
 */
#ifndef KERNEL_WALLTIMER_H
#define KERNEL_WALLTIMER_H

#include "kernel/time.h"
#include "lib/list.h"

struct wall_timer {
	struct timer timer;
	struct list link;		/* started by the wall clock: under wall_lock */
	u64	realtime;		/* when, then */
};

void	wall_timer_setup(struct wall_timer *w, void (*fn)(struct timer *));
/* (Re)start: `when` is CLOCK_REALTIME if wall, else CLOCK_MONOTONIC. fn gets &w->timer; it may start w again. */
void	wall_timer_start(struct wall_timer *w, u64 when, bool wall);
/* As timer_cancel. */
bool	wall_timer_cancel(struct wall_timer *w);

/* Sleep until the wall clock shows that, even if it is set meanwhile: 0, or -ERESTARTSYS if a signal came. */
int	sleep_until_wall(u64 realtime);

/* Who wants to know when the wall clock is set: called in the setter's context, interrupts off. */
struct wall_watcher {
	struct list link;
	void	(*fn)(struct wall_watcher *w);
};
void	wall_watcher_init(struct wall_watcher *w, void (*fn)(struct wall_watcher *));
void	wall_watch(struct wall_watcher *w);	/* harmless if it does already */
void	wall_unwatch(struct wall_watcher *w);	/* harmless if it does not; fn is not running afterwards */

/* The wall clock has been set: move the timers, and tell the watchers: but not that it was slewed. */
void	wall_clock_was_set(bool tell);

#endif
