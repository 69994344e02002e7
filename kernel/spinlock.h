/*
 * spinlock.h - mutual exclusion for a few instructions, between harts and interrupts.
 *
 * A ticket lock: harts get it in the order they asked.  Taking one disables preemption;
 * one that an interrupt handler takes must be taken with interrupts off everywhere
 * (the _irqsave forms).  The debug build checks rank (lockrank.h), owner and leaks.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include "arch/irqflags.h"
#include "kernel/lockrank.h"
#include "lib/types.h"

#if defined(__clang__) && defined(THREAD_SAFETY)
#define CAPABILITY(x)	__attribute__((capability(x)))
#define MUST_HOLD(l)	__attribute__((requires_capability(l)))
#define ACQUIRES(l)	__attribute__((acquire_capability(l)))
#define RELEASES(l)	__attribute__((release_capability(l)))
#define TRY_ACQUIRES(l)	__attribute__((try_acquire_capability(true, l)))
#define ASSERTS_HELD(l)	__attribute__((assert_capability(l)))
#define NO_TSA		__attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY(x)
#define MUST_HOLD(l)
#define ACQUIRES(l)
#define RELEASES(l)
#define TRY_ACQUIRES(l)
#define ASSERTS_HELD(l)
#define NO_TSA
#endif

struct CAPABILITY("spinlock") spinlock {
	u32	ticket;			/* [a] high half: next to hand out; low half: now served */
#ifdef DEBUG
	u16	rank;
	s16	cpu;			/* holder's cpu, -1 if free */
	const void *caller;
#endif
};

#ifdef DEBUG
#define SPINLOCK_INIT(r)	{ .rank = (r), .cpu = -1 }
#else
#define SPINLOCK_INIT(r)	{ 0 }
#endif

void	spin_init(struct spinlock *l, enum lock_rank rank);
void	spin_lock(struct spinlock *l) ACQUIRES(*l);
bool	spin_trylock(struct spinlock *l) TRY_ACQUIRES(*l);
void	spin_unlock(struct spinlock *l) RELEASES(*l);
ulong	spin_lock_irqsave(struct spinlock *l) ACQUIRES(*l);
void	spin_unlock_irqrestore(struct spinlock *l, ulong flags) RELEASES(*l);
/* A second lock of the same rank; the caller's comment says in which order. */
void	spin_lock_nested(struct spinlock *l) ACQUIRES(*l);
bool	spin_held(const struct spinlock *l);	/* by this cpu; always true without DEBUG */
#ifdef DEBUG
#define assert_held(l)	assert(spin_held(l))
#else
#define assert_held(l)	((void)0)
#endif

/* Preemption off without a lock: this task stays on this cpu. */
void	preempt_disable(void);
void	preempt_enable(void);			/* reschedules if that became due */

#endif
