/*
 * bank.h - the smallest file system that needs a log, for its tests.
 *
 *	block 0        not used
 *	LOG_AT ...     the log
 *	ACCOUNT_AT ... accounts: a block each, with a balance, and slots that name blocks of the pool
 *	POOL_AT ...    the pool: blocks that a slot names as metadata (logged) or as data (written in place)
 *
 * What must hold after any power cut and replay:
 *	- the balances sum to 0: every transfer touches two blocks
 *	- a block named by a slot holds what that slot's operation wrote (data=ordered; and revoke, when
 *	  a block that was metadata is data now)
 *	- each teller's count is at least what was promised to be durable at that moment
 */
#ifndef FS_JBD2_BANK_H
#define FS_JBD2_BANK_H

#include <string.h>
#include "fs/host/host.h"
#include "fs/jbd2/private.h"
#include "kernel/task.h"
#include "lib/crc32c.h"

#define ACCOUNTS	16
#define POOL		24		/* blocks of the pool that an account owns */
#define SLOTS		8
#define TELLERS		4
#define BANK_MAGIC	0xba4c0001U

struct slot { u32 kind; u32 block; u64 op; };
enum { SLOT_NONE, SLOT_META, SLOT_DATA };

struct account {			/* one block */
	u32	magic, number;
	s64	balance;
	u64	count;			/* operations of the teller with this number */
	struct slot slot[SLOTS];
};

struct bank_config {
	u32	block_size, log_blocks, fast_blocks;
	bool	csum, large, barrier;
	bool	scattered;		/* the log is not one run on the disk */
};

struct promise { ulong event; uint teller; u64 count; };

struct bank {
	struct bank_config c;
	struct block_device *dev;
	struct journal *j;
	struct buffer *account[ACCOUNTS];
	struct mutex lock;		/* within handles: the accounts' contents */
	/*
	 * Of each pool block: 0 free; BUSY while a slot names it; else the transaction that freed
	 * it, plus 1.
	 */
	u64	pool[ACCOUNTS * POOL];
	u64	next_op;
	u32	committed;		/* by the callback */
	struct promise *promises;
	uint	npromises, room;
	int	aborted;
	bool	lost[ACCOUNTS * POOL];	/* data that could not be written: whoever wrote it was told */
};
#define BUSY	(~0UL)

static inline u32 log_at(const struct bank_config *c) { return 8; }
static inline u32 account_at(const struct bank_config *c) { return log_at(c) + c->log_blocks + c->fast_blocks + 8; }
static inline u32 pool_at(const struct bank_config *c) { return account_at(c) + ACCOUNTS; }
static inline u64 bank_bytes(const struct bank_config *c)
{
	return ALIGN_UP((u64)(pool_at(c) + ACCOUNTS * POOL) * c->block_size, PAGE_SIZE);
}

/* ---- making one ---- */

static UNUSED void *
bank_block(struct block_device *dev, const struct bank_config *c, u32 block)
{
	return (char *)host_disk_bytes(dev) + (u64)block * c->block_size;
}

static int
bank_map(void *arg, u32 i, u32 *n, u64 *out)
{
	const struct bank_config *c = arg;
	u32 all = c->log_blocks + c->fast_blocks;

	/* Runs of 7 blocks, the runs in reverse order. */
	*out = log_at(c) + (c->scattered ? (all - 1) / 7 * 7 - i / 7 * 7 + i % 7 : i);
	if (c->scattered)
		*n = MIN(*n, 7 - i % 7);
	return 0;
}

/* As mke2fs makes a log: plain, empty; the features come when it is started. */
static void
bank_format_log(struct block_device *dev, struct bank_config *c)
{
	struct jbd2_disk_super *s;
	u32 n = 1;
	u64 at;

	bank_map(c, 0, &n, &at);
	s = bank_block(dev, c, at);
	memset(s, 0, sizeof(*s));
	s->s_header = (struct jbd2_header){ be32(JBD2_MAGIC), be32(JBD2_SUPER_V2), 0 };
	s->s_blocksize = be32(c->block_size);
	s->s_maxlen = be32(c->log_blocks + c->fast_blocks);
	s->s_first = be32(1);
	s->s_sequence = be32(1);
	s->s_nr_users = be32(1);
	for (int i = 0; i < 16; i++)
		s->s_uuid[i] = 17 * i;
	if (c->fast_blocks) {
		s->s_feature_incompat = be32(JBD2_INCOMPAT_FAST_COMMIT);
		s->s_num_fc_blks = be32(c->fast_blocks);
	}
}

static UNUSED struct block_device *
bank_format(struct bank_config *c)
{
	struct block_device *dev = host_disk_new("", bank_bytes(c));

	bank_format_log(dev, c);
	for (u32 i = 0; i < ACCOUNTS; i++) {
		struct account *a = bank_block(dev, c, account_at(c) + i);

		a->magic = BANK_MAGIC;
		a->number = i;
	}
	return dev;
}

