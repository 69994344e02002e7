/*
 * exit.c - the end of threads and processes.
 *
 *	task_exit      this thread ends: gives back what it holds, while it still can sleep
 *	  leave        ... and leaves its process; the last one makes the process a zombie:
 *	    die          children go to init, the parent is told (or wants no zombie: buried at once)
 *	  schedule     never comes back; who runs next on this cpu frees the stack (task_finish_exit)
 *
 * Locks       tasks_lock [T]; pointers that other tasks look at (mm, files, fs, sighand) are cleared
 *             under it, so that they can be taken from a living task under it.
 * Invariants  E1  a process is on its parent's list of children until it is buried.
 *             E2  a leader that ends before its threads keeps its pid, as the process's name.
 * Not here    wait4 (wait.c); what the parent is told (signal_deliver.c).
 * Further     exit(2), wait(2); POSIX.1-2017, "Consequences of Process Termination".
 */
#include "abi/errno.h"
#include "abi/wait.h"
#include "drivers/tty/tty.h"
#include "fs/vfs.h"
#include "kernel/fdtable.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/signal_private.h"
#include "kernel/syscall.h"
#include "kernel/task_private.h"
#include "mm/mm.h"
#include "mm/usercopy.h"

/* --- leaving an address space: exit and exec --- */

/* A vfork parent may go on. */
static void
vfork_release(struct task *t)
{
	if (!t->vfork_parent)
		return;
	smp_store_release(&t->vfork_parent, NULL);
	wake_up_all(&t->proc->vfork_done);
}

