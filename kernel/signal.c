/*
 * signal.c - sending signals: whether, to which thread, and waking it.
 *
 * A signal is pending on a thread or on its process: one bit in sig_pending, and the
 * information on sig_queue (sigqueue.c).  It becomes visible to a thread through
 * TASK_WORK_SIGNAL, the flag that the way back to user mode and every interruptible
 * sleep look at.  Only the thread itself clears its flag (signal_recalc), so a sleep that
 * ended because of it always meets signal_deliver().
 *
 *	sender						receiver
 *	pending |= bit					set_state(INTERRUPTIBLE)
 *	work |= SIGNAL    (amo.aqrl)			fence             (in set_state)
 *	wake_task: state asleep? make it ready		signal_pending? do not sleep
 *
 * Locks       tasks_lock, then the sighand lock, both with interrupts off, because
 *             terminals and timers send from interrupts.  A thread may send to itself
 *             with its sighand lock alone.  Whoever holds tasks_lock and finds a thread
 *             on a process's list may use its sighand.
 * Invariants  S1  (pending & ~blocked) != 0  =>  TASK_WORK_SIGNAL, once the sender unlocked.
 *             S2  SIGKILL and SIGSTOP are never in sig_blocked.
 *             S3  stop signals and SIGCONT are never pending together in a process.
 * Not here    what the signal does to the receiver (signal_deliver.c); the calls (sys_signal.c).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "kernel/posixtimer.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/slab.h"

#define IGNORED		1	/* sent, and nothing comes of it */
#define LEAVING		(~0UL)	/* sig_blocked of a thread that exits: no other has SIGKILL's bit (S2) */

/* ---- sighand: the table of actions ---- */

struct sighand *
sighand_create(void)
{
	struct sighand *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	spin_init(&s->lock, RANK_SIGHAND);
	atomic_set(&s->refs, 1);
	return s;
}

struct sighand *
sighand_copy(struct sighand *old)
{
	struct sighand *s = kmalloc(sizeof(*s), GFP_KERNEL);
	ulong flags;

	if (!s)
		return NULL;
	spin_init(&s->lock, RANK_SIGHAND);
	atomic_set(&s->refs, 1);
	flags = spin_lock_irqsave(&old->lock);
	memcpy(s->action, old->action, sizeof(s->action));
	spin_unlock_irqrestore(&old->lock, flags);
	return s;
}

void
sighand_put(struct sighand *s)
{
	if (atomic_dec_and_test(&s->refs))
		kfree(s);
}

/* ---- the flag ---- */

