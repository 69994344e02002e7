/*
 * signal.h - sending, queueing, and acting on signals.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include "abi/signal.h"
#include "arch/atomic.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"

/* Kernel-internal results of a call that a signal interrupted; user mode never sees them. */
#define ERESTARTSYS		512	/* restart if SA_RESTART or no handler */
#define ERESTARTNOINTR		513	/* always restart */
#define ERESTARTNOHAND		514	/* restart only if no handler runs */
#define ERESTART_RESTARTBLOCK	516	/* continue by restart_syscall */

#define sigmask(n)	(1UL << ((n) - 1))

struct sighand {
	struct spinlock lock;		/* rank RANK_SIGHAND: also guards the process's signal state */
	atomic_t refs;
	struct abi_sigaction action[ABI_NSIG];	/* [lock] index signo-1 */
};

static inline bool
signal_pending(const struct task *t)
{
	return READ_ONCE(t->arch.work) & TASK_WORK_SIGNAL;
}

/* info NULL: from the kernel (SI_KERNEL). 0, -EAGAIN (queue full), -ESRCH. No permission check. */
int	signal_send_task(struct task *t, int sig, const struct abi_siginfo *info);
int	signal_send_process(struct process *p, int sig, const struct abi_siginfo *info);
int	signal_send_pgrp(int pgid, int sig, const struct abi_siginfo *info);	/* -ESRCH if empty */
/* What current tells with a signal of its own will: its pid and user, and how it sent it (SI_USER, SI_TKILL). */
void	signal_info_current(struct abi_siginfo *info, int sig, int code);
/* To current, as if it had sent it with kill: SIGPIPE, SIGXFSZ. */
void	signal_raise(int sig);
/* A fault of current: cannot be blocked or ignored. */
void	signal_fault(int sig, int code, ulong addr);
/* Deliver, stop or die; called by user_return_work. May not return. */
void	signal_deliver(struct trapframe *r);
/* May current signal t? 0 or -EPERM. */
int	signal_permitted(struct task *t, int sig);
void	signal_recalc(struct task *t);		/* TASK_WORK_SIGNAL as pending & ~blocked says; sighand lock held */
/* Is current's process ending, or does a signal that it has not blocked end it? */
bool	signal_ends_us(void);
void	signal_set_mask(u64 mask);		/* current's blocked set (never KILL, STOP) */

struct sighand *sighand_create(void);		/* all default */
struct sighand *sighand_copy(struct sighand *old);
void	sighand_put(struct sighand *s);
void	signal_exec(void);			/* caught -> default; alternate stack off */
void	signal_exit_task(struct task *t);	/* free its queue */
void	signal_exit_process(struct process *p);
/* Tell p's parent: exited, killed, stopped or continued. */
void	signal_notify_parent(struct process *p, int why);	/* CLD_* */

#endif
