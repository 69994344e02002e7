/*
 * crash_test.c - the power fails at any moment, and again during replay: what was promised is
 *                there, and nothing is there in part.
 *
 * Tellers work on the bank of bank.h on a disk that remembers.  For many moments, and many
 * subsets of what was not flushed then, the disk is put into the state that a power cut would
 * have left; the log is replayed; the bank is checked.  Then the same with a second cut, during
 * the replay.
 *
 *	-n STATES	how many crash states in all (3000)
 */
#include "fs/jbd2/bank.h"

static ulong states, bad_states;

struct teller { struct bank *b; uint me; int ops, sync_every; int err; u64 done; };

static void
teller(void *arg)
{
	struct teller *t = arg;
	u32 tid;

	for (int i = 0; i < t->ops && !t->err; i++) {
		t->err = bank_operate(t->b, t->me, &tid);
		t->done++;
		if (host_below(t->sync_every))
			continue;
		t->err = t->err ? t->err : journal_commit_wait(t->b->j, tid);
		if (!t->err)
			bank_promise(t->b, t->me, t->done);
	}
	HOST_CHECK(t->err == 0);
}

/*
 * Everything on dev that replay may have changed: the same after one replay and after an
 * interrupted one.
 */
static bool
same_home(const struct bank_config *c, struct block_device *a, struct block_device *b)
{
	u64 bytes = (u64)(ACCOUNTS + ACCOUNTS * POOL) * c->block_size;
	u32 from = account_at(c);

	return !memcmp(bank_block(a, c, from), bank_block(b, c, from), bytes);
}

/* Replay what dev holds. 0 or -errno. */
static int
replay(const struct bank *b, struct block_device *dev)
{
	struct bank again;
	u32 n;
	int err = bank_load(&again, &b->c, dev, &n);

	return err ? err : journal_destroy(again.j);
}

/*
 * The power fails once more, while `once` (a copy of it, before) is replayed. The result is that
 * of `once`.
 */
static int
check_twice(const struct bank *b, struct block_device *before, struct block_device *once, ulong cut, u64 seed)
{
	struct block_device *dev = host_disk_copy(before), *twice;
	ulong events;
	int bad;

	if (replay(b, dev))
		return 1;
	events = host_disk_events(dev);
	twice = host_disk_crash(dev, host_below(events + 1), seed);
	bad = replay(b, twice) != 0;
	if (!bad)
		bad = bank_check(b, twice, cut, true, false) + !same_home(&b->c, once, twice);
	host_disk_free(dev);
	host_disk_free(twice);
	return bad;
}

static void
check_state(const struct bank *b, ulong cut, u64 seed, const char *name)
{
	struct block_device *dev = host_disk_crash(b->dev, cut, seed), *before = host_disk_copy(dev);
	bool loud = bad_states < 3;
	int err = replay(b, dev), bad;

	states++;
	if (err)
		bad = 1;
	else
		bad = bank_check(b, dev, cut, true, loud);
	if (!bad && seed % 3 == 0) {
		states++;
		bad = check_twice(b, before, dev, cut, seed);
		if (bad && loud)
			printf("  after a second cut, during replay\n");
	}
	if (bad && bad_states++ < 3)
		printf("%s: bad after a power cut at event %lu, seed %lu (replay: %d)\n", name, cut, (ulong)seed, err);
	host_disk_free(dev);
	host_disk_free(before);
}

/* One life of a bank, and as many deaths as asked for. */
static void
one_round(const char *name, const struct bank_config *config, u64 seed, int ops, ulong deaths)
{
	struct bank_config c = *config;
	struct block_device *dev;
	struct teller t[TELLERS];
	struct task *task[TELLERS];
	struct bank b;
	ulong events;

	host_seed(seed);
	dev = bank_format(&c);
	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	host_disk_forget(dev);
	for (uint i = 0; i < TELLERS; i++) {
		t[i] = (struct teller){ .b = &b, .me = i, .ops = ops, .sync_every = 2 + 4 * i };
		task[i] = host_spawn("teller", teller, &t[i]);
	}
	for (uint i = 0; i < TELLERS; i++)
		host_join(task[i]);
	if (host_below(2))
		HOST_CHECK(journal_flush(b.j) == 0);
	events = host_disk_events(dev);
	for (ulong i = 0; i < deaths; i++)
		check_state(&b, host_below(events + 1), 1 + host_random() % 1000000, name);
	HOST_CHECK(bank_close(&b) == 0);
	HOST_CHECK(bank_check(&b, dev, 0, false, true) == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	static const struct { const char *name; struct bank_config c; } kinds[] = {
		{ "plain log", { 1024, 96, 0, .barrier = true } },
		{ "64 bits", { 1024, 128, 0, .large = true, .barrier = true } },
		{ "checksums", { 1024, 128, 0, .csum = true, .barrier = true } },
		{ "as mke2fs", { 4096, 128, 0, .csum = true, .large = true, .barrier = true } },
		{ "long log", { 1024, 1024, 0, .csum = true, .large = true, .barrier = true } },
		{ "scattered", { 1024, 160, 32, .csum = true, .large = true, .barrier = true, .scattered = true } },
	};
	ulong want = 3000, rounds;
	u64 seed;

	host_boot(argc, argv);
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "-n"))
			want = strtoul(argv[i + 1], NULL, 0);
	seed = host_random() % 100000;
	rounds = MAX(want / 100, (ulong)ARRAY_SIZE(kinds));
	for (ulong r = 0; r < rounds && states < want; r++) {
		uint k = r % ARRAY_SIZE(kinds);

		one_round(kinds[k].name, &kinds[k].c, seed + r, 20 + 20 * (r % 7), DIV_ROUND_UP(want, rounds));
	}
	printf("%lu crash states, %lu bad\n", states, bad_states);
	HOST_CHECK(bad_states == 0);
	return host_end();
}
