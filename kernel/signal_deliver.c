/*
 * signal_deliver.c - acting on signals, on the way back to user mode.
 *
 *	             signal_deliver
 *	                   |
 *	   +--> stop asked for? ----- stop; SIGCONT or SIGKILL goes on --+
 *	   |         | no                                                |
 *	   |    next signal? --- none: restart the call, return          |
 *	   |         |                                                   |
 *	   +---- ignored                                                 |
 *	   |         |                                                   |
 *	   |    handler ---- restart or EINTR; push frame, return        |
 *	   |         |                                                   |
 *	   |    default: ignore | stop (then as above) | end the process |
 *	   +-------------------------------------------------------------+
 *
 * Locks       the sighand lock; where threads are compared or the parent is told,
 *             tasks_lock before it.
 * Not here    sending (signal.c); the frame's layout (arch/riscv/signal.c).
 * Further     signal(7), "Interruption of system calls"; POSIX.1-2017, 2.4 Signal Concepts.
 */
#include "abi/errno.h"
#include "abi/syscall.h"
#include "abi/time.h"
#include "abi/wait.h"
#include "arch/signal.h"
#include "arch/trap.h"
#include "arch/vdso.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "lib/string.h"
#include "mm/mm.h"

/* ---- telling the parent ---- */

void
signal_notify_parent_locked(struct process *p, int why)
{
	struct process *parent = p->parent;
	const struct abi_sigaction *a;
	struct task *t;
	u64 utime, stime;
	struct abi_siginfo info;
	bool wanted = true, exited;
	int sig = SIGCHLD;

	assert_held(&tasks_lock);
	if (!parent)
		return;
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGCHLD;
	info.si_code = why;
	info.si_pid = p->pid;
	info.si_uid = p->leader->uid;
	process_times_locked(p, &utime, &stime);
	info.si_utime = utime / (NSEC_PER_SEC / ABI_CLK_TCK);
	info.si_stime = stime / (NSEC_PER_SEC / ABI_CLK_TCK);
	exited = why == CLD_EXITED || why == CLD_KILLED || why == CLD_DUMPED;
	if (exited) {
		sig = p->parent_exec_id == parent->exec_id ? p->leader->exit_signal : SIGCHLD;
		info.si_signo = sig;
		info.si_status = why == CLD_EXITED ? WEXITSTATUS(p->exit_code) : WTERMSIG(p->exit_code);
	} else {
		info.si_status = why == CLD_CONTINUED ? SIGCONT : p->stop_signal ? p->stop_signal : p->last_stop;
	}
	t = list_first(&parent->threads, struct task, thread_link);
	if (sig == SIGCHLD && t && t->sighand) {	/* one that is ignored is not sent, even if it is blocked */
		a = &t->sighand->action[SIGCHLD - 1];
		wanted = a->sa_handler != SIG_IGN && (exited || !(a->sa_flags & SA_NOCLDSTOP));
	}
	if (sig && wanted)
		signal_send_locked(parent, NULL, sig, &info);
	wake_up_key(&parent->child_wait, (void *)(exited ? WAKE_SYNC : 0), 0);
}

void
signal_notify_parent(struct process *p, int why)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);

	signal_notify_parent_locked(p, why);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* ---- stopping ---- */

/* Default action of a stop signal: the whole process is to stop. */
static void
stop_begin(struct process *p, int sig) MUST_HOLD(tasks_lock, current->sighand->lock)
{
	struct task *t;

	p->stop_signal = sig;
	p->stop_reported = true;		/* nothing to report before all threads have stopped */
	p->cont_pending = false;
	list_for_each(t, &p->threads, thread_link)
		if (t != current)
			signal_poke(t, TASK_INTERRUPTIBLE);
}

/* Stop this thread; the last one to stop tells the parent. Drops both locks. */
static void
stop_here(struct process *p, ulong flags) RELEASES(tasks_lock, current->sighand->lock)
{
	bool last = signal_all_stopped(p, current);

	set_state(TASK_STOPPED);
	if (last)
		p->stop_reported = false;
	spin_unlock(&current->sighand->lock);
	if (last)
		signal_notify_parent_locked(p, CLD_STOPPED);
	spin_unlock_irqrestore(&tasks_lock, flags);
	schedule();
}

