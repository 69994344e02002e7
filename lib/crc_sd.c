/*
 * crc_sd.c - the checksums of memory cards: 7 bits of a command, 16 of a block of data.
 *
 * Of a byte and the sum so far, x^16 = x^12 + x^5 + 1 gives the new sum without a table: the byte b that leaves
 * at the top comes back at 12, 5 and 0, and what of that leaves again, its upper four bits, likewise; so
 * b ^= b >> 4 first. The same holds for two bytes at once, which share the work.
 */
#include "lib/crc_sd.h"

u8
crc7(const void *buf, size_t n)
{
	const u8 *p = buf;
	uint crc = 0;		/* at the byte's upper end */

	while (n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x80 ? 0x12 : 0);
	}
	return crc;
}

u16
crc16_ccitt(u16 crc, const void *buf, size_t n)
{
	const u8 *p = buf, *end = p + n;

	while (p < end) {
		uint b = (crc >> 8 ^ *p++) & 0xff;

		b ^= b >> 4;
		crc = crc << 8 ^ b << 12 ^ b << 5 ^ b;
	}
	return crc;
}
