/*
 * rights.c - descriptors in flight: files that are in a packet and perhaps in no program any more.
 *
 * A socket that was sent is kept by the packet it is in, which is kept by the socket in whose queue it lies.
 * Sockets can so keep each other alive when no program can reach them:
 *
 *	A's queue ─▶ packet ─▶ file of B, B's queue ─▶ packet ─▶ file of A
 *
 * rights_collect() finds them.  A socket all of whose file's references are in packets is a candidate.  Take
 * away the references that lie in candidates' queues: who has some left is in the queue of a socket that a
 * program holds, and is alive, and so is all that can be reached from it.  The other candidates are garbage.
 *
 * Letting a packet's files go may end sockets, which lets their packets go: a chain of any length.  So files
 * are closed from a list (task->dropping) by the outermost call, never by recursion.
 *
 * Data        flying: sockets with u->flying > 0, nflying of them.  flyers: how many descriptors each user has in
 *             flight.
 * Locks       rights_lock [g], which sleeps. Inside it, sockets' locks, one at a time, but for a listener's
 *             and then that of a connection it has not accepted.
 * Invariants  F1  u->flying is how many times u's file is in packets that were launched and not landed.
 *             F2  descriptors enter and leave packets (p->rights) under rights_lock, so that a collection sees
 *                 each where it is. A packet that is in no queue just now counts as held by a program.
 */
#include "abi/capability.h"
#include "kernel/task.h"
#include "mm/slab.h"
#include "net/unix/unix.h"

struct flyer {			/* Guarded by: g rights_lock  a atomic */
	struct flyer *next;
	u32	uid;			/* [g] */
	u32	n;			/* [g] > 0 */
};

static struct mutex rights_lock;
static struct list flying = LIST_INIT(flying);	/* [g] */
static uint nflying;				/* [g] its length */
static atomic_t asked;				/* [a] times a collection was due since the last one */
static struct flyer *flyers;			/* [g] */

/* The socket of this family that f is, or NULL. */
static struct unix_sock *
unix_of_file(const struct file *f)
{
	struct socket *s = socket_of(f);

	return s && s->family == AF_UNIX ? unix_of(s) : NULL;
}

struct rights *
rights_alloc(u32 n)
{
	struct rights *r = kmalloc(sizeof(*r) + n * sizeof(r->file[0]), GFP_KERNEL);

	if (!r)
		return NULL;
	r->n = 0;
	r->uid = current->uid;
	r->next = NULL;
	return r;
}

/* --- counting --- */

/* Charge n more to uid: 0, -ETOOMANYREFS, -ENOMEM. */
static int
flyer_add(u32 uid, u32 n) MUST_HOLD(rights_lock)
{
	struct flyer *f;

	for (f = flyers; f && f->uid != uid; f = f->next)
		;
	if (f && f->n > current->proc->rlim[RLIMIT_NOFILE].rlim_cur && !task_capable(BIT(CAP_SYS_RESOURCE)) &&
	    !task_capable(BIT(CAP_SYS_ADMIN)))
		return -ETOOMANYREFS;
	if (!f) {
		f = kmalloc(sizeof(*f), GFP_KERNEL);
		if (!f)
			return -ENOMEM;
		*f = (struct flyer){ .next = flyers, .uid = uid };
		flyers = f;
	}
	f->n += n;
	return 0;
}

static void
flyer_sub(u32 uid, u32 n) MUST_HOLD(rights_lock)
{
	struct flyer **at = &flyers, *f;

	while ((*at)->uid != uid)
		at = &(*at)->next;
	f = *at;
	f->n -= n;
	if (!f->n) {
		*at = f->next;
		kfree(f);
	}
}

int
rights_launch(struct rights *r)
{
	int err;

	mutex_lock(&rights_lock);
	err = flyer_add(r->uid, r->n);
	for (u32 i = 0; !err && i < r->n; i++) {
		struct unix_sock *u = unix_of_file(r->file[i]);

		if (u && !u->flying++) {
			u->file = r->file[i];
			list_push_back(&flying, &u->flying_link);
			nflying++;
		}
	}
	mutex_unlock(&rights_lock);
	return err;
}

/* p has no descriptors any more: those it had. NO_TSA: it is in no queue, or u's. */
static struct rights *
take_off(struct packet *p, struct unix_sock *u) NO_TSA
{
	struct rights *r = p->rights;

	if (u)
		spin_lock(&u->lock);
	p->rights = NULL;
	if (u)
		spin_unlock(&u->lock);
	return r;
}

struct rights *
rights_land(struct packet *p, struct unix_sock *u)
{
	struct rights *r;

	mutex_lock(&rights_lock);
	r = take_off(p, u);
	for (u32 i = 0; i < r->n; i++) {
		struct unix_sock *s = unix_of_file(r->file[i]);

		if (s && !--s->flying) {
			list_remove(&s->flying_link);
			nflying--;
		}
	}
	flyer_sub(r->uid, r->n);
	mutex_unlock(&rights_lock);
	return r;
}

