/*
 * mlock.c - memory that stays: faulted in, and not taken by reclaim (VM_LOCKED).
 *
 * With MLOCK_ONFAULT pages come when they are touched, and then stay. Who has no CAP_IPC_LOCK may lock RLIMIT_MEMLOCK
 * bytes of address space in all, whether there are pages or not.
 *
 * Further     mlock(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/mman.h"
#include "abi/resource.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/internal.h"

/* May current lock anything at all? */
bool
mlock_allowed(void)
{
	return current->proc->rlim[RLIMIT_MEMLOCK].rlim_cur != 0 || task_capable(BIT(CAP_IPC_LOCK));
}

/* How many pages of [start, end) are locked? */
static u64
locked_pages(struct mm *mm, u64 start, u64 end) MUST_HOLD_SHARED(mm->lock)
{
	u64 n = 0;

	for (struct area *a = mm_find(mm, start); a && a->start < end; a = area_next(a))
		if (a->flags & VM_LOCKED)
			n += (MIN(a->end, end) - MAX(a->start, start)) >> PAGE_SHIFT;
	return n;
}

/* Every area of [start, end), up to the first hole, gets these flags of VM_LOCKED_MASK. 0 or -ENOMEM. */
static int
set_lock(struct mm *mm, u64 start, u64 end, u32 flags) MUST_HOLD(mm->lock)
{
	struct area *a;
	u64 stop;
	int err;

	for (; start < end; start = stop) {
		a = mm_find(mm, start);
		if (!a || a->start > start)
			return -ENOMEM;
		stop = MIN(a->end, end);
		if (a->flags & VM_IO)
			continue;
		err = area_change(mm, a, start, stop, VM_LOCKED_MASK, flags);
		if (err)
			return err;
	}
	return 0;
}

static long
lock_range(u64 addr, u64 len, u32 flags)
{
	u64 start = ALIGN_DOWN(addr, PAGE_SIZE), end = start + PAGE_ALIGN(len + PAGE_OFFSET(addr));
	struct mm *mm = current->mm;
	int err = -ENOMEM;

	if (flags && !mlock_allowed())
		return -EPERM;
	if (end < start)
		return -EINVAL;
	rwsem_lock_write(&mm->lock);
	/* What is locked already does not count again. */
	if (mm_may_lock(mm, flags, (end - start) >> PAGE_SHIFT) ||
	    mm_may_lock(mm, flags, ((end - start) >> PAGE_SHIFT) - locked_pages(mm, start, end)))
		err = set_lock(mm, start, end, flags);
	rwsem_unlock_write(&mm->lock);
	if (err || !flags)
		return err;
	err = mm_populate(mm, start, end, 0);
	if (err == -ENOMEM)
		return -EAGAIN;
	return err == -EFAULT ? -ENOMEM : err;
}

/* mlock(2). */
long
sys_mlock(const ulong *a)
{
	return lock_range(a[0], a[1], VM_LOCKED);
}

/* mlock2(2). */
long
sys_mlock2(const ulong *a)
{
	int flags = a[2];

	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return lock_range(a[0], a[1], VM_LOCKED | (flags ? VM_LOCKONFAULT : 0));
}

/* munlock(2). */
long
sys_munlock(const ulong *a)
{
	return lock_range(a[0], a[1], 0);
}

/* Every area there is. One that memory is too short for stays as it is. */
static void
set_lock_all(struct mm *mm, u32 flags) MUST_HOLD(mm->lock)
{
	struct area *a;

	for (u64 at = 0; (a = mm_find(mm, at)); at = a->end)
		if (!(a->flags & VM_IO))
			area_set_flags(mm, a, (a->flags & ~VM_LOCKED_MASK) | flags);
}

/* Fault in every area, one at a time: where one cannot be read, the others are locked all the same. */
static void
populate_all(struct mm *mm)
{
	u64 at = 0, start;
	struct area *a;

	for (;;) {
		rwsem_lock_read(&mm->lock);
		a = mm_find(mm, at);
		start = a ? MAX(at, a->start) : 0;
		at = a ? a->end : 0;
		rwsem_unlock_read(&mm->lock);
		if (!a)
			return;
		mm_populate(mm, start, at, 0);
	}
}

/* mlockall(2). */
long
sys_mlockall(const ulong *a)
{
	int how = a[0];
	u32 flags = VM_LOCKED | (how & MCL_ONFAULT ? VM_LOCKONFAULT : 0);
	struct mm *mm = current->mm;

	if (!how || (how & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || how == MCL_ONFAULT)
		return -EINVAL;
	if (!mlock_allowed())
		return -EPERM;
	rwsem_lock_write(&mm->lock);
	if ((how & MCL_CURRENT) && !mm_may_lock(mm, VM_LOCKED, mm->total_pages - mm->locked_pages)) {
		rwsem_unlock_write(&mm->lock);
		return -ENOMEM;
	}
	mm->lock_future = how & MCL_FUTURE ? flags : 0;
	if (how & MCL_CURRENT)
		set_lock_all(mm, flags);
	rwsem_unlock_write(&mm->lock);
	if (how & MCL_CURRENT)
		populate_all(mm);
	return 0;
}

/* munlockall(2). */
long
sys_munlockall(const ulong *a)
{
	struct mm *mm = current->mm;

	rwsem_lock_write(&mm->lock);
	mm->lock_future = 0;
	set_lock_all(mm, 0);
	rwsem_unlock_write(&mm->lock);
	return 0;
}
