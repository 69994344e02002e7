/* crc32c_test.c - crc32c is the standard's checksum, however the bytes are aligned or cut into pieces. */
#include "lib/crc32c.h"
#include "lib/host_test.h"
#include "lib/string.h"

static u32
bitwise(u32 crc, const u8 *p, size_t n)
{
	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return crc;
}

/* RFC 3720, B.4. */
static void
test_standard(void)
{
	u8 b[32];

	CHECK_EQ(~crc32c(~0U, "123456789", 9), 0xe3069283U);
	memset(b, 0, sizeof(b));
	CHECK_EQ(~crc32c(~0U, b, sizeof(b)), 0x8a9136aaU);
	memset(b, 0xff, sizeof(b));
	CHECK_EQ(~crc32c(~0U, b, sizeof(b)), 0x62a8ab43U);
	for (int i = 0; i < 32; i++)
		b[i] = i;
	CHECK_EQ(~crc32c(~0U, b, sizeof(b)), 0x46dd794eU);
	CHECK_EQ(crc32c(5, b, 0), 5);
}

static void
test_pieces(void)
{
	u64 random = 3;
	u8 buf[300];

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = host_random(&random);
	for (int round = 0; round < 5000; round++) {
		size_t from = host_random(&random) % 20, n = host_random(&random) % 280;
		size_t cut = host_random(&random) % (n + 1);
		u32 crc = host_random(&random), want = bitwise(crc, buf + from, n);

		CHECK_EQ(crc32c(crc, buf + from, n), want);
		CHECK_EQ(crc32c(crc32c(crc, buf + from, cut), buf + from + cut, n - cut), want);
	}
}

int
main(void)
{
	test_standard();
	test_pieces();
	TEST_END();
}
