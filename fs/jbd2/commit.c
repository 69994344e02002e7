/*
 * commit.c - a transaction is made to last: the commit thread.
 *
 *	RUNNING   journal_commit_wait, the timer or a full transaction asks for it
 *	LOCKED    its handles end; each block is sealed and copied to log pages, which begin to be written
 *	COMMIT    the next transaction runs.  Wait: for the data that this one makes reachable, for the log's blocks
 *	          flush; commit block; flush           <- from here on it survives
 *	FINISHED  its blocks may go home (checkpoint.c)
 *
 * A commit does not fail for memory: there are RESERVE_PAGES pages for copies. With no other the
 * blocks are written a few at a time, and the handles wait that much longer.
 *
 * Several syncers share a commit. Those who come while one is being written wait for the next,
 * which begins when it ends; but those whom it sets free would miss that one by a hair, and two
 * groups would take turns.  So the next commit waits for as many as are likely to come
 * (`expected`: those just set free, and those who wait already), yet no longer than a commit
 * takes. Who syncs alone never waits.
 *
 * Locks       list_lock [l]; the thread's own things are marked [t].
 * Invariants  T1  nothing of a transaction is at its place on the disk before its commit block is.
 *             T2  numbers in the log have no gap: an empty transaction that is asked for is a lone commit block.
 * Further     docs/log.md.
 */
#include "fs/jbd2/private.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/string.h"

#define LONGEST_WAIT	(15 * NSEC_PER_MSEC)	/* for others to join a commit */

/* ---- asking for one ---- */

void
commit_request(struct journal *j, u32 tid)
{
	spin_lock(&j->list_lock);
	if (!tid_reached(j->requested, tid))
		WRITE_ONCE(j->requested, tid);
	spin_unlock(&j->list_lock);
	wake_up(&j->work);
}

void
commit_timer(struct timer *timer)
{
	struct journal *j = container_of(timer, struct journal, timer);

	WRITE_ONCE(j->tick, true);
	wake_up(&j->work);
}

/* The transaction with this number, if it is not on disk yet. */
static struct transaction *
find_live(struct journal *j, u32 tid) MUST_HOLD(j->list_lock)
{
	if (j->running && j->running->tid == tid)
		return j->running;
	if (j->committing && j->committing->tid == tid)
		return j->committing;
	return NULL;
}

u32
journal_newest(struct journal *j)
{
	struct transaction *t;
	u32 tid;

	spin_lock(&j->list_lock);
	t = j->running ? j->running : j->committing;
	tid = t ? t->tid : 0;
	spin_unlock(&j->list_lock);
	return tid;
}

bool
journal_commit_pending(struct journal *j, u32 tid)
{
	struct transaction *t;
	bool pending;

	spin_lock(&j->list_lock);
	t = find_live(j, tid);
	pending = t && !t->flushing;
	spin_unlock(&j->list_lock);
	return pending;
}

int
journal_commit_wait(struct journal *j, u32 tid)
{
	struct transaction *t;

	assert(!current->journal_handle);
	spin_lock(&j->list_lock);
	t = find_live(j, tid);
	if (t) {
		atomic_inc(&t->waiters);
		if (!tid_reached(j->requested, tid))
			WRITE_ONCE(j->requested, tid);
	}
	spin_unlock(&j->list_lock);
	if (!t)
		return READ_ONCE(j->error);
	wake_up(&j->work);
	wait_event(&j->commits, tid_reached(READ_ONCE(j->committed), tid) || READ_ONCE(j->error));
	return tid_reached(READ_ONCE(j->committed), tid) ? 0 : READ_ONCE(j->error);
}

/* Has t nothing to tell the disk? */
static bool
is_empty(const struct transaction *t)
{
	return !t->nbuffers && !t->revokes.count && !atomic_read(&t->ordered);
}

int
journal_commit_all(struct journal *j, bool wait)
{
	struct transaction *t;
	u32 tid = 0;

	spin_lock(&j->list_lock);
	t = j->running && !is_empty(j->running) ? j->running : j->committing;
	if (t)
		tid = t->tid;
	spin_unlock(&j->list_lock);
	if (!t)
		return READ_ONCE(j->error);
	if (wait)
		return journal_commit_wait(j, tid);
	commit_request(j, tid);
	return READ_ONCE(j->error);
}

/* ---- the blocks ---- */

struct group {				/* a descriptor block being filled */
	u8	*block;			/* NULL: none is open */
	uint	used;			/* bytes */
	uint	tags;
	u32	*flags;			/* of the last tag; v3 */
	u16	*flags16;		/* otherwise */
};

