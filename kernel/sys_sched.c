/*
 * sys_sched.c - system calls about scheduling: policies, affinity, nice values.
 *
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
#include "mm/usercopy.h"

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

/* May current give t this policy and priority? 0 or -EPERM. */
static int
policy_permitted(const struct task *t, int policy, int prio)
{
	u64 limit = t->proc->rlim[RLIMIT_RTPRIO].rlim_cur;

	if (task_capable(BIT(CAP_SYS_NICE)))
		return 0;
	if (!owns(t))
		return -EPERM;
	if (is_rt(policy) && (policy != t->se.policy || prio > t->se.base_prio) && (u64)prio > limit)
		return -EPERM;
	return 0;
}

/* policy -1: keep t's. */
static long
set_scheduler(int pid, int policy, uptr_t uparam)
{
	struct abi_sched_param param;
	struct task *t;
	bool reset = false;
	int err;

	if (pid < 0 || !uparam.addr)
		return -EINVAL;
	if (get_user(param, uparam))
		return -EFAULT;
	t = task_named(pid);
	if (!t)
		return -ESRCH;
	if (policy == -1) {
		policy = t->se.policy;
		reset = t->se.reset_on_fork;
	} else {
		reset = policy & SCHED_RESET_ON_FORK;
		policy &= ~SCHED_RESET_ON_FORK;
	}
	err = policy_permitted(t, policy, param.sched_priority);
	if (!err)
		err = sched_set_policy(t, policy, param.sched_priority);
	if (!err)
		t->se.reset_on_fork = reset;
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
	ns = t->se.class->slice(cpu_rq(t->cpu), t);
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
	u64 limit = t->proc->rlim[RLIMIT_NICE].rlim_cur;

	if (!owns(t))
		return -EPERM;
	if (nice < t->se.nice && 20 - nice > (long)MIN(limit, 40UL) && !task_capable(BIT(CAP_SYS_NICE)))
		return -EACCES;
	sched_set_nice(t, nice);
	return 0;
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