struct rights *
rights_copy(struct packet *p)
{
	struct rights *r = rights_alloc(p->rights->n);

	if (!r)
		return NULL;
	mutex_lock(&rights_lock);
	for (; r->n < p->rights->n; r->n++) {
		r->file[r->n] = p->rights->file[r->n];
		file_get(r->file[r->n]);
	}
	mutex_unlock(&rights_lock);
	return r;
}

/* --- letting go --- */

/* Close all that is on *list, and what is put there meanwhile. */
static void
drop_all(struct rights **list)
{
	struct rights *r;

	current->dropping = list;
	while ((r = *list)) {
		*list = r->next;
		for (u32 i = 0; i < r->n; i++)
			if (r->file[i])
				file_put(r->file[i]);
		kfree(r);
	}
	current->dropping = NULL;
}

void
rights_drop(struct rights *r)
{
	struct rights *list = r;

	if (!r)
		return;
	if (current->dropping) {
		r->next = *current->dropping;
		*current->dropping = r;
		return;
	}
	drop_all(&list);
	rights_collect();
}

/* --- collecting --- */

/* fn for each socket in a packet of u's queue. */
static void
scan_queue(struct unix_sock *u, void (*fn)(struct unix_sock *found, struct list *arg), struct list *arg)
	MUST_HOLD(u->lock)
{
	struct unix_sock *found;
	struct packet *p;

	list_for_each(p, &u->queue, link) {
		for (u32 i = 0; p->rights && i < p->rights->n; i++) {
			found = unix_of_file(p->rights->file[i]);
			if (found)
				fn(found, arg);
		}
	}
}

/* The same, with the queues of connections that u, listening, has not accepted. */
static void
scan(struct unix_sock *u, void (*fn)(struct unix_sock *found, struct list *arg), struct list *arg)
{
	struct unix_sock *e;

	spin_lock(&u->lock);
	scan_queue(u, fn, arg);
	list_for_each(e, &u->pending, pending_link) {
		spin_lock_nested(&e->lock);		/* nobody takes it before the listener's */
		scan_queue(e, fn, arg);
		spin_unlock(&e->lock);
	}
	spin_unlock(&u->lock);
}

/* A reference of `found` is explained: it lies in a candidate's queue. */
static void
explain(struct unix_sock *found, struct list *unused)
{
	if (found->candidate)
		found->outside--;
}

/* `found` is in a living socket's queue. */
static void
revive(struct unix_sock *found, struct list *alive)
{
	if (!found->candidate)
		return;
	found->candidate = false;
	list_remove(&found->flying_link);
	list_push_back(alive, &found->flying_link);
}

/* Move u's packets with descriptors to out. */
static void
take_packets(struct unix_sock *u, struct list *out) MUST_HOLD(u->lock)
{
	struct packet *p, *next;

	list_for_each_safe(p, next, &u->queue, link) {
		if (p->rights) {
			list_remove(&p->link);
			list_push_back(out, &p->link);
			u->queued--;
		}
	}
}

static void
empty(struct unix_sock *u, struct list *out)
{
	struct unix_sock *e;

	spin_lock(&u->lock);
	take_packets(u, out);
	list_for_each(e, &u->pending, pending_link) {
		spin_lock_nested(&e->lock);		/* as in scan() */
		take_packets(e, out);
		spin_unlock(&e->lock);
	}
	spin_unlock(&u->lock);
}

/* What unreachable sockets have in their queues, to out. True if there was anything. */
static bool
find_garbage(struct list *out)
{
	struct list candidates = LIST_INIT(candidates), alive = LIST_INIT(alive);
	struct unix_sock *u, *next;

	mutex_lock(&rights_lock);
	list_for_each_safe(u, next, &flying, flying_link) {
		if ((uint)atomic_read(&u->file->refs) != u->flying)
			continue;
		u->candidate = true;
		u->outside = u->flying;
		list_remove(&u->flying_link);
		list_push_back(&candidates, &u->flying_link);
	}
	list_for_each(u, &candidates, flying_link)
		scan(u, explain, NULL);
	list_for_each_safe(u, next, &candidates, flying_link)
		if (u->outside > 0)
			revive(u, &alive);
	list_for_each(u, &alive, flying_link)
		scan(u, revive, &alive);
	list_for_each(u, &candidates, flying_link) {
		u->candidate = false;
		empty(u, out);
	}
	list_splice_back(&flying, &alive);
	list_splice_back(&flying, &candidates);
	mutex_unlock(&rights_lock);
	return !list_empty(out);
}

/*
 * Many sockets in flight are not all looked at each time one is closed, or closing them all would take the square
 * of their number: then it is done once for so many closes that each pays for SHARE of them.
 */
#define SHARE	64

void
rights_collect(void)
{
	struct list garbage = LIST_INIT(garbage);
	struct rights *list = NULL;

	/* The outermost drop_all of this task is followed by a collection. */
	if (current->dropping || (uint)atomic_add_return(&asked, 1) * SHARE < READ_ONCE(nflying))
		return;
	atomic_set(&asked, 0);
	while (READ_ONCE(nflying) && find_garbage(&garbage)) {
		current->dropping = &list;
		packets_free(&garbage);
		drop_all(&list);
	}
}

void
rights_init(void)
{
	mutex_init(&rights_lock, RANK_SOCKET_RIGHTS);
}
