/*
 * jobctl.c - sessions, the foreground group, and the signals a terminal sends.
 *
 * A terminal controls at most one session (t->session) and names one of its process groups
 * the foreground (t->pgrp).
 *
 *	no session --open, TIOCSCTTY by a session leader--> session S, foreground = its group
 *	session S  --TIOCNOTTY by the leader--------------> no session; SIGHUP, SIGCONT to the foreground
 *	           --the leader exits---------------------> no session; SIGHUP to the foreground; a serial line
 *	                                                    is hung up, a pty stays with those who have it open
 *	           --hang-up (vhangup, a pty's master closed)-> no session; SIGHUP, SIGCONT to the leader; files
 *	                                                    opened before are dead
 *	           --the last file of it is closed--------> no session, no signal
 *
 * Locks       tasks_lock for p->tty, p->tty_old_pgrp and (with t->lock, for writing) t->session and t->pgrp.
 * Invariants  J1  p->tty is t => t->session is p's session, and that holds a reference to t. A process that has been
 *                 buried, and is on no list of children, has none, whoever still counts it.
 * Further     docs/tty.md; POSIX.1-2017, 11.1.3 (the controlling terminal), 11.1.4 (access control).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "drivers/tty/private.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/usercopy.h"

/* --- who may read and change --- */

int
tty_pgrp(struct tty *t)
{
	return READ_ONCE(t->pgrp);
}

struct tty *
tty_controlling_locked(struct process *p)
{
	assert_held(&tasks_lock);
	return p->tty;
}

struct tty *
tty_current(void)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct tty *t = current->proc->tty;

	if (t)
		tty_get(t);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return t;
}

static bool
pgrp_orphaned(int pgid)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	bool orphaned = pgrp_orphaned_locked(pgid, NULL);

	spin_unlock_irqrestore(&tasks_lock, flags);
	return orphaned;
}

/* current ignores or blocks sig. */
static bool
signal_shut_out(int sig)
{
	struct sighand *sh = current->sighand;
	ulong flags = spin_lock_irqsave(&sh->lock);
	bool out = current->sig_blocked & sigmask(sig) || sh->action[sig - 1].sa_handler == SIG_IGN;

	spin_unlock_irqrestore(&sh->lock, flags);
	return out;
}

/* current is in the background of t, which is its controlling terminal. The caller keeps t; no lock is needed. */
static bool
in_background(struct tty *t)
{
	int pgrp = tty_pgrp(t);

	return READ_ONCE(current->proc->tty) == t && pgrp && current->proc->pgid != pgrp;
}

int
jobctl_check_read(struct tty *t)
{
	if (likely(!in_background(t)))
		return 0;
	if (signal_shut_out(SIGTTIN) || pgrp_orphaned(current->proc->pgid))
		return -EIO;
	signal_send_pgrp(current->proc->pgid, SIGTTIN, NULL);
	return -ERESTARTSYS;
}

int
jobctl_check_change(struct tty *t)
{
	if (likely(!in_background(t)) || signal_shut_out(SIGTTOU))
		return 0;
	if (pgrp_orphaned(current->proc->pgid))
		return -EIO;
	signal_send_pgrp(current->proc->pgid, SIGTTOU, NULL);
	return -ERESTARTSYS;
}

/* --- gaining a terminal --- */

static void
set_session_locked(struct tty *t, int session, int pgrp) MUST_HOLD(tasks_lock)
{
	spin_lock(&t->lock);
	WRITE_ONCE(t->session, session);
	WRITE_ONCE(t->pgrp, pgrp);
	spin_unlock(&t->lock);
}

/*
 * t's session, if it has one, is without a terminal: its leader counted for the caller (NULL: gone, or none). Whoever
 * calls puts the session's reference to t if *had.
 */
static struct process *
clear_session_locked(struct tty *t, bool *had) MUST_HOLD(tasks_lock)
{
	struct process *p, *leader = NULL;

	*had = t->session != 0;
	if (!*had)
		return NULL;
	for (p = process_next_locked(NULL); p; p = process_next_locked(p)) {
		if (p->tty != t)
			continue;
		WRITE_ONCE(p->tty, NULL);
		if (p->session_leader) {
			process_get(p);
			leader = p;
		}
	}
	set_session_locked(t, 0, 0);
	return leader;
}

/* May current make t, which has `session` (or 0), its session's terminal? 0 or -EPERM. */
static int
may_control(const struct tty *t, bool readable, bool steal)
{
	const struct process *p = current->proc;
	bool admin = task_capable(BIT(CAP_SYS_ADMIN));

	if (!p->session_leader || p->tty)
		return -EPERM;
	if (t->session && !(steal && admin))
		return -EPERM;
	return readable || admin ? 0 : -EPERM;
}

