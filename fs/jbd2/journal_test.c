/*
 * journal_test.c - a log does what jbd2.h says: changes last, syncers share commits, full logs wait,
 *                  errors are told.
 */
#include "fs/jbd2/bank.h"

static const struct bank_config plain = { 1024, 128, 0, .barrier = true };
static const struct bank_config modern = { 1024, 128, 0, .csum = true, .large = true, .barrier = true };

/* ---- what is committed survives; what is closed is at its place ---- */

static void
test_close(const struct bank_config *config)
{
	struct bank_config c = *config;
	struct block_device *dev = bank_format(&c);
	struct bank b;
	u32 tid;

	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	for (int i = 0; i < 300; i++) {
		HOST_CHECK(bank_operate(&b, i % TELLERS, &tid) == 0);
		if (i % 20 == 0)
			HOST_CHECK(journal_commit_wait(b.j, tid) == 0);
		HOST_CHECK(journal_commit_pending(b.j, tid) == (i % 20 != 0));
	}
	HOST_CHECK(bank_close(&b) == 0);
	b.c = c;
	HOST_CHECK(bank_check(&b, dev, 0, false, true) == 0);
	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	HOST_CHECK(!journal_needs_replay(b.j));
	for (int i = 0; i < TELLERS; i++)
		HOST_CHECK(account(&b, i)->count == 300 / TELLERS);
	HOST_CHECK(bank_close(&b) == 0);
	host_disk_free(dev);
}

/* ---- one handle within another ---- */

static void
test_nesting(void)
{
	struct bank_config c = modern;
	struct block_device *dev = bank_format(&c);
	struct handle *h, *inner;
	struct bank b;

	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	h = journal_begin(b.j, 3);
	inner = journal_begin(b.j, 2);
	HOST_CHECK(h == inner);
	HOST_CHECK(journal_end(inner) == 0);
	HOST_CHECK(touch(&b, h, 1) == 0 && journal_dirty(h, b.account[1]) == 0);
	HOST_CHECK(journal_extend(h, 2) == 0);
	HOST_CHECK(journal_extend(h, 1000) == 1);
	HOST_CHECK(journal_restart(h, 4) == 0);
	h->sync = true;
	HOST_CHECK(touch(&b, h, 2) == 0 && journal_dirty(h, b.account[2]) == 0);
	HOST_CHECK(journal_end(h) == 0);
	HOST_CHECK(current->journal_handle == NULL);
	HOST_CHECK(journal_commit_all(b.j, true) == 0);
	h = journal_begin(b.j, journal_max_credits(b.j));
	HOST_CHECK(!IS_ERR(h) && journal_end(h) == 0);
	HOST_CHECK(PTR_ERR(journal_begin(b.j, journal_max_credits(b.j) + 1)) == -ENOSPC);
	HOST_CHECK(bank_close(&b) == 0);
	host_disk_free(dev);
}

/* ---- a log that is full: handles wait, all goes well ---- */

struct teller { struct bank *b; uint me; int ops, sync_every; int err; u64 done; };

static void
teller(void *arg)
{
	struct teller *t = arg;
	u32 tid;

	for (int i = 0; i < t->ops && !t->err; i++) {
		t->err = bank_operate(t->b, t->me, &tid);
		if (!t->err)
			t->done++;
		if (!t->err && t->sync_every && i % t->sync_every == t->sync_every - 1) {
			t->err = journal_commit_wait(t->b->j, tid);
			if (!t->err)
				bank_promise(t->b, t->me, t->done);
		}
	}
}

static void
run_tellers(struct bank *b, struct teller *t, uint n, int ops, int sync_every)
{
	struct task *task[16];

	for (uint i = 0; i < n; i++) {
		t[i] = (struct teller){ .b = b, .me = i, .ops = ops, .sync_every = sync_every };
		task[i] = host_spawn("teller", teller, &t[i]);
	}
	for (uint i = 0; i < n; i++)
		host_join(task[i]);
}

static void
test_full(const struct bank_config *config, u32 blocks)
{
	struct bank_config c = *config;
	struct teller t[8];
	struct journal_stats st;
	struct block_device *dev;
	struct bank b;

	c.log_blocks = blocks;
	dev = bank_format(&c);
	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	run_tellers(&b, t, 8, 400, 0);
	for (int i = 0; i < 8; i++)
		HOST_CHECK(t[i].err == 0);
	journal_stats(b.j, &st);
	HOST_CHECK(st.commits > 3 && st.checkpoints > 3);
	HOST_CHECK(journal_flush(b.j) == 0);
	HOST_CHECK(bank_check(&b, dev, 0, false, true) == 0);
	HOST_CHECK(!b.j->super->s_start && b.j->free == ring_size(b.j));
	run_tellers(&b, t, 4, 50, 10);
	HOST_CHECK(bank_close(&b) == 0);
	HOST_CHECK(bank_check(&b, dev, 0, false, true) == 0);
	host_disk_free(dev);
}

