/*
 * crc16.c - the 16-bit checksum x^16 + x^15 + x^2 + 1, half a byte at a time.
 *
 * crc16_table[i] is the remainder of the four bits i: a table that fits a page of a book, for data that is
 * rarely more than 64 bytes.
 */
#include "lib/crc16.h"

static const u16 crc16_table[16] = {
	0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
	0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400,
};

u16
crc16(u16 crc, const void *buf, size_t n)
{
	const u8 *p = buf, *end = p + n;

	for (; p < end; p++) {
		crc ^= *p;
		crc = crc >> 4 ^ crc16_table[crc & 15];
		crc = crc >> 4 ^ crc16_table[crc & 15];
	}
	return crc;
}
