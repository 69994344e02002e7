/*
 * csum.c - the checksums in a log. What each covers, and where it stands:
 *
 *	super block         crc32c(~0, all of it)                  s_checksum
 *	descriptor, revoke  crc32c(seed, the block)                its last 4 bytes
 *	a logged block      crc32c(seed, tid, the block as logged) its tag: all (v3), or the low 16 bits (v2)
 *	commit block        crc32c(seed, the block)                h_chksum[0]
 *	or, in old logs     crc32(~0, descriptors and blocks)      h_chksum[0] of the commit block (v1)
 *
 * Each field counts as 0 in its own sum; seed is crc32c(~0, s_uuid).
 * Source: the kernel's Documentation/filesystems/ext4/journal.rst.
 */
#include "fs/jbd2/private.h"
#include "lib/crc32c.h"

/* crc32c of a block with the 4 bytes at `hole` taken as 0. */
static u32
csum_without(u32 crc, const void *block, size_t size, size_t hole)
{
	static const u32 zero;

	crc = crc32c(crc, block, hole);
	crc = crc32c(crc, &zero, sizeof(zero));
	return crc32c(crc, (const char *)block + hole + 4, size - hole - 4);
}

u32
csum_super(const struct jbd2_disk_super *s)
{
	return csum_without(~0U, s, sizeof(*s), offsetof(struct jbd2_disk_super, s_checksum));
}

u32
csum_tail_block(const struct journal *j, const void *block)
{
	return csum_without(j->csum_seed, block, j->block_size, j->block_size - sizeof(struct jbd2_block_tail));
}

u32
csum_commit(const struct journal *j, const void *block)
{
	return csum_without(j->csum_seed, block, j->block_size, offsetof(struct jbd2_commit, h_chksum));
}

u32
csum_data(const struct journal *j, u32 tid, const void *block)
{
	u32 n = be32(tid);

	return crc32c(crc32c(j->csum_seed, &n, sizeof(n)), block, j->block_size);
}

/* The polynomial of Ethernet, highest bit first. Only old logs need it, so four bits at a time will do. */
u32
crc32_be(u32 crc, const void *buf, size_t n)
{
	static u32 table[16];
	const u8 *p = buf;

	if (!table[15])
		for (u32 i = 0; i < 16; i++) {
			u32 x = i << 28;

			for (int bit = 0; bit < 4; bit++)
				x = x << 1 ^ (x >> 31 ? 0x04c11db7U : 0);
			table[i] = x;
		}
	while (n--) {
		crc ^= (u32)*p++ << 24;
		crc = crc << 4 ^ table[crc >> 28];
		crc = crc << 4 ^ table[crc >> 28];
	}
	return crc;
}
