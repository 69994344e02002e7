/* task_private.h - between task.c (tables), fork.c (birth), exit.c (death) and wait.c (burial). */
#ifndef KERNEL_TASK_PRIVATE_H
#define KERNEL_TASK_PRIVATE_H

#include "kernel/task.h"

/*
 * A task with a stack and defaults, one reference (the stack in use), in p (whose reference it takes over) but in
 * no table. NULL if out of memory. task_discard undoes it.
 */
struct task *task_new(struct process *p);
void	task_discard(struct task *t);
/* A process in no table, one reference; inherits what a child process does from `from`. NULL if out of memory. */
struct process *process_new(struct process *from);

/* Give t a pid and put it in the table (one more reference): 0, -EAGAIN, -ENOMEM. It can be found from now on. */
int	pid_attach_locked(struct task *t) MUST_HOLD(tasks_lock);
/* Out of the table: the caller then drops the table's reference with task_put, without tasks_lock. */
void	pid_detach_locked(struct task *t) MUST_HOLD(tasks_lock);
/* leader and t, a thread of the same process, exchange pids: exec by a thread that is not the leader. */
void	pid_exchange_locked(struct task *a, struct task *b) MUST_HOLD(tasks_lock);

/* exit.c: p, a zombie, leaves the tree for ever; the caller then task_puts p->leader without tasks_lock. */
void	process_bury_locked(struct process *p) MUST_HOLD(tasks_lock);

void	futex_init(void);		/* futex_key.c */
/* futex_robust.c: t (current) leaves its address space and gives up the locks it has there. ends: it has no others. */
void	futex_exit(struct task *t, bool ends);
void	futex_wake_tid(u64 addr);	/* clear_child_tid: zero it, wake one */

/* itimer.c */
void	itimers_init(struct process *p);
void	itimers_exit(struct process *p);	/* not under tasks_lock: their callbacks take it */

#endif
