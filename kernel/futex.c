/*
 * futex.c - the sleeping half of user space's locks: wait while a word has a value; wake.
 *
 *	waiter					waker
 *	enter the bucket			change the word
 *	fence					fence
 *	read the word: still val? sleep		is the bucket empty? else wake
 *
 * The word is read after queueing, without the bucket's lock, because reading may fault and sleep.  A
 * waiter that finds another value leaves; if a waker had already chosen it, it passes the wake-up on.
 *
 * Data        buckets of struct futex_waiter (futex_private.h), real-time tasks first.
 * Locks       bucket->lock; two: lower address first.
 * Invariants  F1  a waiter is on the list of w->bucket, or woken is set and nobody touches it again.
 * Not here    which word is meant (futex_key.c); locks that inherit (futex_pi.c), whose waiters stand in
 *             the same buckets and are not for us: -EINVAL; a thread's end (futex_robust.c).
 * Further     futex(2); Drepper, "Futexes are tricky".
 */
#include "abi/errno.h"
#include "abi/futex.h"
#include "arch/barrier.h"
#include "kernel/futex_private.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "mm/usercopy.h"

/* --- waking --- */

/* Wake w: off its list; it may go out of scope at once. Its bucket's lock held. */
static void
waiter_wake(struct futex_waiter *w)
{
	struct task *t = w->task;

	task_get(t);			/* it may run and exit before we are done with it */
	list_remove(&w->place.link);
	smp_store_release(&w->woken, true);
	wake_task(t, TASK_INTERRUPTIBLE);
	task_put(t);
}

int
futex_wake(const struct futex_key *k, int n, u32 bitset)
{
	struct futex_bucket *b = futex_bucket_of(k);
	struct futex_waiter *w, *next;
	int woken = 0;

	smp_mb();
	if (list_empty(&b->waiters) || n <= 0)
		return 0;
	spin_lock(&b->lock);
	list_for_each_safe(w, next, &b->waiters, place.link) {
		if (!futex_key_equal(&w->key, k))
			continue;
		if (w->pi) {
			woken = -EINVAL;
			break;
		}
		if (!(w->bitset & bitset))
			continue;
		waiter_wake(w);
		if (++woken == n)
			break;
	}
	spin_unlock(&b->lock);
	return woken;
}

/* --- waiting --- */

bool
futex_waiter_leave(struct futex_waiter *w) NO_TSA
{
	struct futex_bucket *b;

	if (smp_load_acquire(&w->woken))
		return true;
	b = futex_waiter_lock(w);
	if (!w->woken)
		list_remove(&w->place.link);
	spin_unlock(&b->lock);
	return w->woken;
}

