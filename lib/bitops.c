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
