/*
 * futex_robust.c - what becomes of a thread's locks when it ends, or leaves its address space by exec.
 *
 *	1. those on its robust list, which only the program knows, are marked FUTEX_OWNER_DIED; a waiter is woken
 *	2. those of futex_pi.c for which somebody waits go to him, robust or not
 *	3. the word that it said is zeroed, and who joins it is woken (CLONE_CHILD_CLEARTID)
 *
 * Locks       task->futex_exit while 1 and 2 last: who finds its name in a word meanwhile waits for the end.
 * Not here    waking (futex.c).
 * Further     get_robust_list(2); Documentation/locking/robust-futex-ABI.rst.
 */
#include "abi/errno.h"
#include "abi/futex.h"
#include "kernel/futex_private.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "mm/usercopy.h"

void
futex_wake_tid(u64 addr)
{
	struct futex_key k;

	if (put_user((u32)0, UPTR(addr)) == 0 && futex_key_get(addr, false, &k) == 0)
		futex_wake(&k, 1, FUTEX_BITSET_MATCH_ANY);
}

/* An entry's low bit says that it is a lock of futex_pi.c; its address is the rest. */
#define ENTRY(e)	((e) & ~1UL)
#define IS_PI(e)	((e) & 1)

/* Mark the word at addr, if tid owns it, as left by a dead owner: what it was before, or 0 if it is not so. */
static u32
word_mark(u64 addr, u32 tid)
{
	u32 val, seen;

	if (user_u32_read(UPTR(addr), &val))
		return 0;
	while ((val & FUTEX_TID_MASK) == tid) {
		if (user_u32_cmpxchg(UPTR(addr), val, (val & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen))
			return 0;
		if (seen == val)
			return val;
		val = seen;
	}
	return 0;
}

/* See to one entry of the list of the thread tid. pending: it was just taking or giving back that one. */
static void
robust_release(u64 entry, s64 offset, u32 tid, bool pending)
{
	u64 addr = ENTRY(entry) + offset;
	struct futex_key k;
	bool wake;
	u32 val;

	if (addr & 3)
		return;
	wake = word_mark(addr, tid) & FUTEX_WAITERS;
	if (!wake && pending)			/* died between unlocking and waking? */
		wake = user_u32_read(UPTR(addr), &val) == 0 && val == 0;
	if (wake && !IS_PI(entry) && futex_key_get(addr, false, &k) == 0)
		futex_wake(&k, 1, FUTEX_BITSET_MATCH_ANY);
}

static void
robust_walk(struct task *t)
{
	struct abi_robust_list_head head;
	u64 at, next, list = t->robust_list, pending;

	t->robust_list = 0;
	if (get_user(head, UPTR(list)))
		return;
	pending = head.list_op_pending;
	at = head.list.next;
	for (int n = 0; ENTRY(at) != list && n < ROBUST_LIST_LIMIT; n++) {
		int err = get_user(next, UPTR(ENTRY(at)));

		if (ENTRY(at) != ENTRY(pending))
			robust_release(at, head.futex_offset, t->pid, false);
		if (err)
			break;
		at = next;
	}
	if (ENTRY(pending))
		robust_release(pending, head.futex_offset, t->pid, true);
}

void
futex_exit(struct task *t, bool ends)
{
	mutex_lock(&t->futex_exit);
	WRITE_ONCE(t->futex_state, FUTEX_ENDS);
	if (t->robust_list)
		robust_walk(t);
	futex_pi_exit(t, ends ? FUTEX_ENDED : FUTEX_LIVES);
	mutex_unlock(&t->futex_exit);
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
