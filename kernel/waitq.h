/*
 * waitq.h - tasks, and callbacks, waiting for something to become true.
 *
 * One mechanism under sleep, poll, epoll, futex and io_uring: a waiter has a function, and
 * waking calls it; the ordinary one wakes a task.  The pattern that loses no wake-up:
 *
 *	waiter: prepare (on queue, state set) -> test condition -> schedule
 *	waker:  make condition true -> wake_up
 *
 *	CPU 0 (waiter)				CPU 1 (waker)
 *	queue w, set state			make the condition true
 *	full fence (waitq_prepare)		full fence (wake_up)
 *	test the condition			is the queue empty?
 *
 * Whatever the order, the waiter sees the condition or the waker sees the waiter: so waking an
 * empty queue costs a fence and a load, no lock.
 */
#ifndef KERNEL_WAITQ_H
#define KERNEL_WAITQ_H

#include "arch/barrier.h"
#include "kernel/spinlock.h"
#include "lib/list.h"

struct task;

struct waitq {
	struct spinlock lock;
	struct list waiters;
};

struct waiter {
	struct list link;		/* on q->waiters; empty: not waiting */
	struct task *task;
	bool	exclusive;		/* wake_up() wakes one such, and everybody else */
	/* Called with q->lock held, interrupts off. True if it "used" the wake-up. */
	bool	(*wake)(struct waiter *w, void *key);
};

#define WAITQ_INIT(q)	{ SPINLOCK_INIT(RANK_WAITQ), LIST_INIT((q).waiters) }

static inline void
waitq_init(struct waitq *q)
{
	spin_init(&q->lock, RANK_WAITQ);
	list_init(&q->waiters);
}

static inline bool waitq_active(const struct waitq *q) { return !list_empty(&q->waiters); }

/* The ordinary waiter: wakes current and leaves the queue. */
bool	waiter_wake_task(struct waiter *w, void *key);
static inline void
waiter_init(struct waiter *w)
{
	list_init(&w->link);
	w->task = current;
	w->exclusive = false;
	w->wake = waiter_wake_task;
}

void	waitq_add(struct waitq *q, struct waiter *w);	/* back of the queue */
void	waitq_remove(struct waitq *q, struct waiter *w);	/* harmless if not on it */
void	waitq_leave(struct waitq *q, struct waiter *w);		/* the same when it most likely is */
/* Set current's state and queue w (unless queued). Then test, then schedule(). */
void	waitq_prepare(struct waitq *q, struct waiter *w, int state);
void	waitq_finish(struct waitq *q, struct waiter *w);	/* state running, off the queue */

/* Wake all ordinary waiters and nexclusive exclusive ones (0: all). key goes to wake(): poll events. */
void	waitq_wake(struct waitq *q, void *key, int nexclusive);
/* The same from a wake function of another queue, whose lock is held; who builds such chains sees that they end. */
void	waitq_wake_nested(struct waitq *q, void *key, int nexclusive);

static inline void
wake_up_key(struct waitq *q, void *key, int nexclusive)
{
	smp_mb();
	if (waitq_active(q))
		waitq_wake(q, key, nexclusive);
}

static inline void wake_up(struct waitq *q) { wake_up_key(q, NULL, 1); }	/* one exclusive */
static inline void wake_up_all(struct waitq *q) { wake_up_key(q, NULL, 0); }

/* Sleep until cond. Evaluated without q->lock. */
#define wait_event(q, cond)		((void)wait_event_(q, cond, TASK_UNINTERRUPTIBLE, ~0UL))
/* 0, or -ERESTARTSYS if a signal came first. */
#define wait_event_interruptible(q, cond)	wait_event_(q, cond, TASK_INTERRUPTIBLE, ~0UL)
/* 0, or -ERESTARTSYS if the task is to end before. */
#define wait_event_killable(q, cond)	wait_event_(q, cond, TASK_KILLABLE, ~0UL)
/* As wait_event_interruptible, or -ETIMEDOUT at deadline (CLOCK_MONOTONIC, ns since boot; ~0: never). */
#define wait_event_deadline(q, cond, deadline)	wait_event_(q, cond, TASK_INTERRUPTIBLE, deadline)

#define wait_event_(q, cond, state_, deadline_) ({			\
	struct waiter w_;						\
	int err_ = 0;							\
	if (!(cond)) {							\
		waiter_init(&w_);					\
		for (;;) {						\
			waitq_prepare(q, &w_, state_);			\
			if (cond)					\
				break;					\
			err_ = wait_sleep_(state_, deadline_);		\
			if (cond) {					\
				err_ = 0;				\
				break;					\
			}						\
			if (err_)					\
				break;					\
		}							\
		waitq_finish(q, &w_);					\
	}								\
	err_; })
/* Schedule; 0, -ERESTARTSYS or -ETIMEDOUT. */
int	wait_sleep_(int state, u64 deadline);

#endif