static void
header_init(void *block, u32 type, const struct transaction *t)
{
	struct jbd2_header *h = block;

	memset(block, 0, t->journal->block_size);
	h->h_magic = be32(JBD2_MAGIC);
	h->h_blocktype = be32(type);
	h->h_sequence = be32(t->tid);
}

static void
group_open(struct log_writer *w, struct group *g, const struct transaction *t)
{
	memset(g, 0, sizeof(*g));
	g->block = writer_first_block(w);
	g->used = sizeof(struct jbd2_header);
	header_init(g->block, JBD2_DESCRIPTOR, t);
}

/* Mark the last tag, seal the descriptor, and let it go with its blocks. */
static void
group_close(struct log_writer *w, struct group *g)
{
	struct journal *j = w->j;

	if (!g->block)
		return;
	if (j->v3)
		*g->flags |= be32(JBD2_TAG_LAST);
	else
		*g->flags16 |= be16(JBD2_TAG_LAST);
	if (has_csum(j))
		*(u32 *)(g->block + j->block_size - 4) = be32(csum_tail_block(j, g->block));
	g->block = NULL;
	writer_submit(w);
}

static void
group_tag(const struct journal *j, struct group *g, u64 block, u32 flags, u32 csum)
{
	struct jbd2_tag3 *t3 = (void *)(g->block + g->used);
	struct jbd2_tag *t = (void *)(g->block + g->used);

	if (g->tags++)
		flags |= JBD2_TAG_SAME_UUID;
	if (j->v3) {
		*t3 = (struct jbd2_tag3){ be32(block), be32(flags), be32(block >> 32), be32(csum) };
		g->flags = &t3->t_flags;
	} else {
		t->t_blocknr = be32(block);
		t->t_flags = be16(flags);
		if (j->large)
			t->t_blocknr_high = be32(block >> 32);
		g->flags16 = &t->t_flags;
	}
	g->used += j->tag_bytes;
	if (!(flags & JBD2_TAG_SAME_UUID)) {
		memcpy(g->block + g->used, j->super->s_uuid, sizeof(j->super->s_uuid));
		g->used += sizeof(j->super->s_uuid);
	}
}

/* b's copy is taken: it is the transaction's to write home one day, and free for the next to change. */
static void
buffer_committed(struct transaction *t, struct buffer *b)
{
	struct journal *j = t->journal;

	spin_lock(&j->list_lock);
	buffer_detach(j, b);
	if (b->cp_trans)
		checkpoint_take_over(j, b, t);
	b->cp_trans = t;
	list_push_back(&t->home, &b->cp_link);
	spin_unlock(&j->list_lock);
}

/* Copy b to mem, and name it in the descriptor. */
static void
log_buffer(struct transaction *t, struct group *g, struct buffer *b, void *mem)
{
	struct journal *j = t->journal;
	u32 flags = 0, csum = 0;

	if (b->seal && READ_ONCE(b->seal_bits))
		b->seal(b);
	memcpy(mem, b->data, j->block_size);
	if (*(u32 *)mem == be32(JBD2_MAGIC)) {	/* a log block must not look like one of the log's own */
		*(u32 *)mem = 0;
		flags = JBD2_TAG_ESCAPE;
	}
	if (has_csum(j))
		csum = csum_data(j, t->tid, mem);
	group_tag(j, g, b->block, flags, csum);
	buffer_committed(t, b);
}

/*
 * Seal all before the first is copied: one's seal may change another (a bitmap's checksum stands
 * in a descriptor).
 */
static void
seal_all(struct transaction *t)
{
	struct buffer *b;

	list_for_each(b, &t->buffers, trans_link)
		if (b->seal)
			b->seal(b);
}

static void
write_blocks(struct log_writer *w, struct transaction *t)
{
	struct group g = { .block = NULL };
	struct buffer *b;
	void *mem;

	seal_all(t);
	revoke_write(w, t);
	while ((b = list_first(&t->buffers, struct buffer, trans_link))) {
		if (!g.block)
			group_open(w, &g, t);
		mem = writer_block(w);
		if (!mem && g.tags) {
			group_close(w, &g);
			continue;
		}
		if (!mem) {
			writer_wait(w);	/* pages come back */
			mem = writer_block(w);
			assert(mem);
		}
		log_buffer(t, &g, b, mem);
		if (g.tags == w->j->tags_per_block)
			group_close(w, &g);
	}
	group_close(w, &g);
}