/* ---- commits are shared, and a lone syncer does not wait ---- */

static double
flushes_per_sync(uint tellers)
{
	struct bank_config c = modern;
	struct block_device *dev;
	struct teller t[8];
	struct bank b;
	ulong before;

	c.log_blocks = 1024;
	dev = bank_format(&c);
	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	before = host_disk_count(dev, BIO_FLUSH);
	run_tellers(&b, t, tellers, 100, 1);
	before = host_disk_count(dev, BIO_FLUSH) - before;
	HOST_CHECK(bank_close(&b) == 0);
	host_disk_free(dev);
	return (double)before / (100 * tellers);
}

static void
test_sharing(void)
{
	double eight = flushes_per_sync(8), one = flushes_per_sync(1);

	HOST_CHECK(eight < 0.45);
	HOST_CHECK(one < 2.1);
	if (eight >= 0.45 || one >= 2.1)
		printf("flushes per sync: %.2f with eight tasks, %.2f with one\n", eight, one);
}

/* ---- the timer ---- */

static void
test_timer(void)
{
	struct bank_config c = modern;
	struct block_device *dev = bank_format(&c);
	struct bank b;
	u32 tid;

	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	for (int i = 0; i < 3; i++) {
		HOST_CHECK(bank_operate(&b, 0, &tid) == 0);
		host_sleep(4900 * NSEC_PER_MSEC);
		HOST_CHECK(journal_commit_pending(b.j, tid));
		host_sleep(200 * NSEC_PER_MSEC);
		HOST_CHECK(!journal_commit_pending(b.j, tid));
		host_sleep(host_below(20) * NSEC_PER_SEC);
	}
	HOST_CHECK(bank_close(&b) == 0);
	host_disk_free(dev);
}

/* ---- errors: every one is told to somebody, and what was durable before stays so ---- */

static bool
errors_once(enum bio_op op, ulong nth, ulong times)
{
	struct bank_config c = modern;
	struct block_device *dev = bank_format(&c), *after;
	struct teller t[TELLERS];
	struct bank b, again;
	int err, told = 0;
	bool hit;
	u32 n;

	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	host_disk_forget(dev);
	host_disk_fail(dev, op, nth, times);
	run_tellers(&b, t, TELLERS, 60, 5);
	for (uint i = 0; i < TELLERS; i++)
		told |= t[i].err;
	hit = host_disk_count(dev, op) >= nth;
	err = journal_commit_all(b.j, true);
	told |= err;
	if (b.aborted) {
		HOST_CHECK(told && journal_error(b.j) == b.aborted);
		HOST_CHECK(PTR_ERR(journal_begin(b.j, 1)) == -EROFS);
		HOST_CHECK(journal_commit_all(b.j, true) != 0);
	}
	host_disk_fail(dev, op, 0, 0);
	host_sleep(NSEC_PER_SEC);
	after = host_disk_copy(dev);
	HOST_CHECK(bank_load(&again, &c, after, &n) == 0);
	HOST_CHECK(bank_check(&b, after, ~0UL, true, true) == 0);
	if (b.aborted)
		HOST_CHECK(journal_saved_error(again.j) == b.aborted || times != 1);
	journal_destroy(again.j);
	host_disk_free(after);
	HOST_CHECK((bank_close(&b) != 0) == (b.aborted != 0));
	host_disk_free(dev);
	return hit;
}

/* Data's own errors are not the log's: those writes are of pool blocks. All others must abort. */
static void
test_errors(void)
{
	for (ulong n = 1; n < 60 && errors_once(BIO_WRITE, n, 1); n++)
		;
	for (ulong n = 1; n < 20 && errors_once(BIO_FLUSH, n, 1); n++)
		;
	errors_once(BIO_WRITE, 40, 0);
	errors_once(BIO_FLUSH, 7, 0);
}

/* ---- memory: a handle may fail for it, a commit may not ---- */

