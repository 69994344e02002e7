/*
 * wait.c - waiting for children: wait4 and waitid.
 *
 * Data        process.children; process.child_wait, where the parent's threads sleep.
 * Locks       tasks_lock [T] while children are looked at; the flags of a stop change under it too.
 * Not here    how a child becomes a zombie (exit.c) or stops (signal_deliver.c).
 * Further     wait(2), waitid(2).
 */
#include "abi/errno.h"
#include "abi/wait.h"
#include "fs/event/pidfd.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task_private.h"
#include "lib/string.h"
#include "mm/usercopy.h"

/* Is child one that (idtype, id, options) asks for? P_PIDFD: the process `only`. */
static bool
selected(const struct process *child, int idtype, int id, int options, const struct process *only)
{
	bool plain = child->leader->exit_signal == SIGCHLD;

	if (idtype == P_PID && child->pid != id)
		return false;
	if (idtype == P_PGID && child->pgid != id)
		return false;
	if (idtype == P_PIDFD && child != only)
		return false;
	if ((options & __WNOTHREAD) && child->parent_thread != current)
		return false;
	return (options & __WALL) || !plain == !!(options & __WCLONE);
}

struct report {				/* what wait4 and waitid hand out */
	int	pid, uid;
	int	why;			/* CLD_*; 0: nothing to tell */
	int	status;			/* as wait4's */
};

/* What child has to tell, if it is asked for; take: and then it has told it. False: nothing. */
static bool
tells(struct process *child, int options, bool take, struct report *r) MUST_HOLD(tasks_lock)
{
	int code = child->exit_code;

	if (child->zombie) {
		if (!(options & WEXITED))
			return false;
		r->why = WIFEXITED(code) ? CLD_EXITED : WCOREDUMP(code) ? CLD_DUMPED : CLD_KILLED;
		r->status = code;
	} else if (child->stop_signal && !child->stop_reported && (options & WSTOPPED)) {
		r->why = CLD_STOPPED;
		r->status = W_STOPCODE(child->stop_signal);
		child->stop_reported |= take;
	} else if (child->cont_pending && (options & WCONTINUED)) {
		r->why = CLD_CONTINUED;
		r->status = W_CONTINUED;
		child->cont_pending &= !take;
	} else {
		return false;
	}
	r->pid = child->pid;
	r->uid = child->leader->uid;
	return true;
}

/* The child's resources, with those of its own children, become its parent's children's. */
static void
inherit_usage(struct process *p, const struct process *child) MUST_HOLD(tasks_lock)
{
	p->cutime += child->utime + child->cutime;
	p->cstime += child->stime + child->cstime;
	p->cmin_flt += child->min_flt + child->cmin_flt;
	p->cmaj_flt += child->maj_flt + child->cmaj_flt;
	p->cnvcsw += child->nvcsw + child->cnvcsw;
	p->cnivcsw += child->nivcsw + child->cnivcsw;
	p->cmaxrss = MAX(p->cmaxrss, MAX(child->maxrss, child->cmaxrss));
}

/*
 * One look at the children. True when the wait is over: *result is 0 with *r filled, or -errno. *child: whose the
 * report is, counted. *dead: a leader whose table reference the caller must drop.
 */
static bool
look(int idtype, int id, int options, const struct process *only, struct report *r, struct process **whose,
     struct task **dead, int *result)
{
	struct process *me = current->proc, *child;
	bool any = false, found = false, take = !(options & WNOWAIT);
	ulong flags = spin_lock_irqsave(&tasks_lock);

