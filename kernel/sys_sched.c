/*
 * sys_sched.c - system calls about scheduling: policies, affinity, nice values.
 *
 * Locks       `changes`: what a call finds a task to be is what it changes, or else a call that means to change one
 *             thing could give back another that was taken away meanwhile. It spins: who is raised runs after it.
 * Not here    what they do (sched.c).
 * Further     sched(7), setpriority(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/resource.h"
#include "abi/sched.h"
#include "abi/time.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "mm/usercopy.h"

static struct spinlock changes = SPINLOCK_INIT(RANK_SCHED_CHANGE);

/* --- whom --- */

/* The task that a call's pid argument names (0: current), counted; NULL if there is none. */
static struct task *
task_named(int pid)
{
	if (pid)
		return pid < 0 ? NULL : task_get_by_pid(pid);
	task_get(current);
	return current;
}

/* May current change how t is scheduled, apart from giving it more? */
static bool
owns(const struct task *t)
{
	return current->euid == t->euid || current->euid == t->uid || task_capable(BIT(CAP_SYS_NICE));
}

/* --- policy --- */

static bool
is_rt(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* Policies that the nice value belongs to. */
static bool
is_nice(int policy)
{
	return policy == SCHED_OTHER || policy == SCHED_BATCH;
}

/* May t have this nice value by RLIMIT_NICE? */
static bool
nice_allowed(const struct task *t, int nice)
{
	return 20 - nice <= (long)MIN(READ_ONCE(t->proc->rlim[RLIMIT_NICE].rlim_cur), 40UL);
}

/* Can a task be scheduled so? 0 or -EINVAL. */
static int
change_check(const struct sched_change *c)
{
	if (!is_rt(c->policy) && !is_nice(c->policy) && c->policy != SCHED_IDLE)
		return -EINVAL;
	if (c->prio < 0 || c->prio > 99 || is_rt(c->policy) != (c->prio != 0))
		return -EINVAL;
	return 0;
}

/* May current change t to this without a capability? */
static bool
change_is_free(const struct task *t, const struct sched_change *c)
{
	u64 limit = READ_ONCE(t->proc->rlim[RLIMIT_RTPRIO].rlim_cur);
	const struct sched_entity *se = &t->se;

	if (is_nice(c->policy) && c->nice < se->nice && !nice_allowed(t, c->nice))
		return false;
	if (is_rt(c->policy) && ((c->policy != se->policy && !limit) ||
				 (c->prio > se->base_prio && (u64)c->prio > limit)))
		return false;
	if (se->policy == SCHED_IDLE && c->policy != SCHED_IDLE && !nice_allowed(t, se->nice))
		return false;			/* that is as nice 20 would be */
	if (se->reset_on_fork && !c->reset_on_fork)
		return false;
	return current->euid == t->euid || current->euid == t->uid;
}

/* Check the change, and make it: 0 or -errno. */
static int
change_to(struct task *t, const struct sched_change *c) MUST_HOLD(changes)
{
	int err = change_check(c);

	if (err)
		return err;
	if (!change_is_free(t, c) && !task_capable(BIT(CAP_SYS_NICE)))
		return -EPERM;
	if (is_rt(c->policy) && c->policy != t->se.policy && READ_ONCE(sched_rt_runtime_us) == 0)
		return -EPERM;			/* it could never run */
	sched_change(t, c);
	return 0;
}

/* As t is scheduled now. */
static struct sched_change
change_nothing(const struct task *t) MUST_HOLD(changes)
{
	return (struct sched_change){ .policy = t->se.policy, .prio = t->se.base_prio, .nice = t->se.nice,
				      .slice = t->se.slice, .reset_on_fork = t->se.reset_on_fork };
}

/* policy -1: keep t's. */
static long
set_scheduler(int pid, int policy, uptr_t uparam)
{
	struct abi_sched_param param;
	struct sched_change c;
	struct task *t;
	int err;

	if (pid < 0 || !uparam.addr)
		return -EINVAL;
	if (get_user(param, uparam))
		return -EFAULT;
	t = task_named(pid);
	if (!t)
		return -ESRCH;
	spin_lock(&changes);
	c = change_nothing(t);
	c.prio = param.sched_priority;
	if (policy != -1) {
		c.policy = policy & ~SCHED_RESET_ON_FORK;
		c.reset_on_fork = policy & SCHED_RESET_ON_FORK;
	}
	err = change_to(t, &c);
	spin_unlock(&changes);
	task_put(t);
	return err;
}

long
sys_sched_setparam(const ulong *a)
{
	return set_scheduler(a[0], -1, UPTR(a[1]));
}

long
sys_sched_setscheduler(const ulong *a)
{
	int policy = a[1];

	return policy < 0 ? -EINVAL : set_scheduler(a[0], policy, UPTR(a[2]));
}

/*
 * Fetch a struct abi_sched_attr of any version: what is missing is 0. Bytes that we do not know must be 0, else -E2BIG
 * and the size that we do know is stored there.
 */
static int
fetch_attr(struct abi_sched_attr *attr, uptr_t src)
{
	u32 size, known = sizeof(*attr);
	u8 byte;

	memset(attr, 0, sizeof(*attr));
	if (copy_from_user(&size, src, sizeof(size)))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		goto out_size;
	if (copy_from_user(attr, src, MIN(size, known)))
		return -EFAULT;
	for (u32 at = known; at < size; at++) {
		if (copy_from_user(&byte, uptr_add(src, at), 1))
			return -EFAULT;
		if (byte)
			goto out_size;
	}
	if ((attr->sched_flags & SCHED_FLAG_UTIL_CLAMP) && size < SCHED_ATTR_SIZE_VER1)
		return -EINVAL;
	attr->sched_nice = MIN(MAX(attr->sched_nice, -20), 19);
	return 0;
out_size:
	return put_user(known, src) ? -EFAULT : -E2BIG;
}

/* What attr asks for t. 0 or -errno. */
static int
attr_to_change(const struct task *t, const struct abi_sched_attr *attr, struct sched_change *c) MUST_HOLD(changes)
{
	u64 flags = attr->sched_flags;

	*c = change_nothing(t);
	if (!(flags & SCHED_FLAG_KEEP_POLICY)) {
		c->policy = attr->sched_policy;
		c->reset_on_fork = flags & SCHED_FLAG_RESET_ON_FORK;
	}
	if (!(flags & SCHED_FLAG_KEEP_PARAMS)) {
		if (attr->sched_priority > 99)
			return -EINVAL;
		c->prio = attr->sched_priority;
		if (is_nice(c->policy)) {
			c->nice = attr->sched_nice;
			c->slice = attr->sched_runtime;
		}
	}
	if (flags & ~(u64)SCHED_FLAG_ALL)
		return -EINVAL;
	return flags & SCHED_FLAG_UTIL_CLAMP ? -EOPNOTSUPP : 0;
}

/* sched_setattr(2). */
long
sys_sched_setattr(const ulong *a)
{
	int pid = a[0], err;
	struct abi_sched_attr attr;
	struct sched_change c;
	struct task *t;

	if (pid < 0 || !a[1] || (u32)a[2])
		return -EINVAL;
	err = fetch_attr(&attr, UPTR(a[1]));
	if (err)
		return err;
	if ((int)attr.sched_policy < 0)
		return -EINVAL;
	t = task_named(pid);
	if (!t)
		return -ESRCH;
	spin_lock(&changes);
	err = attr_to_change(t, &attr, &c);
	if (!err)
		err = change_to(t, &c);
	spin_unlock(&changes);
	task_put(t);
	return err;
}

/* sched_getattr(2): as much as fits in the caller's size. */
long
sys_sched_getattr(const ulong *a)
{
	struct abi_sched_attr attr = { 0 };
	int pid = a[0];
	u32 size = a[2];
	struct task *t;

	if (pid < 0 || !a[1] || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || (u32)a[3])
		return -EINVAL;
	t = task_named(pid);
	if (!t)
		return -ESRCH;
	attr.size = MIN(size, (u32)sizeof(attr));
	attr.sched_policy = t->se.policy;
	attr.sched_flags = t->se.reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
	if (is_rt(t->se.policy)) {
		attr.sched_priority = t->se.base_prio;
	} else {
		attr.sched_nice = t->se.nice;
		attr.sched_runtime = t->se.slice;
	}
	task_put(t);
	return copy_to_user(UPTR(a[1]), &attr, attr.size) ? -EFAULT : 0;
}

long
sys_sched_getscheduler(const ulong *a)
{
	int pid = a[0];
	struct task *t;
	long policy;

	if (pid < 0)
		return -EINVAL;
	t = task_named(pid);
	if (!t)
		return -ESRCH;
	policy = t->se.policy | (t->se.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return policy;
}

long
sys_sched_getparam(const ulong *a)
{
	struct abi_sched_param param;
	int pid = a[0];
	struct task *t;

	if (pid < 0 || !a[1])
		return -EINVAL;
	t = task_named(pid);
	if (!t)
		return -ESRCH;
	param.sched_priority = t->se.base_prio;
	task_put(t);
	return put_user(param, UPTR(a[1]));
}

long
sys_sched_get_priority_max(const ulong *a)
{
	int policy = a[0];

	if (is_rt(policy))
		return 99;
	return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ||
	       policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

long
sys_sched_get_priority_min(const ulong *a)
{
	return is_rt(a[0]) ? 1 : sys_sched_get_priority_max(a);
}

long
sys_sched_rr_get_interval(const ulong *a)
{
	int pid = a[0];
	struct task *t;
	u64 ns;

	if (pid < 0)
		return -EINVAL;
	t = task_named(pid);
	if (!t)
		return -ESRCH;
	ns = (is_rt(t->se.policy) ? &sched_rt : sched_sharing)->quantum(t);
	task_put(t);
	return timespec_to_user(UPTR(a[1]), ns);
}

long
sys_sched_yield(const ulong *a)
{
	sched_yield_current();
	return 0;
}

/* --- affinity --- */

/* sched_setaffinity(2). The mask may be shorter or longer than ours. */
long
sys_sched_setaffinity(const ulong *a)
{
	u64 len = a[1];
	cpumask_t mask = 0;
	struct task *t;
	int err;

	if (copy_from_user(&mask, UPTR(a[2]), MIN(len, sizeof(mask))))
		return -EFAULT;
	t = task_named(a[0]);
	if (!t)
		return -ESRCH;
	err = owns(t) ? sched_set_affinity(t, mask) : -EPERM;
	task_put(t);
	return err;
}

/* sched_getaffinity(2): the size of our mask, which must fit. */
long
sys_sched_getaffinity(const ulong *a)
{
	u64 len = (u32)a[1];
	cpumask_t mask;
	struct task *t;

	if (len < sizeof(mask) || len % sizeof(ulong))
		return -EINVAL;
	t = task_named(a[0]);
	if (!t)
		return -ESRCH;
	mask = t->se.allowed & cpus_online;
	task_put(t);
	return put_user(mask, UPTR(a[2])) ? -EFAULT : (long)sizeof(mask);
}

long
sys_getcpu(const ulong *a)
{
	u32 cpu = READ_ONCE(current->cpu), node = 0;

	if (a[0] && put_user(cpu, UPTR(a[0])))
		return -EFAULT;
	if (a[1] && put_user(node, UPTR(a[1])))
		return -EFAULT;
	return 0;
}

/* --- nice --- */

static bool
nice_selected(const struct task *t, int which, int who)
{
	switch (which) {
	case PRIO_PROCESS:
		return t->pid == (who ? who : current->pid);
	case PRIO_PGRP:
		return t->proc->pgid == (who ? who : current->proc->pgid);
	default:
		return t->uid == (who ? (u32)who : current->uid);
	}
}

/* Set t's nice value: 0, -EPERM (not ours), -EACCES (ours, but not that far down). */
static int
nice_set(struct task *t, int nice)
{
	int err = 0;

	if (!owns(t))
		return -EPERM;
	spin_lock(&changes);
	if (nice < t->se.nice && !nice_allowed(t, nice) && !task_capable(BIT(CAP_SYS_NICE)))
		err = -EACCES;
	else
		sched_set_nice(t, nice);
	spin_unlock(&changes);
	return err;
}

/* setpriority(2): of every thread selected. An error for one does not spare the others. */
long
sys_setpriority(const ulong *a)
{
	int which = a[0], who = a[1], nice = MIN(MAX((int)a[2], PRIO_MIN), PRIO_MAX - 1);
	int pid = 1, err = -ESRCH, e;
	struct task *t;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	for (; (t = task_next(&pid, false)) != NULL; pid++) {
		if (nice_selected(t, which, who)) {
			e = nice_set(t, nice);
			if (e || err == -ESRCH)
				err = e;
		}
		task_put(t);
	}
	return err;
}

/* getpriority(2): 20 - nice, of the most favoured. */
long
sys_getpriority(const ulong *a)
{
	int which = a[0], who = a[1], pid = 1;
	long best = -ESRCH;
	struct task *t;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	for (; (t = task_next(&pid, false)) != NULL; pid++) {
		if (nice_selected(t, which, who))
			best = MAX(best, 20L - t->se.nice);
		task_put(t);
	}
	return best;
}

/* ioprio_get(2): no I/O priorities, so everybody has class "none". */
long
sys_ioprio_get(const ulong *a)
{
	int which = a[0];

	if (which < 1 || which > 3)
		return -EINVAL;
	return 0;
}
