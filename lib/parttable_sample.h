/* parttable_sample.h - small disks with partition tables, built field by field: for the test and the fuzzer. */
#ifndef LIB_PARTTABLE_SAMPLE_H
#define LIB_PARTTABLE_SAMPLE_H

#include "lib/host_test.h"
#include "lib/inflate.h"
#include "lib/parttable.h"
#include "lib/string.h"

#define SAMPLE_SECTORS	400

struct sample {
	u8	*bytes;			/* block_size * its blocks */
	u32	block_size;
	u64	sectors;		/* that the disk claims; bytes has no more */
	u64	reads;
	int	fail_at;		/* the read that fails, -1: none */
	int	nparts, complaints;
	struct { int number; u64 start, sectors; } parts[PARTTABLE_MAX * 2];
};

static void
put(u8 *p, u64 v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = v >> (8 * i);
}

static void
sample_mbr_entry(u8 *sector, int i, u8 type, u32 first, u32 count)
{
	u8 *p = sector + 446 + 16 * i;

	p[4] = type;
	put(p + 8, first, 4);
	put(p + 12, count, 4);
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

/* 1: [8, 108), 2: extended [120, 320) with logical 5: [122, 172) and 6: [202, 252), 3: [330, 390). */
static void
sample_mbr(u8 *disk, u32 size)
{
	sample_mbr_entry(disk, 0, 0x83, 8, 100);
	sample_mbr_entry(disk, 1, 0x05, 120, 200);
	sample_mbr_entry(disk, 2, 0x83, 330, 60);
	sample_mbr_entry(disk + 120 * size, 0, 0x83, 2, 50);
	sample_mbr_entry(disk + 120 * size, 1, 0x05, 80, 60);
	sample_mbr_entry(disk + 200 * size, 0, 0x83, 2, 50);
}

static void
sample_gpt_seal(u8 *header, const u8 *entries, u32 count, u32 size)
{
	put(header + 88, crc32(0, entries, (size_t)count * size), 4);
	put(header + 16, 0, 4);
	put(header + 16, crc32(0, header, 92), 4);
}

static void
sample_gpt_header(u8 *disk, u32 size, u64 blocks, u64 at, u64 entries)
{
	u8 *h = disk + at * size;

	memcpy(h, "EFI PART", 8);
	put(h + 8, 0x10000, 4);
	put(h + 12, 92, 4);
	put(h + 24, at, 8);
	put(h + 32, at == 1 ? blocks - 1 : 1, 8);
	put(h + 40, 34, 8);
	put(h + 48, blocks - 34, 8);
	put(h + 72, entries, 8);
	put(h + 80, 128, 4);
	put(h + 84, 128, 4);
	sample_gpt_seal(h, disk + entries * size, 128, 128);
}

/* Two equal tables; 1: [34, 134), 3: [200, 300]. */
static void
sample_gpt(u8 *disk, u32 size, u64 blocks)
{
	u64 places[] = { 2, blocks - 33 };

	sample_mbr_entry(disk, 0, 0xee, 1, blocks - 1);
	for (int i = 0; i < 2; i++) {
		u8 *e = disk + places[i] * size;

		memset(e, 7, 16);
		put(e + 32, 34, 8);
		put(e + 40, 133, 8);
		memset(e + 256, 9, 16);
		put(e + 256 + 32, 200, 8);
		put(e + 256 + 40, 300, 8);
		sample_gpt_header(disk, size, blocks, i ? blocks - 1 : 1, places[i]);
	}
}

static int
sample_read(void *arg, u64 block, void *buf)
{
	struct sample *s = arg;

	if (s->fail_at >= 0 && s->reads == (u64)s->fail_at)
		return -5;
	s->reads++;
	if (block >= s->sectors / (s->block_size / 512)) {
		CHECK(!"reads past the end of the disk");
		return -5;
	}
	__builtin_memcpy(buf, s->bytes + block * s->block_size, s->block_size);
	return 0;
}

static void
sample_found(void *arg, int number, u64 start, u64 sectors)
{
	struct sample *s = arg;
	int i = s->nparts++;

	CHECK(number >= 1 && number <= PARTTABLE_MAX);
	CHECK(sectors && start < s->sectors && sectors <= s->sectors - start);
	if (i >= PARTTABLE_MAX * 2) {
		CHECK(!"too many partitions are told of");
		return;
	}
	s->parts[i].number = number;
	s->parts[i].start = start;
	s->parts[i].sectors = sectors;
}

static void
sample_complain(void *arg, const char *what)
{
	((struct sample *)arg)->complaints++;
}

/* What parttable_scan makes of it; buf is exactly one block, so that the sanitizer sees any step past it. */
static int
sample_scan(struct sample *s)
{
	struct parttable_disk d = { s->sectors, s->block_size, sample_read, sample_found, sample_complain, s };
	u8 *buf = malloc(s->block_size);
	int kind;

	s->reads = s->nparts = s->complaints = 0;
	kind = parttable_scan(&d, buf);
	free(buf);
	return kind;
}

#endif