	list_for_each(child, &me->children, sibling) {
		if (!selected(child, idtype, id, options, only))
			continue;
		any = true;
		found = tells(child, options, take, r);
		if (found)
			break;
	}
	if (found) {
		process_get(child);
		*whose = child;
		if (child->zombie && take) {
			inherit_usage(me, child);
			process_bury_locked(child);
			*dead = child->leader;
		}
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	*result = found || any ? 0 : -ECHILD;
	return found || !any || (options & WNOHANG);
}

static long
process_wait(int idtype, int id, int options, const struct process *only, int *status, struct abi_rusage *ru,
	     struct abi_siginfo *info)
{
	struct waitq *q = &current->proc->child_wait;
	struct process *child = NULL;
	struct task *dead = NULL;
	struct report r = { 0 };
	struct waiter w;
	int err = 0;

	if (!look(idtype, id, options, only, &r, &child, &dead, &err)) {
		waiter_init(&w);
		for (;;) {
			waitq_prepare(q, &w, TASK_INTERRUPTIBLE);
			if (look(idtype, id, options, only, &r, &child, &dead, &err))
				break;
			err = wait_sleep_(TASK_INTERRUPTIBLE, TIME_NEVER);
			if (err)
				break;
		}
		waitq_finish(q, &w);
	}
	if (err)
		return err;
	if (child) {
		if (ru)
			process_rusage(child, RUSAGE_BOTH, ru);
		process_put(child);
	}
	if (dead)
		task_put(dead);
	if (status)
		*status = r.status;
	if (info) {
		memset(info, 0, sizeof(*info));
		info->si_signo = r.why ? SIGCHLD : 0;
		info->si_code = r.why;
		info->si_pid = r.pid;
		info->si_uid = r.uid;
		info->si_status = r.why == CLD_EXITED || r.why == CLD_STOPPED ? WEXITSTATUS(r.status) :
				  r.why == CLD_CONTINUED ? SIGCONT : WTERMSIG(r.status);
	}
	return r.pid;
}

/* wait4(2). */
long
sys_wait4(const ulong *a)
{
	int pid = a[0], options = a[2], idtype = P_PID, id = pid, status;
	uptr_t ustatus = UPTR(a[1]), uru = UPTR(a[3]);
	struct abi_rusage ru;
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | (int)__WCLONE))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid == -1) {
		idtype = P_ALL;
	} else if (pid <= 0) {
		idtype = P_PGID;
		id = pid ? -pid : current->proc->pgid;
	}
	ret = process_wait(idtype, id, options | WEXITED, NULL, &status, uru.addr ? &ru : NULL, NULL);
	if (ret > 0) {
		if (ustatus.addr && put_user(status, ustatus))
			return -EFAULT;
		if (uru.addr && put_user(ru, uru))
			return -EFAULT;
	}
	return ret;
}

/* waitid(2). */
long
sys_waitid(const ulong *a)
{
	int idtype = a[0], id = a[1], options = a[3];
	uptr_t uinfo = UPTR(a[2]), uru = UPTR(a[4]);
	struct abi_siginfo info;
	struct pid_ref pidfd = { 0 };
	struct abi_rusage ru;
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WALL | (int)__WCLONE))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	if (idtype == P_PGID && id == 0)
		id = current->proc->pgid;
	else if (idtype != P_ALL && (idtype < P_ALL || idtype > P_PIDFD || id < (idtype == P_PIDFD ? 0 : 1)))
		return -EINVAL;
	if (idtype == P_PIDFD) {
		ret = pidfd_get(id, &pidfd);
		if (ret)
			return ret;
	}
	ret = process_wait(idtype, id, options | (pidfd.nonblock ? WNOHANG : 0), pidfd.proc, NULL,
			   uru.addr ? &ru : NULL, &info);
	if (pidfd.proc)
		pid_ref_put(&pidfd);
	if (!ret && pidfd.nonblock && !(options & WNOHANG))
		ret = -EAGAIN;
	if (ret < 0)
		return ret;
	if (ret > 0 && uru.addr && put_user(ru, uru))
		return -EFAULT;
	if (uinfo.addr && copy_to_user(uinfo, &info, offsetof(struct abi_siginfo, si_status) + sizeof(info.si_status)))
		return -EFAULT;
	return 0;
}
