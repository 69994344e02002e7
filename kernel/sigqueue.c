/*
 * sigqueue.c - the information that travels with a signal, and how much of it a user may have.
 *
 * A pending signal is a bit; what sent it and why is a struct sigqueue on the list beside
 * the bit.  Real-time signals queue as often as they are sent, so each user may have at
 * most RLIMIT_SIGPENDING entries: a standard signal beyond that keeps its bit and loses
 * its information, a real-time one is refused.
 *
 * Data        users[]: chains of counters, by real uid.  A counter at 0 is not freed but
 *             taken over by the next uid that hashes there, so a chain is never longer
 *             than the users who had signals queued at one time.
 * Locks       users_lock for the chains and counts, interrupts off (signals are sent from
 *             interrupts).  The lists themselves belong to the sighand lock.
 * Not here    who gets a signal (signal.c); what it does (signal_deliver.c).
 */
#include "kernel/sigqueue.h"

#include "kernel/posixtimer.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "mm/slab.h"

#define USER_BUCKETS	64

struct sig_user {			/* Guarded by: u users_lock */
	struct sig_user *next;		/* [u] */
	u32	uid;			/* [u] changes only while count is 0 */
	u64	count;			/* [u] struct sigqueues charged */
};

static struct spinlock users_lock = SPINLOCK_INIT(RANK_SIGQUEUE);
static struct sig_user root = { .uid = 0 };
static struct sig_user *users[USER_BUCKETS] = { &root };	/* [u] */

static struct sig_user *
user_find(u32 uid) MUST_HOLD(users_lock)
{
	struct sig_user *u, *unused = NULL;

	assert_held(&users_lock);
	for (u = users[uid % USER_BUCKETS]; u; u = u->next) {
		if (u->uid == uid)
			return u;
		if (!u->count)
			unused = u;
	}
	if (unused)
		unused->uid = uid;
	return unused;
}

struct sig_user *
sigqueue_charge(u32 uid, u64 limit)
{
	struct sig_user *u;
	ulong flags = spin_lock_irqsave(&users_lock);

	u = user_find(uid);
	if (unlikely(!u)) {
		u = kmalloc(sizeof(*u), GFP_ATOMIC);
		if (!u)
			goto out;
		*u = (struct sig_user){ .next = users[uid % USER_BUCKETS], .uid = uid };
		users[uid % USER_BUCKETS] = u;
	}
	if (u->count < limit)
		u->count++;
	else
		u = NULL;
out:
	spin_unlock_irqrestore(&users_lock, flags);
	return u;
}

void
sigqueue_uncharge(struct sig_user *u)
{
	ulong flags = spin_lock_irqsave(&users_lock);

	u->count--;
	spin_unlock_irqrestore(&users_lock, flags);
}

struct sigqueue *
sigqueue_alloc(u32 uid, u64 limit)
{
	struct sig_user *u = sigqueue_charge(uid, limit);
	struct sigqueue *q;

	if (!u)
		return NULL;
	q = kmalloc(sizeof(*q), GFP_ATOMIC);
	if (!q) {
		sigqueue_uncharge(u);
		return NULL;
	}
	list_init(&q->link);
	q->user = u;
	q->timer = NULL;
	return q;
}

void
sigqueue_free(struct sigqueue *q)
{
	if (!q)
		return;
	if (q->timer) {
		posix_timer_put(q->timer);
		return;
	}
	sigqueue_uncharge(q->user);
	kfree(q);
}

struct sigqueue *
sigqueue_take(struct list *queue, int sig, bool *more)
{
	struct sigqueue *q, *found = NULL;

	*more = false;
	list_for_each(q, queue, link) {
		if (q->info.si_signo != sig)
			continue;
		if (found) {
			*more = true;
			break;
		}
		found = q;
	}
	if (found)
		list_remove(&found->link);
	return found;
}

void
sigqueue_flush(struct list *queue, u64 mask)
{
	struct sigqueue *q, *next;

	list_for_each_safe(q, next, queue, link) {
		if (mask & sigmask(q->info.si_signo)) {
			list_remove(&q->link);
			sigqueue_free(q);
		}
	}
}

u64
sigqueue_count(u32 uid)
{
	struct sig_user *u;
	u64 n;
	ulong flags = spin_lock_irqsave(&users_lock);

	u = user_find(uid);
	n = u ? u->count : 0;
	spin_unlock_irqrestore(&users_lock, flags);
	return n;
}
