/*
 * futex_waitv.c - sleep until one of several words changes.
 *
 * Each word gets a waiter of its own, in an array; then all is as in futex.c: queue, fence, compare, sleep.  Any waker
 * of any of them ends the wait.
 *
 * Locks       each waiter's bucket, one at a time.
 * Not here    waiting for one word (futex.c).
 * Further     futex_waitv(2); Documentation/userspace-api/futex2.rst.
 */
#include "abi/errno.h"
#include "abi/futex.h"
#include "abi/time.h"
#include "kernel/futex_private.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

struct wordv {				/* [o] one word to wait for; the waiter's fields have their own locks */
	struct futex_waiter w;
	u64	addr;
	u32	val;
};

/* Fetch what to wait for. 0 or -errno. */
static int
words_fetch(struct wordv *v, uint n, uptr_t from)
{
	struct abi_futex_waitv a;
	int err;

	for (uint i = 0; i < n; i++) {
		if (get_user(a, uptr_add(from, i * sizeof(a))))
			return -EFAULT;
		if ((a.flags & ~(u32)(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE)) || a.__reserved ||
		    (a.flags & FUTEX2_SIZE_MASK) != FUTEX2_SIZE_U32 || a.val > 0xffffffffUL)
			return -EINVAL;
		v[i] = (struct wordv){
			.w = { .bitset = FUTEX_BITSET_MATCH_ANY, .task = current },
			.addr = a.uaddr,
			.val = a.val,
		};
		err = futex_key_get(a.uaddr, a.flags & FUTEX2_PRIVATE, &v[i].w.key);
		if (err)
			return err;
	}
	return 0;
}

/* The last of n that was woken, all having left their buckets; -1: none was. */
static int
words_leave(struct wordv *v, uint n)
{
	int woken = -1;

	for (uint i = 0; i < n; i++)
		if (futex_waiter_leave(&v[i].w))
			woken = i;
	return woken;
}

/* Queue for all: 0, or -EAGAIN or -EFAULT because of one. *n becomes how many have been queued for. */
static int
words_enter(struct wordv *v, uint *n)
{
	uint i, total = *n;
	u32 now;
	int err = 0;

	for (i = 0; i < total && !err; i++) {
		futex_waiter_enter(&v[i].w);
		err = user_u32_read(UPTR(v[i].addr), &now);
		if (!err && now != v[i].val)
			err = -EAGAIN;
	}
	*n = i;
	return err;
}

static bool
words_woken(const struct wordv *v, uint n)
{
	for (uint i = 0; i < n; i++)
		if (smp_load_acquire(&v[i].w.woken))
			return true;
	return false;
}

/* Wait for one of n words: which, or -errno. */
static int
words_wait(struct wordv *v, uint n, u64 deadline)
{
	int err = words_enter(v, &n), woken;

	while (!err) {
		set_state(TASK_INTERRUPTIBLE);
		if (words_woken(v, n))
			break;
		err = wait_sleep_(TASK_INTERRUPTIBLE, deadline);
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	woken = words_leave(v, n);
	return woken >= 0 ? woken : err;
}

/* futex_waitv(2): waiters, how many, flags (none), a moment, its clock. The timeout is a moment: a restart keeps it. */
long
sys_futex_waitv(const ulong *a)
{
	u64 deadline = TIME_NEVER, ns;
	uint n = a[1];
	int clock = a[4], err = 0;
	struct wordv *v;

	if (a[2] || !n || n > FUTEX_WAITV_MAX || !a[0])
		return -EINVAL;
	if (a[3]) {
		if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
			return -EINVAL;
		err = timespec_from_user(UPTR(a[3]), &ns);
		if (err)
			return err;
		deadline = clock == CLOCK_REALTIME ? clock_to_monotonic(ns) : ns;
	}
	v = kmalloc(n * sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	err = words_fetch(v, n, UPTR(a[0]));
	if (!err)
		err = words_wait(v, n, deadline);
	kfree(v);
	return err;
}
