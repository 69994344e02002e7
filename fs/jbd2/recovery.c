/*
 * recovery.c - after a crash: what the log holds is brought home.
 *
 * Three passes over the ring, from s_start on:
 *
 *	scan     find the last transaction with a good commit block; what follows never happened
 *	revoke   gather the revoke records of those before it
 *	replay   write each logged block to its place, unless a later transaction revoked it
 *
 * then flush, then the super block says that the log is empty.  A crash in the middle leaves
 * s_start as it was, and doing it all again gives the same: replay only copies from the log, and
 * reads nothing it has written.
 *
 * The log is as hostile as the rest of the disk: no pass looks at more blocks than the ring has,
 * and each block number is checked.
 *
 * Locks       none: nobody else has the journal yet.
 * Further     the kernel's Documentation/filesystems/ext4/journal.rst.
 */
#include "fs/jbd2/private.h"
#include "kernel/printk.h"
#include "lib/string.h"

#define SYNC_EVERY	256		/* blocks replayed between two writes of what is dirty */

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct recovery {
	struct journal *j;
	struct log_reader reader;
	struct frame *block;		/* a copy of the descriptor at hand: the reader goes on to its blocks */
	struct revoke_table revokes;
	enum pass pass;
	u32	end_tid;		/* the first transaction that is not there; from PASS_SCAN */
	/* In this pass: */
	u32	tid;			/* transaction expected */
	u32	at, left;		/* next block; blocks of the ring not seen yet */
	u32	v1;			/* checksum of the transaction so far */
	bool	v1_bad;			/* cannot be right */
	bool	bad_descriptor;		/* of this transaction: all will be well if it was not committed */
	u64	last_time;		/* of the last good commit block, ns */
	u32	replayed;		/* blocks */
};

struct tag { u64 block; u32 flags, csum; };

/* The next block of the ring is behind us. */
static void
advance(struct recovery *r, u32 n)
{
	r->at = ring_after(r->j, r->at, n);
	r->left -= n;
}

/* ---- descriptors ---- */

/* The tag at offset *off, which moves behind it. False: there is no room for one, or it was the last. */
static bool
tag_next(const struct journal *j, const u8 *d, u32 *off, struct tag *out)
{
	u32 end = j->block_size - (has_csum(j) ? sizeof(struct jbd2_block_tail) : 0), high = 0;
	struct jbd2_tag3 t3;
	struct jbd2_tag t;

	if (*off + j->tag_bytes > end)
		return false;
	if (j->v3) {
		memcpy(&t3, d + *off, sizeof(t3));
		high = be32(t3.t_blocknr_high);
		*out = (struct tag){ be32(t3.t_blocknr), be32(t3.t_flags), be32(t3.t_checksum) };
	} else {
		memset(&t, 0, sizeof(t));
		memcpy(&t, d + *off, MIN(j->tag_bytes, (uint)sizeof(t)));
		high = be32(t.t_blocknr_high);
		*out = (struct tag){ be32(t.t_blocknr), be16(t.t_flags), be16(t.t_checksum) };
	}
	if (j->large)
		out->block |= (u64)high << 32;
	*off += j->tag_bytes + (out->flags & JBD2_TAG_SAME_UUID ? 0 : 16);
	if (out->flags & JBD2_TAG_LAST)
		*off = j->block_size;
	return true;
}

static u32
count_tags(const struct journal *j, const u8 *d)
{
	u32 off = sizeof(struct jbd2_header), n = 0;
	struct tag t;

	while (tag_next(j, d, &off, &t))
		n++;
	return n;
}

static bool
tail_ok(const struct journal *j, const u8 *block)
{
	return !has_csum(j) || be32(*(u32 *)(block + j->block_size - 4)) == csum_tail_block(j, block);
}

/* ---- replaying a block ---- */

static bool
data_ok(const struct journal *j, u32 tid, const struct tag *t, const void *data)
{
	u32 csum;

	if (!has_csum(j))
		return true;
	csum = csum_data(j, tid, data);
	return j->v3 ? csum == t->csum : (csum & 0xffff) == t->csum;
}

/*
 * Bring one block home: data, the copy that transaction r->tid logged, becomes the content of t->block, unless it was
 * revoked (revoke_table_test) or deleted. A copy whose checksum is wrong (data_ok) stays away: -EUCLEAN. A block that
 * began with the log's magic number was logged with 0 there (JBD2_TAG_ESCAPE). The block goes through a buffer,
 * marked dirty and not VERIFIED, so that whoever has it cached looks again; every SYNC_EVERY blocks what is dirty
 * is written. 0 or -errno.
 */