void
signal_poke(struct task *t, int states)
{
	__atomic_fetch_or(&t->arch.work, TASK_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	if (t == current && READ_ONCE(t->state) == TASK_RUNNING)
		return;
	if (!wake_task(t, states) && t != current && READ_ONCE(t->on_cpu))
		cpu_kick(READ_ONCE(t->cpu));
}

/* Must t visit signal_deliver()? */
static bool
has_work(const struct task *t)
{
	const struct process *p = t->proc;

	return ((t->sig_pending | p->sig_pending) & (~t->sig_blocked | t->sig_waited)) ||
	       p->stop_signal || p->exiting || (p->exec_task && p->exec_task != t);
}

bool
signal_ends_us(void)
{
	struct task *t = current;
	struct process *p = t->proc;
	ulong flags = spin_lock_irqsave(&t->sighand->lock);
	bool ends = p->exiting || (p->exec_task && p->exec_task != t);
	u64 deadly;

	deadly = p->pid == 1 ? 0 : (t->sig_pending | p->sig_pending) & ~(t->sig_blocked | SIGS_IGNORE | SIGS_STOP);
	for (int sig = 1; sig <= ABI_NSIG; sig++)
		ends |= (deadly & sigmask(sig)) && t->sighand->action[sig - 1].sa_handler == SIG_DFL;
	spin_unlock_irqrestore(&t->sighand->lock, flags);
	return ends;
}

void
signal_recalc(struct task *t)
{
	if (has_work(t))
		__atomic_fetch_or(&t->arch.work, TASK_WORK_SIGNAL, __ATOMIC_RELAXED);
	else if (t == current && signal_pending(t))
		__atomic_fetch_and(&t->arch.work, ~(u32)TASK_WORK_SIGNAL, __ATOMIC_RELAXED);
}

void
signal_retarget(struct process *p)
{
	struct task *t;
	ulong flags;

	if (READ_ONCE(p->nthreads) == 1)
		return;
	flags = spin_lock_irqsave(&tasks_lock);
	spin_lock(&current->sighand->lock);
	list_for_each(t, &p->threads, thread_link)
		if (t != current && has_work(t))
			signal_poke(t, TASK_INTERRUPTIBLE | TASK_KILLABLE);
	spin_unlock(&current->sighand->lock);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

void
signal_set_mask(u64 mask)
{
	struct task *t = current;
	struct process *p = t->proc;
	bool lost;
	ulong flags;

	mask &= ~SIGS_UNBLOCKABLE;
	if (mask == t->sig_blocked)
		return;
	flags = spin_lock_irqsave(&t->sighand->lock);
	lost = p->sig_pending & mask & ~t->sig_blocked;
	t->sig_blocked = mask;
	signal_recalc(t);
	spin_unlock_irqrestore(&t->sighand->lock, flags);
	if (unlikely(lost))
		signal_retarget(p);
}

/* ---- pending signals ---- */

int
signal_next(const struct task *t, u64 mask)
{
	u64 pending = t->sig_pending & mask;

	if (unlikely((t->sig_pending | t->proc->sig_pending) & mask & sigmask(SIGKILL)))
		return SIGKILL;
	if (!pending)
		pending = t->proc->sig_pending & mask;
	if (!pending)
		return 0;
	if (pending & SIGS_SYNC)
		pending &= SIGS_SYNC;
	return bit_lowest(pending) + 1;
}

struct sigqueue *
signal_dequeue(struct task *t, int sig)
{
	bool own = t->sig_pending & sigmask(sig);
	u64 *pending = own ? &t->sig_pending : &t->proc->sig_pending;
	struct sigqueue *q;
	bool more;

	q = sigqueue_take(own ? &t->sig_queue : &t->proc->sig_queue, sig, &more);
	if (!more)
		*pending &= ~sigmask(sig);
	if (q && q->timer)
		posix_timer_taken(q);
	return q;
}

void
signal_discard(struct process *p, u64 mask)
{
	struct task *t;

	if (p->sig_pending & mask) {
		p->sig_pending &= ~mask;
		sigqueue_flush(&p->sig_queue, mask);
	}
	list_for_each(t, &p->threads, thread_link) {
		if (t->sig_pending & mask) {
			t->sig_pending &= ~mask;
			sigqueue_flush(&t->sig_queue, mask);
		}
	}
}

/*
 * Would t throw sig away at once? Blocked signals stay pending whatever the action, because it may change.
 * Process 1 is not killed or stopped by what it has no handler for.
 */
static bool
ignored(const struct task *t, int sig)
{
	u64 handler;

	if (t->kernel_thread)
		return true;
	if (t->sig_blocked & sigmask(sig))
		return false;
	handler = t->sighand->action[sig - 1].sa_handler;
	if (handler == SIG_DFL)
		return (sigmask(sig) & SIGS_IGNORE) || t->proc->pid == 1;
	return handler == SIG_IGN;
}

/* Does sig, which t does not ignore, end it? */
static bool
ends(const struct task *t, int sig)
{
	return !(sigmask(sig) & (SIGS_IGNORE | SIGS_STOP)) && t->sighand->action[sig - 1].sa_handler == SIG_DFL;
}

/* As enqueue, with an entry that its owner provides; if it is queued already, it stays where it is. */
static void
enqueue_own(struct task *t, struct process *p, bool own, struct sigqueue *q)
{
	if (list_empty(&q->link)) {
		posix_timer_get_queued(q);
		list_push_back(own ? &t->sig_queue : &p->sig_queue, &q->link);
	}
	*(own ? &t->sig_pending : &p->sig_pending) |= sigmask(q->info.si_signo);
	signalfd_notify(t->sighand);
}

/* Set the bit and queue the information. 0, -EAGAIN. */
static int
enqueue(struct task *t, struct process *p, bool own, int sig, const struct abi_siginfo *info)
{
	u64 *pending = own ? &t->sig_pending : &p->sig_pending;
	struct sigqueue *q = NULL;

	if (sig < SIGRTMIN && (*pending & sigmask(sig)))
		return 0;
	if (sig != SIGKILL) {
		bool unlimited = sig < SIGRTMIN && (!info || info->si_code >= 0);

		q = sigqueue_alloc(t->uid, unlimited ? ~0UL : p->rlim[RLIMIT_SIGPENDING].rlim_cur);
		if (!q && sig >= SIGRTMIN && info && info->si_code != SI_USER)
			return -EAGAIN;
	}
	if (q) {
		if (info) {
			q->info = *info;
		} else {
			memset(&q->info, 0, sizeof(q->info));
			q->info.si_code = SI_KERNEL;
		}
		q->info.si_signo = sig;
		list_push_back(own ? &t->sig_queue : &p->sig_queue, &q->link);
	}
	*pending |= sigmask(sig);
	signalfd_notify(t->sighand);
	return 0;
}

static bool
can_take(const struct task *t, int sig)
{
	return ((~t->sig_blocked | t->sig_waited) & sigmask(sig)) && !(READ_ONCE(t->state) & (TASK_ZOMBIE | TASK_DEAD));
}

/* A thread of p for a process-wide signal: the leader if it can, else current, else any; NULL if all block it. */
static struct task *
choose(struct process *p, int sig) MUST_HOLD(tasks_lock)
{
	struct task *t;

	if (can_take(p->leader, sig))
		return p->leader;
	if (current->proc == p && can_take(current, sig))
		return current;
	list_for_each(t, &p->threads, thread_link)
		if (can_take(t, sig))
			return t;
	return NULL;
}

bool
signal_all_stopped(struct process *p, const struct task *me)
{
	struct task *t;

	list_for_each(t, &p->threads, thread_link)
		if (t != me && READ_ONCE(t->state) != TASK_STOPPED && t->sig_blocked != LEAVING)
			return false;
	return true;
}

/*
 * A stop signal undoes SIGCONT, and SIGCONT what stop signals did, however they are handled. What the parent is to be
 * told then, CLD_*: a stop that was not complete yet counts as one. 0: nothing.
 */
static int
stop_or_continue(struct process *p, int sig) MUST_HOLD(tasks_lock)
{
	struct task *t;
	int tell;

	if (sig != SIGCONT) {
		signal_discard(p, sigmask(SIGCONT));
		return 0;
	}
	signal_discard(p, SIGS_STOP);
	if (!p->stop_signal)
		return 0;
	tell = signal_all_stopped(p, NULL) ? CLD_CONTINUED : CLD_STOPPED;
	p->last_stop = p->stop_signal;
	p->stop_signal = 0;
	p->cont_pending = true;
	list_for_each(t, &p->threads, thread_link)
		signal_poke(t, TASK_STOPPED);
	return tell;
}

/* SIGKILL ends a stop too: from now on p is dying, not stopped. */
static void
wake_to_die(struct process *p) MUST_HOLD(tasks_lock)
{
	struct task *t;

	p->stop_signal = 0;
	p->cont_pending = false;
	/* All: whoever was chosen may be in a sleep that only its event ends. */
	list_for_each(t, &p->threads, thread_link)
		signal_poke(t, TASK_WAKE_TO_END);
}

/* The signal is one that needs no look at other threads, and current can take it itself. */
static bool
simple_for_current(int sig)
{
	return !(sigmask(sig) & (SIGS_STOP | sigmask(SIGCONT))) && can_take(current, sig);
}

/* Own thread, own lock. */
static int
send_to_current(bool own, int sig, const struct abi_siginfo *info)
{
	struct task *t = current;
	ulong flags = spin_lock_irqsave(&t->sighand->lock);
	int err = 0;

	if (!ignored(t, sig)) {
		err = enqueue(t, t->proc, own, sig, info);
		if (!err)
			signal_poke(t, TASK_INTERRUPTIBLE);
	}
	spin_unlock_irqrestore(&t->sighand->lock, flags);
	return err;
}

/* Send it: as info says, or with q, a timer's own. 0, IGNORED, -EAGAIN. */
static int
send_locked(struct process *p, struct task *only, int sig, const struct abi_siginfo *info, struct sigqueue *q)
	MUST_HOLD(tasks_lock)
{
	struct task *any = only ? only : list_first(&p->threads, struct task, thread_link);
	struct sighand *s;
	struct task *t;
	int err = IGNORED, tell = 0;

	assert_held(&tasks_lock);
	if (!any || !any->sighand || p->zombie)
		return IGNORED;			/* a zombie takes any signal, and nothing comes of it */
	if (sig == SIGKILL)
		only = NULL;			/* whichever thread it is sent to, all end */
	s = any->sighand;
	spin_lock(&s->lock);
	if (sigmask(sig) & (SIGS_STOP | sigmask(SIGCONT)))
		tell = stop_or_continue(p, sig);
	t = only ? only : choose(p, sig);
	if (!ignored(t ? t : any, sig)) {
		err = 0;
		if (q)
			enqueue_own(t ? t : any, p, only, q);
		else
			err = enqueue(t ? t : any, p, only, sig, info);
		if (err || !t || !can_take(t, sig))
			goto out;
		signal_poke(t, TASK_INTERRUPTIBLE | (ends(t, sig) ? TASK_KILLABLE : 0));
		if (sig == SIGKILL)
			wake_to_die(p);
	}
out:
	spin_unlock(&s->lock);
	if (tell)
		signal_notify_parent_locked(p, tell);
	return err;
}

int
signal_send_locked(struct process *p, struct task *only, int sig, const struct abi_siginfo *info)
{
	int err = send_locked(p, only, sig, info, NULL);

	return err == IGNORED ? 0 : err;
}

bool
signal_send_own_locked(struct process *p, struct task *only, struct sigqueue *q)
{
	return send_locked(p, only, q->info.si_signo, NULL, q) == 0;
}

/* ---- for the rest of the kernel ---- */

int
signal_send_task(struct task *t, int sig, const struct abi_siginfo *info)
{
	ulong flags;
	int err;

	if (t == current && simple_for_current(sig))
		return send_to_current(true, sig, info);
	flags = spin_lock_irqsave(&tasks_lock);
	err = signal_send_locked(t->proc, t, sig, info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

int
signal_send_process(struct process *p, int sig, const struct abi_siginfo *info)
{
	ulong flags;
	int err;

	if (p == current->proc && p->leader == current && simple_for_current(sig))
		return send_to_current(false, sig, info);
	flags = spin_lock_irqsave(&tasks_lock);
	err = signal_send_locked(p, NULL, sig, info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

int
signal_send_pgrp(int pgid, int sig, const struct abi_siginfo *info)
{
	struct process *p;
	int err = -ESRCH;
	ulong flags = spin_lock_irqsave(&tasks_lock);

	for (p = pgrp_next_locked(pgid, NULL); p; p = pgrp_next_locked(pgid, p)) {
		p->group_signals++;
		err = sig ? signal_send_locked(p, NULL, sig, info) : 0;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

void
signal_info_current(struct abi_siginfo *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));		/* the gaps too: all of it goes to user mode */
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = task_tgid(current);
	info->si_uid = current->uid;
}

void
signal_raise(int sig)
{
	struct abi_siginfo info;

	signal_info_current(&info, sig, SI_USER);
	signal_send_task(current, sig, &info);
}

void
signal_fault(int sig, int code, ulong addr)
{
	struct task *t = current;
	struct abi_siginfo info;
	struct abi_sigaction *a = &t->sighand->action[sig - 1];
	ulong flags;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = code;
	info.si_addr = addr;
	flags = spin_lock_irqsave(&t->sighand->lock);
	if (a->sa_handler == SIG_IGN || (t->sig_blocked & sigmask(sig))) {
		a->sa_handler = SIG_DFL;
		t->sig_blocked &= ~sigmask(sig);
	}
	enqueue(t, t->proc, true, sig, &info);
	signal_poke(t, 0);
	spin_unlock_irqrestore(&t->sighand->lock, flags);
}

int
signal_permitted(struct task *t, int sig)
{
	const struct task *me = current;

	if (t->proc == me->proc || me->euid == t->suid || me->euid == t->uid ||
	    me->uid == t->suid || me->uid == t->uid)
		return 0;
	if (sig == SIGCONT && t->proc->sid == me->proc->sid)
		return 0;
	return task_capable(BIT(CAP_KILL)) ? 0 : -EPERM;
}

/* ---- exec and exit ---- */

void
signal_exec(void)
{
	struct task *t = current;
	struct abi_sigaction *a;
	ulong flags = spin_lock_irqsave(&t->sighand->lock);

	for (a = t->sighand->action; a < t->sighand->action + ABI_NSIG; a++) {
		if (a->sa_handler != SIG_IGN)
			a->sa_handler = SIG_DFL;
		a->sa_flags = 0;
		a->sa_mask = 0;
	}
	t->altstack = (struct abi_sigaltstack){ .ss_flags = SS_DISABLE };
	t->restart_fn = NULL;
	spin_unlock_irqrestore(&t->sighand->lock, flags);
}

/* t is current. */
void
signal_exit_task(struct task *t)
{
	struct process *p = t->proc;
	bool left, stopping;
	ulong flags = spin_lock_irqsave(&t->sighand->lock);

	t->sig_blocked = LEAVING;
	t->sig_waited = 0;
	t->sig_pending = 0;
	sigqueue_flush(&t->sig_queue, ~0UL);
	left = p->sig_pending && !p->exiting;
	stopping = p->stop_signal && !p->exiting;
	spin_unlock_irqrestore(&t->sighand->lock, flags);
	if (likely(READ_ONCE(p->nthreads) == 1))
		return;
	if (left)
		signal_retarget(p);
	if (stopping)
		signal_stop_without_current();
}

void
signal_exit_process(struct process *p)
{
	p->sig_pending = 0;
	sigqueue_flush(&p->sig_queue, ~0UL);
}
