/* parttable_test.c - partitions are found where tables put them, and damaged tables are refused, not believed. */
#include "lib/parttable_sample.h"

static struct sample
blank(u32 block_size, u64 blocks)
{
	return (struct sample){ .bytes = calloc(blocks, block_size), .block_size = block_size,
				.sectors = blocks * (block_size / 512), .fail_at = -1 };
}

#define CHECK_PART(s, i, n, first, count) do { \
	CHECK_EQ((s)->parts[i].number, n); \
	CHECK_EQ((s)->parts[i].start, first); \
	CHECK_EQ((s)->parts[i].sectors, count); \
} while (0)

static void
test_mbr(u32 size)
{
	struct sample s = blank(size, SAMPLE_SECTORS);
	u32 unit = size / 512;

	CHECK_EQ(sample_scan(&s), PARTTABLE_NONE);
	sample_mbr(s.bytes, size);
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK_EQ(s.nparts, 5);
	CHECK_EQ(s.complaints, 0);
	CHECK_PART(&s, 0, 1, 8 * unit, 100 * unit);
	CHECK_PART(&s, 1, 2, 120 * unit, 2 * unit);	/* an extended one: enough for a boot loader */
	CHECK_PART(&s, 2, 3, 330 * unit, 60 * unit);
	CHECK_PART(&s, 3, 5, 122 * unit, 50 * unit);
	CHECK_PART(&s, 4, 6, 202 * unit, 50 * unit);

	/* A file system's boot sector is no table, though it ends like one. */
	s.bytes[446] = 0x61;
	CHECK_EQ(sample_scan(&s), PARTTABLE_NONE);
	s.bytes[446] = 0x80;
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	s.bytes[510] = 0;
	CHECK_EQ(sample_scan(&s), PARTTABLE_NONE);
	free(s.bytes);
}

static void
test_bad_mbr(void)
{
	struct sample s = blank(512, SAMPLE_SECTORS);

	/* Past the end; overflowing 32 bits; of no size. */
	sample_mbr_entry(s.bytes, 0, 0x83, 8, 393);
	sample_mbr_entry(s.bytes, 1, 0x83, 0xfffffff0, 0x20);
	sample_mbr_entry(s.bytes, 2, 0x83, 10, 0);
	sample_mbr_entry(s.bytes, 3, 0x83, 399, 1);
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK_EQ(s.nparts, 1);
	CHECK_EQ(s.complaints, 2);
	CHECK_PART(&s, 0, 4, 399, 1);

	/* A chain that bites its tail, or a place that is no link. */
	memset(s.bytes, 0, SAMPLE_SECTORS * 512);
	sample_mbr(s.bytes, 512);
	sample_mbr_entry(s.bytes + 200 * 512, 1, 0x05, 0, 60);
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK_EQ(s.nparts, 5);
	CHECK_EQ(s.complaints, 1);
	sample_mbr_entry(s.bytes + 200 * 512, 1, 0x05, 80, 60);	/* itself */
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK_EQ(s.complaints, 1);
	sample_mbr_entry(s.bytes + 200 * 512, 1, 0x05, 150, 60);
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK_EQ(s.nparts, 5);
	CHECK_EQ(s.complaints, 1);

	/* A disk cut short, and one that cannot be read. */
	s.sectors = 150;
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK_EQ(s.nparts, 2);
	s.sectors = SAMPLE_SECTORS;
	for (s.fail_at = 0; s.fail_at < 3; s.fail_at++)
		CHECK_EQ(sample_scan(&s), -5);
	free(s.bytes);
}

/* Links without end, each going forward: looked at so far and no farther. */
static void
test_long_chain(void)
{
	struct sample s = blank(512, 5000);

	sample_mbr_entry(s.bytes, 0, 0x0f, 1, 4999);
	for (int i = 1; i < 5000; i++) {
		sample_mbr_entry(s.bytes + i * 512, 0, 0x83, 1, 1);
		sample_mbr_entry(s.bytes + i * 512, 1, 0x05, i, 2);
	}
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK(s.nparts == PARTTABLE_MAX - 4 + 1);
	for (int i = 1; i < 5000; i++)
		sample_mbr_entry(s.bytes + i * 512, 0, 0, 0, 0);
	CHECK_EQ(sample_scan(&s), PARTTABLE_MBR);
	CHECK(s.reads < 1000);
	free(s.bytes);
}

