/* crc16_test.c - crc16 against the published check value, a bitwise one, and itself in pieces. */
#include "lib/crc16.h"
#include "lib/host_test.h"

static u16
bitwise(u16 crc, const u8 *p, size_t n)
{
	int i;

	while (n--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return crc;
}

int
main(void)
{
	u8 data[300];
	size_t i;

	CHECK(crc16(0, "123456789", 9) == 0xbb3d);	/* CRC-16/ARC */
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 37 + (i >> 3);
	for (i = 0; i <= sizeof(data); i++) {
		CHECK(crc16(0xffff, data, i) == bitwise(0xffff, data, i));
		CHECK(crc16(crc16(0xffff, data, i), data + i, sizeof(data) - i) == crc16(0xffff, data, sizeof(data)));
	}
	TEST_END();
}