static int
replay_block(struct recovery *r, const struct tag *t, const void *data)
{
	struct journal *j = r->j;
	struct buffer *b;

	if (revoke_table_test(&r->revokes, t->block, r->tid) || (t->flags & JBD2_TAG_DELETED))
		return 0;
	if (!data_ok(j, r->tid, t, data)) {
		pr_err("%s: log: transaction %u: wrong checksum of block %lu\n", j->c.dev->name, r->tid,
		       (ulong)t->block);
		return -EUCLEAN;
	}
	b = buffer_new(j->c.dev, t->block, j->block_size);
	if (IS_ERR(b))
		return PTR_ERR(b);
	memcpy(b->data, data, j->block_size);
	if (t->flags & JBD2_TAG_ESCAPE)
		*(u32 *)b->data = be32(JBD2_MAGIC);
	buffer_flags_clear(b, BUFFER_VERIFIED);		/* whoever has it cached looks again */
	buffer_mark_dirty(b);
	buffer_put(b);
	return ++r->replayed % SYNC_EVERY ? 0 : buffer_sync(j->c.dev);
}

/*
 * A descriptor and the blocks it names. A block that cannot be brought home does not keep the
 * others from it, but the log stays as it is and the caller hears of it.
 */
static int
do_descriptor(struct recovery *r, const u8 *d)
{
	u32 off = sizeof(struct jbd2_header), n = count_tags(r->j, d);
	int err, first = 0;
	const void *data;
	struct tag t;

	if (!tail_ok(r->j, d)) {
		if (r->pass != PASS_SCAN)
			return -EUCLEAN;
		r->bad_descriptor = true;
	}
	if (n > r->left)
		return -ENOENT;			/* it cannot be: the end of the log */
	if (r->pass == PASS_REVOKE || (r->pass == PASS_SCAN && !r->j->v1)) {
		advance(r, n);
		return 0;
	}
	memcpy(frame_va(r->block), d, r->j->block_size);
	d = frame_va(r->block);
	if (r->pass == PASS_SCAN)
		r->v1 = crc32_be(r->v1, d, r->j->block_size);
	while (tag_next(r->j, d, &off, &t)) {
		data = reader_get(&r->reader, r->at);
		if (IS_ERR(data))
			return PTR_ERR(data);
		if (r->pass == PASS_SCAN)
			r->v1 = crc32_be(r->v1, data, r->j->block_size);
		err = r->pass == PASS_REPLAY ? replay_block(r, &t, data) : 0;
		if (err && err != -EUCLEAN)
			return err;
		if (!first)
			first = err;
		advance(r, 1);
	}
	return first;
}

/* ---- revoke blocks ---- */

/*
 * A revoke block: in PASS_REVOKE, each block number in it is added to r->revokes, as revoked by transaction r->tid.
 * They are of 8 bytes in a large log, else of 4, and r_count is the bytes used with the header. A tail that is wrong
 * (tail_ok) or a count beyond the block is -EUCLEAN then; in PASS_SCAN a wrong tail only makes the descriptor bad.
 * 0 or -errno.
 */
static int
do_revoke(struct recovery *r, const u8 *d)
{
	const struct jbd2_revoke_header *h = (const void *)d;
	u32 size = r->j->large ? 8 : 4, used = be32(h->r_count);
	u64 block;
	u32 end = r->j->block_size - (has_csum(r->j) ? sizeof(struct jbd2_block_tail) : 0);
	int err = 0;

	if (r->pass == PASS_SCAN && !tail_ok(r->j, d))
		r->bad_descriptor = true;
	if (r->pass != PASS_REVOKE)
		return 0;
	if (!tail_ok(r->j, d) || used > end)
		return -EUCLEAN;
	for (u32 off = sizeof(*h); off + size <= used && !err; off += size) {
		block = size == 8 ? be64(*(u64 *)(d + off)) : be32(*(u32 *)(d + off));
		err = revoke_table_add(&r->revokes, block, r->tid);
	}
	return err;
}

/* ---- commit blocks ---- */

/* Does c vouch for its transaction? (v1: for all its blocks, too.) */
static bool
commit_ok(const struct recovery *r, const struct jbd2_commit *c)
{
	if (has_csum(r->j))
		return be32(c->h_chksum[0]) == csum_commit(r->j, c);
	if (!r->j->v1 || (!c->h_chksum_type && !c->h_chksum_size && !c->h_chksum[0]))
		return true;
	return c->h_chksum_type == 1 && c->h_chksum_size == 4 && be32(c->h_chksum[0]) == r->v1;
}

/* 0: it is good, on to the next transaction; -ENOENT: here the log ends. */
static int
do_commit(struct recovery *r, const u8 *d)
{
	const struct jbd2_commit *c = (const void *)d;
	u64 time = be64(c->h_commit_sec) * NSEC_PER_SEC + be32(c->h_commit_nsec);

	if (r->pass == PASS_SCAN) {
		if (!commit_ok(r, c))
			return -ENOENT;
		/* A commit block from an earlier life of these blocks is older than what came before it. */
		if (r->bad_descriptor && time < r->last_time)
			return -ENOENT;
		if (r->bad_descriptor) {
			pr_err("%s: log: transaction %u was committed, and is damaged\n", r->j->c.dev->name, r->tid);
			return -EUCLEAN;
		}
		r->last_time = time;
	}
	r->tid++;
	r->v1 = ~0U;
	return 0;
}

