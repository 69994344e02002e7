/*
 * pi.c - priority inheritance, through chains of locks and tasks.
 *
 *	           waits_on            owner            waits_on            owner
 *	task H, 50 -------> lock B ------------> task M -------> lock A ------------> task L
 *	                      |                    ^               |                    ^
 *	                      +- first waiter: H --+ loan: 50      +- first waiter: M --+ loan: 50
 *
 * A task runs at the highest of its own priority and its loans (sched_donate).  Each lock it has lends it
 * one: that of its first waiter.  So a change at one end of a chain is passed on while it changes
 * something: lend to the owner; is it waiting itself, move it in that queue; on to the next owner.
 *
 * Data        struct pi_lock, struct pi_waiter (pi.h); task->pi_waits_on, task->pi_loans.
 * Locks       pi_spinlock, one for all [p]: a chain crosses any locks and harts, and only who has to sleep,
 *             or is waited for, comes here.  Rank: just before the run queues, so that whatever may wake a
 *             task may unlock.
 * Invariants  I1  w is on w->lock->waiters <=> w->task->pi_waits_on is w.
 *             I2  the first waiter of a lock with an owner is on owner->pi_loans, and no other of it.
 *             I3  outside of pi_spinlock: task->se.donated is the first of pi_loans, and each waiter's
 *                 place is that of its task's priority (up to PI_CHAIN_MAX tasks behind a change).
 * Not here    what a lock is and who gets it (mutex.c, futex_pi.c).  Only real-time priority is
 *             inherited: time-sharing waiters are equals, first come, first served.
 * Further     Sha, Rajkumar, Lehoczky, "Priority Inheritance Protocols" (1990);
 *             Documentation/locking/rt-mutex-design.rst.
 */
#include "kernel/pi.h"
#include "kernel/printk.h"
#include "kernel/sched.h"

struct spinlock pi_spinlock = SPINLOCK_INIT(RANK_PI);

struct pi_waiter *
pi_first(const struct pi_lock *l)
{
	return list_first(&l->waiters, struct pi_waiter, place.link);
}

/* End l's loan to its owner, before the owner or the first waiter changes. */
static void
loan_end(struct pi_lock *l) MUST_HOLD(pi_spinlock)
{
	struct pi_waiter *w = pi_first(l);

	if (w && l->owner)
		list_remove(&w->loan.link);
}

/* And make it again, as they are now. */
static void
loan_begin(struct pi_lock *l) MUST_HOLD(pi_spinlock)
{
	struct pi_waiter *w = pi_first(l);

	if (!w || !l->owner)
		return;
	w->loan.prio = w->place.prio;
	plist_add(&l->owner->pi_loans, &w->loan);
}

static void
waiter_place(struct pi_lock *l, struct pi_waiter *w) MUST_HOLD(pi_spinlock)
{
	w->place.prio = READ_ONCE(w->task->se.prio);
	plist_add(&l->waiters, &w->place);
}

/*
 * t's loans, or its own priority, have changed: let it and all behind it have what they are due, but as few of them as
 * a chain may have (who makes it longer from its free end, waiter by waiter, is not told). NULL: nobody.
 */
static void
chain_update(struct task *t) MUST_HOLD(pi_spinlock)
{
	struct pi_waiter *w;

	for (int n = 0; t && n < PI_CHAIN_MAX; n++, t = w->lock->owner) {
		w = list_first(&t->pi_loans, struct pi_waiter, loan.link);
		sched_donate(t, w ? w->loan.prio : 0);
		w = t->pi_waits_on;
		if (!w || w->place.prio == READ_ONCE(t->se.prio))
			return;
		loan_end(w->lock);
		list_remove(&w->place.link);
		waiter_place(w->lock, w);
		loan_begin(w->lock);
	}
}

void
pi_enqueue(struct pi_lock *l, struct pi_waiter *w)
{
	assert_held(&pi_spinlock);
	assert(!w->task->pi_waits_on);
	list_init(&w->loan.link);
	w->lock = l;
	w->task->pi_waits_on = w;
	loan_end(l);
	waiter_place(l, w);
	loan_begin(l);
	chain_update(l->owner);
}

void
pi_dequeue(struct pi_waiter *w)
{
	struct pi_lock *l = w->lock;

	assert_held(&pi_spinlock);
	if (w->task->pi_waits_on != w)
		return;
	w->task->pi_waits_on = NULL;
	loan_end(l);
	list_remove(&w->place.link);
	loan_begin(l);
	chain_update(l->owner);
}

void
pi_set_owner(struct pi_lock *l, struct task *owner)
{
	struct task *old = l->owner;

	assert_held(&pi_spinlock);
	if (old == owner)
		return;
	loan_end(l);
	l->owner = owner;
	loan_begin(l);
	if (list_empty(&l->waiters))
		return;				/* old may be gone: nobody has lent it anything */
	chain_update(old);
	chain_update(owner);
}

bool
pi_deadlock(const struct task *owner, const struct task *t)
{
	assert_held(&pi_spinlock);
	for (int n = 0; n < PI_CHAIN_MAX; n++) {
		if (!owner)
			return false;
		if (owner == t)
			return true;
		if (!owner->pi_waits_on)
			return false;
		owner = owner->pi_waits_on->lock->owner;
	}
	return true;
}

void
pi_priority_changed(struct task *t)
{
	spin_lock(&pi_spinlock);
	chain_update(t);
	spin_unlock(&pi_spinlock);
}
