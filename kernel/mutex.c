/*
 * mutex.c - locks that sleep: waiting for a mutex or a read-write semaphore.
 *
 * Data        struct mutex, struct rwsem (mutex.h).
 * Locks       pi_spinlock guards a mutex's queue; an rwsem's waiters.lock its queue and who is let in next.
 * Invariants  X1  a mutex that is free and has waiters has a woken one on its way: unlocking
 *                 stores NULL, fences, looks at the queue; a waiter queues, fences, tries.
 *             X2  while a waiter sleeps, m->pi.owner is who has the mutex, or has given it back and is on
 *                 its way into mutex_wake, which corrects it: by X1's fences he saw the waiter.  So that
 *                 task is there, and inherits.
 *             X3  an rwsem's waiters are let in by others, in order (rwsem_admit), so that
 *                 neither readers nor writers starve.
 * Not here    the fast paths (mutex.h); what inheriting is (pi.c).  Nobody inherits through an rwsem: its
 *             readers are not known.
 */
#include "kernel/mutex.h"
#include "abi/errno.h"
#include "kernel/lockcheck.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

#define SPINS	1000			/* at most, before sleeping */

void
mutex_init(struct mutex *m, enum lock_rank rank)
{
	m->owner = NULL;
	pi_lock_init(&m->pi);
#ifdef DEBUG
	m->rank = rank;
#endif
}

/* Let the waiters lend to who has m now (X2): a task on its way out, or nobody, if nobody waits. */
static void
mutex_lend(struct mutex *m) MUST_HOLD(pi_spinlock)
{
	pi_set_owner(&m->pi, list_empty(&m->pi.waiters) ? NULL : READ_ONCE(m->owner));
}

/* Wake the one to have m next, if it is free. It may still be too late: then it lends to who was faster. */
static void
mutex_wake_first(struct mutex *m) MUST_HOLD(pi_spinlock)
{
	struct pi_waiter *w = pi_first(&m->pi);

	mutex_lend(m);
	if (w && !READ_ONCE(m->owner))
		wake_task(w->task, WAKE_ANY);
}

void
mutex_wake(struct mutex *m)
{
	spin_lock(&pi_spinlock);
	mutex_wake_first(m);
	spin_unlock(&pi_spinlock);
}

