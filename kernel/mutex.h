/*
 * mutex.h - mutual exclusion for work that may sleep: struct mutex, and struct rwsem (many
 * readers or one writer).  Never in an interrupt or under a spinlock.  Who waits for a mutex does so by
 * priority, and its owner inherits it (pi.h); an rwsem's waiters queue as they come, and lend nothing.
 */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include "arch/atomic.h"
#include "kernel/pi.h"
#include "kernel/spinlock.h"
#include "kernel/waitq.h"

struct CAPABILITY("mutex") mutex {
	struct task *owner;		/* [a] NULL: free */
	struct pi_lock pi;		/* who waits */
#ifdef DEBUG
	u16	rank;
#endif
};

#ifdef DEBUG
#define MUTEX_INIT(m, r)	{ NULL, PI_LOCK_INIT((m).pi), (r) }
#else
#define MUTEX_INIT(m, r)	{ NULL, PI_LOCK_INIT((m).pi) }
#endif
void	mutex_init(struct mutex *m, enum lock_rank rank);
/* 0, or -ERESTARTSYS if a signal came first. */
int	mutex_lock_interruptible(struct mutex *m) ACQUIRES_IF_0(*m);
static inline bool mutex_held(const struct mutex *m) { return READ_ONCE(m->owner) == current; }
void	mutex_lock_slow(struct mutex *m);	/* until it is ours */
void	mutex_wake(struct mutex *m);		/* given back, and somebody waits: it is their turn */

/* Take it if it is free. */
static ALWAYS_INLINE bool
mutex_grab(struct mutex *m)
{
	struct task *none = NULL;

	return __atomic_compare_exchange_n(&m->owner, &none, current, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Give it back. */
static ALWAYS_INLINE void
mutex_release(struct mutex *m)
{
	__atomic_store_n(&m->owner, NULL, __ATOMIC_RELEASE);
	smp_mb();
	if (unlikely(!list_empty(&m->pi.waiters)))
		mutex_wake(m);
}

#ifdef DEBUG
void	mutex_lock(struct mutex *m) ACQUIRES(*m);
void	mutex_lock_nested(struct mutex *m) ACQUIRES(*m);	/* second of the same rank */
bool	mutex_trylock(struct mutex *m) TRY_ACQUIRES(*m);
void	mutex_unlock(struct mutex *m) RELEASES(*m);
#else
static ALWAYS_INLINE void
mutex_lock(struct mutex *m) ACQUIRES(*m) NO_TSA
{
	if (unlikely(!mutex_grab(m)))
		mutex_lock_slow(m);
}

/* A second one of the same rank. */
static ALWAYS_INLINE void mutex_lock_nested(struct mutex *m) ACQUIRES(*m) NO_TSA { mutex_lock(m); }
static ALWAYS_INLINE bool mutex_trylock(struct mutex *m) TRY_ACQUIRES(*m) NO_TSA { return mutex_grab(m); }

static ALWAYS_INLINE void mutex_unlock(struct mutex *m) RELEASES(*m) NO_TSA { mutex_release(m); }
#endif

struct CAPABILITY("rwsem") rwsem {
	atomic_t count;		/* >0: readers; 0: free; -1: a writer */
	struct waitq waiters;
#ifdef DEBUG
	u16	rank;
#endif
};

void	rwsem_init(struct rwsem *s, enum lock_rank rank);
void	rwsem_lock_slow(struct rwsem *s, bool write);	/* queue behind those who came before */
void	rwsem_wake(struct rwsem *s);			/* let in whom the count allows, in order */

/* A reader does not pass waiters: a stream of readers cannot keep a writer out. So never read-lock twice. */
static ALWAYS_INLINE bool
rwsem_grab_read(struct rwsem *s)
{
	int n = atomic_read(&s->count);

	while (n >= 0 && !waitq_active(&s->waiters))
		if (__atomic_compare_exchange_n(&s->count.v, &n, n + 1, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

static ALWAYS_INLINE bool
rwsem_grab_write(struct rwsem *s)
{
	int none = 0;

	return __atomic_compare_exchange_n(&s->count.v, &none, -1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Give back a reader's share (or, with nobody else inside, the writer's). */
static ALWAYS_INLINE void
rwsem_drop(struct rwsem *s, int share)
{
	if (__atomic_sub_fetch(&s->count.v, share, __ATOMIC_RELEASE) == 0) {
		smp_mb();
		if (unlikely(waitq_active(&s->waiters)))
			rwsem_wake(s);
	}
}

#ifdef DEBUG
void	rwsem_lock_read(struct rwsem *s) ACQUIRES_SHARED(*s);
void	rwsem_unlock_read(struct rwsem *s) RELEASES_SHARED(*s);
void	rwsem_lock_write(struct rwsem *s) ACQUIRES(*s);
void	rwsem_unlock_write(struct rwsem *s) RELEASES(*s);
#else
static ALWAYS_INLINE void
rwsem_lock_read(struct rwsem *s) ACQUIRES_SHARED(*s) NO_TSA
{
	if (unlikely(!rwsem_grab_read(s)))
		rwsem_lock_slow(s, false);
}

static ALWAYS_INLINE void
rwsem_lock_write(struct rwsem *s) ACQUIRES(*s) NO_TSA
{
	if (unlikely(!rwsem_grab_write(s)))
		rwsem_lock_slow(s, true);
}

static ALWAYS_INLINE void rwsem_unlock_read(struct rwsem *s) RELEASES_SHARED(*s) NO_TSA { rwsem_drop(s, 1); }
static ALWAYS_INLINE void rwsem_unlock_write(struct rwsem *s) RELEASES(*s) NO_TSA { rwsem_drop(s, -1); }
#endif

#endif
