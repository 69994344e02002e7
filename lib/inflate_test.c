/*
 * inflate_test.c [file.gz file]... - what gzip packed is unpacked, and damage is noticed.
 *
 * Every block type is tried with a stream made here; each pair of file names,
 * if any, with real ones.
 */
#include "abi/errno.h"
#include "lib/host_fuzz.h"
#include "lib/inflate.h"
#include "lib/inflate_sample.h"
#include "lib/string.h"

/* gzip_inflate() with dst of exactly `max` bytes; checks the result against want. */
static void
expect(const u8 *gz, size_t len, const u8 *want, size_t n, size_t max, int err)
{
	u8 *src = host_copy(gz, len), *dst = malloc(max);
	size_t outlen = 12345, used = 12345;

	CHECK_EQ(gzip_inflate(src, len, dst, max, &outlen, &used), err);
	if (err == 0) {
		CHECK_EQ(outlen, n);
		CHECK_EQ(used, len);
		CHECK(outlen == n && __builtin_memcmp(dst, want, n) == 0);
	} else {
		CHECK(outlen == 12345 && used == 12345);	/* unwritten on failure */
	}
	free(src);
	free(dst);
}

static void
test_crc(void)
{
	u32 whole = crc32(0, "123456789", 9);

	CHECK_EQ(whole, 0xcbf43926);
	CHECK_EQ(crc32(crc32(0, "1234", 4), "56789", 5), whole);
	CHECK_EQ(crc32(0, "", 0), 0);
}

static void
test_dynamic(void)
{
	u8 text[SAMPLE_TEXT_SIZE];
	size_t n = sizeof(sample_gz);
	u8 twice[2 * sizeof(sample_gz)], out[SAMPLE_TEXT_SIZE];
	size_t outlen, used;

	sample_text(text);
	CHECK(gzip_is(sample_gz, n));
	CHECK(!gzip_is(sample_gz, 2));
	CHECK(!gzip_is("070701", 6));
	CHECK_EQ(gzip_claimed_size(sample_gz, n), SAMPLE_TEXT_SIZE);
	expect(sample_gz, n, text, sizeof(text), sizeof(text), 0);
	expect(sample_gz, n, text, sizeof(text), sizeof(text) + 100, 0);
	expect(sample_gz, n, text, 0, sizeof(text) - 1, -ENOSPC);
	expect(sample_gz, n, text, 0, 3, -ENOSPC);
	for (size_t cut = 0; cut < n; cut++)
		expect(sample_gz, cut, text, 0, sizeof(text), -EINVAL);

	/* Another member behind it is not touched. */
	__builtin_memcpy(twice, sample_gz, n);
	__builtin_memcpy(twice + n, sample_gz, n);
	CHECK_EQ(gzip_inflate(twice, 2 * n, out, sizeof(out), &outlen, &used), 0);
	CHECK_EQ(used, n);
}

/* Every single flipped bit is noticed, by the code, the CRC or the length, unless it means nothing. */
static void
test_damage(void)
{
	u8 text[SAMPLE_TEXT_SIZE], out[SAMPLE_TEXT_SIZE + 1000];
	int unnoticed = 0;

	sample_text(text);
	for (size_t bit = 8 * 10; bit < 8 * sizeof(sample_gz); bit++) {
		u8 *copy = host_copy(sample_gz, sizeof(sample_gz));
		size_t outlen, used;

		copy[bit / 8] ^= 1 << bit % 8;
		if (gzip_inflate(copy, sizeof(sample_gz), out, sizeof(out), &outlen, &used) == 0) {
			unnoticed++;
			CHECK(outlen == sizeof(text) && __builtin_memcmp(out, text, outlen) == 0);
		}
		free(copy);
	}
	CHECK(unnoticed < 8);		/* the bits that fill the stream's last byte */
}

/* Put header and trailer round a raw stream of n bytes that unpacks to text. */
static size_t
wrap(u8 *gz, const u8 *raw, size_t n, const char *text, size_t len)
{
	static const u8 header[10] = { 0x1f, 0x8b, 8 };
	u32 crc = crc32(0, text, len);
	u8 *p = gz;

	__builtin_memcpy(p, header, 10);
	__builtin_memcpy(p + 10, raw, n);
	p += 10 + n;
	for (int i = 0; i < 4; i++)
		*p++ = crc >> 8 * i;
	for (int i = 0; i < 4; i++)
		*p++ = len >> 8 * i;
	return p - gz;
}

static void
test_stored_and_fixed(void)
{
	/* Two stored blocks: "abc" and, last, nothing. */
	static const u8 stored[] = { 0, 3, 0, 0xfc, 0xff, 'a', 'b', 'c', 1, 0, 0, 0xff, 0xff };
	static const u8 bad_len[] = { 1, 3, 0, 0xfd, 0xff, 'a', 'b', 'c' };
	/* Fixed code: literal 'a', then length 9 distance 1, then the end. */
	static const u8 fixed[] = { 0x4b, 0x4c, 0x84, 0x01, 0x00 };
	/* Fixed code: a match before there is any output. */
	static const u8 too_far[] = { 0x03, 0x02, 0x00 };
	static const u8 type_3[] = { 7 };
	u8 gz[64];

	expect(gz, wrap(gz, stored, sizeof(stored), "abc", 3), (const u8 *)"abc", 3, 3, 0);
	expect(gz, wrap(gz, stored, sizeof(stored), "abc", 3), NULL, 0, 2, -ENOSPC);
	expect(gz, wrap(gz, stored, sizeof(stored), "abd", 3), NULL, 0, 3, -EINVAL);
	expect(gz, wrap(gz, bad_len, sizeof(bad_len), "abc", 3), NULL, 0, 3, -EINVAL);
	expect(gz, wrap(gz, fixed, sizeof(fixed), "aaaaaaaaaa", 10), (const u8 *)"aaaaaaaaaa", 10, 10, 0);
	expect(gz, wrap(gz, too_far, sizeof(too_far), "", 0), NULL, 0, 9, -EINVAL);
	expect(gz, wrap(gz, type_3, sizeof(type_3), "", 0), NULL, 0, 9, -EINVAL);
}

/* All the optional fields of a header: extra, name, comment, CRC of the header. */
static void
test_header(void)
{
	static const u8 gz[] = {
		0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 'x', 'y', 'n', 0, 'c', 0, 0x12, 0x34,
		1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0
	};
	u8 bad[sizeof(gz)];

	expect(gz, sizeof(gz), gz, 0, 1, 0);
	__builtin_memcpy(bad, gz, sizeof(gz));
	bad[3] |= 0x20;
	expect(bad, sizeof(bad), NULL, 0, 1, -EINVAL);
	bad[3] = 0x1e;
	bad[11] = 0xff;			/* the extra field is longer than the file */
	expect(bad, sizeof(bad), NULL, 0, 1, -EINVAL);
}

int
main(int argc, char **argv)
{
	test_crc();
	test_dynamic();
	test_damage();
	test_stored_and_fixed();
	test_header();
	for (int i = 1; i + 1 < argc; i += 2) {
		size_t packed, plain;
		u8 *gz = fuzz_read_file(argv[i], &packed), *want = fuzz_read_file(argv[i + 1], &plain);

		CHECK_EQ(gzip_claimed_size(gz, packed), (u32)plain);
		expect(gz, packed, want, plain, plain, 0);
		free(gz);
		free(want);
	}
	TEST_END();
}
