/*
 * sigqueue.h - one queued signal: the information that goes with its pending bit.
 */
#ifndef KERNEL_SIGQUEUE_H
#define KERNEL_SIGQUEUE_H

#include "abi/signal.h"
#include "lib/list.h"

struct posix_timer;
struct sig_user;

struct sigqueue {
	struct list link;		/* on a task's or process's sig_queue, oldest first */
	struct sig_user *user;		/* who is charged for it */
	struct posix_timer *timer;	/* whose it is: part of it, counted, and not freed; NULL: of nobody */
	struct abi_siginfo info;
};

/* Room for one signal, charged to uid. NULL: uid has `limit` queued, or out of memory. Any context. */
struct sigqueue *sigqueue_alloc(u32 uid, u64 limit);
void	sigqueue_free(struct sigqueue *q);	/* NULL is fine */
/* Take the oldest entry for sig off the queue (NULL: the bit was set without one); *more: another remains. */
struct sigqueue *sigqueue_take(struct list *queue, int sig, bool *more);
/* Free every entry whose signal is in mask. */
void	sigqueue_flush(struct list *queue, u64 mask);
/* How many signals uid has queued, for /proc/PID/status. */
u64	sigqueue_count(u32 uid);
/* The counting alone, for an entry that is part of something else: NULL at the limit, or out of memory. */
struct sig_user *sigqueue_charge(u32 uid, u64 limit);
void	sigqueue_uncharge(struct sig_user *u);

#endif
