/*
 * lockcheck.c - who holds which locks, and whether the next one may be taken (debug build).
 *
 * Data        task.held[]: the locks of current, in the order taken.
 * Locks       each task writes its own array.
 * Invariants  L1  ranks in held[] ascend, as far as they are compared (below).
 *             L2  what an interrupt handler pushes it has popped when it returns, so it may
 *                 use the array of the task it interrupted.
 *             L3  a slot that is not in use is empty. So a handler may come between two stores of the task's: what
 *                 it compares with is there or empty, and its own slots are others.
 *
 * A handler may interrupt the holder of any lock that is taken with interrupts on, and
 * takes locks of any rank.  So one acquired with interrupts already off is not compared with
 * a lock acquired while they were on: either we are in such a handler, or something between
 * the two was compared with both.
 */
#ifdef DEBUG
#include "kernel/lockcheck.h"
#include "arch/barrier.h"
#include "arch/irqflags.h"
#include "kernel/printk.h"
#include "kernel/task.h"

#define FIRST_SPINNING	RANK_TASKS	/* in lockrank.h everything from here on spins */

static void
lockcheck_blame(const char *what, const void *lock, uint rank, const void *caller, const struct held_lock *h)
{
	ulong off1 = 0, off2 = 0, size;
	const char *f1 = symbol_lookup((vaddr_t)caller, &off1, &size);
	const char *f2 = symbol_lookup((vaddr_t)h->caller, &off2, &size);

	panic("%s: lock %p (rank %u) taken at %s+0x%lx, while %s holds %p (rank %u) since %s+0x%lx",
	      what, lock, rank, f1 ? f1 : "?", off1, current->comm, h->lock, h->rank, f2 ? f2 : "?", off2);
}

static void
lockcheck_push(const void *lock, uint rank, bool spins, bool irqs_off, const void *caller)
{
	struct task *t = current;
	struct held_lock *h;

	if (t->nheld == HELD_MAX)
		lockcheck_blame("too many locks held", lock, rank, caller, &t->held[HELD_MAX - 1]);
	h = &t->held[t->nheld++];
	barrier();
	*h = (struct held_lock){ lock, caller, rank, spins, irqs_off };
	irq_window();
}

void
lockcheck_acquired(const void *lock, uint rank, bool spins, bool irqs_off, const void *caller)
{
	lockcheck_push(lock, rank, spins, irqs_off, caller);
}

void
lockcheck_acquire(const void *lock, uint rank, bool spins, bool nested, bool irqs_off, const void *caller)
{
	struct task *t = current;

	for (int i = t->nheld - 1; i >= 0; i--) {
		const struct held_lock *h = &t->held[i];

		if (h->lock == lock)
			lockcheck_blame("taken twice", lock, rank, caller, h);
		if (h->spins && !spins)
			lockcheck_blame("sleeping lock under a spinning one", lock, rank, caller, h);
		if (irqs_off && !h->irqs_off)
			continue;
		if (rank == RANK_NONE || h->rank == RANK_NONE)
			continue;
		if (rank < h->rank || (rank == h->rank && !nested))
			lockcheck_blame("lock order", lock, rank, caller, h);
	}
	lockcheck_push(lock, rank, spins, irqs_off, caller);
}

/* Take t's held[i] out: each of those after it goes down by one, and is in two slots meanwhile, never in none. */
static void
lockcheck_remove(struct task *t, int i)
{
	for (; i < t->nheld - 1; i++) {
		t->held[i] = t->held[i + 1];
		barrier();
	}
	t->held[i] = (struct held_lock){ 0 };
	barrier();
	t->nheld--;
}

/* Take `lock` out of t's array. */
static struct held_lock
lockcheck_pop(struct task *t, const void *lock)
{
	for (int i = t->nheld - 1; i >= 0; i--) {
		struct held_lock h = t->held[i];

		if (h.lock == lock) {
			lockcheck_remove(t, i);
			return h;
		}
	}
	panic("%s releases lock %p that it does not hold", t->comm, lock);
}

void
lockcheck_release(const void *lock, const void *caller)
{
	lockcheck_pop(current, lock);
	irq_window();
}

void
lockcheck_hand_over(const void *lock, struct task *from, struct task *to)
{
	assert(to->nheld < HELD_MAX);
	to->held[to->nheld++] = lockcheck_pop(from, lock);
}

void
lockcheck_may_sleep(void)
{
	struct task *t = current;

	static_assert(FIRST_SPINNING == RANK_JOURNAL_STATE + 1, "sleeping locks come first");
	for (int i = 0; i < t->nheld; i++)
		if (t->held[i].spins)
			lockcheck_blame("sleeping with a spinning lock held", NULL, 0,
					__builtin_return_address(0), &t->held[i]);
	if (t->arch.preempt_count != 0)
		panic("%s sleeps with preemption off (count %d)", t->comm, t->arch.preempt_count);
}
#endif
