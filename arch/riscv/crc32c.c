/*
 * crc32c.c - Castagnoli's checksum by carry-less multiplication, where every hart has it (Zbc): 6 instructions for
 * eight bytes instead of 40.
 *
 * A checksum is a remainder: that of S x^32 by P, where S is the next word with the checksum so far added, and P the
 * polynomial.  The quotient is the high half of S times mu = floor(x^96 / P), exactly so, for nothing carries; the
 * remainder is what is left of the quotient times P.  All of it here with the order of bits reversed, in which a high
 * half is a low one (clmul), shifted by a place, and clmulr gives the product's other end.
 *
 * Source: RISC-V Bit-Manipulation ISA-extensions 1.0.0, 2.10 to 2.12 (instructions by number, for old assemblers);
 *         Barrett's reduction, Crypto '86.
 */
#include "lib/crc32c.h"

#include "arch/riscv/private.h"

#define POLY	0x82f63b78U		/* P without x^32 */
#define MU	0x4869ec38dea713f1U	/* mu without x^64, shifted by one, and 1 for the x^64 */

static inline u64
clmul(u64 a, u64 b)
{
	u64 low;

	asm(".insn r 0x33, 1, 5, %0, %1, %2" : "=r"(low) : "r"(a), "r"(b));
	return low;
}

/* Bits 63 to 126 of the product. */
static inline u64
clmulr(u64 a, u64 b)
{
	u64 high;

	asm(".insn r 0x33, 2, 5, %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
	return high;
}

static u32
words_by_clmul(u32 crc, const u64 *p, size_t n)
{
	u64 x = crc;

	for (const u64 *end = p + n; p < end; p++)
		x = clmulr(clmul(*p ^ x, MU), POLY);
	return x;
}

void
crc32c_init(void)
{
	if (cpu_all_have("zbc"))
		crc32c_words = words_by_clmul;
}