static void
test_gpt(u32 size)
{
	struct sample s = blank(size, SAMPLE_SECTORS);
	u32 unit = size / 512;
	u8 *header = s.bytes + size, *entries = s.bytes + 2 * size;

	sample_gpt(s.bytes, size, SAMPLE_SECTORS);
	CHECK_EQ(sample_scan(&s), PARTTABLE_GPT);
	CHECK_EQ(s.nparts, 2);
	CHECK_EQ(s.complaints, 0);
	CHECK_PART(&s, 0, 1, 34 * unit, 100 * unit);
	CHECK_PART(&s, 1, 3, 200 * unit, 101 * unit);

	/* A partition that the checksum vouches for, but not where one may be. */
	put(entries + 40, SAMPLE_SECTORS - 1, 8);
	put(entries + 256 + 32, 20, 8);
	sample_gpt_seal(header, entries, 128, 128);
	CHECK_EQ(sample_scan(&s), PARTTABLE_GPT);
	CHECK_EQ(s.nparts, 0);
	CHECK_EQ(s.complaints, 2);

	/* The entries do not fit the checksum: the second table. Then that, too. */
	entries[0]++;
	CHECK_EQ(sample_scan(&s), PARTTABLE_GPT);
	CHECK_EQ(s.nparts, 2);
	CHECK_EQ(s.complaints, 1);
	memset(header, 0xff, size);
	CHECK_EQ(sample_scan(&s), PARTTABLE_GPT);
	CHECK_EQ(s.nparts, 2);
	s.bytes[(SAMPLE_SECTORS - 1) * size] = 'e';
	CHECK_EQ(sample_scan(&s), PARTTABLE_NONE);
	CHECK_EQ(s.complaints, 2);
	free(s.bytes);
}

/* Header fields that would lead astray, each with a checksum that fits. */
static void
test_bad_gpt(void)
{
	static const struct { int at, n; u64 v; } bad[] = {
		{ 12, 4, 91 }, { 12, 4, 513 }, { 12, 4, ~0U }, { 24, 8, 2 }, { 40, 8, ~0UL }, { 48, 8, SAMPLE_SECTORS },
		{ 48, 8, ~0UL }, { 72, 8, SAMPLE_SECTORS - 10 }, { 72, 8, ~0UL }, { 80, 4, 0 }, { 80, 4, ~0U },
		{ 84, 4, 0 }, { 84, 4, 64 }, { 84, 4, 129 }, { 84, 4, 1024 }, { 84, 4, 1U << 31 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sample s = blank(512, SAMPLE_SECTORS);
		u8 *header = s.bytes + 512;

		sample_gpt(s.bytes, 512, SAMPLE_SECTORS);
		memset(s.bytes + (SAMPLE_SECTORS - 1) * 512, 0, 512);
		put(header + bad[i].at, bad[i].v, bad[i].n);
		put(header + 16, 0, 4);
		put(header + 16, crc32(0, header, 92), 4);
		CHECK_EQ(sample_scan(&s), PARTTABLE_NONE);
		CHECK_EQ(s.nparts, 0);
		CHECK_EQ(s.complaints, 2);
		free(s.bytes);
	}
}

static void
test_tiny(void)
{
	for (u64 sectors = 0; sectors < 3; sectors++) {
		struct sample s = blank(512, 4);

		sample_mbr_entry(s.bytes, 0, 0xee, 1, 1);
		s.sectors = sectors;
		CHECK_EQ(sample_scan(&s), PARTTABLE_NONE);
		free(s.bytes);
	}
}

int
main(void)
{
	for (u32 size = 512; size <= 4096; size *= 2) {
		test_mbr(size);
		test_gpt(size);
	}
	test_bad_mbr();
	test_long_chain();
	test_bad_gpt();
	test_tiny();
	TEST_END();
}