int
jobctl_set_session(struct tty *t, bool readable, bool steal)
{
	struct process *p = current->proc, *robbed = NULL;
	ulong flags = spin_lock_irqsave(&tasks_lock);
	bool had = false;
	int err = 0;

	if (p->session_leader && p->tty == t)
		goto out;
	err = may_control(t, readable, steal);
	if (err)
		goto out;
	robbed = clear_session_locked(t, &had);
	tty_get(t);
	set_session_locked(t, p->sid, p->pgid);
	WRITE_ONCE(p->tty, t);
	p->tty_old_pgrp = 0;
out:
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (robbed)
		process_put(robbed);
	if (had)
		tty_put(t);
	return err;
}

void
jobctl_open(struct tty *t)
{
	struct process *p = current->proc;

	if (p->session_leader && !READ_ONCE(p->tty) && !READ_ONCE(t->session))
		jobctl_set_session(t, true, false);
}

/* --- losing it --- */

/* Leave t without a session; `leave` says what the foreground group is told. */
static void
end_session(struct tty *t, bool hup, bool cont)
{
	struct process *leader;
	ulong flags = spin_lock_irqsave(&tasks_lock);
	int pgrp = t->pgrp;
	bool had;

	leader = clear_session_locked(t, &had);
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (pgrp && hup)
		signal_send_pgrp(pgrp, SIGHUP, NULL);
	if (pgrp && cont)
		signal_send_pgrp(pgrp, SIGCONT, NULL);
	if (leader)
		process_put(leader);
	if (had)
		tty_put(t);
}

void
jobctl_forget_session(struct tty *t)
{
	if (READ_ONCE(t->session))
		end_session(t, false, false);
}

/* All files of t but the console's are dead. */
static void
kill_files(struct tty *t) MUST_HOLD(t->lock)
{
	t->hangups++;
	t->stopped = t->held = false;
	ldisc_flush_input(t);
}

/* exiting: the leader has called, on its way out. */
static void
hang_up(struct tty *t, bool exiting)
{
	struct process *leader;
	ulong flags = spin_lock_irqsave(&tasks_lock);
	int pgrp = t->pgrp;
	bool had;

	spin_lock(&t->lock);
	kill_files(t);
	spin_unlock(&t->lock);
	leader = clear_session_locked(t, &had);
	if (leader)
		leader->tty_old_pgrp = pgrp;	/* it is told when the leader exits */
	spin_unlock_irqrestore(&tasks_lock, flags);

	wake_up_all(&t->read_wait);
	wake_up_all(&t->write_wait);
	ldisc_balance(t);
	if (leader) {
		signal_send_process(leader, SIGHUP, NULL);
		signal_send_process(leader, SIGCONT, NULL);
		process_put(leader);
	}
	if (exiting && pgrp)
		signal_send_pgrp(pgrp, SIGHUP, NULL);
	if (had)
		tty_put(t);
}

void
tty_hangup(struct tty *t)
{
	hang_up(t, false);
}

void
tty_session_exit(struct process *p)
{
	struct tty *t = tty_current();
	int old = p->tty_old_pgrp;

	p->tty_old_pgrp = 0;			/* several threads may come here */
	if (t && t->ops->outlives_session)
		end_session(t, true, false);
	else if (t)
		hang_up(t, true);
	else if (old) {
		signal_send_pgrp(old, SIGHUP, NULL);
		signal_send_pgrp(old, SIGCONT, NULL);
	}
	if (t)
		tty_put(t);
}

int
jobctl_drop(struct tty *t)
{
	struct process *p = current->proc;
	ulong flags;

	if (READ_ONCE(p->tty) != t)
		return -ENOTTY;
	if (p->session_leader) {
		end_session(t, true, true);
		return 0;
	}
	flags = spin_lock_irqsave(&tasks_lock);
	WRITE_ONCE(p->tty, NULL);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return 0;
}

/* vhangup(2). */
long
sys_vhangup(const ulong *a)
{
	struct tty *t;

	if (!task_capable(BIT(CAP_SYS_TTY_CONFIG)))
		return -EPERM;
	t = tty_current();
	if (t) {
		tty_hangup(t);
		tty_put(t);
	}
	return 0;
}

/* --- the foreground --- */

/* Make pgid, a group (or, as on Linux, a process) of current's session, the foreground: 0, -ENOTTY, -ESRCH, -EPERM. */
static int
set_pgrp_locked(struct tty *t, int pgid) MUST_HOLD(tasks_lock)
{
	struct process *p = current->proc, *member;

	if (p->tty != t)
		return -ENOTTY;
	member = pgid == p->pgid ? p : pgrp_next_locked(pgid, NULL);
	if (!member)
		member = process_find_locked(pgid);
	if (!member)
		return -ESRCH;
	if (member->sid != p->sid)
		return -EPERM;
	set_session_locked(t, t->session, pgid);
	return 0;
}

int
jobctl_set_pgrp(struct tty *t, uptr_t arg)
{
	int pgid, err = jobctl_check_change(t);
	ulong flags;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (get_user(pgid, arg))
		return -EFAULT;
	if (pgid < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasks_lock);
	err = set_pgrp_locked(t, pgid);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}
