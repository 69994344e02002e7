/* bitops.h - counting and finding bits, and bitmaps of any length (arrays of ulong). */
#ifndef LIB_BITOPS_H
#define LIB_BITOPS_H

#include "lib/types.h"

#define BITS_PER_LONG	64
#define BITMAP_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)

/* Index of the lowest / highest set bit; x must not be 0. */
static inline int bit_lowest(u64 x) { return __builtin_ctzl(x); }
static inline int bit_highest(u64 x) { return 63 - __builtin_clzl(x); }

static inline bool
bitmap_test(const ulong *map, ulong i)
{
	return map[i / 64] >> (i % 64) & 1;
}

static inline void
bitmap_set(ulong *map, ulong i)
{
	map[i / 64] |= 1UL << (i % 64);
}

static inline void
bitmap_clear(ulong *map, ulong i)
{
	map[i / 64] &= ~(1UL << (i % 64));
}

/* First clear / set bit at or after start; nbits if there is none. */
ulong	bitmap_find_clear(const ulong *map, ulong nbits, ulong start);
ulong	bitmap_find_set(const ulong *map, ulong nbits, ulong start);
/* Bits [start, start + n). */
void	bitmap_set_range(ulong *map, ulong start, ulong n);
void	bitmap_clear_range(ulong *map, ulong start, ulong n);
/* How many of the first nbits are clear. */
ulong	bitmap_count_clear(const ulong *map, ulong nbits);

#endif