void
task_set_mm(struct mm *mm)
{
	struct task *t = current;
	struct mm *old = t->mm, *borrowed = NULL;
	ulong flags;

	if (old) {
		futex_exit(t, !mm);
		if (t->clear_child_tid && atomic_read(&old->users) > 1)
			futex_wake_tid(t->clear_child_tid);
		t->clear_child_tid = 0;
	}
	flags = spin_lock_irqsave(&tasks_lock);
	if (old)
		t->proc->maxrss = MAX(t->proc->maxrss, old->hiwater_rss);
	else
		borrowed = t->active_mm;
	smp_store_release(&t->mm, mm);		/* task_mm_get finds it as it was made, undumpable too */
	if (mm) {
		mm_switch(t->active_mm, mm);
		t->active_mm = mm;
	} else if (old) {
		mm_grab(old);			/* still loaded: as for a kernel thread */
	} else {
		borrowed = NULL;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (borrowed)
		mm_drop(borrowed);
	if (old)
		mm_put(old);
	vfork_release(t);
}

/* --- the process --- */

/* Does the parent not want to wait for its children? Then there are no zombies. */
static bool
wants_no_zombie(struct process *parent, int sig) MUST_HOLD(tasks_lock)
{
	struct task *t = list_first(&parent->threads, struct task, thread_link);
	const struct abi_sigaction *a;

	if (!t || !t->sighand || sig != SIGCHLD)
		return parent->pid == 0;	/* kernel threads: nobody ever waits */
	a = &t->sighand->action[SIGCHLD - 1];
	return a->sa_handler == SIG_IGN || (a->sa_flags & SA_NOCLDWAIT);
}

void
process_bury_locked(struct process *p)
{
	assert_held(&tasks_lock);
	list_remove(&p->sibling);
	WRITE_ONCE(p->tty, NULL);		/* the end of the session would not find p any more (J1 in jobctl.c) */
	pid_detach_locked(p->leader);
	wake_up_all(&p->exit_wait);
}

/* Tell the parent of p, a zombie. p goes to `buried` if the parent does not want to know. */
static void
report_death(struct process *p, struct list *buried) MUST_HOLD(tasks_lock)
{
	int code = p->exit_code;
	bool bury = wants_no_zombie(p->parent, p->leader->exit_signal);

	signal_notify_parent_locked(p, WIFEXITED(code) ? CLD_EXITED : WCOREDUMP(code) ? CLD_DUMPED : CLD_KILLED);
	if (bury) {
		process_bury_locked(p);
		list_push_back(buried, &p->leader->thread_link);
	}
}

/* Those threads of child that asked for it learn that current, which made their process, ends. */
static void
tell_orphan(struct process *child) MUST_HOLD(tasks_lock)
{
	struct abi_siginfo info;
	struct task *t;
	int sig;

	list_for_each(t, &child->threads, thread_link) {
		sig = READ_ONCE(t->pdeath_signal);
		if (!sig || signal_permitted(t, sig))
			continue;
		signal_info_current(&info, sig, SI_USER);
		signal_send_locked(child, NULL, sig, &info);
	}
}

/* Who looks after the orphans of p: its nearest living ancestor that asked for it, else init. */
static struct process *
reaper_of(const struct process *p) MUST_HOLD(tasks_lock)
{
	struct process *a;

	for (a = p->parent; a && a->pid > 1; a = a->parent)
		if (READ_ONCE(a->subreaper) && a->nthreads)
			return a;
	return init_task->proc;
}

/* Current has left p, and so its children: to another thread of p or, if it was the last, to another process. */
static void
leave_children(struct process *p, struct list *buried) MUST_HOLD(tasks_lock)
{
	struct process *child, *next, *heir = p->nthreads ? p : reaper_of(p);
	struct task *t = list_first(&heir->threads, struct task, thread_link);

	list_for_each_safe(child, next, &p->children, sibling) {
		if (heir == p && child->parent_thread != current)
			continue;
		tell_orphan(child);
		child->parent_thread = t;
		if (heir == p)
			continue;
		list_remove(&child->sibling);
		list_push_back(&heir->children, &child->sibling);
		child->parent = heir;
		child->ppid = heir->pid;
		child->leader->exit_signal = SIGCHLD;
		if (child->zombie)
			report_death(child, buried);
		pgrp_lost_locked(child, p, NULL);
	}
}

/* The last thread of p has gone: its parent gets a zombie. */
static void
die(struct process *p, struct list *buried) MUST_HOLD(tasks_lock)
{
	if (!p->exiting)
		p->exit_code = p->leader->exit_code;
	pgrp_lost_locked(p, p->parent, p);
	signal_exit_process(p);
	p->zombie = true;
	report_death(p, buried);
}

/* Current's use of the cpu and of memory goes to its process's account. */
static void
account(struct task *t, struct process *p) MUST_HOLD(tasks_lock)
{
	u64 utime, stime;

	task_times(t, &utime, &stime);
	p->utime += utime;
	p->stime += stime;
	p->min_flt += t->min_flt;
	p->maj_flt += t->maj_flt;
	p->nvcsw += t->se.nvcsw;
	p->nivcsw += t->se.nivcsw;
}

/* --- the thread --- */

/* Files, directory: what others may look at while we live, and what is slow to give back. */
static void
release_parts(struct task *t)
{
	ulong flags = spin_lock_irqsave(&tasks_lock);
	struct files *files = t->files;
	struct fs_context *fs = t->fs;

	t->files = NULL;
	t->fs = NULL;
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (files)
		files_put(files);
	if (fs)
		fs_context_put(fs);
}

/* Leave the process and, if nobody will ask for this thread again, the pid table. */
static void
leave(struct task *t, struct process *p)
{
	struct list buried = LIST_INIT(buried);
	struct sighand *sighand = t->sighand;
	struct task *dead, *next;
	bool last;
	ulong flags = spin_lock_irqsave(&tasks_lock);

	account(t, p);
	list_remove(&t->thread_link);
	sigqueue_flush(&t->sig_queue, ~0UL);	/* sent since signal_exit_task */
	t->sighand = NULL;
	last = --p->nthreads == 0;
	leave_children(p, &buried);
	if (last) {
		die(p, &buried);
	} else if (p->exec_task) {
		wake_task(p->exec_task, WAKE_ANY);	/* it waits for the others to end */
	}
	if (t != p->leader) {
		pid_detach_locked(t);
		list_push_back(&buried, &t->thread_link);
	}
	wake_up_all(&p->exit_wait);
	spin_unlock_irqrestore(&tasks_lock, flags);

	sighand_put(sighand);
	if (last)
		itimers_exit(p);
	list_for_each_safe(dead, next, &buried, thread_link) {
		list_remove(&dead->thread_link);
		task_put(dead);
	}
}

void
task_exit(int code)
{
	struct task *t = current;
	struct process *p = t->proc;

	if (p->pid == 0)
		panic("the idle task of cpu %d exits", t->cpu);
	if (p->pid == 1 && (p->exiting || p->nthreads == 1))
		panic("init exited with status %d (signal %d)", WEXITSTATUS(code), WTERMSIG(code));
	t->exit_code = code;
	task_set_mm(NULL);
	release_parts(t);
	if (p->session_leader && (p->exiting || READ_ONCE(p->nthreads) == 1))
		tty_session_exit(p);
	signal_exit_task(t);
	leave(t, p);				/* our own reference keeps p, buried or not */

	irq_disable();				/* from here no preemption: the next switch is the last */
	WRITE_ONCE(t->state, t == p->leader ? TASK_ZOMBIE : TASK_DEAD);
	schedule();
	panic("%s runs after its end", t->comm);
}

void
process_exit(int code)
{
	struct task *me = current, *t;
	struct process *p = me->proc;
	ulong flags = spin_lock_irqsave(&tasks_lock);

	spin_lock(&me->sighand->lock);
	if (p->exiting) {
		code = p->exit_code;		/* somebody was first */
	} else if (p->exec_task && p->exec_task != me) {
		code = 0;			/* execve is ending us: the process lives on */
	} else {
		p->exiting = true;
		p->exit_code = code;
		list_for_each(t, &p->threads, thread_link)
			if (t != me)
				signal_poke(t, TASK_WAKE_TO_END);
	}
	spin_unlock(&me->sighand->lock);
	spin_unlock_irqrestore(&tasks_lock, flags);
	task_exit(code);
}

/* --- the calls --- */

long
sys_exit(const ulong *a)
{
	task_exit(W_EXITCODE((int)a[0] & 0xff, 0));
}

long
sys_exit_group(const ulong *a)
{
	process_exit(W_EXITCODE((int)a[0] & 0xff, 0));
}

long
sys_set_tid_address(const ulong *a)
{
	current->clear_child_tid = a[0];
	return current->pid;
}

long
sys_getpid(const ulong *a)
{
	return current->proc->pid;
}

long
sys_gettid(const ulong *a)
{
	return current->pid;
}

long
sys_getppid(const ulong *a)
{
	return READ_ONCE(current->proc->ppid);
}
