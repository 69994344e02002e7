/*
 * pi.h - priority inheritance: who waits for a lock lends its urgency to who has the lock.
 *
 * The one mechanism under struct mutex (mutex.c) and the priority-inheriting futexes (futex_pi.c).
 */
#ifndef KERNEL_PI_H
#define KERNEL_PI_H

#include "kernel/spinlock.h"
#include "lib/plist.h"

struct task;

struct pi_lock {		/* Guarded by: p pi_spinlock */
	struct task *owner;		/* [p] to whom its waiters lend, if it has any; NULL: nobody */
	struct list waiters;		/* [p] struct pi_waiter: most urgent first */
};

struct pi_waiter {		/* Guarded by: p pi_spinlock  i immutable */
	struct plist_node place;	/* [p] on lock->waiters */
	struct plist_node loan;		/* [p] on the owner's pi_loans, if it is the first of lock->waiters */
	struct pi_lock *lock;		/* [p] */
	struct task *task;		/* [i] */
	bool	user;			/* [i] the lock is a program's: at the owner's end it is taken from it */
};

#define PI_LOCK_INIT(l)	{ NULL, LIST_INIT((l).waiters) }
#define PI_CHAIN_MAX	1024		/* tasks that wait for one another in a row, as on Linux */

extern struct spinlock pi_spinlock;

static inline void
pi_lock_init(struct pi_lock *l)
{
	l->owner = NULL;
	list_init(&l->waiters);
}

/* w->task waits for l from now on, and lends to its owner. The caller has set w->task and w->user. */
void	pi_enqueue(struct pi_lock *l, struct pi_waiter *w) MUST_HOLD(pi_spinlock);
/* It does not any more. Harmless if it did not. */
void	pi_dequeue(struct pi_waiter *w) MUST_HOLD(pi_spinlock);
/* Who waits for l lends to owner (NULL: to nobody) and no longer to who it was. */
void	pi_set_owner(struct pi_lock *l, struct task *owner) MUST_HOLD(pi_spinlock);
/* Who is to have l next; NULL: nobody waits. */
struct pi_waiter *pi_first(const struct pi_lock *l) MUST_HOLD(pi_spinlock);
/* If t waited for what owner has, would somebody wait for himself (or too many in a row)? */
bool	pi_deadlock(const struct task *owner, const struct task *t) MUST_HOLD(pi_spinlock);

/* t's priority has been set: if it waits, its place and what it lends change. */
void	pi_priority_changed(struct task *t);

#endif
