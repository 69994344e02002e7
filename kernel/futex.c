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
 * Data        buckets[], hashed by key: what a word is, whoever maps it.  Private: (space, address);
 *             in a shared mapping: the word's physical address.
 * Locks       bucket->lock; two: lower address first.
 * Invariants  F1  a waiter is on the list of w->bucket, or woken is set and nobody touches it again.
 * Not here    priority-inheriting operations: -ENOSYS, and C libraries do without.
 * Further     futex(2); Drepper, "Futexes are tricky"; Documentation/locking/robust-futex-ABI.rst.
 */
#include "abi/errno.h"
#include "abi/futex.h"
#include "arch/barrier.h"
#include "arch/pagetable.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task_private.h"
#include "kernel/time.h"
#include "mm/layout.h"
#include "mm/mm.h"
#include "mm/usercopy.h"

#define NBUCKETS	256

struct futex_key {
	u64	space;			/* the struct mm, or SHARED */
	u64	addr;			/* in that space; physical if SHARED */
};
#define SHARED		1UL

struct bucket {			/* Guarded by: b lock */
	struct spinlock lock;
	struct list waiters;		/* [b] struct futex_waiter, first come first */
} ALIGNED(32);

struct futex_waiter {		/* Guarded by: b its bucket's lock  a atomic  i immutable */
	struct list link;		/* [b] */
	struct bucket *bucket;		/* [a] changes (requeue) under both buckets' locks */
	struct futex_key key;		/* [b] */
	u32	bitset;			/* [i] wake-ups it wants */
	struct task *task;		/* [i] */
	bool	woken;			/* [a] */
};

static struct bucket buckets[NBUCKETS];

void
futex_init(void)
{
	for (struct bucket *b = buckets; b < buckets + NBUCKETS; b++) {
		spin_init(&b->lock, RANK_FUTEX);
		list_init(&b->waiters);
	}
}

/* --- keys --- */

static struct bucket *
bucket_of(const struct futex_key *k)
{
	u64 h = ((k->space >> 6) ^ (k->addr >> 2)) * 0x9e3779b97f4a7c15UL;

	return &buckets[h >> 56];
}

static inline bool
key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->addr == b->addr && a->space == b->space;
}

/* Where addr is in memory, 0 if its page is not present. */
static paddr_t
user_word_pa(struct mm *mm, u64 addr) MUST_HOLD_SHARED(mm->lock)
{
	pte_t *table = mm->root;

	for (int level = PT_LEVELS - 1; level >= 0; level--) {
		pte_t e = READ_ONCE(table[PT_INDEX(addr, level)]);

		if (!pte_present(e))
			return 0;
		if (pte_leaf(e))
			return pte_pa(e) + (addr & (PT_SIZE(level) - 1));
		table = phys_to_virt(pte_pa(e));
	}
	return 0;
}

/* The key of a word that may be in a shared mapping. 0 or -EFAULT. */
static int
key_shared(u64 addr, struct futex_key *k)
{
	struct mm *mm = current->mm;
	struct area *area;
	paddr_t pa;
	u32 val;

	for (;;) {
		rwsem_lock_read(&mm->lock);
		area = mm_find(mm, addr);
		if (!area || area->start > addr) {
			rwsem_unlock_read(&mm->lock);
			return -EFAULT;
		}
		if (!(area->flags & VM_SHARED)) {
			rwsem_unlock_read(&mm->lock);
			*k = (struct futex_key){ (u64)mm, addr };
			return 0;
		}
		pa = user_word_pa(mm, addr);
		rwsem_unlock_read(&mm->lock);
		if (pa) {
			*k = (struct futex_key){ SHARED, pa };
			return 0;
		}
		if (user_u32_read(UPTR(addr), &val))	/* brings the page in */
			return -EFAULT;
	}
}