/* ---- opening ---- */

static void
bank_committed(void *arg, u32 tid)
{
	struct bank_config *c = arg;
	struct bank *b = container_of(c, struct bank, c);

	b->committed = tid;
}

static void
bank_aborted(void *arg, int error)
{
	struct bank_config *c = arg;

	container_of(c, struct bank, c)->aborted = error;
}

/* Load the log, and replay it; 0 or -errno. */
static int
bank_load(struct bank *b, const struct bank_config *c, struct block_device *dev, u32 *replayed)
{
	struct journal_config jc = {
		.dev = dev, .block_size = c->block_size, .blocks = c->log_blocks + c->fast_blocks, .map = bank_map,
		.barrier = c->barrier, .csum = c->csum, .large = c->large,
		.committed = bank_committed, .aborted = bank_aborted,
	};
	int err;

	memset(b, 0, sizeof(*b));
	b->c = *c;
	b->dev = dev;
	jc.arg = &b->c;
	mutex_init(&b->lock, RANK_EXT4_SB);
	err = journal_load(&jc, &b->j);
	if (err)
		return err;
	err = journal_replay(b->j, replayed);
	if (err)
		journal_destroy(b->j);
	return err;
}

static UNUSED int
bank_open(struct bank *b, const struct bank_config *c, struct block_device *dev)
{
	u32 replayed;
	int err = bank_load(b, c, dev, &replayed);

	if (!err)
		err = journal_start(b->j);
	if (err)
		return err;
	for (u32 i = 0; i < ACCOUNTS; i++) {
		b->account[i] = buffer_read(dev, account_at(c) + i, c->block_size);
		if (IS_ERR(b->account[i]))
			return PTR_ERR(b->account[i]);
	}
	b->next_op = 1;
	return 0;
}

static UNUSED int
bank_close(struct bank *b)
{
	int err;

	for (u32 i = 0; i < ACCOUNTS; i++)
		buffer_put(b->account[i]);
	err = journal_destroy(b->j);
	free(b->promises);
	b->promises = NULL;
	return err;
}

/* ---- operations ---- */

static inline struct account *account(struct bank *b, u32 i) { return b->account[i]->data; }

/* What operation `op` writes to a pool block. */
static void
fill(void *data, u32 size, u32 block, u64 op)
{
	u64 *p = data;

	for (u32 i = 0; i < size / 8; i++)
		p[i] = op * 0x9e3779b97f4a7c15UL + block + i;
	/* Now and then one that looks like a block of the log: it must be escaped. */
	if (op % 5 == 0)
		*(u32 *)data = be32(JBD2_MAGIC);
}

/* A block of account i's share that may be used: its last use is committed. 0: none. */
static u32
pool_get(struct bank *b, u32 i)
{
	for (u32 k = 0; k < POOL; k++) {
		u64 *state = &b->pool[i * POOL + k];

		if (*state == BUSY || (*state && !tid_reached(b->committed, (u32)(*state - 1))))
			continue;
		*state = BUSY;
		return pool_at(&b->c) + i * POOL + k;
	}
	return 0;
}

static void
pool_put(struct bank *b, u32 block, u32 tid)
{
	b->pool[block - pool_at(&b->c)] = (u64)tid + 1;
}

struct data_write { struct bank *b; u32 block; struct transaction *t; struct frame *f; };

static void
data_written(struct bio *bio)
{
	struct data_write *d = bio->private;

	d->b->lost[d->block - pool_at(&d->b->c)] = bio->error != 0;
	journal_order_done(d->t, bio->error);
	frame_put(d->f);
	free(d);
	bio_free(bio);
}

/* Data, straight to its place; h's transaction waits for it. */
static void
write_data(struct bank *b, struct handle *h, u32 block, u64 op)
{
	struct data_write *d = malloc(sizeof(*d));
	struct bio *bio = bio_alloc(b->dev, BIO_WRITE, 1, GFP_KERNEL);

	d->b = b;
	d->block = block;
	d->f = frame_alloc(0, GFP_NOFAIL_INJECT);
	fill(frame_va(d->f), b->c.block_size, block, op);
	bio->sector = (u64)block * b->c.block_size / SECTOR_SIZE;
	bio_add(bio, d->f, 0, b->c.block_size);
	bio->private = d;
	bio->done = data_written;
	journal_order_begin(h, &d->t);
	bio_submit(bio);
}

/* Change of an account's block: 0 or -errno. */
static int
touch(struct bank *b, struct handle *h, u32 i)
{
	return journal_write_access(h, b->account[i]);
}

/* The block that slot s names is given up. */
static int
slot_clear(struct bank *b, struct handle *h, struct slot *s)
{
	int err = 0;

	if (s->kind == SLOT_META) {
		err = journal_revoke(h, s->block, NULL);
		if (!err)
			buffer_forget(b->dev, s->block, b->c.block_size);
	}
	if (!err && s->kind != SLOT_NONE)
		pool_put(b, s->block, journal_tid(h));
	if (!err)
		s->kind = SLOT_NONE;
	return err;
}

