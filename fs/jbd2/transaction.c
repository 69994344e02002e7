/*
 * transaction.c - handles: how a file system's changes become part of a transaction.
 *
 *	journal_begin          a place in the running transaction, with room in the log for `credits` blocks
 *	  journal_write_access   b is the transaction's: nobody writes it to its place before the commit
 *	  journal_dirty          b will be in the log
 *	journal_end            the last one to end lets a locked transaction be committed
 *
 *	     b->trans:  NULL --write_access--> running --dirty--> running, JDIRTY --commit (copied)--> NULL
 *	                  ^                                                                             | cp_trans
 *	                  +---- done ---- &j->home: being written to its place <---- checkpoint --------+
 *
 * Locks       list_lock for what is marked [l].  A handle is itself like a lock, of rank RANK_JOURNAL.
 * Invariants  J1  log_need(running) + commit_need + slack <= free: whatever the handles do, their
 *                 commit fits.
 *             J2  a buffer with trans or cp_trans set has one reference that is the journal's.
 *             J3  b->data changes only while b->trans is the running transaction.
 * Not here    what becomes of the transaction (commit.c); freeing blocks (revoke.c).
 */
#include "fs/jbd2/private.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "mm/slab.h"

static struct slab_cache *handle_cache, *transaction_cache;

/* ---- transactions ---- */

static struct transaction *
transaction_new(struct journal *j)
{
	struct transaction *t = slab_alloc(transaction_cache, GFP_ZERO);

	if (!t)
		return NULL;
	t->journal = j;
	list_init(&t->access);
	list_init(&t->buffers);
	list_init(&t->home);
	list_init(&t->link);
	revoke_init(&t->revokes);
	return t;
}

void
transaction_free(struct transaction *t)
{
	revoke_destroy(&t->revokes);
	slab_free(transaction_cache, t);
}

/* t begins to run. */
static void
transaction_start(struct journal *j, struct transaction *t) MUST_HOLD(j->list_lock)
{
	t->tid = j->next_tid++;
	t->expires = clock_monotonic() + READ_ONCE(j->c.commit_interval);
	j->running = t;
	if (!timer_pending(&j->timer))
		timer_start(&j->timer, t->expires);
}

/* Blocks, the descriptors that name them, revoke records, the commit block. */
u32
log_need(const struct journal *j, u32 n, u32 revokes)
{
	return n + DIV_ROUND_UP(n, j->tags_per_block) + DIV_ROUND_UP(revokes, j->revokes_per_block) + 1;
}

static u32
need_with(const struct transaction *t, int credits)
{
	return log_need(t->journal, t->nbuffers + t->credits + credits, t->revokes.count);
}

/* Is the running transaction small enough to take so many credits more? */
static bool
fits(const struct journal *j, const struct transaction *t, int credits) MUST_HOLD(j->list_lock)
{
	return need_with(t, credits) <= j->max_blocks && t->revokes.count <= j->slack / 4 * j->revokes_per_block;
}

bool
log_has_room(const struct journal *j, int credits)
{
	u32 need = j->running ? need_with(j->running, credits) : log_need(j, credits, 0);

	return need + j->commit_need + j->slack <= j->free;
}

/* ---- joining and leaving ---- */

static void
wait_until_sealed(struct journal *j, u32 tid)
{
	commit_request(j, tid);
	wait_event(&j->joins, tid_reached(READ_ONCE(j->sealed), tid) || READ_ONCE(j->error));
}

/* Become part of the running transaction, which is begun if need be. 0, -EROFS, -ENOMEM. */
static int
join(struct handle *h, int credits)
{
	struct transaction *t, *fresh = NULL;
	struct journal *j = h->journal;
	int err = 0;

	while (!err) {
		spin_lock(&j->list_lock);
		if (!j->running && fresh) {
			transaction_start(j, fresh);
			fresh = NULL;
		}
		t = j->running;
		if (unlikely(j->error)) {
			spin_unlock(&j->list_lock);
			err = -EROFS;
		} else if (!t) {
			spin_unlock(&j->list_lock);
			fresh = transaction_new(j);
			err = fresh ? 0 : -ENOMEM;
		} else if (unlikely(t->state != TRANS_RUNNING || !fits(j, t, credits))) {
			u32 tid = t->tid;

			j->stats.waits++;
			spin_unlock(&j->list_lock);
			wait_until_sealed(j, tid);
		} else if (unlikely(!log_has_room(j, credits))) {
			j->stats.waits++;
			spin_unlock(&j->list_lock);
			err = checkpoint_room(j, credits);
		} else {
			t->handles++;
			t->credits += credits;
			j->stats.handles++;
			spin_unlock(&j->list_lock);
			h->trans = t;
			h->credits = credits;
			break;
		}
	}
	if (unlikely(fresh))
		transaction_free(fresh);
	return err;
}

/* Give back what was not used. The transaction may be committed, and gone, when this returns. */
static void
leave(struct handle *h)
{
	struct transaction *t = h->trans;
	struct journal *j = h->journal;
	bool last;

	h->trans = NULL;
	spin_lock(&j->list_lock);
	t->credits -= h->credits;
	last = --t->handles == 0 && t->state == TRANS_LOCKED;
	spin_unlock(&j->list_lock);
	if (last)
		wake_up_all(&j->ended);
}

u32
journal_max_credits(const struct journal *j)
{
	u32 n = j->max_blocks - 1;

	return n - DIV_ROUND_UP(n, j->tags_per_block);
}