static void
test_memory(void)
{
	struct bank_config c = modern;
	struct block_device *dev = bank_format(&c);
	int failed = 0, done = 0;
	struct bank b;
	u32 tid = 0;

	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	for (int i = 0; i < 200; i++) {
		int err = bank_operate(&b, 0, &tid);

		HOST_CHECK(err == 0);
		host_alloc_fail(1, 1);		/* from now on, all */
		if (i % 3 == 0)
			HOST_CHECK(journal_commit_wait(b.j, tid) == 0);
		else if (IS_ERR(journal_begin(b.j, 1)))
			failed++;
		host_alloc_fail(0, 0);
		if (current->journal_handle)
			journal_end(current->journal_handle);
		done++;
	}
	HOST_CHECK(failed > 50 && !b.aborted);
	HOST_CHECK(bank_close(&b) == 0);
	HOST_CHECK(bank_check(&b, dev, 0, false, true) == 0);
	host_disk_free(dev);
}

/* ---- what the super block may ask for ---- */

static int
load_with(void (*change)(struct jbd2_disk_super *s))
{
	struct bank_config c = plain;
	struct block_device *dev = bank_format(&c);
	struct bank b;
	u32 n;
	int err;

	change(bank_block(dev, &c, log_at(&c)));
	err = bank_load(&b, &c, dev, &n);
	if (!err)
		journal_destroy(b.j);
	host_disk_free(dev);
	return err;
}

static void no_change(struct jbd2_disk_super *s) { }
static void unknown_incompat(struct jbd2_disk_super *s) { s->s_feature_incompat = be32(0x40); }
static void unknown_ro(struct jbd2_disk_super *s) { s->s_feature_ro_compat = be32(1); }
static void two_csums(struct jbd2_disk_super *s) { s->s_feature_incompat = be32(0x18); }
static void no_magic(struct jbd2_disk_super *s) { s->s_header.h_magic = 0; }
static void long_log(struct jbd2_disk_super *s) { s->s_maxlen = be32(129); }
static void short_log(struct jbd2_disk_super *s) { s->s_maxlen = be32(60); }
static void late_start(struct jbd2_disk_super *s) { s->s_start = be32(128); }
static void no_first(struct jbd2_disk_super *s) { s->s_first = 0; }
static void wrong_size(struct jbd2_disk_super *s) { s->s_blocksize = be32(4096); }
static void big_fast(struct jbd2_disk_super *s)
{
	s->s_feature_incompat = be32(JBD2_INCOMPAT_FAST_COMMIT);
	s->s_num_fc_blks = be32(~0U);
}
static void wrong_csum(struct jbd2_disk_super *s)
{
	s->s_feature_incompat = be32(JBD2_INCOMPAT_CSUM_V3);
	s->s_checksum_type = JBD2_CRC32C;
	s->s_checksum = be32(csum_super(s) + 1);
}
static void right_csum(struct jbd2_disk_super *s)
{
	wrong_csum(s);
	s->s_checksum = be32(csum_super(s));
}
static void old_kind(struct jbd2_disk_super *s)
{
	s->s_header.h_blocktype = be32(JBD2_SUPER_V1);
	memset(&s->s_feature_compat, 0xff, 64);
}

static void
test_super(void)
{
	HOST_CHECK(load_with(no_change) == 0);
	HOST_CHECK(load_with(right_csum) == 0);
	HOST_CHECK(load_with(old_kind) == 0);
	HOST_CHECK(load_with(unknown_incompat) == -EOPNOTSUPP);
	HOST_CHECK(load_with(unknown_ro) == -EOPNOTSUPP);
	HOST_CHECK(load_with(two_csums) == -EUCLEAN);
	HOST_CHECK(load_with(no_magic) == -EUCLEAN);
	HOST_CHECK(load_with(long_log) == -EUCLEAN);
	HOST_CHECK(load_with(short_log) == -EUCLEAN);
	HOST_CHECK(load_with(late_start) == -EUCLEAN);
	HOST_CHECK(load_with(no_first) == -EUCLEAN);
	HOST_CHECK(load_with(wrong_size) == -EUCLEAN);
	HOST_CHECK(load_with(big_fast) == -EUCLEAN);
	HOST_CHECK(load_with(wrong_csum) == -EUCLEAN);
}

int
main(int argc, char **argv)
{
	struct bank_config big = { 4096, 1024, 256, .csum = true, .large = true, .barrier = true };
	struct bank_config scattered = modern;

	host_boot(argc, argv);
	scattered.scattered = true;
	test_close(&plain);
	test_close(&modern);
	test_close(&big);
	test_close(&scattered);
	test_nesting();
	test_full(&plain, 65);
	test_full(&modern, 80);
	test_full(&scattered, 200);
	test_full(&big, 100);
	test_sharing();
	test_timer();
	test_memory();
	test_super();
	test_errors();
	return host_end();
}