/*
 * The last of it. Everything that it vouches for has been written; with barriers the block's write flushes that
 * first, and is durable itself when it is done. From just before it is sent t->flushing says so, set under
 * list_lock. The block has t's header, the time, and its checksum if the log has any. 0 or -EIO.
 */
static int
write_commit_block(struct log_writer *w, struct transaction *t)
{
	u64 now = clock_realtime();
	struct journal *j = w->j;
	struct jbd2_commit *c = writer_first_block(w);

	header_init(c, JBD2_COMMIT, t);
	c->h_commit_sec = be64(now / NSEC_PER_SEC);
	c->h_commit_nsec = be32(now % NSEC_PER_SEC);
	if (has_csum(j))
		c->h_chksum[0] = be32(csum_commit(j, c));
	if (READ_ONCE(j->c.barrier))
		w->bio->flags |= BIO_PREFLUSH | BIO_FUA;
	spin_lock(&j->list_lock);
	t->flushing = true;
	spin_unlock(&j->list_lock);
	writer_submit(w);
	return writer_wait(w);
}

/* ---- the stages ---- */

/* RUNNING -> LOCKED: no handle joins any more; wait for those that are open. */
static void
lock_transaction(struct journal *j, struct transaction *t)
{
	spin_lock(&j->list_lock);
	t->state = TRANS_LOCKED;
	spin_unlock(&j->list_lock);
	wait_event(&j->ended, READ_ONCE(t->handles) == 0);
	spin_lock(&j->list_lock);		/* the last one has left it by now */
	t->log_start = j->head;
	j->committing = t;
	j->commit_need = log_need(j, t->nbuffers, t->revokes.count);
	j->stats.blocks += j->commit_need;
	spin_unlock(&j->list_lock);
}

/* Buffers that were to be changed, and were not, leave. */
static void
drop_list(struct journal *j, struct list *list)
{
	struct buffer *b;
	bool put;

	while ((b = list_first(list, struct buffer, trans_link))) {
		spin_lock(&j->list_lock);
		buffer_detach(j, b);
		put = buffer_unlinked(b);
		spin_unlock(&j->list_lock);
		if (put)
			buffer_put(b);
	}
}

/* LOCKED -> COMMIT: the copies are taken. */
static void
unlock_transaction(struct journal *j, struct transaction *t)
{
	drop_list(j, &t->access);
	spin_lock(&j->list_lock);
	t->state = TRANS_COMMIT;
	j->running = NULL;
	WRITE_ONCE(j->sealed, t->tid);
	spin_unlock(&j->list_lock);
	wake_up_all(&j->joins);
}

/*
 * The log was empty: its super block must say where it begins. The flush before the commit block
 * makes that last.
 */
static int
mark_begun(struct journal *j, const struct transaction *t)
{
	int err = 0;

	mutex_lock(&j->checkpoint_lock);
	if (!j->super->s_start) {
		err = super_write(j, t->log_start, t->tid, BIO_SYNC);
		spin_lock(&j->list_lock);
		j->tail = t->log_start;
		j->tail_tid = t->tid;
		spin_unlock(&j->list_lock);
	}
	mutex_unlock(&j->checkpoint_lock);
	return err;
}

/*
 * Put t, which is locked, into the log: its blocks; then handles may go on (unlock_transaction), for the copies
 * are taken; where the log begins, if it was empty (mark_begun). The commit block is written only when all of that
 * is done, and the ordered data are: t->ordered counts those on their way, ring_io_done is woken for each. Data that
 * could not be written are reported and do not stop the commit; an error of the log does. 0 or -errno: the journal
 * must be aborted.
 */
static int
write_transaction(struct journal *j, struct transaction *t)
{
	struct log_writer w;
	int err, more;

	writer_begin(&w, j);
	write_blocks(&w, t);
	unlock_transaction(j, t);
	err = mark_begun(j, t);
	wait_event(&ring_io_done, atomic_read(&t->ordered) == 0);
	if (t->order_error)
		pr_err("%s: transaction %u: data could not be written: error %d\n", j->c.dev->name, t->tid,
		       -t->order_error);
	more = writer_wait(&w);
	if (!err)
		err = more;
	if (!err && !READ_ONCE(j->error))
		err = write_commit_block(&w, t);
	writer_end(&w);
	return err ? err : READ_ONCE(j->error);
}