void
signal_stop_without_current(void)
{
	struct process *p = current->proc;
	ulong flags = spin_lock_irqsave(&tasks_lock);
	bool last;

	spin_lock(&current->sighand->lock);
	last = p->stop_signal && p->stop_reported && p->nthreads > 1 && signal_all_stopped(p, current);
	if (last)
		p->stop_reported = false;
	spin_unlock(&current->sighand->lock);
	if (last)
		signal_notify_parent_locked(p, CLD_STOPPED);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* ---- choosing ---- */

/* Must this thread end without a signal of its own: its process exits, or another thread calls execve? */
static bool
must_exit(const struct task *t)
{
	return t->proc->exiting || (t->proc->exec_task && t->proc->exec_task != t);
}

/*
 * The default action of sig, which is pending. Both locks held if `tree`.
 * Returns false if tasks_lock is needed first; else the signal has been taken and *fatal says whether
 * the process must end. NO_TSA from here on: which locks are held depends on `tree`.
 */
static bool
default_action(struct task *t, int sig, bool tree, bool *fatal) NO_TSA
{
	struct process *p = t->proc;
	struct sigqueue *q;
	bool forced;

	if ((sigmask(sig) & SIGS_STOP) && !tree)
		return false;
	q = signal_dequeue(t, sig);
	forced = (sigmask(sig) & SIGS_SYNC) && (!q || q->info.si_code > 0);
	sigqueue_free(q);
	if (sigmask(sig) & SIGS_IGNORE)
		return true;
	if (p->pid == 1 && !forced)		/* the handler was removed while it was pending */
		return true;
	if (sigmask(sig) & SIGS_STOP) {
		if (sig == SIGSTOP || !pgrp_orphaned_locked(p->pgid, NULL))
			stop_begin(p, sig);
		return true;
	}
	*fatal = true;
	return true;
}

/* The sighand lock, and tasks_lock before it if `tree`. */
static ulong
lock_signals(bool tree) NO_TSA
{
	ulong flags;

	if (likely(!tree))
		return spin_lock_irqsave(&current->sighand->lock);
	flags = spin_lock_irqsave(&tasks_lock);
	spin_lock(&current->sighand->lock);
	return flags;
}

static void
unlock_signals(bool tree, ulong flags) NO_TSA
{
	if (likely(!tree)) {
		spin_unlock_irqrestore(&current->sighand->lock, flags);
	} else {
		spin_unlock(&current->sighand->lock);
		spin_unlock_irqrestore(&tasks_lock, flags);
	}
}

/* The handler *a is about to run for sig: what it wants blocked is, from now on. */
static void
enter_handler(struct task *t, int sig, struct abi_sigaction *a)
{
	t->sig_blocked |= a->sa_mask;
	if (!(a->sa_flags & SA_NODEFER))
		t->sig_blocked |= sigmask(sig);
	if (a->sa_flags & SA_RESETHAND)
		a->sa_handler = SIG_DFL;
}

/*
 * Take the next signal that has a handler: its number, *sa, *info (NULL: none known) and in *mask what was
 * blocked before; the handler's mask is in force. 0 when there is none. Stops, or ends the process, on the way.
 */
static int
take_handled(struct abi_sigaction *sa, struct sigqueue **info, u64 *mask) NO_TSA
{
	struct task *t = current;
	struct abi_sigaction *a;
	struct sigqueue *q;
	bool tree = false, fatal = false, lost = false;
	ulong flags;
	int sig;

	for (;; unlock_signals(tree, flags)) {
again:
		flags = lock_signals(tree);
		sig = 0;
		if (unlikely(must_exit(t)))
			break;
		sig = signal_next(t, ~t->sig_blocked);
		if (unlikely(t->proc->stop_signal) && sig != SIGKILL) {
			if (!tree)
				goto need_tree;
			stop_here(t->proc, flags);
			goto again;
		}
		if (!sig)
			break;
		a = &t->sighand->action[sig - 1];
		if (a->sa_handler == SIG_DFL) {
			if (!default_action(t, sig, tree, &fatal))
				goto need_tree;
			if (fatal)
				break;
			continue;
		}
		q = signal_dequeue(t, sig);
		if (a->sa_handler != SIG_IGN) {
			*info = q;
			*sa = *a;
			*mask = t->sig_blocked;
			enter_handler(t, sig, a);
			lost = t->proc->sig_pending & t->sig_blocked & ~*mask;
			break;
		}
		sigqueue_free(q);
		continue;
need_tree:
		unlock_signals(tree, flags);
		tree = true;
		goto again;
	}
	signal_recalc(t);
	unlock_signals(tree, flags);
	if (unlikely(fatal))
		process_exit(W_EXITCODE(0, sig));
	if (unlikely(!sig && must_exit(t)))
		task_exit(t->proc->exiting ? t->proc->exit_code : 0);
	if (unlikely(lost))
		signal_retarget(t->proc);
	return sig;
}

/* ---- the interrupted system call ---- */

/* sa: the handler about to run, NULL if none. */
static void
restart_call(struct trapframe *r, const struct abi_sigaction *sa)
{
	bool again = true;

	if (r->cause != CAUSE_ECALL_U)
		return;
	r->cause = ~0UL;			/* decided: a second signal finds a plain interruption */
	switch (-(long)r->a0) {
	case ERESTARTSYS:
		again = !sa || (sa->sa_flags & SA_RESTART);
		break;
	case ERESTARTNOINTR:
		break;
	case ERESTARTNOHAND:
		again = !sa;
		break;
	case ERESTART_RESTARTBLOCK:
		again = !sa;
		if (again)
			r->a7 = SYS_restart_syscall;
		break;
	default:
		return;
	}
	if (again) {
		r->a0 = r->orig_a0;
		r->pc -= 4;			/* back to the ecall */
	} else {
		r->a0 = -EINTR;
	}
}

/* ---- handlers ---- */

/*
 * Make user mode run the handler for sig. 0, or -EFAULT if its stack is not writable, or is the alternate one and
 * the frame would grow out of it.
 */
static int
push_handler(struct trapframe *r, int sig, const struct abi_sigaction *sa, const struct sigqueue *q, u64 mask)
{
	struct abi_sigaltstack *ss = &current->altstack, saved = *ss;
	ulong trampoline = current->mm->vdso + vdso_sigreturn_offset();
	ulong top = r->sp;
	int err;

	if (on_altstack(ss, top)) {
		if (!on_altstack(ss, top - sizeof(struct abi_rt_sigframe)))
			return -EFAULT;
	} else if (ss->ss_size && (sa->sa_flags & SA_ONSTACK)) {
		top = ss->ss_sp + ss->ss_size;
	}
	if (q) {
		err = sigframe_push(r, top, &q->info, sa, mask, &saved, trampoline);
	} else {
		struct abi_siginfo info;

		memset(&info, 0, sizeof(info));
		info.si_signo = sig;
		err = sigframe_push(r, top, &info, sa, mask, &saved, trampoline);
	}
	if (!err && unlikely(ss->ss_flags & SS_AUTODISARM))
		*ss = (struct abi_sigaltstack){ .ss_flags = SS_DISABLE };
	return err;
}

void
signal_deliver(struct trapframe *r)
{
	struct task *t = current;
	struct abi_sigaction sa;
	struct sigqueue *q = NULL;
	u64 mask = 0;
	int sig;

	sig = take_handled(&sa, &q, &mask);
	if (!sig) {
		restart_call(r, NULL);
		return;
	}
	restart_call(r, &sa);
	if (t->arch.work & TASK_WORK_RESTORE_MASK) {
		mask = t->saved_mask;
		__atomic_fetch_and(&t->arch.work, ~(u32)TASK_WORK_RESTORE_MASK, __ATOMIC_RELAXED);
	}
	if (unlikely(push_handler(r, sig, &sa, q, mask))) {
		signal_set_mask(mask);
		if (sig == SIGSEGV) {		/* its own handler cannot run: no second try */
			ulong flags = spin_lock_irqsave(&t->sighand->lock);

			t->sighand->action[SIGSEGV - 1].sa_handler = SIG_DFL;
			spin_unlock_irqrestore(&t->sighand->lock, flags);
		}
		signal_fault(SIGSEGV, SI_KERNEL, 0);
	}
	sigqueue_free(q);
}
