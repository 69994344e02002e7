/*
 * crc32c.c - Castagnoli's checksum: iSCSI's, and that of ext4's metadata and log.
 *
 * Eight bytes at a time, here by tables: table[k][b] is the remainder of byte b followed by k zero bytes, and the
 * remainder of a sum is the sum of the remainders.  The tables are made by long division when first
 * needed; two harts that do so at once write the same.
 *
 * Source: RFC 3720, 12.1 (the polynomial 0x1edc6f41, here with bits reflected); Kounavis and Berry,
 * "A systematic approach to building high performance software-based CRC generators", 2005.
 */
#include "lib/crc32c.h"

#define POLY	0x82f63b78U

static u32 table[8][256];
static bool made;			/* [a] */

static void
make_tables(void)
{
	for (u32 b = 0; b < 256; b++) {
		u32 crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLY : 0);
		table[0][b] = crc;
	}
	for (int k = 1; k < 8; k++)
		for (u32 b = 0; b < 256; b++)
			table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xff];
	__atomic_store_n(&made, true, __ATOMIC_RELEASE);
}

static inline u32
step(u32 crc, u8 byte)
{
	return table[0][(crc ^ byte) & 0xff] ^ crc >> 8;
}

static u32
words_by_table(u32 crc, const u64 *p, size_t n)
{
	for (const u64 *end = p + n; p < end; p++) {
		u64 x = *p ^ crc;

		crc = table[7][x & 0xff] ^ table[6][x >> 8 & 0xff] ^
		      table[5][x >> 16 & 0xff] ^ table[4][x >> 24 & 0xff] ^
		      table[3][x >> 32 & 0xff] ^ table[2][x >> 40 & 0xff] ^
		      table[1][x >> 48 & 0xff] ^ table[0][x >> 56];
	}
	return crc;
}

u32 (*crc32c_words)(u32 crc, const u64 *p, size_t n) = words_by_table;

u32
crc32c(u32 crc, const void *buf, size_t n)
{
	const u8 *p = buf;
	size_t words;

	if (unlikely(!__atomic_load_n(&made, __ATOMIC_ACQUIRE)))
		make_tables();
	for (; n && (ulong)p % 8; n--)
		crc = step(crc, *p++);
	words = n / 8;
	crc = crc32c_words(crc, (const u64 *)p, words);
	p += words * 8;
	n %= 8;
	while (n--)
		crc = step(crc, *p++);
	return crc;
}
