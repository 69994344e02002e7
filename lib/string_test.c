/* string_test.c - string.c does what ISO C says, for every alignment, and touches no byte outside. */
#include "lib/host_test.h"
#include "lib/string.h"

#define SPAN	1600

static void
test_copies(void)
{
	static const size_t sizes[] = {
		0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 24, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200, 255,
		256, 257, 300, 383, 511, 512, 513, 767, 768, 800, 1023, 1024, 1279, 1531
	};
	u8 pattern[SPAN], want[SPAN];

	for (int i = 0; i < SPAN; i++)
		pattern[i] = i * 7 + 1;
	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
		size_t n = sizes[k];

		for (int da = 0; da < 8; da++) {
			for (int sa = 0; sa < 8; sa++) {
				/* Exact sizes: the sanitizer sees a read or write one byte too far. */
				u8 *src = malloc(sa + n + 1), *dst = malloc(da + n + 1);

				__builtin_memcpy(src + sa, pattern, n);
				__builtin_memset(dst, 0xee, da + n + 1);
				src = realloc(src, sa + n ? sa + n : 1);
				CHECK(memcpy(dst + da, src + sa, n) == dst + da);
				CHECK(__builtin_memcmp(dst + da, pattern, n) == 0);
				for (int i = 0; i < da; i++)
					CHECK(dst[i] == 0xee);
				CHECK(dst[da + n] == 0xee);
				CHECK(memcmp(dst + da, src + sa, n) == 0);
				free(src);
				free(dst);
			}
		}
	}
	/* Overlapping moves, both ways, by every distance up to 40. */
	for (size_t n = 0; n < 1500; n += n < 40 ? 1 : n < 300 ? 37 : 311) {
		for (int from = 0; from < 48; from++) {
			for (int to = 0; to < 48; to += 1 + (from & 1)) {
				u8 *work = host_copy(pattern, SPAN);

				__builtin_memcpy(want, pattern, SPAN);
				__builtin_memmove(want + to, want + from, n);
				CHECK(memmove(work + to, work + from, n) == work + to);
				CHECK(__builtin_memcmp(work, want, SPAN) == 0);
				free(work);
			}
		}
	}
	for (size_t n = 0; n < 300; n++) {
		for (int at = 0; at < 8; at++) {
			u8 *work = host_copy(pattern, SPAN);

			__builtin_memcpy(want, pattern, SPAN);
			__builtin_memset(want + at, 0x1a5, n);
			CHECK(memset(work + at, 0x1a5, n) == work + at);
			CHECK(__builtin_memcmp(work, want, SPAN) == 0);
			free(work);
		}
	}
}

static int
sign(int x)
{
	return (x > 0) - (x < 0);
}

static void
test_compare(void)
{
	u64 random = 42;

	for (int i = 0; i < 20000; i++) {
		size_t n = (host_random(&random) >> 32) % 40;
		u8 *a = host_copy("", 0), *b;

		free(a);
		a = malloc(n + 1);
		for (size_t j = 0; j < n; j++)
			a[j] = (host_random(&random) >> 32) % 3 ? 'a' : 0xf0;
		a[n] = 0;
		b = host_copy(a, n + 1);
		if (n && i % 3)
			b[(host_random(&random) >> 32) % n] ^= 1 << (i % 8);
		CHECK_EQ(sign(memcmp(a, b, n)), sign(__builtin_memcmp(a, b, n)));
		CHECK_EQ(sign(strcmp((char *)a, (char *)b)), sign(__builtin_strcmp((char *)a, (char *)b)));
		CHECK_EQ(sign(strncmp((char *)a, (char *)b, n / 2)),
			 sign(__builtin_strncmp((char *)a, (char *)b, n / 2)));
		free(a);
		free(b);
	}
}

static void
test_search(void)
{
	const char *s = "the rain in spain";

	CHECK_EQ(strlen(""), 0);
	CHECK_EQ(strlen(s), 17);
	CHECK_EQ(strnlen(s, 5), 5);
	CHECK_EQ(strnlen(s, 50), 17);
	CHECK(strchr(s, 'n') == s + 7);
	CHECK(strchr(s, 'z') == NULL);
	CHECK(strchr(s, '\0') == s + 17);
	CHECK(strrchr(s, 'n') == s + 16);
	CHECK(strrchr(s, '\0') == s + 17);
	CHECK(strrchr(s, 'z') == NULL);
	CHECK(strstr(s, "ain") == s + 5);
	CHECK(strstr(s, "") == s);
	CHECK(strstr(s, "spam") == NULL);
	CHECK(strstr("aab", "ab") != NULL);
	CHECK(memchr(s, 'r', 17) == s + 4);
	CHECK(memchr(s, 'r', 4) == NULL);
	CHECK(memchr("\xff", -1, 1) != NULL);
}

static void
test_bounded_copies(void)
{
	char buf[8] = "xxxxxxx";

	CHECK_EQ(strlcpy(buf, "hello", sizeof(buf)), 5);
	CHECK_STR(buf, "hello");
	CHECK_EQ(strlcpy(buf, "hello, world", sizeof(buf)), 12);
	CHECK_STR(buf, "hello, ");
	CHECK_EQ(strlcpy(buf, "zzz", 0), 3);
	CHECK_STR(buf, "hello, ");
	strlcpy(buf, "abc", sizeof(buf));
	CHECK_EQ(strlcat(buf, "defgh", sizeof(buf)), 8);
	CHECK_STR(buf, "abcdefg");
	/* A dst without a NUL inside size is left alone, as in OpenBSD. */
	CHECK_EQ(strlcat(buf, "x", 3), 4);
	CHECK_STR(buf, "abcdefg");
}

static void
test_strtoul(void)
{
	static const struct { const char *s; int base; ulong value; int used; } cases[] = {
		{ "0", 0, 0, 1 }, { "42x", 10, 42, 2 }, { "  +7", 10, 7, 4 }, { "0x1F", 0, 31, 4 },
		{ "0x1F", 16, 31, 4 }, { "0x", 0, 0, 1 }, { "0xg", 16, 0, 1 }, { "010", 0, 8, 3 },
		{ "08", 0, 0, 1 }, { "zz", 36, 35 * 36 + 35, 2 }, { "", 10, 0, 0 }, { "x", 10, 0, 0 },
		{ "18446744073709551615", 10, ~0UL, 20 }, { "18446744073709551616", 10, ~0UL, 20 },
		{ "99999999999999999999999", 10, ~0UL, 23 }, { "ff", 16, 255, 2 }, { "12", 2, 1, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *end;

		CHECK_EQ(strtoul(cases[i].s, &end, cases[i].base), cases[i].value);
		CHECK_EQ(end - cases[i].s, cases[i].used);
		CHECK_EQ(strtoul(cases[i].s, NULL, cases[i].base), cases[i].value);
	}
}

int
main(void)
{
	test_copies();
	test_compare();
	test_search();
	test_bounded_copies();
	test_strtoul();
	TEST_END();
}
