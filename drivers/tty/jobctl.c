/*
 * jobctl.c - sessions, the foreground group, and the signals a terminal sends.
 *
 * A terminal controls at most one session (t->session) and names one of its process groups
 * the foreground (t->pgrp). A process's p->tty is believed only while t->session is p's own
 * session, so a hang-up need not visit every process.
 *
 *	no session --open, TIOCSCTTY by a session leader--> session S, foreground = its group
 *	session S  --leader exits (tty_session_exit)------> no session; SIGHUP, SIGCONT to the
 *	                                                    foreground; older opens are dead
 *
 * Locks       t->lock for session and pgrp; the sighand lock for p->tty; tasks_lock to look at
 *             families. Taken one at a time.
 * Further     POSIX.1-2017, 11.1.3 (the controlling terminal), 11.1.4 (access control).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "drivers/tty/private.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "kernel/task.h"

/* --- who may read and change --- */

int
tty_pgrp(struct tty *t)
{
	return READ_ONCE(t->pgrp);
}

struct tty *
tty_controlling(struct process *p)
{
	struct tty *t = READ_ONCE(p->tty);

	return t && READ_ONCE(t->session) == READ_ONCE(p->sid) ? t : NULL;
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

/* current is in the background of t, which is its controlling terminal. */
static bool
in_background(struct tty *t)
{
	int pgrp = tty_pgrp(t);

	return tty_controlling(current->proc) == t && pgrp && current->proc->pgid != pgrp;
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

/* --- gaining and losing a terminal --- */

static void
set_process_tty(struct process *p, struct tty *t)
{
	struct sighand *sh = current->sighand;
	ulong flags;

	if (!sh) {			/* late in exit: nobody else looks */
		WRITE_ONCE(p->tty, t);
		return;
	}
	flags = spin_lock_irqsave(&sh->lock);
	WRITE_ONCE(p->tty, t);
	spin_unlock_irqrestore(&sh->lock, flags);
}

int
jobctl_set_session(struct tty *t, bool steal)
{
	struct process *p = current->proc;
	ulong flags;
	int err = 0;

	if (p->session_leader && tty_controlling(p) == t)
		return 0;
	if (!p->session_leader || tty_controlling(p))
		return -EPERM;
	flags = spin_lock_irqsave(&t->lock);
	if (t->session && !(steal && task_capable(BIT(CAP_SYS_ADMIN)))) {
		err = -EPERM;
	} else {
		t->session = p->sid;
		t->pgrp = p->pgid;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	if (!err)
		set_process_tty(p, t);
	return err;
}

void
jobctl_open(struct tty *t)
{
	struct process *p = current->proc;

	if (p->session_leader && !tty_controlling(p) && !READ_ONCE(t->session))
		jobctl_set_session(t, false);
}

void
tty_session_exit(struct process *p)
{
	struct tty *t = tty_controlling(p);
	int pgrp = 0;
	ulong flags;

	if (t && p->session_leader) {
		flags = spin_lock_irqsave(&t->lock);
		pgrp = t->pgrp;
		t->session = t->pgrp = 0;
		t->hangups++;
		t->stopped = false;
		ldisc_flush_input(t);
		spin_unlock_irqrestore(&t->lock, flags);
		wake_up_all(&t->read_wait);
		wake_up_all(&t->write_wait);
	}
	set_process_tty(p, NULL);
	if (pgrp) {
		signal_send_pgrp(pgrp, SIGHUP, NULL);
		signal_send_pgrp(pgrp, SIGCONT, NULL);
	}
}

int
jobctl_drop(struct tty *t)
{
	struct process *p = current->proc;

	if (tty_controlling(p) != t)
		return -ENOTTY;
	tty_session_exit(p);
	return 0;
}

/* The session of group pgid, or -ESRCH. */
static int
pgrp_session(int pgid)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct process *p = pgrp_next_locked(pgid, NULL);
	int sid = p ? p->sid : -ESRCH;

	spin_unlock_irqrestore(&tasks_lock, flags);
	return sid;
}

int
jobctl_set_pgrp(struct tty *t, int pgid)
{
	struct process *p = current->proc;
	int sid, err;
	ulong flags;

	err = jobctl_check_change(t);
	if (err == -EIO)
		return -ENOTTY;
	if (err)
		return err;
	if (tty_controlling(p) != t)
		return -ENOTTY;
	if (pgid < 0)
		return -EINVAL;
	sid = pgid == p->pgid ? p->sid : pgrp_session(pgid);
	if (sid < 0)
		return sid;
	if (sid != p->sid)
		return -EPERM;
	flags = spin_lock_irqsave(&t->lock);
	t->pgrp = pgid;
	spin_unlock_irqrestore(&t->lock, flags);
	return 0;
}