static inline int
key_get(u64 addr, bool private, struct futex_key *k)
{
	if (addr & 3)
		return -EINVAL;
	if (addr >= USER_TOP)
		return -EFAULT;
	if (!private)
		return key_shared(addr, k);
	*k = (struct futex_key){ (u64)current->mm, addr };
	return 0;
}

/* --- waking --- */

/* Wake w: off its list; it may go out of scope at once. Its bucket's lock held. */
static void
waiter_wake(struct futex_waiter *w)
{
	struct task *t = w->task;

	task_get(t);			/* it may run and exit before we are done with it */
	list_remove(&w->link);
	smp_store_release(&w->woken, true);
	wake_task(t, TASK_INTERRUPTIBLE);
	task_put(t);
}

/* Wake up to n waiters for k that want a bit of bitset; how many. */
static int
futex_wake(const struct futex_key *k, int n, u32 bitset)
{
	struct bucket *b = bucket_of(k);
	struct futex_waiter *w, *next;
	int woken = 0;

	smp_mb();
	if (list_empty(&b->waiters) || n <= 0)
		return 0;
	spin_lock(&b->lock);
	list_for_each_safe(w, next, &b->waiters, link) {
		if (!key_equal(&w->key, k) || !(w->bitset & bitset))
			continue;
		waiter_wake(w);
		if (++woken == n)
			break;
	}
	spin_unlock(&b->lock);
	return woken;
}

/* --- waiting --- */

static void
waiter_enter(struct futex_waiter *w)
{
	struct bucket *b = bucket_of(&w->key);

	w->bucket = b;
	spin_lock(&b->lock);
	list_push_back(&b->waiters, &w->link);
	spin_unlock(&b->lock);
	smp_mb();			/* pairs with futex_wake's */
}

/* Give up waiting. True if a waker was faster. */
static bool
waiter_leave(struct futex_waiter *w)
{
	struct bucket *b;

	if (smp_load_acquire(&w->woken))
		return true;
	for (;;) {
		b = READ_ONCE(w->bucket);
		spin_lock(&b->lock);
		if (b == w->bucket)
			break;
		spin_unlock(&b->lock);
	}
	if (!w->woken)
		list_remove(&w->link);
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
	int err = key_get(addr, private, &w.key);

	if (err)
		return err;
	waiter_enter(&w);
	err = user_u32_read(UPTR(addr), &now);
	if (!err && now != val)
		err = -EAGAIN;
	if (unlikely(err)) {
		if (waiter_leave(&w))
			futex_wake(&w.key, 1, bitset);
		return err;
	}
	err = waiter_sleep(&w, deadline);
	if (waiter_leave(&w))
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

static void
lock_both(struct bucket *a, struct bucket *b) NO_TSA
{
	spin_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock_nested(a < b ? &b->lock : &a->lock);
}

static void
unlock_both(struct bucket *a, struct bucket *b) NO_TSA
{
	if (a != b)
		spin_unlock(&b->lock);
	spin_unlock(&a->lock);
}

/* Wake nwake waiters for k1 and move up to nmove more to k2; how many were woken or moved. */
static int
futex_requeue(const struct futex_key *k1, const struct futex_key *k2, int nwake, int nmove, int *woken)
{
	struct bucket *b1 = bucket_of(k1), *b2 = bucket_of(k2);
	struct futex_waiter *w, *next;
	int moved = 0;

	*woken = 0;
	lock_both(b1, b2);
	list_for_each_safe(w, next, &b1->waiters, link) {
		if (!key_equal(&w->key, k1))
			continue;
		if (*woken < nwake) {
			waiter_wake(w);
			++*woken;
			continue;
		}
		if (moved == nmove)
			break;
		if (!key_equal(k1, k2)) {
			list_remove(&w->link);
			w->key = *k2;
			WRITE_ONCE(w->bucket, b2);
			list_push_back(&b2->waiters, &w->link);
		}
		moved++;
	}
	unlock_both(b1, b2);
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
	if (wake_op_compare(old, code))
		woken += futex_wake(k2, n2, FUTEX_BITSET_MATCH_ANY);
	return woken;
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
	err = key_get(a[0], private, &k1);
	if (!err)
		err = key_get(a[4], private, &k2);
	if (!err && compare) {
		err = user_u32_read(UPTR(a[0]), &now);
		if (!err && now != (u32)a[5])
			err = -EAGAIN;
	}
	if (err)
		return err;
	moved = futex_requeue(&k1, &k2, nwake, nmove, &woken);
	return woken + moved;
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

	if (realtime && cmd != FUTEX_WAIT_BITSET)
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
		err = key_get(addr, private, &k);
		return err ? err : futex_wake(&k, MAX(n, 1), bitset);
	case FUTEX_REQUEUE:
		return futex_requeue_call(a, private, false);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue_call(a, private, true);
	case FUTEX_WAKE_OP:
		err = key_get(addr, private, &k);
		if (!err)
			err = key_get(a[4], private, &k2);
		return err ? err : futex_wake_op(&k, &k2, a[4], MAX(n, 1), MAX((int)a[3], 1), a[5]);
	default:
		return -ENOSYS;
	}
}

