/* bitops_test.c - bit searches agree with looking at every bit; so do the compiler's helpers. */
#include "lib/bitops.h"
#include "lib/host_test.h"

int	__ctzdi2(u64 x);
int	__ctzsi2(u32 x);
int	__clzdi2(u64 x);
int	__clzsi2(u32 x);
int	__ffsdi2(u64 x);
int	__popcountdi2(u64 x);
int	__popcountsi2(u32 x);
int	__paritydi2(u64 x);
u64	__bswapdi2(u64 x);
u32	__bswapsi2(u32 x);

static void
test_bitmaps(void)
{
	u64 random = 3;

	for (int round = 0; round < 300; round++) {
		ulong nbits = 1 + (host_random(&random) >> 32) % 200;
		ulong *map = malloc(BITMAP_LONGS(nbits) * sizeof(*map));
		bool bit[200];

		__builtin_memset(map, round % 2 ? 0xff : 0, BITMAP_LONGS(nbits) * sizeof(*map));
		for (ulong i = 0; i < nbits; i++) {
			bit[i] = (host_random(&random) >> 32) % (1 + round % 40) == 0;
			(bit[i] ? bitmap_set : bitmap_clear)(map, i);
		}
		for (ulong start = 0; start <= nbits + 1; start++) {
			ulong set = start, clear = start;

			while (set < nbits && !bit[set])
				set++;
			while (clear < nbits && bit[clear])
				clear++;
			CHECK_EQ(bitmap_find_set(map, nbits, start), MIN(set, nbits));
			CHECK_EQ(bitmap_find_clear(map, nbits, start), MIN(clear, nbits));
			if (start < nbits)
				CHECK_EQ(bitmap_test(map, start), bit[start]);
		}
		free(map);
	}
}

static void
test_ranges(void)
{
	u64 random = 5;
	ulong map[5];
	bool bit[320];

	for (int round = 0; round < 2000; round++) {
		ulong start = host_random(&random) % 320, n = host_random(&random) % (321 - start), clear = 0;
		bool set = round % 2;

		__builtin_memset(map, set ? 0 : 0xff, sizeof(map));
		for (ulong i = 0; i < 320; i++)
			bit[i] = (i >= start && i < start + n) == set;
		(set ? bitmap_set_range : bitmap_clear_range)(map, start, n);
		for (ulong i = 0; i < 320; i++) {
			CHECK_EQ(bitmap_count_clear(map, i), clear);
			CHECK_EQ(bitmap_test(map, i), bit[i]);
			clear += !bit[i];
		}
	}
}

static void
test_compiler_helpers(void)
{
	u64 random = 9;

	CHECK_EQ(__ffsdi2(0), 0);
	CHECK_EQ(__popcountdi2(0), 0);
	CHECK_EQ(__popcountdi2(~0UL), 64);
	for (int i = 0; i < 100000; i++) {
		u64 x = host_random(&random) >> i % 64;
		u32 w = x;

		if (i % 3 == 0)
			x &= host_random(&random) << i / 3 % 64;
		CHECK_EQ(__bswapdi2(x), __builtin_bswap64(x));
		CHECK_EQ(__bswapsi2(w), __builtin_bswap32(w));
		CHECK_EQ(__popcountdi2(x), __builtin_popcountl(x));
		CHECK_EQ(__popcountsi2(w), __builtin_popcount(w));
		CHECK_EQ(__paritydi2(x), __builtin_parityl(x));
		CHECK_EQ(__ffsdi2(x), __builtin_ffsl(x));
		if (x) {
			CHECK_EQ(__ctzdi2(x), __builtin_ctzl(x));
			CHECK_EQ(__clzdi2(x), __builtin_clzl(x));
		}
		if (w) {
			CHECK_EQ(__ctzsi2(w), __builtin_ctz(w));
			CHECK_EQ(__clzsi2(w), __builtin_clz(w));
		}
	}
}

int
main(void)
{
	test_bitmaps();
	test_ranges();
	test_compiler_helpers();
	TEST_END();
}
