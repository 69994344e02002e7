/*
 * checkpoint.c - committed blocks are written to their places, so that the log's space can be used again.
 *
 *	         tail                                    head
 *	ring  ...|  5  |   6    |  7 | 8: committing ....|   free   ...
 *	            ^ its blocks are written home, oldest transaction first;
 *	              when none is left: flush, then the super block says that the log begins at 6
 *
 * A block that a later transaction has changed again is not written: that one's commit takes it
 * over, and the older copy in the log is needed until then (`after`).  While a block is on its
 * way home its b->trans is j->home, and handles that want it wait; so what is written is always a
 * committed version.
 *
 * Locks       checkpoint_lock: one at a time.  It is not held while waiting for a commit.
 * Invariants  C1  the tail moves only after a flush that came after the writes of every block
 *                 logged before it.
 *             C2  log space is used again only when the super block that gives it up is on the disk.
 * Not here    the transactions' way here (commit.c).
 */
#include "fs/jbd2/private.h"
#include "kernel/printk.h"
#include "kernel/task.h"

#define BATCH		64

struct batch {				/* on the stack of who waits for it */
	atomic_t pending;
	int	error;			/* [a] */
};

void
checkpoint_take_over(struct journal *j, struct buffer *b, const struct transaction *by)
{
	struct transaction *t = b->cp_trans;

	assert_held(&j->list_lock);
	list_remove(&b->cp_link);
	b->cp_trans = NULL;
	if (t == by)
		return;
	if (!t->after_set || !tid_reached(t->after, by->tid))
		t->after = by->tid;
	t->after_set = true;
}

/* ---- writing home ---- */

/* From the bio's end, interrupts off. */
static void
home_done(void *arg, struct buffer *b, int error)
{
	struct batch *batch = arg;

	if (error)
		WRITE_ONCE(batch->error, error);
	smp_store_release(&b->trans, NULL);
	atomic_dec_and_test(&batch->pending);	/* batch may be gone now */
	wake_up_all(&ring_io_done);
}

/* Up to BATCH blocks of t that no later transaction has: each counted, and closed to handles. */
static uint
collect(struct journal *j, struct transaction *t, struct buffer **out) MUST_HOLD(j->list_lock)
{
	struct buffer *b;
	uint n = 0;

	list_for_each(b, &t->home, cp_link) {
		if (n == BATCH)
			break;
		if (b->trans)
			continue;
		b->trans = &j->home;
		buffer_get(b);
		out[n++] = b;
	}
	return n;
}

/*
 * What was written is nobody's to write any more, unless a later transaction has taken it over
 * meanwhile.
 */
static void
release(struct journal *j, struct transaction *t, struct buffer **list, uint n)
{
	for (uint i = 0; i < n; i++) {
		struct buffer *b = list[i];
		bool put = false;

		spin_lock(&j->list_lock);
		if (b->cp_trans == t) {
			list_remove(&b->cp_link);
			b->cp_trans = NULL;
			put = buffer_unlinked(b);
		}
		spin_unlock(&j->list_lock);
		if (put)
			buffer_put(b);
		buffer_put(b);
	}
}

/* Write some blocks of the oldest transaction that has any to write, and wait. How many; -EIO. */
static int
write_some(struct journal *j) MUST_HOLD(j->checkpoint_lock)
{
	struct batch batch = { .error = 0 };
	struct buffer *list[BATCH];
	struct transaction *t;
	uint n = 0;

	spin_lock(&j->list_lock);
	list_for_each(t, &j->checkpoint, link) {
		n = collect(j, t, list);
		if (n)
			break;
	}
	spin_unlock(&j->list_lock);
	if (!n)
		return 0;
	buffer_sort(list, n);
	atomic_set(&batch.pending, n);
	buffer_write_many(list, n, 0, home_done, &batch);
	wait_event(&ring_io_done, atomic_read(&batch.pending) == 0);
	if (batch.error) {
		for (uint i = 0; i < n; i++)
			buffer_put(list[i]);	/* they stay logged */
		return batch.error;
	}
	release(j, t, list, n);
	return n;
}

/* ---- the tail ---- */

/* Is t's log space needed by nobody? */
static bool
is_done(const struct journal *j, const struct transaction *t) MUST_HOLD(j->list_lock)
{
	return list_empty(&t->home) && (!t->after_set || tid_reached(j->committed, t->after));
}

/*
 * Where the live part of the log begins if the transactions before `first` are dropped (NULL: all
 * that are FINISHED).
 */
static void
tail_at(const struct journal *j, const struct transaction *first, u32 *tail, u32 *tid) MUST_HOLD(j->list_lock)
{
	if (!first)
		first = j->committing;
	if (first) {
		*tail = first->log_start;
		*tid = first->tid;
	} else {
		*tail = j->head;
		*tid = j->running ? j->running->tid : j->next_tid;
	}
}

/* The first FINISHED transaction that must stay; NULL: none. */
static struct transaction *
first_kept(const struct journal *j) MUST_HOLD(j->list_lock)
{
	struct transaction *t;

	list_for_each(t, &j->checkpoint, link)
		if (!is_done(j, t))
			return t;
	return NULL;
}

