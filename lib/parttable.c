/*
 * parttable.c - finding the partitions of a disk.
 *
 * MBR, in sector 0:
 *	446	4 entries of 16 bytes: 4 type, 8 first sector, 12 number of sectors
 *	510	0x55 0xaa
 * An entry of type 5, 0xf or 0x85 is a chain of logical partitions, numbered from 5 on: each link is such a sector,
 * whose first entry is a partition (counted from the link) and whose second the next link (from the chain's start).
 *
 * GPT, in block 1 and again in the last block:
 *	0 "EFI PART"  12 header size  16 CRC of the header with this field 0  24 its own block  32 the other's
 *	40 first usable block  48 last  72 first block of the entries  80 how many  84 size of each  88 their CRC
 * an entry: 0 type (zeros: unused)  32 first block  40 last block
 * Sector 0 holds an MBR of one partition of type 0xee, so that those who do not know GPT keep off.
 *
 * Nothing in a table is believed: places are checked against the disk's size, chains are followed only forward and
 * so far, sizes are bounded.
 * Further     UEFI specification 2.10, chapter 5.
 */
#include "lib/parttable.h"

#include "lib/inflate.h"
#include "lib/string.h"

#define MBR_ENTRIES	446
#define MBR_ENTRY_SIZE	16
#define MBR_FIRST_LOGICAL 5
#define LINKS_MAX	256
#define TYPE_EXTENDED	0x05
#define TYPE_EXTENDED_LBA 0x0f
#define TYPE_EXTENDED_LINUX 0x85
#define TYPE_GPT	0xee

#define GPT_HEADER_MIN	92
#define GPT_ENTRY_MIN	128
#define GPT_ENTRIES_MAX	1024		/* of a table whose checksum we are willing to compute */

static u32
get32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static u64
get64(const u8 *p)
{
	return get32(p) | (u64)get32(p + 4) << 32;
}

/* Tell of a partition given in blocks, if it lies within the disk. */
static void
tell(const struct parttable_disk *d, int number, u64 first, u64 count)
{
	u32 unit = d->block_size / 512;
	u64 blocks = d->sectors / unit;

	if (!count)
		return;
	if (first >= blocks || count > blocks - first) {
		d->complain(d->arg, "a partition reaches past the end of the disk: left out");
		return;
	}
	d->found(d->arg, number, first * unit, count * unit);
}

/* ---- MBR ---- */

struct mbr_entry { u8 type; u32 first, count; };

