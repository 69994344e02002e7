/*
 * process.c - process groups and sessions.
 *
 *	session (sid)  one login: processes that may share a controlling terminal
 *	  group (pgid)   one job: what ^C and kill(-pgid) reach
 *	    process
 *
 * Locks       tasks_lock for the tree, pgid and sid.
 * Not here    birth and death (fork.c, exit.c); the terminal's foreground group (drivers/tty).
 * Further     POSIX.1-2017, XBD 3.264 "orphaned process group"; setpgid(2), setsid(2).
 */
#include "kernel/process.h"

#include "abi/errno.h"
#include "kernel/printk.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"

/* ---- walking the tree ---- */

struct process *
process_next_locked(struct process *p)
{
	struct process *root = init_task ? init_task->proc : NULL;

	if (!p || !root)
		return root;
	if (!list_empty(&p->children))
		return list_first(&p->children, struct process, sibling);
	for (; p != root; p = p->parent)
		if (p->sibling.next != &p->parent->children)
			return list_entry(p->sibling.next, struct process, sibling);
	return NULL;
}

struct process *
pgrp_next_locked(int pgid, struct process *p)
{
	do
		p = process_next_locked(p);
	while (p && p->pgid != pgid);
	return p;
}

bool
pgrp_orphaned_locked(int pgid, const struct process *without)
{
	struct process *p;

	for (p = pgrp_next_locked(pgid, NULL); p; p = pgrp_next_locked(pgid, p)) {
		if (p == without || p->zombie || !p->parent || p->parent->pid == 1)
			continue;
		if (p->parent->pgid != pgid && p->parent->sid == p->sid)
			return false;
	}
	return true;
}

static bool
pgrp_has_stopped(int pgid) MUST_HOLD(tasks_lock)
{
	struct process *p;

	for (p = pgrp_next_locked(pgid, NULL); p; p = pgrp_next_locked(pgid, p))
		if (p->stop_signal && !p->zombie)
			return true;
	return false;
}

static void
hang_up(int pgid) MUST_HOLD(tasks_lock)
{
	struct process *p;

	for (p = pgrp_next_locked(pgid, NULL); p; p = pgrp_next_locked(pgid, p)) {
		signal_send_locked(p, NULL, SIGHUP, NULL);
		signal_send_locked(p, NULL, SIGCONT, NULL);
	}
}

void
pgrp_lost_locked(const struct process *p, const struct process *parent, const struct process *without)
{
	assert_held(&tasks_lock);
	if (parent && parent->pgid != p->pgid && parent->sid == p->sid &&
	    pgrp_has_stopped(p->pgid) && pgrp_orphaned_locked(p->pgid, without))
		hang_up(p->pgid);
}

/* ---- the calls ---- */

/* The process that pid (0: current's) names; NULL if none. */
static struct process *
named(int pid) MUST_HOLD(tasks_lock)
{
	return pid ? process_find_locked(pid) : current->proc;
}

/* May p, current or a child of it, move to group pgid? 0 or -errno. */
static int
setpgid_check(const struct process *p, int pgid) MUST_HOLD(tasks_lock)
{
	const struct process *me = current->proc, *q;

	if (!p)
		return -ESRCH;
	if (p != me && p->parent != me)
		return -ESRCH;
	if (p->parent == me) {
		if (p->sid != me->sid)
			return -EPERM;
		if (p->did_exec)
			return -EACCES;
	}
	if (p->session_leader)
		return -EPERM;
	if (pgid != p->pid) {
		q = pgrp_next_locked(pgid, NULL);
		if (!q || q->sid != me->sid)
			return -EPERM;
	}
	return 0;
}

/* setpgid(2). */
long
sys_setpgid(const ulong *a)
{
	int pid = a[0], pgid = a[1];
	struct process *p;
	ulong flags;
	int err;

	if (pgid < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasks_lock);
	p = named(pid);
	if (p && !pgid)
		pgid = p->pid;
	err = setpgid_check(p, pgid);
	if (!err)
		p->pgid = pgid;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* getpgid(2). */
long
sys_getpgid(const ulong *a)
{
	int pid = a[0];
	struct process *p;
	ulong flags;
	long id;

	if (!pid)
		return current->proc->pgid;
	flags = spin_lock_irqsave(&tasks_lock);
	p = named(pid);
	id = p ? p->pgid : -ESRCH;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return id;
}

/* getsid(2). */
long
sys_getsid(const ulong *a)
{
	int pid = a[0];
	struct process *p;
	ulong flags;
	long id;

	if (!pid)
		return current->proc->sid;
	flags = spin_lock_irqsave(&tasks_lock);
	p = named(pid);
	id = p ? p->sid : -ESRCH;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return id;
}

/* setsid(2): a new session and group, without a terminal. */
long
sys_setsid(const ulong *a)
{
	struct process *p = current->proc;
	ulong flags = spin_lock_irqsave(&tasks_lock);
	long id = -EPERM;

	if (!p->session_leader && !pgrp_next_locked(p->pid, NULL)) {
		spin_lock(&current->sighand->lock);
		p->session_leader = true;
		spin_unlock(&current->sighand->lock);
		WRITE_ONCE(p->tty, NULL);
		p->tty_old_pgrp = 0;
		p->sid = p->pgid = p->pid;
		id = p->pid;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return id;
}
