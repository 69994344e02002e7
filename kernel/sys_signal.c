/*
 * sys_signal.c - the signal system calls: decode, check, and call signal.c.
 *
 * Not here    delivery, including the restart of interrupted calls (signal_deliver.c).
 * Further     kill(2), sigaction(2), sigreturn(2), sigaltstack(2), rt_sigqueueinfo(2).
 */
#include "abi/errno.h"
#include "abi/event.h"
#include "abi/time.h"
#include "arch/signal.h"
#include "arch/trap.h"
#include "fs/event/pidfd.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"
#include "lib/string.h"
#include "mm/usercopy.h"

#define SA_KNOWN	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_ONSTACK | \
			 SA_RESTART | SA_NODEFER | SA_RESETHAND)

/* ---- sending ---- */

/* One process: permission, then send (sig 0: permission only). */
static int
kill_one(struct process *p, struct task *only, int sig, const struct abi_siginfo *info) MUST_HOLD(tasks_lock)
{
	int err = sig < 0 || sig > ABI_NSIG ? -EINVAL : signal_permitted(only ? only : p->leader, sig);

	if (err || !sig)
		return err;
	return signal_send_locked(p, only, sig, info);
}

/* kill(2) for 0, -1 and groups: success if one could be signalled, and for -1 also if none was permitted. */
static int
kill_many(int pid, int sig, const struct abi_siginfo *info)
{
	int pgid = pid == 0 ? current->proc->pgid : -pid;
	struct process *p;
	int found = 0, sent = 0, err = 0, e;
	ulong flags = spin_lock_irqsave(&tasks_lock);

	for (p = process_next_locked(NULL); p; p = process_next_locked(p)) {
		if (pid == -1 ? p->pid == 1 || p == current->proc : p->pgid != pgid)
			continue;
		found++;
		p->group_signals++;
		e = kill_one(p, NULL, sig, info);
		if (e)
			err = e;
		else
			sent++;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (sent || (pid == -1 && err == -EPERM))
		return 0;
	return found ? err : -ESRCH;
}

/* One process, by the id of any of its threads. */
static int
kill_process(int pid, int sig, const struct abi_siginfo *info)
{
	struct task *t;
	ulong flags;
	int err = -ESRCH;

	if (pid == task_tgid(current) && sig > 0 && sig <= ABI_NSIG)
		return signal_send_process(current->proc, sig, info);
	flags = spin_lock_irqsave(&tasks_lock);
	t = task_find_locked(pid);
	if (t)
		err = kill_one(t->proc, NULL, sig, info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* One thread; tgid -1: of any process. */
static int
kill_thread(int tgid, int tid, int sig, const struct abi_siginfo *info)
{
	struct task *t;
	ulong flags;
	int err = -ESRCH;

	if (tid == current->pid && (tgid == -1 || tgid == task_tgid(current)) && sig > 0 && sig <= ABI_NSIG)
		return signal_send_task(current, sig, info);
	flags = spin_lock_irqsave(&tasks_lock);
	t = task_find_locked(tid);
	if (t && (tgid == -1 || tgid == task_tgid(t)))
		err = kill_one(t->proc, t, sig, info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* kill(2). */
long
sys_kill(const ulong *a)
{
	int pid = a[0], sig = a[1];
	struct abi_siginfo info;

	signal_info_current(&info, sig, SI_USER);
	if (pid > 0)
		return kill_process(pid, sig, &info);
	if (pid == -2147483647 - 1)
		return -ESRCH;
	return kill_many(pid, sig, &info);
}

/* tgkill(2). */
long
sys_tgkill(const ulong *a)
{
	int tgid = a[0], tid = a[1], sig = a[2];
	struct abi_siginfo info;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	signal_info_current(&info, sig, SI_TKILL);
	return kill_thread(tgid, tid, sig, &info);
}

/* tkill(2). */
long
sys_tkill(const ulong *a)
{
	int tid = a[0], sig = a[1];
	struct abi_siginfo info;

	if (tid <= 0)
		return -EINVAL;
	signal_info_current(&info, sig, SI_TKILL);
	return kill_thread(-1, tid, sig, &info);
}

/* Has si_code a meaning for sig, and so a known set of members? */
static bool
code_known(int sig, int code)
{
	static const u8 last[SIGSYS + 1] = {
		[SIGILL] = ILL_LAST, [SIGFPE] = FPE_LAST, [SIGSEGV] = SEGV_LAST, [SIGBUS] = BUS_LAST,
		[SIGTRAP] = TRAP_LAST, [SIGCHLD] = CLD_CONTINUED, [SIGPOLL] = POLL_HUP, [SIGSYS] = SYS_LAST,
	};

	if (code == SI_KERNEL)
		return true;
	if (code <= 0)
		return code >= SI_DETHREAD || code == SI_ASYNCNL;
	return code <= (sig > 0 && sig <= SIGSYS && last[sig] ? last[sig] : POLL_HUP);
}

/*
 * The information for sig that a program sends to thread or process id. Only itself may it tell that it comes from
 * the kernel or from kill. What lies beyond every known member does not travel. 0, -EFAULT, -E2BIG, -EPERM.
 */
static int
info_from_user(struct abi_siginfo *info, uptr_t src, int sig, int id)
{
	u8 *rest = (u8 *)info + SI_MEMBERS;

	if (get_user(*info, src))
		return -EFAULT;
	info->si_signo = sig;
	for (; rest < (u8 *)(info + 1); rest++) {
		if (*rest && !code_known(sig, info->si_code))
			return -E2BIG;
		*rest = 0;
	}
	return (info->si_code >= 0 || info->si_code == SI_TKILL) && id != current->pid ? -EPERM : 0;
}

/* rt_sigqueueinfo(2). */
long
sys_rt_sigqueueinfo(const ulong *a)
{
	int pid = a[0], sig = a[1];
	struct abi_siginfo info;
	int err = info_from_user(&info, UPTR(a[2]), sig, pid);

	return err ? err : kill_process(pid, sig, &info);
}

/* rt_tgsigqueueinfo(2): the same to one thread. */
long
sys_rt_tgsigqueueinfo(const ulong *a)
{
	int tgid = a[0], tid = a[1], sig = a[2];
	struct abi_siginfo info;
	int err = info_from_user(&info, UPTR(a[3]), sig, tid);

	if (err == -EFAULT || err == -E2BIG)
		return err;
	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	return err ? err : kill_thread(tgid, tid, sig, &info);
}

/* To what the pidfd names, as `scope` says. */
static int
kill_pid_ref(struct pid_ref *r, uint scope, int sig, const struct abi_siginfo *info)
{
	struct process *p = r->proc;
	struct task *only = NULL;
	ulong flags;
	int err = -ESRCH, pgid;

	flags = spin_lock_irqsave(&tasks_lock);
	if (scope == PIDFD_SIGNAL_THREAD)
		only = r->thread ? r->thread : p->leader;
	pgid = p->pgid;
	if (only ? task_find_locked(only->pid) == only : process_find_locked(p->pid) == p)
		err = scope == PIDFD_SIGNAL_PROCESS_GROUP ? 0 : kill_one(p, only, sig, info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return !err && scope == PIDFD_SIGNAL_PROCESS_GROUP ? kill_many(-pgid, sig, info) : err;
}

/* pidfd_send_signal(2). */
long
sys_pidfd_send_signal(const ulong *a)
{
	uint scope = a[3];
	int sig = a[1], err;
	struct abi_siginfo info;
	struct pid_ref r;

	if (scope > PIDFD_SIGNAL_PROCESS_GROUP || (scope & (scope - 1)))
		return -EINVAL;
	err = pidfd_get_proc(a[0], &r);
	if (err)
		return err;
	if (!scope)				/* as it was opened */
		scope = r.thread ? PIDFD_SIGNAL_THREAD : PIDFD_SIGNAL_THREAD_GROUP;
	if (a[2] && get_user(info, UPTR(a[2])))
		err = -EFAULT;
	else if (a[2] && info.si_signo != sig)
		err = -EINVAL;
	else if (a[2] && r.proc != current->proc && (info.si_code >= 0 || info.si_code == SI_TKILL))
		err = -EPERM;
	else if (sig < 0 || sig > ABI_NSIG)
		err = -EINVAL;
	if (!a[2])
		signal_info_current(&info, sig, scope == PIDFD_SIGNAL_THREAD ? SI_TKILL : SI_USER);
	if (!err)
		err = kill_pid_ref(&r, scope, sig, &info);
	pid_ref_put(&r);
	return err;
}

/* ---- actions and masks ---- */

/* The process will ignore sig now: what is pending goes. */
static void
discard_ignored(int sig)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);

	spin_lock(&current->sighand->lock);
	signal_discard(current->proc, sigmask(sig));
	spin_unlock(&current->sighand->lock);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* rt_sigaction(2). */
long
sys_rt_sigaction(const ulong *a)
{
	int sig = a[0];
	uptr_t act = UPTR(a[1]), old = UPTR(a[2]);
	struct sighand *s = current->sighand;
	struct abi_sigaction new, was, *entry;
	ulong flags;

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (act.addr && get_user(new, act))
		return -EFAULT;
	if (sig < 1 || sig > ABI_NSIG || (act.addr && (sigmask(sig) & SIGS_UNBLOCKABLE)))
		return -EINVAL;
	entry = &s->action[sig - 1];
	if (!act.addr) {
		was = *entry;
	} else {
		new.sa_flags &= SA_KNOWN;
		new.sa_mask &= ~SIGS_UNBLOCKABLE;
		flags = spin_lock_irqsave(&s->lock);
		was = *entry;
		*entry = new;
		spin_unlock_irqrestore(&s->lock, flags);
		if (new.sa_handler == SIG_IGN ||
		    (new.sa_handler == SIG_DFL && (sigmask(sig) & SIGS_IGNORE)))
			discard_ignored(sig);
	}
	return old.addr ? put_user(was, old) : 0;
}

/* rt_sigprocmask(2). */
long
sys_rt_sigprocmask(const ulong *a)
{
	int how = a[0];
	uptr_t set = UPTR(a[1]), old = UPTR(a[2]);
	u64 was = current->sig_blocked, mask;

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (set.addr) {
		if (get_user(mask, set))
			return -EFAULT;
		if (how == SIG_BLOCK)
			mask |= was;
		else if (how == SIG_UNBLOCK)
			mask = was & ~mask;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		signal_set_mask(mask);
	}
	return old.addr ? put_user(was, old) : 0;
}

/* rt_sigpending(2). */
long
sys_rt_sigpending(const ulong *a)
{
	struct task *t = current;
	u64 set = (t->sig_pending | t->proc->sig_pending) & t->sig_blocked;

	if (a[1] > sizeof(u64))
		return -EINVAL;
	return copy_to_user(UPTR(a[0]), &set, a[1]);
}

/* rt_sigsuspend(2): sleep with another mask until a handler has run. */
long
sys_rt_sigsuspend(const ulong *a)
{
	struct task *t = current;
	u64 mask;

	if (a[1] != sizeof(u64))
		return -EINVAL;
	if (get_user(mask, UPTR(a[0])))
		return -EFAULT;
	t->saved_mask = t->sig_blocked;
	signal_set_mask(mask);
	for (;;) {
		set_state(TASK_INTERRUPTIBLE);
		if (signal_pending(t))
			break;
		schedule();
	}
	set_state(TASK_RUNNING);
	__atomic_fetch_or(&t->arch.work, TASK_WORK_RESTORE_MASK, __ATOMIC_RELAXED);
	return -ERESTARTNOHAND;
}

/* ---- waiting for a signal ---- */

/*
 * Take a signal of set, sleeping until deadline. Its number (and *q, NULL if without information), -EAGAIN at the
 * deadline, -EINTR if another signal wants its handler.
 */
static int
wait_signal(u64 set, u64 deadline, struct sigqueue **q)
{
	struct task *t = current;
	bool left;				/* for another thread */
	int sig, err = 0;
	ulong flags;

	set &= ~SIGS_UNBLOCKABLE;
	for (;;) {
		flags = spin_lock_irqsave(&t->sighand->lock);
		sig = signal_next(t, set);
		t->sig_waited = sig || err ? 0 : set;
		if (sig)
			*q = signal_dequeue(t, sig);
		left = !t->sig_waited && (t->proc->sig_pending & set & t->sig_blocked);
		signal_recalc(t);
		if (!sig && !err)
			set_state(TASK_INTERRUPTIBLE);
		spin_unlock_irqrestore(&t->sighand->lock, flags);
		if (left)
			signal_retarget(t->proc);
		if (sig)
			return sig;
		if (err)
			return err;
		switch (sleep_prepared(deadline)) {
		case 0:
			err = -EAGAIN;
			break;
		case -ERESTARTSYS:
			err = -EINTR;
			break;
		}
	}
}

/* rt_sigtimedwait(2). */
long
sys_rt_sigtimedwait(const ulong *a)
{
	uptr_t out = UPTR(a[1]), timeout = UPTR(a[2]);
	struct abi_timespec ts;
	struct sigqueue *q = NULL;
	u64 set, deadline = TIME_NEVER;
	int sig, err = 0;

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (get_user(set, UPTR(a[0])))
		return -EFAULT;
	if (timeout.addr) {
		if (get_user(ts, timeout))
			return -EFAULT;
		if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		if (ts.tv_sec < (s64)(TIME_NEVER / 4 / NSEC_PER_SEC))
			deadline = clock_monotonic() + ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	}
	sig = wait_signal(set, deadline, &q);
	if (sig > 0 && out.addr) {
		struct abi_siginfo info;

		memset(&info, 0, sizeof(info));
		info.si_signo = sig;
		err = copy_to_user(out, q ? &q->info : &info, sizeof(info));
	}
	sigqueue_free(q);
	return err ? err : sig;
}

/* ---- the alternate stack, and coming back ---- */

/* 0 or -errno. */
static int
set_altstack(const struct abi_sigaltstack *ss, ulong sp)
{
	struct abi_sigaltstack *mine = &current->altstack;
	u32 mode = ss->ss_flags & ~SS_AUTODISARM;

	if (on_altstack(mine, sp))
		return -EPERM;
	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (ss->ss_sp == mine->ss_sp && ss->ss_size == mine->ss_size && ss->ss_flags == mine->ss_flags)
		return 0;
	if (mode == SS_DISABLE) {
		*mine = (struct abi_sigaltstack){ .ss_flags = ss->ss_flags };
		return 0;
	}
	if (ss->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	*mine = *ss;
	return 0;
}

/* sigaltstack(2). */
long
sys_sigaltstack(const ulong *a)
{
	uptr_t new = UPTR(a[0]), old = UPTR(a[1]);
	struct abi_sigaltstack ss, was = current->altstack;
	ulong sp = task_trapframe(current)->sp;
	int err;

	if (new.addr && get_user(ss, new))
		return -EFAULT;
	was.ss_flags &= SS_AUTODISARM;
	if (!was.ss_size)
		was.ss_flags |= SS_DISABLE;
	else if (on_altstack(&was, sp))
		was.ss_flags |= SS_ONSTACK;
	if (new.addr) {
		err = set_altstack(&ss, sp);
		if (err)
			return err;
	}
	return old.addr ? put_user(was, old) : 0;
}

/* rt_sigreturn(2): the handler is done; everything is as the frame on the user stack says. */
long
sys_rt_sigreturn(const ulong *a)
{
	struct trapframe *r = task_trapframe(current);
	struct abi_sigaltstack ss;
	u64 mask;

	if (sigframe_pop(r, &mask, &ss)) {
		signal_fault(SIGSEGV, SI_KERNEL, 0);
		return 0;
	}
	signal_set_mask(mask);
	if (unlikely(ss.ss_size || current->altstack.ss_size))
		set_altstack(&ss, r->sp);	/* a bad one in the frame changes nothing */
	current->restart_fn = NULL;
	r->cause = ~0UL;			/* a0 is the interrupted code's, not a result to restart by */
	return r->a0;
}

/* restart_syscall(2): go on with a call that a stop interrupted. */
long
sys_restart_syscall(const ulong *a)
{
	long (*fn)(struct task *) = current->restart_fn;

	return fn ? fn(current) : -EINTR;
}