/* ---- passes ---- */

/* Block by block until the log ends (PASS_SCAN) or the last good transaction does. 0 or -errno. */
static int
do_pass(struct recovery *r, enum pass pass)
{
	struct journal *j = r->j;
	const struct jbd2_header *h;
	int err = 0, first = 0;

	r->pass = pass;
	r->tid = be32(j->super->s_sequence);
	r->at = be32(j->super->s_start);
	r->left = ring_size(j);
	r->v1 = ~0U;
	r->bad_descriptor = false;
	while (r->left && (pass == PASS_SCAN || r->tid != r->end_tid)) {
		h = reader_get(&r->reader, r->at);
		if (IS_ERR(h))
			return PTR_ERR(h);
		if (be32(h->h_magic) != JBD2_MAGIC || be32(h->h_sequence) != r->tid)
			break;
		advance(r, 1);
		switch (be32(h->h_blocktype)) {
		case JBD2_DESCRIPTOR:
			err = do_descriptor(r, (const u8 *)h);
			break;
		case JBD2_REVOKE:
			err = do_revoke(r, (const u8 *)h);
			break;
		case JBD2_COMMIT:
			err = do_commit(r, (const u8 *)h);
			break;
		default:
			err = -ENOENT;
		}
		if (err == -ENOENT)
			break;
		if (err && !(pass == PASS_REPLAY && err == -EUCLEAN))
			return err;
		if (!first)
			first = err;
	}
	if (pass == PASS_SCAN)
		r->end_tid = r->tid;
	return first;
}

/*
 * Linux's fast commits lie behind the ring: changes after the last transaction. They are not
 * understood here, so a log that has some is refused rather than half replayed. Their first block
 * begins, little-endian, with a tag (type 9, length), features, and the number of the transaction
 * that they belong to.
 */
static int
check_fast_commits(struct recovery *r)
{
	struct journal *j = r->j;
	struct { u16 tag, len; u32 features, tid; } head;
	const void *block;

	if (!(j->incompat & JBD2_INCOMPAT_FAST_COMMIT))
		return 0;
	block = reader_get(&r->reader, j->end);
	if (IS_ERR(block))
		return PTR_ERR(block);
	memcpy(&head, block, sizeof(head));
	if (head.tag != 9 || head.tid != r->end_tid)
		return 0;
	pr_err("%s: log: it ends with fast commits, which only Linux can replay\n", j->c.dev->name);
	return -EOPNOTSUPP;
}

/*
 * All was copied: make it durable (buffer_sync, then a flush), and only then say that the log is empty: the super
 * block with s_start 0, which must last when this returns. The number of a transaction that was half written is
 * not used again: the next is end_tid + 1. super_write wants checkpoint_lock. 0 or -errno, the log as it was.
 */
static int
mark_empty(struct recovery *r)
{
	struct journal *j = r->j;
	int err = buffer_sync(j->c.dev);

	if (!err)
		err = block_flush(j->c.dev);
	if (err)
		return err;
	j->next_tid = r->end_tid + 1;		/* what was half written with that number is never taken for the next */
	mutex_lock(&j->checkpoint_lock);
	err = super_write(j, 0, j->next_tid, BIO_FUA);
	mutex_unlock(&j->checkpoint_lock);
	return err;
}

/*
 * The three passes in their order, each only if all before it went well; a log that ends with fast commits is refused
 * before anything is changed. Then the log is empty. 0 or -errno.
 */
static int
recover(struct recovery *r)
{
	int err = do_pass(r, PASS_SCAN);

	if (!err)
		err = check_fast_commits(r);
	if (!err)
		err = do_pass(r, PASS_REVOKE);
	if (!err)
		err = do_pass(r, PASS_REPLAY);
	return err ? err : mark_empty(r);
}

int
journal_replay(struct journal *j, u32 *replayed)
{
	struct recovery r = { .j = j };
	u32 first = be32(j->super->s_sequence);
	int err;

	*replayed = 0;
	if (!journal_needs_replay(j))
		return 0;
	if (j->c.dev->read_only)
		return -EROFS;
	r.block = frame_alloc(0, 0);
	if (!r.block)
		return -ENOMEM;
	err = reader_begin(&r.reader, j);
	if (!err) {
		revoke_table_init(&r.revokes);
		err = recover(&r);
		revoke_table_destroy(&r.revokes);
		reader_end(&r.reader);
	}
	frame_put(r.block);
	if (!err) {
		*replayed = r.end_tid - first;
		pr_info("%s: log: %u blocks of %u transactions replayed\n", j->c.dev->name, r.replayed, *replayed);
	}
	return err;
}
