/*
 * compiler.c - the functions GCC and Clang call by themselves.
 *
 * Without the Zbb extension a count of bits or a swap of bytes is no single
 * instruction, and the compilers call their own library, which is not linked.
 * The names and types are those of libgcc's manual.  None of these may use the
 * builtin it stands for: it would call itself.
 */
#include "lib/types.h"

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

/*
 * A de Bruijn sequence of order 6: all its 64 windows of 6 bits differ, so the
 * window at the top, after a shift by k, names k.
 */
#define DEBRUIJN	0x03f79d71b4cb0a89UL

static const u8 debruijn_index[64] = {
	 0,  1, 48,  2, 57, 49, 28,  3, 61, 58, 50, 42, 38, 29, 17,  4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12,  5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19,  9, 13,  8,  7,  6,
};

/* Zero bits below the lowest set one; x is not 0. */
int
__ctzdi2(u64 x)
{
	return debruijn_index[(x & -x) * DEBRUIJN >> 58];
}

int
__ctzsi2(u32 x)
{
	return __ctzdi2(x);
}

/* Zero bits above the highest set one; x is not 0. */
int
__clzdi2(u64 x)
{
	x |= x >> 1;
	x |= x >> 2;
	x |= x >> 4;
	x |= x >> 8;
	x |= x >> 16;
	x |= x >> 32;
	return 63 - debruijn_index[(x ^ x >> 1) * DEBRUIJN >> 58];
}

int
__clzsi2(u32 x)
{
	return __clzdi2(x) - 32;
}

/* One plus the index of the lowest set bit; 0 if there is none. */
int
__ffsdi2(u64 x)
{
	return x ? __ctzdi2(x) + 1 : 0;
}

int
__popcountdi2(u64 x)
{
	x -= x >> 1 & 0x5555555555555555UL;
	x = (x & 0x3333333333333333UL) + (x >> 2 & 0x3333333333333333UL);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return x * 0x0101010101010101UL >> 56;
}

int
__popcountsi2(u32 x)
{
	return __popcountdi2(x);
}

int
__paritydi2(u64 x)
{
	return __popcountdi2(x) & 1;
}

u64
__bswapdi2(u64 x)
{
	x = (x & 0x00ff00ff00ff00ffUL) << 8 | (x >> 8 & 0x00ff00ff00ff00ffUL);
	x = (x & 0x0000ffff0000ffffUL) << 16 | (x >> 16 & 0x0000ffff0000ffffUL);
	return x << 32 | x >> 32;
}

u32
__bswapsi2(u32 x)
{
	return __bswapdi2(x) >> 32;
}