struct handle *
journal_begin(struct journal *j, int credits)
{
	struct handle *h = current->journal_handle;
	int err;

	if (h) {
		assert(h->journal == j);
		h->nesting++;
		return h;
	}
	if (unlikely((u32)credits > journal_max_credits(j))) {
		pr_err("%s: %s wants %d blocks in a log that gives at most %u\n", j->c.dev->name, current->comm,
		       credits, journal_max_credits(j));
		return ERR_PTR(-ENOSPC);
	}
	h = slab_alloc(handle_cache, GFP_ZERO);
	if (!h)
		return ERR_PTR(-ENOMEM);
	h->journal = j;
	h->nesting = 1;
	handle_acquire(j);
	err = join(h, credits);
	if (unlikely(err)) {
		handle_release(j);
		slab_free(handle_cache, h);
		return ERR_PTR(err);
	}
	current->journal_handle = h;
	return h;
}

int
journal_end(struct handle *h)
{
	struct journal *j = h->journal;
	int err = h->error;
	bool sync = h->sync;
	u32 tid = 0;

	assert(current->journal_handle == h);
	if (!err)
		err = READ_ONCE(j->error);
	if (--h->nesting)
		return err;
	if (h->trans) {
		tid = h->trans->tid;
		leave(h);
	}
	current->journal_handle = NULL;
	handle_release(j);
	slab_free(handle_cache, h);
	if (sync && !err)
		err = journal_commit_wait(j, tid);
	return err;
}

int
journal_extend(struct handle *h, int more)
{
	struct transaction *t = h->trans;
	struct journal *j = h->journal;
	int full = 1;

	if (unlikely(!t))
		return 1;
	spin_lock(&j->list_lock);
	if (t->state == TRANS_RUNNING && fits(j, t, more) && log_has_room(j, more)) {
		t->credits += more;
		h->credits += more;
		full = 0;
	}
	spin_unlock(&j->list_lock);
	return full;
}

int
journal_restart(struct handle *h, int credits)
{
	if (unlikely((u32)credits > journal_max_credits(h->journal)))
		return -ENOSPC;
	if (h->trans)
		leave(h);
	h->error = join(h, credits);
	return h->error;
}

u32
journal_tid(const struct handle *h)
{
	return h->trans ? h->trans->tid : 0;
}

/* ---- blocks ---- */

/* Make b the running transaction's, once it is not on its way to its place. */
static void
attach(struct journal *j, struct transaction *t, struct buffer *b)
{
	for (;;) {
		if (unlikely(READ_ONCE(b->flags) & BUFFER_WRITING))
			buffer_wait(b);
		spin_lock(&j->list_lock);
		if (likely(b->trans != &j->home))
			break;
		spin_unlock(&j->list_lock);
		wait_event(&ring_io_done, READ_ONCE(b->trans) != &j->home);
	}
	if (!b->trans) {
		if (!b->cp_trans)
			buffer_get(b);		/* J2 */
		b->trans = t;
		list_push_back(&t->access, &b->trans_link);
	}
	assert(b->trans == t);
	revoke_cancel(j, t, b->block);
	spin_unlock(&j->list_lock);
}

int
journal_write_access(struct handle *h, struct buffer *b)
{
	struct transaction *t = h->trans;

	if (likely(t && READ_ONCE(b->trans) == t))
		return 0;
	if (unlikely(!t || READ_ONCE(h->journal->error)))
		return -EROFS;
	attach(h->journal, t, b);
	return 0;
}

/*
 * For the log a new block differs only in that what it was before may have been revoked: attach()
 * cancels that.
 */
int
journal_create_access(struct handle *h, struct buffer *b)
{
	return journal_write_access(h, b);
}

/* More blocks than were promised: a bug of the caller, which the slack bears. */
static void
overdrawn(const struct handle *h, const struct buffer *b)
{
	pr_err("%s: %s has no credit left for block %lu\n", h->journal->c.dev->name, current->comm, (ulong)b->block);
#ifdef DEBUG
	panic("a handle without credits");
#endif
}

int
journal_dirty(struct handle *h, struct buffer *b)
{
	struct transaction *t = h->trans;
	struct journal *j = h->journal;

	if (unlikely(!t || READ_ONCE(j->error)))
		return -EROFS;
	assert(READ_ONCE(b->trans) == t);
	if (READ_ONCE(b->flags) & BUFFER_JDIRTY)
		return 0;
	spin_lock(&j->list_lock);
	if (!(b->flags & BUFFER_JDIRTY)) {
		buffer_flags_set(b, BUFFER_JDIRTY);
		list_remove(&b->trans_link);
		list_push_back(&t->buffers, &b->trans_link);
		t->nbuffers++;
		if (likely(h->credits > 0)) {
			h->credits--;
			t->credits--;
		} else {
			spin_unlock(&j->list_lock);
			overdrawn(h, b);
			return 0;
		}
	}
	spin_unlock(&j->list_lock);
	return 0;
}

void
buffer_detach(struct journal *j, struct buffer *b)
{
	struct transaction *t = b->trans;

	assert_held(&j->list_lock);
	if (b->flags & BUFFER_JDIRTY) {
		buffer_flags_clear(b, BUFFER_JDIRTY);
		t->nbuffers--;
	}
	list_remove(&b->trans_link);
	b->trans = NULL;
}

/* ---- data=ordered ---- */

void
journal_order_begin(struct handle *h, struct transaction **out)
{
	atomic_inc(&h->trans->ordered);
	*out = h->trans;
}

void
journal_order_done(struct transaction *t, int error)
{
	if (error)
		WRITE_ONCE(t->order_error, error);
	if (atomic_dec_and_test(&t->ordered))
		wake_up_all(&ring_io_done);	/* t may be gone */
}

void
transactions_init(void)
{
	if (handle_cache)
		return;
	handle_cache = slab_create("journal_handle", sizeof(struct handle), 16, NULL);
	transaction_cache = slab_create("transaction", sizeof(struct transaction), 16, NULL);
}
