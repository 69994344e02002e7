/* bitops.c - searching bitmaps, a word at a time. */
#include "lib/bitops.h"

/* First set bit of (map ^ flip) at or after start. */
static ALWAYS_INLINE ulong
find(const ulong *map, ulong nbits, ulong start, ulong flip)
{
	ulong i = start / BITS_PER_LONG;
	ulong w;

	if (start >= nbits)
		return nbits;
	w = (map[i] ^ flip) & ~0UL << (start % BITS_PER_LONG);
	while (w == 0) {
		if (++i >= BITMAP_LONGS(nbits))
			return nbits;
		w = map[i] ^ flip;
	}
	i = i * BITS_PER_LONG + bit_lowest(w);
	return MIN(i, nbits);
}

ulong
bitmap_find_clear(const ulong *map, ulong nbits, ulong start)
{
	return find(map, nbits, start, ~0UL);
}

ulong
bitmap_find_set(const ulong *map, ulong nbits, ulong start)
{
	return find(map, nbits, start, 0);
}

/* Of the word that holds bit `start`: the bits of [start, start + n) in it; *took is how many. */
static ulong
range_mask(ulong start, ulong n, ulong *took)
{
	ulong first = start % BITS_PER_LONG;

	*took = MIN(n, BITS_PER_LONG - first);
	return (*took == BITS_PER_LONG ? ~0UL : (1UL << *took) - 1) << first;
}

void
bitmap_set_range(ulong *map, ulong start, ulong n)
{
	ulong took;

	for (; n; start += took, n -= took)
		map[start / BITS_PER_LONG] |= range_mask(start, n, &took);
}

void
bitmap_clear_range(ulong *map, ulong start, ulong n)
{
	ulong took;

	for (; n; start += took, n -= took)
		map[start / BITS_PER_LONG] &= ~range_mask(start, n, &took);
}

ulong
bitmap_count_clear(const ulong *map, ulong nbits)
{
	ulong i, took, count = 0;

	for (i = 0; i < nbits; i += took)
		count += __builtin_popcountl(~map[i / BITS_PER_LONG] & range_mask(i, nbits - i, &took));
	return count;
}