/* --- when a thread ends --- */

void
futex_wake_tid(u64 addr)
{
	struct futex_key k;

	if (put_user((u32)0, UPTR(addr)) == 0 && key_get(addr, false, &k) == 0)
		futex_wake(&k, 1, FUTEX_BITSET_MATCH_ANY);
}

/* The lock word at addr, if tid owns it, is marked as left by a dead owner; one waiter gets to see that. */
static void
robust_release(u64 addr, u32 tid, bool pending)
{
	struct futex_key k;
	u32 val, seen;

	if ((addr & 3) || user_u32_read(UPTR(addr), &val))
		return;
	if (pending && !val) {			/* died between unlocking and waking */
		seen = FUTEX_WAITERS;
	} else {
		for (;;) {
			if ((val & FUTEX_TID_MASK) != tid)
				return;
			if (user_u32_cmpxchg(UPTR(addr), val, (val & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen))
				return;
			if (seen == val)
				break;
			val = seen;
		}
	}
	if ((seen & FUTEX_WAITERS) && key_get(addr, false, &k) == 0)
		futex_wake(&k, 1, FUTEX_BITSET_MATCH_ANY);
}

/* An entry's low bit says that it is a priority-inheriting lock; its address is the rest. */
#define ENTRY(e)	((e) & ~1UL)

void
futex_exit_robust(struct task *t)
{
	struct abi_robust_list_head head;
	u64 at, next, list = t->robust_list, pending;

	if (!list)
		return;
	t->robust_list = 0;
	if (get_user(head, UPTR(list)))
		return;
	pending = ENTRY(head.list_op_pending);
	at = head.list.next;
	for (int n = 0; ENTRY(at) != list && n < ROBUST_LIST_LIMIT; n++) {
		int err = get_user(next, UPTR(ENTRY(at)));

		if (ENTRY(at) != pending)
			robust_release(ENTRY(at) + head.futex_offset, t->pid, false);
		if (err)
			break;
		at = next;
	}
	if (pending)
		robust_release(pending + head.futex_offset, t->pid, true);
}

/* set_robust_list(2). */
long
sys_set_robust_list(const ulong *a)
{
	if (a[1] != sizeof(struct abi_robust_list_head))
		return -EINVAL;
	current->robust_list = a[0];
	return 0;
}

/* get_robust_list(2). */
long
sys_get_robust_list(const ulong *a)
{
	int pid = a[0];
	struct task *t = current;
	u64 head;
	int err = 0;

	if (pid) {
		t = task_get_by_pid(pid);
		if (!t)
			return -ESRCH;
		err = signal_permitted(t, 0);
	}
	head = t->robust_list;
	if (pid)
		task_put(t);
	if (err)
		return err;
	if (put_user(sizeof(struct abi_robust_list_head), UPTR(a[2])) || put_user(head, UPTR(a[1])))
		return -EFAULT;
	return 0;
}
