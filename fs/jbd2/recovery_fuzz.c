/*
 * recovery_fuzz.c - a log with anything in it is replayed or refused: no crash, no endless loop,
 *                   no block written outside the disk.
 *
 * Logs that power cuts left of a bank (bank.h) are damaged: bits, whole words that the format
 * knows, blocks copied over others; half of the time with the checksums made right again, so that
 * the damage is believed.
 *
 *	-n CASES	(3000)
 */
#include "fs/jbd2/bank.h"

struct tally { ulong cases, replayed, refused; };

static void
work(void *arg)
{
	struct bank *b = arg;
	u32 tid;

	for (int i = 0; i < 60; i++) {
		HOST_CHECK(bank_operate(b, i % TELLERS, &tid) == 0);
		if (i % 9 == 0)
			HOST_CHECK(journal_commit_wait(b->j, tid) == 0);
	}
}

static u8 *
log_bytes(struct block_device *dev, struct bank_config *c, u32 i)
{
	u32 n = 1;
	u64 at;

	bank_map(c, i, &n, &at);
	return bank_block(dev, c, at);
}

/* A number that such a field might hold, or just miss. */
static u32
interesting(const struct bank_config *c)
{
	static const u32 some[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 0x10, 0x3f, JBD2_MAGIC, 0x7fffffff, 0x80000000, ~0U };

	switch (host_below(4)) {
	case 0:
		return some[host_below(ARRAY_SIZE(some))];
	case 1:
		return c->log_blocks + c->fast_blocks + host_below(3) - 1;
	case 2:
		return bank_bytes(c) / c->block_size + host_below(3) - 1;
	default:
		return host_below(64);
	}
}

static void
damage(struct block_device *dev, struct bank_config *c)
{
	u32 blocks = c->log_blocks, used = 1 + host_below(MIN(blocks - 1, 40));
	u8 *p = log_bytes(dev, c, host_below(4) ? host_below(used) : 0);
	u32 head = host_below(3) ? MIN(c->block_size, 96) : c->block_size;

	switch (host_below(4)) {
	case 0:
		p[host_below(head)] ^= 1 << host_below(8);
		break;
	case 1:
		*(u32 *)(p + host_below(head / 4) * 4) = be32(interesting(c));
		break;
	case 2:
		memcpy(p, log_bytes(dev, c, host_below(used)), c->block_size);
		break;
	default:
		memset(p + host_below(head), host_below(256), 1 + host_below(8));
	}
}

/* Make the checksums of the log's own blocks right: as the super block now says they are. */
static void
mend(struct block_device *dev, struct bank_config *c)
{
	struct jbd2_disk_super *s = (void *)log_bytes(dev, c, 0);
	struct journal j = { .block_size = c->block_size, .csum_seed = crc32c(~0U, s->s_uuid, 16) };

	s->s_checksum = be32(csum_super(s));
	for (u32 i = 1; i < c->log_blocks; i++) {
		struct jbd2_header *h = (void *)log_bytes(dev, c, i);
		u32 *tail = (u32 *)((u8 *)h + c->block_size - 4);

		if (h->h_magic != be32(JBD2_MAGIC))
			continue;
		if (h->h_blocktype == be32(JBD2_DESCRIPTOR) || h->h_blocktype == be32(JBD2_REVOKE))
			*tail = be32(csum_tail_block(&j, h));
		else if (h->h_blocktype == be32(JBD2_COMMIT))
			((struct jbd2_commit *)h)->h_chksum[0] = be32(csum_commit(&j, h));
	}
}

static void
one_case(struct block_device *crashed, struct bank_config *c, struct tally *tally)
{
	struct block_device *dev = host_disk_copy(crashed);
	struct bank b;
	u32 replayed;
	u64 before = host_now;
	int err;

	for (u64 n = 1 + host_below(4); n; n--)
		damage(dev, c);
	if (host_below(2))
		mend(dev, c);
	if (host_below(8) == 0)
		host_alloc_fail(1 + host_below(40), host_below(3));
	err = bank_load(&b, c, dev, &replayed);
	host_alloc_fail(0, 0);
	tally->cases++;
	if (err) {
		tally->refused++;
	} else {
		HOST_CHECK(!journal_needs_replay(b.j));
		HOST_CHECK(journal_start(b.j) == 0);
		HOST_CHECK(journal_destroy(b.j) == 0);
		tally->replayed++;
	}
	HOST_CHECK(host_now - before < 100 * NSEC_PER_SEC);
	host_disk_free(dev);
}

static void
one_kind(const struct bank_config *config, ulong cases, struct tally *tally)
{
	struct bank_config c = *config;
	struct block_device *dev = bank_format(&c), *crashed = NULL;
	struct bank b;
	ulong events;

	HOST_CHECK(bank_open(&b, &c, dev) == 0);
	work(&b);
	events = host_disk_events(dev);
	for (ulong i = 0; i < cases; i++) {
		if (i % 20 == 0) {
			if (crashed)
				host_disk_free(crashed);
			crashed = host_disk_crash(dev, events / 2 + host_below(events / 2), 1 + host_below(1000));
		}
		one_case(crashed, &c, tally);
	}
	if (crashed)
		host_disk_free(crashed);
	HOST_CHECK(bank_close(&b) == 0);
	host_disk_free(dev);
}

int
main(int argc, char **argv)
{
	static const struct bank_config kinds[] = {
		{ 1024, 96, 0, .barrier = true },
		{ 1024, 128, 32, .csum = true, .large = true, .barrier = true },
		{ 4096, 128, 0, .csum = true, .barrier = true },
		{ 1024, 128, 0, .large = true, .barrier = true, .scattered = true },
	};
	struct tally tally = { 0 };
	ulong want = 3000;

	host_boot(argc, argv);
	console_loglevel = console_loglevel == 4 ? 0 : console_loglevel;
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "-n"))
			want = strtoul(argv[i + 1], NULL, 0);
	for (uint k = 0; k < ARRAY_SIZE(kinds); k++)
		one_kind(&kinds[k], want / ARRAY_SIZE(kinds), &tally);
	printf("%lu damaged logs: %lu replayed, %lu refused\n", tally.cases, tally.replayed, tally.refused);
	return host_end();
}