/* Queue until the mutex is ours; 0, or -ERESTARTSYS if a signal came first and state lets it. */
static int
mutex_wait(struct mutex *m, int state)
{
	struct pi_waiter w = { .task = current };
	int err = 0;

	spin_lock(&pi_spinlock);
	pi_enqueue(&m->pi, &w);
	for (;;) {
		set_state(state);		/* and the fence of X1 */
		if (mutex_grab(m))
			break;
		if (state == TASK_INTERRUPTIBLE && signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		mutex_lend(m);
		spin_unlock(&pi_spinlock);
		schedule();
		spin_lock(&pi_spinlock);
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	pi_dequeue(&w);
	mutex_wake_first(m);		/* giving up, we may have swallowed the wake-up that another needs */
	spin_unlock(&pi_spinlock);
	return err;
}

/*
 * While the owner runs on another cpu it will most likely be done before we could be asleep. *owner may be freed
 * memory by then, but it is always mapped, and what it says matters only as long as m still names it.
 */
static bool
mutex_spin(struct mutex *m)
{
	struct task *owner;

	for (int n = 0; n < SPINS; n++) {
		owner = READ_ONCE(m->owner);
		if (!owner && mutex_grab(m))
			return true;
		/* The owner may be gone by now: its memory is still a task's (task_construct). */
		if (!owner || !READ_ONCE(owner->on_cpu) || !list_empty(&m->pi.waiters) ||
		    (READ_ONCE(current->arch.work) & TASK_WORK_RESCHED))
			return false;
		cpu_relax();
	}
	return false;
}

void
mutex_lock_slow(struct mutex *m)
{
	if (mutex_spin(m))
		return;
	mutex_wait(m, TASK_UNINTERRUPTIBLE);
}

int
mutex_lock_interruptible(struct mutex *m) NO_TSA
{
	int err = 0;

#ifdef DEBUG
	lockcheck_acquire(m, m->rank, false, false, false, __builtin_return_address(0));
#endif
	if (!mutex_grab(m))
		err = mutex_wait(m, TASK_INTERRUPTIBLE);
#ifdef DEBUG
	if (err)
		lockcheck_release(m, __builtin_return_address(0));
#endif
	return err;
}

/* --- rwsem --- */

void
rwsem_init(struct rwsem *s, enum lock_rank rank)
{
	atomic_set(&s->count, 0);
	waitq_init(&s->waiters);
#ifdef DEBUG
	s->rank = rank;
#endif
}

struct rwsem_waiter {
	struct waiter w;
	bool	write;
	bool	admitted;		/* the count already includes us */
};

/* Let in the first waiters as far as the count allows. */
static void
rwsem_admit(struct rwsem *s) MUST_HOLD(s->waiters.lock)
{
	struct rwsem_waiter *rw;

	while ((rw = list_first(&s->waiters.waiters, struct rwsem_waiter, w.link)) != NULL) {
		int n = atomic_read(&s->count);

		if (rw->write ? n != 0 : n < 0)
			return;
		if (!__atomic_compare_exchange_n(&s->count.v, &n, rw->write ? -1 : n + 1, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		list_remove(&rw->w.link);
		smp_store_release(&rw->admitted, true);
		wake_task(rw->w.task, WAKE_ANY);	/* it passes waiters.lock before it goes on */
	}
}

void
rwsem_wake(struct rwsem *s)
{
	ulong flags = spin_lock_irqsave(&s->waiters.lock);

	rwsem_admit(s);
	spin_unlock_irqrestore(&s->waiters.lock, flags);
}

void
rwsem_lock_slow(struct rwsem *s, bool write)
{
	struct rwsem_waiter rw = { .write = write };
	ulong flags;

	waiter_init(&rw.w);
	flags = spin_lock_irqsave(&s->waiters.lock);
	list_push_back(&s->waiters.waiters, &rw.w.link);
	smp_mb();			/* pairs with rwsem_drop's: it sees us, or we see its count */
	rwsem_admit(s);
	while (!rw.admitted) {
		set_state(TASK_UNINTERRUPTIBLE);
		spin_unlock_irqrestore(&s->waiters.lock, flags);
		schedule();
		flags = spin_lock_irqsave(&s->waiters.lock);
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	spin_unlock_irqrestore(&s->waiters.lock, flags);
}

#ifdef DEBUG
/* The checked forms of what mutex.h has inline. */
#define CALLER	__builtin_return_address(0)

static void
sleeping_lock_check(const void *lock, uint rank, bool nested, const void *caller)
{
	lockcheck_acquire(lock, rank, false, nested, false, caller);
}

void
mutex_lock(struct mutex *m) NO_TSA
{
	sleeping_lock_check(m, m->rank, false, CALLER);
	if (!mutex_grab(m))
		mutex_lock_slow(m);
}

void
mutex_lock_nested(struct mutex *m) NO_TSA
{
	sleeping_lock_check(m, m->rank, true, CALLER);
	if (!mutex_grab(m))
		mutex_lock_slow(m);
}

bool
mutex_trylock(struct mutex *m) NO_TSA
{
	if (!mutex_grab(m))
		return false;
	lockcheck_acquired(m, m->rank, false, false, CALLER);
	return true;
}

void
mutex_unlock(struct mutex *m) NO_TSA
{
	if (m->owner != current)
		panic("mutex %p released at %p by %s, which does not own it", m, CALLER, current->comm);
	lockcheck_release(m, CALLER);
	mutex_release(m);
}

void
rwsem_lock_read(struct rwsem *s) NO_TSA
{
	sleeping_lock_check(s, s->rank, true, CALLER);
	if (!rwsem_grab_read(s))
		rwsem_lock_slow(s, false);
}

void
rwsem_unlock_read(struct rwsem *s) NO_TSA
{
	lockcheck_release(s, CALLER);
	rwsem_drop(s, 1);
}

void
rwsem_lock_write(struct rwsem *s) NO_TSA
{
	sleeping_lock_check(s, s->rank, true, CALLER);
	if (!rwsem_grab_write(s))
		rwsem_lock_slow(s, true);
}

void
rwsem_unlock_write(struct rwsem *s) NO_TSA
{
	lockcheck_release(s, CALLER);
	rwsem_drop(s, -1);
}
#endif
