/* crc_sd_test.c - crc7 and crc16_ccitt against the specification's values, bitwise ones, and themselves in pieces. */
#include "lib/crc_sd.h"
#include "lib/host_test.h"

static u16
bitwise(u16 crc, const u8 *p, size_t n)
{
	int i;

	while (n--) {
		crc ^= *p++ << 8;
		for (i = 0; i < 8; i++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
	}
	return crc;
}

int
main(void)
{
	u8 data[600];
	size_t i;

	/* SD Physical Layer Specification, 4.5: CMD0, CMD17, and its answer. */
	CHECK_EQ(crc7("\x40\0\0\0\0", 5), 0x4a << 1);
	CHECK_EQ(crc7("\x51\0\0\0\0", 5), 0x2a << 1);
	CHECK_EQ(crc7("\x11\0\0\x09\0", 5), 0x33 << 1);
	CHECK_EQ(crc16_ccitt(0, "123456789", 9), 0x31c3);	/* CRC-16/XMODEM */
	for (i = 0; i < 512; i++)
		data[i] = 0xff;
	CHECK_EQ(crc16_ccitt(0, data, 512), 0x7fa1);		/* the same chapter: a block of ones */
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 37 + (i >> 3);
	for (i = 0; i <= sizeof(data); i++) {
		CHECK_EQ(crc16_ccitt(0xffff, data, i), bitwise(0xffff, data, i));
		CHECK_EQ(crc16_ccitt(crc16_ccitt(7, data, i), data + i, sizeof(data) - i),
			 bitwise(7, data, sizeof(data)));
	}
	TEST_END();
}