static bool
mbr_valid(const u8 *sector)
{
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

static struct mbr_entry
mbr_entry(const u8 *sector, int i)
{
	const u8 *p = sector + MBR_ENTRIES + i * MBR_ENTRY_SIZE;

	return (struct mbr_entry){ p[4], get32(p + 8), get32(p + 12) };
}

static bool
is_extended(u8 type)
{
	return type == TYPE_EXTENDED || type == TYPE_EXTENDED_LBA || type == TYPE_EXTENDED_LINUX;
}

/* Follow the chain that starts at block `start` and has `length` blocks. The next free number, or -errno. */
static int
scan_logical(const struct parttable_disk *d, u8 *buf, u32 start, u32 length, int number)
{
	u64 blocks = d->sectors / (d->block_size / 512), link = start, next;
	struct mbr_entry part, more;
	int err, links;

	for (links = 0; ; links++) {
		if (links >= LINKS_MAX) {
			d->complain(d->arg, "the chain of logical partitions is too long");
			return number;
		}
		if (link >= blocks) {
			d->complain(d->arg, "the chain of logical partitions leaves the disk");
			return number;
		}
		err = d->read(d->arg, link, buf);
		if (err)
			return err;
		if (!mbr_valid(buf)) {
			d->complain(d->arg, "the chain of logical partitions is broken");
			return number;
		}
		part = mbr_entry(buf, 0);
		more = mbr_entry(buf, 1);
		if (part.count && !is_extended(part.type)) {
			if (number > PARTTABLE_MAX) {
				d->complain(d->arg, "too many partitions");
				return number;
			}
			tell(d, number++, link + part.first, part.count);
		}
		if (!more.count || !is_extended(more.type))
			return number;
		next = (u64)start + more.first;
		if (next <= link || more.first >= length) {
			d->complain(d->arg, "the chain of logical partitions does not go forward");
			return number;
		}
		link = next;
	}
}

/* The entries are looked at as they were in buf, which the logical partitions overwrite. */
static int
scan_mbr(const struct parttable_disk *d, u8 *buf)
{
	struct mbr_entry e[4];
	int i, number = MBR_FIRST_LOGICAL;

	for (i = 0; i < 4; i++)
		e[i] = mbr_entry(buf, i);
	for (i = 0; i < 4; i++) {
		/* Of an extended one, its first two sectors: enough for a boot loader, too small to harm it. */
		if (e[i].type)
			tell(d, i + 1, e[i].first, is_extended(e[i].type) ? MIN(e[i].count, 2U) : e[i].count);
	}
	for (i = 0; i < 4; i++) {
		if (!e[i].count || !is_extended(e[i].type))
			continue;
		number = scan_logical(d, buf, e[i].first, e[i].count, number);
		if (number < 0)
			return number;
	}
	return PARTTABLE_MBR;
}

/* ---- GPT ---- */

struct gpt { u64 first, last, entries; u32 count, size, crc; };

/* Is the header at block `at` a good one? 0 and *g, 1: no, or -errno. */
static int
gpt_header(const struct parttable_disk *d, u8 *buf, u64 at, struct gpt *g)
{
	u64 blocks = d->sectors / (d->block_size / 512), length;
	u32 size, crc;
	int err;

	if (at >= blocks)
		return 1;
	err = d->read(d->arg, at, buf);
	if (err)
		return err;
	if (memcmp(buf, "EFI PART", 8))
		return 1;
	size = get32(buf + 12);
	if (size < GPT_HEADER_MIN || size > d->block_size)
		return 1;
	crc = get32(buf + 16);
	memset(buf + 16, 0, 4);
	if (crc32(0, buf, size) != crc || get64(buf + 24) != at)
		return 1;
	*g = (struct gpt){ get64(buf + 40), get64(buf + 48), get64(buf + 72), get32(buf + 80), get32(buf + 84),
			   get32(buf + 88) };
	if (g->first > g->last || g->last >= blocks)
		return 1;
	if (g->size < GPT_ENTRY_MIN || g->size > d->block_size || (g->size & (g->size - 1)) ||
	    !g->count || g->count > GPT_ENTRIES_MAX)
		return 1;
	length = DIV_ROUND_UP((u64)g->count * g->size, d->block_size);
	return g->entries >= blocks || length > blocks - g->entries;
}

/* Are the entries what the header's checksum says? 0, 1: no, or -errno. */
static int
gpt_entries_check(const struct parttable_disk *d, u8 *buf, const struct gpt *g)
{
	u64 block = g->entries, left = (u64)g->count * g->size, n;
	u32 crc = 0;
	int err;

	for (; left; left -= n) {
		n = MIN(left, (u64)d->block_size);
		err = d->read(d->arg, block++, buf);
		if (err)
			return err;
		crc = crc32(crc, buf, n);
	}
	return crc != g->crc;
}

static int
gpt_entries(const struct parttable_disk *d, u8 *buf, const struct gpt *g)
{
	static const u8 unused[16];
	u32 per_block = d->block_size / g->size;
	u64 first, last;
	const u8 *e;
	int err;

	for (u32 i = 0; i < g->count; i++) {
		if (i % per_block == 0) {
			err = d->read(d->arg, g->entries + i / per_block, buf);
			if (err)
				return err;
		}
		e = buf + i % per_block * g->size;
		if (!memcmp(e, unused, sizeof(unused)))
			continue;
		first = get64(e + 32);
		last = get64(e + 40);
		if (i >= PARTTABLE_MAX) {
			d->complain(d->arg, "too many partitions");
			break;
		}
		if (first > last || first < g->first || last > g->last)
			d->complain(d->arg, "a partition is outside of what the table says is usable: left out");
		else
			tell(d, i + 1, first, last - first + 1);
	}
	return PARTTABLE_GPT;
}

/* One of the two tables that is whole: the second is there for when the first is not. */
static int
scan_gpt(const struct parttable_disk *d, u8 *buf)
{
	const u64 places[] = { 1, d->sectors / (d->block_size / 512) - 1 };
	struct gpt g;
	int i, err;

	for (i = 0; i < 2; i++) {
		err = gpt_header(d, buf, places[i], &g);
		if (!err)
			err = gpt_entries_check(d, buf, &g);
		if (err < 0)
			return err;
		if (err) {
			d->complain(d->arg, i ? "its second GPT is damaged, too" : "its first GPT is damaged");
			continue;
		}
		return gpt_entries(d, buf, &g);
	}
	return PARTTABLE_NONE;
}

int
parttable_scan(const struct parttable_disk *d, void *buf)
{
	const u8 *sector = buf;
	int err, i;

	if (d->sectors < d->block_size / 512 * 2)
		return PARTTABLE_NONE;
	err = d->read(d->arg, 0, buf);
	if (err)
		return err;
	if (!mbr_valid(sector))
		return PARTTABLE_NONE;
	for (i = 0; i < 4; i++)
		if (mbr_entry(sector, i).type == TYPE_GPT)
			return scan_gpt(d, buf);
	/* A file system's boot sector ends like an MBR, but the first byte of each entry says "boot" or "do not". */
	for (i = 0; i < 4; i++)
		if (sector[MBR_ENTRIES + i * MBR_ENTRY_SIZE] & 0x7f)
			return PARTTABLE_NONE;
	return scan_mbr(d, buf);
}
