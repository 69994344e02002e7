/*
 * signal_private.h - between signal.c (who gets it), signal_deliver.c (what it does) and
 * sys_signal.c (the calls).
 */
#ifndef KERNEL_SIGNAL_PRIVATE_H
#define KERNEL_SIGNAL_PRIVATE_H

#include "kernel/signal.h"
#include "kernel/sigqueue.h"

#define SIGS_UNBLOCKABLE (sigmask(SIGKILL) | sigmask(SIGSTOP))
#define SIGS_STOP	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
/* What the default action of these is: nothing. */
#define SIGS_IGNORE	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGURG) | sigmask(SIGWINCH))
/* Raised by an instruction of the thread itself: taken before all others. */
#define SIGS_SYNC	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | \
			 sigmask(SIGTRAP) | sigmask(SIGFPE) | sigmask(SIGSYS))

/* tasks_lock held. To the process, or to thread `only` of it. As signal_send_process. */
int	signal_send_locked(struct process *p, struct task *only, int sig,
			   const struct abi_siginfo *info) MUST_HOLD(tasks_lock);
/* The same with q, a timer's own. True: it is queued, or was already. False: ignored, or nobody there. */
bool	signal_send_own_locked(struct process *p, struct task *only, struct sigqueue *q) MUST_HOLD(tasks_lock);
/* tasks_lock held, no sighand lock held. */
void	signal_notify_parent_locked(struct process *p, int why) MUST_HOLD(tasks_lock);

/* fs/event/signalfd.c: a signal is pending for threads that share s. Sighand lock held, or not. */
void	signalfd_notify(struct sighand *s);

/* Current is exiting: if the process was to stop, it may have been the last thread running. */
void	signal_stop_without_current(void);

/* Sighand lock held from here on. */
/* Have t look at its signals soon: wake it from any of `states`, interrupt it in user mode. */
void	signal_poke(struct task *t, int states);
/* The signal of mask that t should take next, 0 if none; then take it (NULL: no information). */
int	signal_next(const struct task *t, u64 mask);
struct sigqueue *signal_dequeue(struct task *t, int sig);
/* Is every live thread of p stopped, or `me`? */
bool	signal_all_stopped(struct process *p, const struct task *me) MUST_HOLD(tasks_lock);
/* A process-wide signal that current was to take, and cannot any more: let p's other threads look. No lock held. */
void	signal_retarget(struct process *p);
/* Does current run on its alternate stack, with sp? One that disarms itself is never said to be in use. */
static inline bool
on_altstack(const struct abi_sigaltstack *ss, ulong sp)
{
	return !((u32)ss->ss_flags & SS_AUTODISARM) && sp > ss->ss_sp && sp - ss->ss_sp <= ss->ss_size;
}
/* Forget pending signals of mask everywhere in p. */
void	signal_discard(struct process *p, u64 mask) MUST_HOLD(tasks_lock);

#endif
