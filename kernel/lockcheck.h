/* lockcheck.h - the debug build's check that locks are taken in the order of lockrank.h. */
#ifndef KERNEL_LOCKCHECK_H
#define KERNEL_LOCKCHECK_H

#include "lib/types.h"

struct task;

#ifdef DEBUG
/* About to take `lock`: panics if a held lock forbids it; then notes it as held by current. */
void	lockcheck_acquire(const void *lock, uint rank, bool spins, bool nested, bool irqs_off, const void *caller);
/* Took it without waiting (trylock), so that no order can deadlock: only note it. */
void	lockcheck_acquired(const void *lock, uint rank, bool spins, bool irqs_off, const void *caller);
void	lockcheck_release(const void *lock, const void *caller);
/* The run-queue lock changes hands in a switch of tasks. */
void	lockcheck_hand_over(const void *lock, struct task *from, struct task *to);
/* Panic if current holds a spinning lock: it is about to sleep. */
void	lockcheck_may_sleep(void);
#else
static inline void lockcheck_hand_over(const void *lock, struct task *from, struct task *to) { }
static inline void lockcheck_may_sleep(void) { }
#endif

#endif