/* Sleep until w is woken: 0, -ERESTARTSYS, -ETIMEDOUT. */
static int
waiter_sleep(struct futex_waiter *w, u64 deadline)
{
	int err = 0;

	while (!err) {
		set_state(TASK_INTERRUPTIBLE);
		if (smp_load_acquire(&w->woken))
			break;
		err = wait_sleep_(TASK_INTERRUPTIBLE, deadline);
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	return err;
}

static long	futex_wait_restart(struct task *t);

/* Wait while the word is val. deadline: CLOCK_MONOTONIC ns. 0 or -errno. */
static int
futex_wait(u64 addr, bool private, u32 val, u64 deadline, u32 bitset)
{
	struct futex_waiter w = { .bitset = bitset, .task = current };
	struct task *t = current;
	u32 now;
	int err = futex_key_get(addr, private, &w.key);

	if (err)
		return err;
	futex_waiter_enter(&w);
	err = user_u32_read(UPTR(addr), &now);
	if (!err && now != val)
		err = -EAGAIN;
	if (unlikely(err)) {
		if (futex_waiter_leave(&w))
			futex_wake(&w.key, 1, bitset);
		return err;
	}
	err = waiter_sleep(&w, deadline);
	if (futex_waiter_leave(&w))
		return 0;
	if (err != -ERESTARTSYS || deadline == TIME_NEVER)
		return err;
	t->restart_fn = futex_wait_restart;
	t->restart_arg[0] = addr;
	t->restart_arg[1] = (u64)private << 32 | val;
	t->restart_arg[2] = deadline;
	t->restart_arg[3] = bitset;
	return -ERESTART_RESTARTBLOCK;
}

static long
futex_wait_restart(struct task *t)
{
	return futex_wait(t->restart_arg[0], t->restart_arg[1] >> 32, t->restart_arg[1], t->restart_arg[2],
			  t->restart_arg[3]);
}

/* --- moving waiters, and the combined operation --- */

/* Wake nwake waiters for k1 and move up to nmove more to k2: how many were moved, and *woken; or -EINVAL. */
static int
futex_requeue(const struct futex_key *k1, const struct futex_key *k2, int nwake, int nmove, int *woken) NO_TSA
{
	struct futex_bucket *b1 = futex_bucket_of(k1), *b2 = futex_bucket_of(k2);
	struct futex_waiter *w, *next;
	int moved = 0;

	*woken = 0;
	futex_lock_both(b1, b2);
	list_for_each_safe(w, next, &b1->waiters, place.link) {
		if (!futex_key_equal(&w->key, k1))
			continue;
		if (w->pi) {
			moved = -EINVAL;
			break;
		}
		if (*woken < nwake) {
			waiter_wake(w);
			++*woken;
			continue;
		}
		if (moved == nmove)
			break;
		if (!futex_key_equal(k1, k2))
			futex_waiter_move(w, b2, k2);
		moved++;
	}
	futex_unlock_both(b1, b2);
	return moved;
}

/* FUTEX_WAKE_OP's change of *addr: old value in *old. 0, -EFAULT, -ENOSYS. */
static int
wake_op_apply(u64 addr, u32 code, u32 *old)
{
	u32 op = code >> 28 & 7, seen, new;
	u32 arg = (u32)((s32)(code << 8) >> 20);
	int err;

	if (code >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1U << (arg & 31);
	err = user_u32_read(UPTR(addr), old);
	while (!err) {
		switch (op) {
		case FUTEX_OP_SET:
			new = arg;
			break;
		case FUTEX_OP_ADD:
			new = *old + arg;
			break;
		case FUTEX_OP_OR:
			new = *old | arg;
			break;
		case FUTEX_OP_ANDN:
			new = *old & ~arg;
			break;
		case FUTEX_OP_XOR:
			new = *old ^ arg;
			break;
		default:
			return -ENOSYS;
		}
		err = user_u32_cmpxchg(UPTR(addr), *old, new, &seen);
		if (!err && seen == *old)
			return 0;
		*old = seen;
	}
	return err;
}

/* Its comparison of the old value: 1, 0, or -ENOSYS. */
static int
wake_op_compare(s32 old, u32 code)
{
	s32 arg = (s32)(code << 20) >> 20;

	switch (code >> 24 & 15) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	case FUTEX_OP_CMP_GT:
		return old > arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	default:
		return -ENOSYS;
	}
}

static long
futex_wake_op(const struct futex_key *k1, const struct futex_key *k2, u64 addr2, int n1, int n2, u32 code)
{
	u32 old = 0;
	int err = wake_op_compare(0, code), woken;

	if (err < 0)
		return err;
	err = wake_op_apply(addr2, code, &old);
	if (err)
		return err;
	woken = futex_wake(k1, n1, FUTEX_BITSET_MATCH_ANY);
	if (woken < 0 || !wake_op_compare(old, code))
		return woken;
	err = futex_wake(k2, n2, FUTEX_BITSET_MATCH_ANY);
	return err < 0 ? err : woken + err;
}

/* --- the call --- */

/* The timeout of a wait as a deadline on CLOCK_MONOTONIC. */
static int
futex_deadline(uptr_t timeout, int cmd, bool realtime, u64 *deadline)
{
	u64 ns;
	int err;

	*deadline = TIME_NEVER;
	if (!timeout.addr)
		return 0;
	err = timespec_from_user(timeout, &ns);
	if (err)
		return err;
	if (cmd == FUTEX_WAIT) {
		u64 now = clock_monotonic();

		*deadline = ns > TIME_NEVER - now ? TIME_NEVER : now + ns;
	} else {
		*deadline = realtime ? clock_to_monotonic(ns) : ns;
	}
	return 0;
}

static long
futex_requeue_call(const ulong *a, bool private, bool compare)
{
	int nwake = a[2], nmove = a[3], woken, moved;
	struct futex_key k1, k2;
	u32 now;
	int err;

	if (nwake < 0 || nmove < 0)
		return -EINVAL;
	err = futex_key_get(a[0], private, &k1);
	if (!err)
		err = futex_key_get(a[4], private, &k2);
	if (!err && compare) {
		err = user_u32_read(UPTR(a[0]), &now);
		if (!err && now != (u32)a[5])
			err = -EAGAIN;
	}
	if (err)
		return err;
	moved = futex_requeue(&k1, &k2, nwake, nmove, &woken);
	return moved < 0 ? moved : woken + moved;
}

/* Does the operation wait for a time that its flag says is on the wall clock? */
static bool
may_be_realtime(int cmd)
{
	return cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAIT_REQUEUE_PI || cmd == FUTEX_LOCK_PI2;
}

/* The operations of futex_pi.c. */
static long
futex_pi_call(const ulong *a, int cmd, bool private, bool realtime)
{
	u64 addr = a[0], deadline = TIME_NEVER;
	int err = 0;

	if (cmd == FUTEX_LOCK_PI || cmd == FUTEX_LOCK_PI2 || cmd == FUTEX_WAIT_REQUEUE_PI)
		err = futex_deadline(UPTR(a[3]), cmd, realtime || cmd == FUTEX_LOCK_PI, &deadline);
	if (err)
		return err;
	switch (cmd) {
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(addr, private, deadline, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(addr, private);
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue_pi(addr, private, a[2], deadline, a[4]);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_cmp_requeue_pi(addr, private, a[2], a[3], a[4], a[5]);
	default:
		return futex_lock_pi(addr, private, deadline, false);
	}
}

/* futex(2). */
long
sys_futex(const ulong *a)
{
	u64 addr = a[0], deadline;
	int op = a[1], cmd = op & FUTEX_CMD_MASK, n = a[2], err;
	bool private = op & FUTEX_PRIVATE_FLAG, realtime = op & FUTEX_CLOCK_REALTIME;
	u32 bitset = FUTEX_BITSET_MATCH_ANY;
	struct futex_key k, k2;

	if (realtime && !may_be_realtime(cmd))
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT_BITSET:
		bitset = a[5];
		if (!bitset)
			return -EINVAL;
		/* fallthrough */
	case FUTEX_WAIT:
		err = futex_deadline(UPTR(a[3]), cmd, realtime, &deadline);
		return err ? err : futex_wait(addr, private, n, deadline, bitset);
	case FUTEX_WAKE_BITSET:
		bitset = a[5];
		if (!bitset)
			return -EINVAL;
		/* fallthrough */
	case FUTEX_WAKE:
		err = futex_key_get(addr, private, &k);
		return err ? err : futex_wake(&k, MAX(n, 1), bitset);
	case FUTEX_REQUEUE:
		return futex_requeue_call(a, private, false);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue_call(a, private, true);
	case FUTEX_WAKE_OP:
		err = futex_key_get(addr, private, &k);
		if (!err)
			err = futex_key_get(a[4], private, &k2);
		return err ? err : futex_wake_op(&k, &k2, a[4], MAX(n, 1), MAX((int)a[3], 1), a[5]);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_TRYLOCK_PI:
	case FUTEX_UNLOCK_PI:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_CMP_REQUEUE_PI:
		return futex_pi_call(a, cmd, private, realtime);
	default:
		return -ENOSYS;
	}
}