static u32
distance(const struct journal *j, u32 from, u32 to)
{
	return (to + ring_size(j) - from) % ring_size(j);
}

/* Take the transactions before `first` off the list, onto gone. */
static void
take_done(struct journal *j, const struct transaction *first, struct list *gone) MUST_HOLD(j->list_lock)
{
	struct transaction *t;

	while ((t = list_first(&j->checkpoint, struct transaction, link)) != NULL && t != first) {
		list_remove(&t->link);
		list_push_back(gone, &t->link);
		j->stats.checkpoints++;
	}
}

/*
 * Drop the transactions whose blocks are all home, and move the tail (C1, C2). empty: the log has
 * nothing live, and is to say so. What was written home must be durable before the super block says
 * that it is, and that must be durable before the space is free: then the tail is the new one, and who
 * waits for room (joins) is woken. The super block is written only if it would change. 0, or -EIO: the
 * caller aborts.
 */
static int
move_tail(struct journal *j, bool empty) MUST_HOLD(j->checkpoint_lock)
{
	struct list gone = LIST_INIT(gone);
	struct transaction *t;
	u32 tail, tid;
	int err = 0;

	spin_lock(&j->list_lock);
	t = first_kept(j);
	tail_at(j, t, &tail, &tid);
	take_done(j, t, &gone);
	empty = empty && !t && !j->committing;
	spin_unlock(&j->list_lock);

	if (tail != j->tail || (empty && j->super->s_start)) {
		if (READ_ONCE(j->c.barrier))
			err = block_flush(j->c.dev);
		if (!err)
			err = super_write(j, empty ? 0 : tail, tid, READ_ONCE(j->c.barrier) ? BIO_FUA : 0);
	}
	if (!err) {
		spin_lock(&j->list_lock);
		j->free += distance(j, j->tail, tail);
		j->tail = tail;
		j->tail_tid = tid;
		spin_unlock(&j->list_lock);
		wake_up_all(&j->joins);
	}
	while ((t = list_first(&gone, struct transaction, link))) {
		list_remove(&t->link);
		transaction_free(t);
	}
	return err;
}

/* ---- who asks for it ---- */

static bool
has_room(struct journal *j, int credits)
{
	bool room;

	spin_lock(&j->list_lock);
	room = log_has_room(j, credits);
	spin_unlock(&j->list_lock);
	return room;
}

/* What could not be written is in a transaction not committed yet: see that it is, and wait. */
static void
wait_for_commit(struct journal *j)
{
	struct transaction *t;
	u32 tid = 0;

	spin_lock(&j->list_lock);
	t = j->committing ? j->committing : j->running;
	if (t)
		tid = t->tid;
	spin_unlock(&j->list_lock);
	if (!t)
		return;			/* it has been since we looked */
	commit_request(j, tid);
	wait_event(&j->commits, tid_reached(READ_ONCE(j->committed), tid) || READ_ONCE(j->error));
}

/* One step towards an empty log. 1: something changed; 0: a commit must come first; or -EIO. */
static int
step(struct journal *j, bool empty) MUST_HOLD(j->checkpoint_lock)
{
	u32 tail = j->tail;
	int n = write_some(j);

	if (n)
		return n < 0 ? n : 1;
	n = move_tail(j, empty);
	return n ? n : j->tail != tail;
}

int
checkpoint_room(struct journal *j, int credits)
{
	int did;

	while (!READ_ONCE(j->error) && !has_room(j, credits)) {
		mutex_lock(&j->checkpoint_lock);
		did = has_room(j, credits) ? 1 : step(j, false);
		mutex_unlock(&j->checkpoint_lock);
		if (did < 0)
			journal_abort(j, did);
		else if (!did)
			wait_for_commit(j);
	}
	return READ_ONCE(j->error) ? -EROFS : 0;
}

/* Less than half of the ring is free, and something can be done about it. */
bool
checkpoint_wanted(const struct journal *j)
{
	return READ_ONCE(j->free) < ring_size(j) / 2 && !READ_ONCE(j->stuck) && !READ_ONCE(j->error) &&
	       !list_empty(&j->checkpoint);
}

void
checkpoint_step(struct journal *j)
{
	int did;

	if (!checkpoint_wanted(j))
		return;
	mutex_lock(&j->checkpoint_lock);
	did = step(j, false);
	mutex_unlock(&j->checkpoint_lock);
	if (did < 0)
		journal_abort(j, did);
	else if (!did)
		WRITE_ONCE(j->stuck, true);
}

int
checkpoint_all(struct journal *j)
{
	bool more = true;
	int did;

	while (more && !READ_ONCE(j->error)) {
		mutex_lock(&j->checkpoint_lock);
		did = step(j, true);
		spin_lock(&j->list_lock);
		more = !list_empty(&j->checkpoint) || j->committing;
		spin_unlock(&j->list_lock);
		more = more || j->super->s_start;
		mutex_unlock(&j->checkpoint_lock);
		if (did < 0)
			journal_abort(j, did);
		else if (!did && more)
			wait_for_commit(j);
	}
	return READ_ONCE(j->error);
}
