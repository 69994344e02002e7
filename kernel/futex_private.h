/*
 * futex_private.h - between futex.c (wait, wake), futex_key.c (which word), futex_waitv.c (several at once),
 * futex_pi.c (locks that inherit) and futex_robust.c (a thread's end).
 */
#ifndef KERNEL_FUTEX_PRIVATE_H
#define KERNEL_FUTEX_PRIVATE_H

#include "kernel/spinlock.h"
#include "kernel/task_private.h"
#include "lib/plist.h"

/* What a word is, whoever maps it. */
struct futex_key {
	u64	space;			/* the struct mm; in a shared mapping its file's inode_serial, doubled, + 1 */
	u64	addr;			/* in that space, or in the file */
};

struct futex_bucket {		/* Guarded by: b lock */
	struct spinlock lock;
	struct list waiters;		/* [b] struct futex_waiter: by priority, then first come first */
} ALIGNED(32);

struct futex_waiter {		/* Guarded by: b its bucket's lock  a atomic  i immutable */
	struct plist_node place;	/* [b] */
	struct futex_bucket *bucket;	/* [a] changes (requeue) under both buckets' locks */
	struct futex_key key;		/* [b] */
	u32	bitset;			/* [i] wake-ups it wants */
	bool	pi;			/* [i] it is of futex_pi.c, and only that may wake or move it */
	bool	woken;			/* [a] */
	struct task *task;		/* [i] */
};

/* What task.futex_state says. */
enum { FUTEX_LIVES, FUTEX_ENDS, FUTEX_ENDED };

static inline bool
futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->addr == b->addr && a->space == b->space;
}

/* futex_key.c */
int	futex_key_get(u64 addr, bool private, struct futex_key *k);	/* 0, -EINVAL, -EFAULT */
struct futex_bucket *futex_bucket_of(const struct futex_key *k);
void	futex_lock_both(struct futex_bucket *a, struct futex_bucket *b);
void	futex_unlock_both(struct futex_bucket *a, struct futex_bucket *b);
void	futex_waiter_add(struct futex_waiter *w, struct futex_bucket *b) MUST_HOLD(b->lock);	/* w, current's */
void	futex_waiter_enter(struct futex_waiter *w);		/* the same in the bucket of w->key; then a fence */
struct futex_bucket *futex_waiter_lock(struct futex_waiter *w);	/* the bucket that it is in, locked */
/* w waits for k, of b, from now on; the locks of both buckets held. */
void	futex_waiter_move(struct futex_waiter *w, struct futex_bucket *b, const struct futex_key *k) MUST_HOLD(b->lock);

/* futex.c: wake up to n waiters for k that want a bit of bitset: how many, or -EINVAL: they are of futex_pi.c. */
int	futex_wake(const struct futex_key *k, int n, u32 bitset);
bool	futex_waiter_leave(struct futex_waiter *w);	/* give up waiting. True if a waker was faster */

/* futex_pi.c: the operations. deadline: on CLOCK_MONOTONIC. 0 or -errno; the last one: how many were woken or moved. */
int	futex_lock_pi(u64 addr, bool private, u64 deadline, bool try);
int	futex_unlock_pi(u64 addr, bool private);
int	futex_wait_requeue_pi(u64 addr, bool private, u32 val, u64 deadline, u64 addr2);
int	futex_cmp_requeue_pi(u64 addr, bool private, int nwake, int nmove, u64 addr2, u32 val);
/* t leaves its space: what it has goes to who waits. state: what it is from now on. */
void	futex_pi_exit(struct task *t, int state);

#endif
