/*
 * waitq.c - queues of waiters, and waking them.
 *
 * Data        struct waitq (waitq.h): a list of struct waiter, most of them on the stacks of
 *             the tasks that sleep.
 * Locks       q->lock guards the list; it is taken with interrupts off, since interrupt
 *             handlers wake.
 * Invariants  W1  a waiter's wake function removes it last: once its link is empty, nobody
 *                 but its owner touches it, and it may go out of scope.
 * Not here    who runs then (sched.c); waiting for a lock (mutex.c).
 */
#include "kernel/waitq.h"
#include "abi/errno.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/time.h"

/* The ordinary waiter: wake its task, leave the queue. q->lock held. */
bool
waiter_wake_task(struct waiter *w, void *key)
{
	bool woken = wake_task(w->task, WAKE_ANY | ((ulong)key & WAKE_SYNC));

	list_remove(&w->link);
	return woken;
}

void
waitq_add(struct waitq *q, struct waiter *w)
{
	ulong flags = spin_lock_irqsave(&q->lock);

	if (list_empty(&w->link))
		list_push_back(&q->waiters, &w->link);
	spin_unlock_irqrestore(&q->lock, flags);
	smp_mb();
}

/* Not waiting any more, and no waker still busy with w? (W1; both links, for it is read without the lock.) */
static inline bool
waiter_idle(const struct waiter *w)
{
	return smp_load_acquire(&w->link.next) == &w->link && smp_load_acquire(&w->link.prev) == &w->link;
}

void
waitq_leave(struct waitq *q, struct waiter *w)
{
	ulong flags = spin_lock_irqsave(&q->lock);

	list_remove(&w->link);
	spin_unlock_irqrestore(&q->lock, flags);
}

void
waitq_remove(struct waitq *q, struct waiter *w)
{
	if (!waiter_idle(w))
		waitq_leave(q, w);
}

void
waitq_prepare(struct waitq *q, struct waiter *w, int state)
{
	ulong flags = spin_lock_irqsave(&q->lock);

	if (list_empty(&w->link))
		list_push_back(&q->waiters, &w->link);
	WRITE_ONCE(current->state, state);
	spin_unlock_irqrestore(&q->lock, flags);
	smp_mb();			/* pairs with wake_up_key's */
}

void
waitq_finish(struct waitq *q, struct waiter *w)
{
	WRITE_ONCE(current->state, TASK_RUNNING);
	if (!waiter_idle(w))
		waitq_leave(q, w);
}

static void
wake_locked(struct waitq *q, void *key, int nexclusive) MUST_HOLD(q->lock)
{
	bool enough = false;
	struct waiter *w, *next;

	list_for_each_safe(w, next, &q->waiters, link) {
		bool exclusive = w->exclusive;	/* w is gone once woken */

		if (exclusive && enough)
			continue;
		if (w->wake(w, key) && exclusive && --nexclusive == 0)
			enough = true;
	}
}

void
waitq_wake(struct waitq *q, void *key, int nexclusive)
{
	ulong flags = spin_lock_irqsave(&q->lock);

	wake_locked(q, key, nexclusive);
	spin_unlock_irqrestore(&q->lock, flags);
}

void
waitq_wake_nested(struct waitq *q, void *key, int nexclusive)
{
	spin_lock_irqoff_nested(&q->lock);
	wake_locked(q, key, nexclusive);
	spin_unlock_irqoff(&q->lock);
}

int
wait_sleep_(int state, u64 deadline)
{
	if (state == TASK_INTERRUPTIBLE && signal_pending(current))
		return -ERESTARTSYS;
	if (state == TASK_KILLABLE && signal_ends_us())
		return -ERESTARTSYS;
	if (deadline == TIME_NEVER) {
		schedule();
		return 0;
	}
	switch (sleep_prepared(deadline)) {
	case 0:
		return -ETIMEDOUT;
	default:
		return 0;		/* woken, or a signal: the next round finds out */
	}
}
