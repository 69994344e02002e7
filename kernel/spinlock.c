/*
 * spinlock.c - the slow half of a spinlock; in the debug build, the checked whole.
 *
 * Locks       this is them.
 * Not here    the fast paths (spinlock.h); rank checking (lockcheck.c).
 * Further     Anderson, "The performance of spin lock alternatives", 1990: spinning on a read.
 */
#include "kernel/spinlock.h"
#include "arch/barrier.h"
#include "kernel/lockcheck.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "mm/kasan.h"

/* Spin on a read, which leaves the line where it is, and try when it says free. */
static inline void
spin_until_ours(struct spinlock *l)
{
	do {
		while (READ_ONCE(l->held))
			cpu_relax();
	} while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE));
}

#ifndef DEBUG
void
spin_wait(struct spinlock *l)
{
	spin_until_ours(l);
}
#else

#define CALLER	__builtin_return_address(0)

void
spin_init(struct spinlock *l, enum lock_rank rank)
{
	l->held = 0;
	l->rank = rank;
	l->cpu = -1;
	l->caller = NULL;
}

/* Common to all: check, then wait for it. was_off: interrupts were off before the caller began. */
static void
spin_acquire(struct spinlock *l, bool nested, bool was_off, const void *caller)
{
	kasan_check(l, sizeof(*l), true);	/* once: this file is compiled without */
	lockcheck_acquire(l, l->rank, true, nested, was_off, caller);
	spin_until_ours(l);
	l->cpu = current->cpu;
	l->caller = caller;
}

static void
spin_release(struct spinlock *l, const void *caller)
{
	if (l->cpu != current->cpu)
		panic("spinlock %p released on cpu %d by %p, but cpu %d holds it", l, current->cpu, caller, l->cpu);
	lockcheck_release(l, caller);
	l->cpu = -1;
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

void
spin_lock(struct spinlock *l) NO_TSA
{
	preempt_disable();
	spin_acquire(l, false, !irq_enabled(), CALLER);
}

void
spin_lock_nested(struct spinlock *l) NO_TSA
{
	preempt_disable();
	spin_acquire(l, true, !irq_enabled(), CALLER);
}

bool
spin_trylock(struct spinlock *l) NO_TSA
{
	preempt_disable();
	kasan_check(l, sizeof(*l), true);
	if (!__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE)) {
		lockcheck_acquired(l, l->rank, true, !irq_enabled(), CALLER);
		l->cpu = current->cpu;
		l->caller = CALLER;
		return true;
	}
	preempt_enable();
	return false;
}

void
spin_unlock(struct spinlock *l) NO_TSA
{
	spin_release(l, CALLER);
	preempt_enable();
}

ulong
spin_lock_irqsave(struct spinlock *l) NO_TSA
{
	ulong flags = irq_save();

	spin_acquire(l, false, !flags, CALLER);
	return flags;
}

void
spin_unlock_irqrestore(struct spinlock *l, ulong flags) NO_TSA
{
	spin_release(l, CALLER);
	irq_restore(flags);
	if (READ_ONCE(current->arch.work) & TASK_WORK_RESCHED)
		preempt_resched();
}

void
spin_lock_irqoff(struct spinlock *l) NO_TSA
{
	assert(!irq_enabled());
	spin_acquire(l, false, true, CALLER);
}

void
spin_lock_irqoff_nested(struct spinlock *l) NO_TSA
{
	assert(!irq_enabled());
	spin_acquire(l, true, true, CALLER);
}

void
spin_unlock_irqoff(struct spinlock *l) NO_TSA
{
	spin_release(l, CALLER);
}

bool
spin_held(const struct spinlock *l)
{
	return l->cpu == current->cpu;
}
#endif
