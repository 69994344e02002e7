/*
 * revoke.c - blocks whose logged versions must not be replayed.
 *
 *	transaction 7   logs block 50, a directory's
 *	transaction 8   the directory is removed: block 50 is free, and revoked
 *	later           block 50 gets a file's data, which the log never sees
 *	crash           7 and 8 are replayed; without the revoke record of 8 the file would get the directory back
 *
 * A record in transaction n makes void what transactions up to n logged of the block.  So a block
 * that is revoked and then becomes metadata again in the same transaction loses its record; in a
 * later one it does not matter.
 *
 * Data        struct revoke_set in the running transaction; a struct revoke_table while replaying.
 * Locks       list_lock for the running transaction's set; once its handles have ended it is the commit thread's.
 */
#include "fs/jbd2/private.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/string.h"

/* ---- while running ---- */

void
revoke_init(struct revoke_set *r)
{
	radix_init(&r->blocks);
	r->count = 0;
}

void
revoke_destroy(struct revoke_set *r)
{
	radix_destroy(&r->blocks);
	r->count = 0;
}

void
revoke_cancel(struct journal *j, struct transaction *t, u64 block)
{
	assert_held(&j->list_lock);
	if (t->revokes.count && radix_remove(&t->revokes.blocks, block))
		t->revokes.count--;
}

static int
revoke_add(struct journal *j, struct transaction *t, u64 block) MUST_HOLD(j->list_lock)
{
	int err;

	if (t->revokes.count >= j->slack / 2 * j->revokes_per_block)
		return -ENOSPC;
	err = radix_insert(&t->revokes.blocks, block, t);
	if (!err)
		t->revokes.count++;
	return err == -EEXIST ? 0 : err;
}

/* What is logged of b, or waits to be written to its place, is nobody's business any more. True: put b. */
static bool
drop(struct journal *j, struct buffer *b, struct transaction *t) MUST_HOLD(j->list_lock)
{
	bool had = !buffer_unlinked(b);

	if (b->trans)
		buffer_detach(j, b);
	if (b->cp_trans)
		checkpoint_take_over(j, b, t);
	return had;
}

int
journal_revoke(struct handle *h, u64 block, struct buffer *b)
{
	struct buffer *own = NULL;
	struct transaction *t = h->trans;
	struct journal *j = h->journal;
	bool put = false;
	int err;

	if (unlikely(!t || READ_ONCE(j->error)))
		return -EROFS;
	if (!b)
		b = own = buffer_peek(j->c.dev, block, j->block_size);
	for (;;) {
		if (b && (READ_ONCE(b->flags) & BUFFER_WRITING))
			buffer_wait(b);
		spin_lock(&j->list_lock);
		if (!b || b->trans != &j->home)
			break;
		spin_unlock(&j->list_lock);
		wait_event(&ring_io_done, READ_ONCE(b->trans) != &j->home);
	}
	err = revoke_add(j, t, block);
	if (!err && b)
		put = drop(j, b, t);
	spin_unlock(&j->list_lock);
	if (put)
		buffer_put(b);
	buffer_put(own);
	return err;
}

/* ---- to the log ---- */

/* Write t's records to as many blocks as it takes. */
void
revoke_write(struct log_writer *w, struct transaction *t)
{
	struct journal *j = w->j;
	uint size = j->large ? 8 : 4, n;
	struct jbd2_revoke_header *r;
	u64 block = 0;
	u8 *p;

	for (u32 left = t->revokes.count; left; left -= n) {
		r = writer_first_block(w);
		memset(r, 0, j->block_size);
		r->r_header.h_magic = be32(JBD2_MAGIC);
		r->r_header.h_blocktype = be32(JBD2_REVOKE);
		r->r_header.h_sequence = be32(t->tid);
		p = (u8 *)(r + 1);
		for (n = 0; n < left && n < j->revokes_per_block; n++, p += size, block++) {
			radix_next(&t->revokes.blocks, &block);
			if (j->large)
				*(u64 *)p = be64(block);
			else
				*(u32 *)p = be32(block);
		}
		r->r_count = be32(p - (u8 *)r);
		if (has_csum(j))
			*(u32 *)((u8 *)r + j->block_size - 4) = be32(csum_tail_block(j, r));
		writer_submit(w);
	}
}

/* ---- while replaying ---- */

void
revoke_table_init(struct revoke_table *r)
{
	radix_init(&r->last);
}

/* Transaction tid revoked the block. Of several the latest counts, in whatever order they come. 0 or -ENOMEM. */
int
revoke_table_add(struct revoke_table *r, u64 block, u32 tid)
{
	void *old = radix_get(&r->last, block);
	void *new = (void *)(1UL << 32 | tid);		/* not NULL, whatever tid is */

	if (!old)
		return radix_insert(&r->last, block, new);
	if (tid_reached(tid, (u32)(ulong)old))
		radix_replace(&r->last, block, new);
	return 0;
}

/* Is what transaction tid logged of the block void: was it revoked by that one or by a later one? */
bool
revoke_table_test(const struct revoke_table *r, u64 block, u32 tid)
{
	void *last = radix_get(&r->last, block);

	return last && tid_reached((u32)(ulong)last, tid);
}

void
revoke_table_destroy(struct revoke_table *r)
{
	radix_destroy(&r->last);
}
