/*
 * rlimit.c - resource limits, and what has been used.
 *
 * A limit is read where it is enforced, straight from proc->rlim: one aligned word, so
 * readers take no lock.
 *
 * Locks       sighand lock for writing a limit and for reading a pair.
 * Not here    the first process's limits and the counting of usage (task.c).
 * Further     getrlimit(2), getrusage(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/usercopy.h"

#define NOFILE_MAX	(1024 * 1024)	/* no descriptor table grows beyond this */

/* ---- limits ---- */

/* Is new one that current may set in place of old? 0 or -errno. */
static int
limit_check(uint which, const struct abi_rlimit *old, const struct abi_rlimit *new)
{
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > NOFILE_MAX)
		return -EPERM;
	if (new->rlim_max > old->rlim_max && !task_capable(BIT(CAP_SYS_RESOURCE)))
		return -EPERM;
	return 0;
}

/*
 * t's limit `which`: the old one to *old, then *new (if not NULL) in its place. 0 or -errno. NO_TSA: a task that has
 * exited has no sighand, and its lock is not taken.
 */
static int
limit_swap(struct task *t, uint which, const struct abi_rlimit *new, struct abi_rlimit *old) NO_TSA
{
	struct abi_rlimit *l = &t->proc->rlim[which];
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct sighand *s = t->sighand;		/* NULL once t has exited */
	int err = 0;

	if (s)
		spin_lock(&s->lock);
	*old = *l;
	if (new) {
		err = limit_check(which, old, new);
		if (!err)
			*l = *new;
	}
	if (s)
		spin_unlock(&s->lock);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* May current look at or change t's limits? */
static int
limit_permitted(const struct task *t)
{
	const struct task *me = current;

	if (t->proc == me->proc || task_capable(BIT(CAP_SYS_RESOURCE)))
		return 0;
	return me->uid == t->uid && me->uid == t->euid && me->uid == t->suid &&
	       me->gid == t->gid && me->gid == t->egid && me->gid == t->sgid ? 0 : -EPERM;
}

/* prlimit64(2). */
long
sys_prlimit64(const ulong *a)
{
	int pid = a[0];
	uint which = a[1];
	uptr_t new = UPTR(a[2]), out = UPTR(a[3]);
	struct abi_rlimit set, old;
	struct task *t = current;
	int err;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (new.addr && get_user(set, new))
		return -EFAULT;
	if (pid && pid != t->pid) {
		t = task_get_by_pid(pid);
		if (!t)
			return -ESRCH;
	}
	err = limit_permitted(t);
	if (!err)
		err = limit_swap(t, which, new.addr ? &set : NULL, &old);
	if (t != current)
		task_put(t);
	if (!err && out.addr)
		err = put_user(old, out);
	return err;
}

/* getrlimit(2). */
long
sys_getrlimit(const ulong *a)
{
	uint which = a[0];
	struct abi_rlimit old;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	limit_swap(current, which, NULL, &old);
	return put_user(old, UPTR(a[1]));
}

/* setrlimit(2). */
long
sys_setrlimit(const ulong *a)
{
	uint which = a[0];
	struct abi_rlimit set, old;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (get_user(set, UPTR(a[1])))
		return -EFAULT;
	return limit_swap(current, which, &set, &old);
}

/* ---- usage ---- */

/* getrusage(2). */
long
sys_getrusage(const ulong *a)
{
	int who = a[0];
	struct abi_rusage ru;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	process_rusage(current->proc, who, &ru);
	return put_user(ru, UPTR(a[1]));
}