/* COMMIT -> FINISHED */
static void
finish(struct journal *j, struct transaction *t, u64 took)
{
	uint waiters;

	revoke_destroy(&t->revokes);
	if (j->c.committed)
		j->c.committed(j->c.arg, t->tid);
	spin_lock(&j->list_lock);
	j->committing = NULL;
	j->commit_need = 0;
	t->state = TRANS_FINISHED;
	list_push_back(&j->checkpoint, &t->link);
	WRITE_ONCE(j->stuck, false);
	WRITE_ONCE(j->committed, t->tid);
	j->stats.commits++;
	waiters = atomic_read(&t->waiters) + (j->running ? atomic_read(&j->running->waiters) : 0);
	spin_unlock(&j->list_lock);
	j->expected = waiters;
	j->commit_time = j->commit_time ? (3 * j->commit_time + took) / 4 : took;
	wake_up_all(&j->commits);
}

void
transaction_discard(struct transaction *t)
{
	struct journal *j = t->journal;
	struct buffer *b;
	bool put;

	wait_event(&ring_io_done, atomic_read(&t->ordered) == 0);
	drop_list(j, &t->access);
	drop_list(j, &t->buffers);
	while ((b = list_first(&t->home, struct buffer, cp_link))) {
		spin_lock(&j->list_lock);
		list_remove(&b->cp_link);
		b->cp_trans = NULL;
		put = buffer_unlinked(b);
		spin_unlock(&j->list_lock);
		if (put)
			buffer_put(b);
	}
	transaction_free(t);
}

/* The journal was aborted: t goes, and who waits for it is told. */
static void
give_up(struct journal *j, struct transaction *t)
{
	spin_lock(&j->list_lock);
	if (j->running == t)
		j->running = NULL;
	j->committing = NULL;
	j->commit_need = 0;
	WRITE_ONCE(j->sealed, t->tid);
	spin_unlock(&j->list_lock);
	transaction_discard(t);
	wake_up_all(&j->joins);
	wake_up_all(&j->commits);
}

/* More tasks are about to wait for this commit: a moment, if it was so the last time. */
static void
wait_for_company(struct journal *j, struct transaction *t)
{
	uint expected = j->expected;

	if (!atomic_read(&t->waiters) || atomic_read(&t->waiters) >= (int)expected)
		return;
	wait_event_deadline(&j->work, atomic_read(&t->waiters) >= (int)expected || READ_ONCE(j->error),
			    clock_monotonic() + MIN(j->commit_time, LONGEST_WAIT));
}

static void
commit(struct journal *j)
{
	struct transaction *t = j->running;
	u64 start;
	int err;

	wait_for_company(j, t);
	start = clock_monotonic();
	lock_transaction(j, t);
	err = READ_ONCE(j->error);
	if (!err) {
		err = write_transaction(j, t);
		if (err)
			journal_abort(j, err);
	}
	if (err)
		give_up(j, t);
	else
		finish(j, t, clock_monotonic() - start);
}

/* ---- the thread ---- */

/* The timer went off: if the running transaction is due, ask for its commit; else set it again. */
static void
look_at_clock(struct journal *j, struct transaction *t)
{
	u64 now = clock_monotonic();

	WRITE_ONCE(j->tick, false);
	if (t->expires <= now && !is_empty(t)) {
		spin_lock(&j->list_lock);
		if (!tid_reached(j->requested, t->tid))
			WRITE_ONCE(j->requested, t->tid);
		spin_unlock(&j->list_lock);
		return;
	}
	if (t->expires <= now)
		t->expires = now + READ_ONCE(j->c.commit_interval);
	spin_lock(&j->list_lock);	/* transaction_start may be at it: t was running before its timer was set */
	timer_start(&j->timer, t->expires);
	spin_unlock(&j->list_lock);
}

static bool
commit_due(struct journal *j)
{
	struct transaction *t = READ_ONCE(j->running);	/* only we make an end to it */

	if (t && READ_ONCE(j->tick))
		look_at_clock(j, t);
	return t && (tid_reached(READ_ONCE(j->requested), t->tid) || READ_ONCE(j->error));
}

static bool
has_work(struct journal *j)
{
	return commit_due(j) || READ_ONCE(j->stopping) || checkpoint_wanted(j);
}

void
commit_thread(void *arg)
{
	struct journal *j = arg;

	current->wait_reason = "log";
	while (!READ_ONCE(j->stopping)) {
		wait_event(&j->work, has_work(j));
		if (commit_due(j))
			commit(j);
		else
			checkpoint_step(j);
	}
	thread_gone(j);
	task_exit(0);
}
