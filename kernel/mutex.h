/*
 * mutex.h - mutual exclusion for work that may sleep: struct mutex, and struct rwsem (many
 * readers or one writer).  Waiters queue in order.  Never in an interrupt or under a spinlock.
 */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include "arch/atomic.h"
#include "kernel/spinlock.h"
#include "kernel/waitq.h"

struct CAPABILITY("mutex") mutex {
	struct task *owner;		/* [a] NULL: free */
	struct waitq waiters;
#ifdef DEBUG
	u16	rank;
#endif
};

void	mutex_init(struct mutex *m, enum lock_rank rank);
void	mutex_lock(struct mutex *m) ACQUIRES(*m);
void	mutex_lock_nested(struct mutex *m) ACQUIRES(*m);	/* second of the same rank */
bool	mutex_trylock(struct mutex *m) TRY_ACQUIRES(*m);
/* 0, or -ERESTARTSYS if a signal came first. */
int	mutex_lock_interruptible(struct mutex *m);
void	mutex_unlock(struct mutex *m) RELEASES(*m);
bool	mutex_held(const struct mutex *m);	/* by current */

struct CAPABILITY("rwsem") rwsem {
	atomic_t count;		/* >0: readers; 0: free; -1: a writer */
	struct waitq waiters;
#ifdef DEBUG
	u16	rank;
#endif
};

void	rwsem_init(struct rwsem *s, enum lock_rank rank);
void	rwsem_lock_read(struct rwsem *s);
void	rwsem_unlock_read(struct rwsem *s);
void	rwsem_lock_write(struct rwsem *s) ACQUIRES(*s);
void	rwsem_unlock_write(struct rwsem *s) RELEASES(*s);

#endif