/* Name a fresh block, of either kind. */
static int
slot_set(struct bank *b, struct handle *h, u32 i, struct slot *s, u64 op)
{
	u32 block = pool_get(b, i), kind = host_below(2) ? SLOT_META : SLOT_DATA;
	struct buffer *n;
	int err = 0;

	if (!block)
		return 0;
	if (kind == SLOT_DATA) {
		write_data(b, h, block, op);
	} else {
		n = buffer_new(b->dev, block, b->c.block_size);
		if (IS_ERR(n))
			return PTR_ERR(n);
		err = journal_create_access(h, n);
		if (!err) {
			fill(n->data, b->c.block_size, block, op);
			err = journal_dirty(h, n);
		}
		buffer_put(n);
	}
	*s = (struct slot){ kind, block, op };
	return err;
}

#define OP_CREDITS	6

/* One operation of teller `me`: a transfer, perhaps a slot changed. *tid: where it is. 0 or -errno. */
static int
bank_operate(struct bank *b, uint me, u32 *tid)
{
	struct handle *h = journal_begin(b->j, OP_CREDITS);
	u32 from = host_below(ACCOUNTS), to = host_below(ACCOUNTS);
	s64 amount = 1 + host_below(1000);
	struct slot *s;
	u64 op;
	int err;

	if (IS_ERR(h))
		return PTR_ERR(h);
	mutex_lock(&b->lock);
	op = b->next_op++;
	err = touch(b, h, from);
	if (!err)
		err = touch(b, h, to);
	if (!err)
		err = touch(b, h, me);
	if (!err) {
		account(b, from)->balance -= amount;
		account(b, to)->balance += amount;
		account(b, me)->count++;
		s = &account(b, to)->slot[host_below(SLOTS)];
		if (host_below(3) == 0)
			err = s->kind == SLOT_NONE ? slot_set(b, h, to, s, op) : slot_clear(b, h, s);
	}
	if (!err)
		err = journal_dirty(h, b->account[from]);
	if (!err)
		err = journal_dirty(h, b->account[to]);
	if (!err)
		err = journal_dirty(h, b->account[me]);
	*tid = journal_tid(h);
	mutex_unlock(&b->lock);
	if (err) {
		journal_end(h);
		return err;
	}
	return journal_end(h);
}

/* What teller `me` has done so far is durable now. */
static UNUSED void
bank_promise(struct bank *b, uint me, u64 count)
{
	if (b->npromises == b->room) {
		b->room = b->room ? 2 * b->room : 64;
		b->promises = realloc(b->promises, b->room * sizeof(*b->promises));
	}
	b->promises[b->npromises++] = (struct promise){ host_disk_events(b->dev), me, count };
}

/* ---- checking ---- */

/*
 * The bytes of dev after replay, at event `cut` of the bank's disk: how many things are wrong;
 * says which.
 */
static UNUSED int
bank_check(const struct bank *b, struct block_device *dev, ulong cut, bool promises, bool loud)
{
	const struct bank_config *c = &b->c;
	u64 counts[ACCOUNTS], want;
	s64 sum = 0;
	int bad = 0;
	u8 *expect = malloc(c->block_size);

	for (u32 i = 0; i < ACCOUNTS; i++) {
		struct account *a = bank_block(dev, c, account_at(c) + i);

		if (a->magic != BANK_MAGIC || a->number != i) {
			bad++;
			if (loud)
				printf("  account %u is not one\n", i);
			continue;
		}
		sum += a->balance;
		counts[i] = a->count;
		for (u32 k = 0; k < SLOTS; k++) {
			if (a->slot[k].kind == SLOT_NONE)
				continue;
			if (a->slot[k].kind == SLOT_DATA && b->lost[a->slot[k].block - pool_at(c)])
				continue;
			fill(expect, c->block_size, a->slot[k].block, a->slot[k].op);
			if (memcmp(expect, bank_block(dev, c, a->slot[k].block), c->block_size)) {
				bad++;
				if (loud)
					printf("  account %u slot %u: block %u is not what operation %lu wrote (%s)\n",
					       i, k, a->slot[k].block, (ulong)a->slot[k].op,
					       a->slot[k].kind == SLOT_META ? "metadata" : "data");
			}
		}
	}
	if (sum) {
		bad++;
		if (loud)
			printf("  the balances sum to %ld\n", (long)sum);
	}
	for (uint t = 0; promises && t < TELLERS; t++) {
		want = 0;
		for (uint i = 0; i < b->npromises && b->promises[i].event <= cut; i++)
			if (b->promises[i].teller == t)
				want = MAX(want, b->promises[i].count);
		if (counts[t] < want) {
			bad++;
			if (loud)
				printf("  teller %u: %lu operations, %lu were durable\n", t, (ulong)counts[t],
				       (ulong)want);
		}
	}
	free(expect);
	return bad;
}

#endif
