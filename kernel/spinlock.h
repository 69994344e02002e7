/*
 * spinlock.h - mutual exclusion for a few instructions, between harts and interrupts.
 *
 * Test and test-and-set: whoever asks first after the release gets it.  Not a queue: in a virtual
 * machine the hart whose turn it is may not be running just then, and all would wait for it; the
 * sections are short, and harts few, so that nobody waits long.  Taking one disables preemption;
 * one that an interrupt handler takes must be taken with interrupts off everywhere
 * (the _irqsave forms).  The debug build checks rank (lockrank.h), owner and leaks.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include "arch/atomic.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "arch/switch.h"
#include "kernel/latency.h"
#include "kernel/lockrank.h"
#include "lib/types.h"

#if defined(__clang__) && defined(THREAD_SAFETY)
#define CAPABILITY(x)	__attribute__((capability(x)))
#define MUST_HOLD(...)	__attribute__((requires_capability(__VA_ARGS__)))
#define ACQUIRES(...)	__attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASES(...)	__attribute__((release_capability(__VA_ARGS__)))
#define TRY_ACQUIRES(l)	__attribute__((try_acquire_capability(true, l)))
#define ACQUIRES_IF_0(l) __attribute__((try_acquire_capability(false, l)))	/* for 0 or -errno */
/* A rwsem held for reading; MUST_HOLD_SHARED is content with one held for writing, too. */
#define MUST_HOLD_SHARED(l) __attribute__((requires_shared_capability(l)))
#define ACQUIRES_SHARED(l) __attribute__((acquire_shared_capability(l)))
#define RELEASES_SHARED(l) __attribute__((release_shared_capability(l)))
#define ASSERTS_HELD(l)	__attribute__((assert_capability(l)))
/* Not analysed: for what the analysis cannot follow. A comment there says what it is. */
#define NO_TSA		__attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY(x)
#define MUST_HOLD(...)
#define ACQUIRES(...)
#define RELEASES(...)
#define TRY_ACQUIRES(l)
#define ACQUIRES_IF_0(l)
#define MUST_HOLD_SHARED(l)
#define ACQUIRES_SHARED(l)
#define RELEASES_SHARED(l)
#define ASSERTS_HELD(l)
#define NO_TSA
#endif

struct CAPABILITY("spinlock") spinlock {
	u32	held;			/* [a] 0: free */
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

/* In task.arch.work; the others are in task.h. */
#define TASK_WORK_RESCHED	BIT(0)

void	preempt_resched(void);			/* sched.c: the slow end of preempt_enable */

/* Preemption off without a lock: this task stays on this cpu. */
static ALWAYS_INLINE void
preempt_disable(void)
{
	((struct task_arch *)current)->preempt_count++;
	barrier();
	latency_begin();
}

/* Reschedules if that became due. */
static ALWAYS_INLINE void
preempt_enable(void)
{
	struct task_arch *t = (struct task_arch *)current;

	barrier();
	t->preempt_count--;
	if (LATENCY_TIMED && t->preempt_count == 0)
		latency_preemptible();
	if (unlikely(READ_ONCE(t->work) & TASK_WORK_RESCHED))
		preempt_resched();
}

#ifdef DEBUG
void	spin_init(struct spinlock *l, enum lock_rank rank);
void	spin_lock(struct spinlock *l) ACQUIRES(*l);
bool	spin_trylock(struct spinlock *l) TRY_ACQUIRES(*l);
void	spin_unlock(struct spinlock *l) RELEASES(*l);
ulong	spin_lock_irqsave(struct spinlock *l) ACQUIRES(*l);
void	spin_unlock_irqrestore(struct spinlock *l, ulong flags) RELEASES(*l);
/* A second lock of the same rank; the caller's comment says in which order. */
void	spin_lock_nested(struct spinlock *l) ACQUIRES(*l);
bool	spin_held(const struct spinlock *l);	/* by this cpu; always true without DEBUG */
/* Interrupts are off and stay off: no preemption count. For the scheduler and timers. */
void	spin_lock_irqoff(struct spinlock *l) ACQUIRES(*l);
void	spin_lock_irqoff_nested(struct spinlock *l) ACQUIRES(*l);
void	spin_unlock_irqoff(struct spinlock *l) RELEASES(*l);
/* After it the analysis takes l as held: also where the locking before it depends on a condition. */
static ALWAYS_INLINE void tsa_held(const struct spinlock *l) ASSERTS_HELD(*l) NO_TSA { }
#define assert_held(l)	do { assert(spin_held(l)); tsa_held(l); } while (0)
#else
#define assert_held(l)	((void)0)

void	spin_wait(struct spinlock *l);			/* until it is ours */

static inline void spin_init(struct spinlock *l, enum lock_rank rank) { l->held = 0; }
static inline bool spin_held(const struct spinlock *l) { return true; }

static ALWAYS_INLINE void
spin_lock_irqoff(struct spinlock *l) ACQUIRES(*l) NO_TSA
{
	if (unlikely(__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE)))
		spin_wait(l);
}

static ALWAYS_INLINE void
spin_unlock_irqoff(struct spinlock *l) RELEASES(*l) NO_TSA
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

static ALWAYS_INLINE void
spin_lock(struct spinlock *l) ACQUIRES(*l) NO_TSA
{
	preempt_disable();
	spin_lock_irqoff(l);
}

static ALWAYS_INLINE bool
spin_trylock(struct spinlock *l) TRY_ACQUIRES(*l) NO_TSA
{
	preempt_disable();
	if (!__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
		return true;
	preempt_enable();
	return false;
}

static ALWAYS_INLINE void
spin_unlock(struct spinlock *l) RELEASES(*l) NO_TSA
{
	spin_unlock_irqoff(l);
	preempt_enable();
}

/* With interrupts off nothing preempts: the count is not needed (preempt_resched looks at the interrupt bit). */
static ALWAYS_INLINE ulong
spin_lock_irqsave(struct spinlock *l) ACQUIRES(*l) NO_TSA
{
	ulong flags = irq_save();

	spin_lock_irqoff(l);
	return flags;
}

static ALWAYS_INLINE void
spin_unlock_irqrestore(struct spinlock *l, ulong flags) RELEASES(*l) NO_TSA
{
	spin_unlock_irqoff(l);
	irq_restore(flags);
	if (unlikely(READ_ONCE(((struct task_arch *)current)->work) & TASK_WORK_RESCHED))
		preempt_resched();
}

/* A second lock of the same rank; the caller's comment says in which order. */
static ALWAYS_INLINE void
spin_lock_nested(struct spinlock *l) ACQUIRES(*l) NO_TSA
{
	spin_lock(l);
}

static ALWAYS_INLINE void
spin_lock_irqoff_nested(struct spinlock *l) ACQUIRES(*l) NO_TSA
{
	spin_lock_irqoff(l);
}
#endif

/*
 * In the nth round of a long loop over what l guards: now and then let go of it, so that others are not kept waiting,
 * and the hart may be preempted. Everything read under it must be read again.
 */
static ALWAYS_INLINE void
spin_breathe(struct spinlock *l, ulong n) NO_TSA
{
	if (n % 64 == 63) {
		spin_unlock(l);
		spin_lock(l);
	}
}

#endif
