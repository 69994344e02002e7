/* chacha.c - the ChaCha20 block function. Source: RFC 8439, sections 2.1-2.3. */
#include "lib/chacha.h"

static u32
rotl(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

static u32
get_le32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static void
put_le32(u8 *p, u32 x)
{
	p[0] = x;
	p[1] = x >> 8;
	p[2] = x >> 16;
	p[3] = x >> 24;
}

static ALWAYS_INLINE void
quarter_round(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 7);
}

void
chacha20_block(const u8 key[CHACHA_KEY_SIZE], u32 counter,
	       const u8 nonce[CHACHA_NONCE_SIZE], u8 out[CHACHA_BLOCK_SIZE])
{
	u32 start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };	/* "expand 32-byte k" */
	u32 x[16];

	for (int i = 0; i < 8; i++)
		start[4 + i] = get_le32(key + 4 * i);
	start[12] = counter;
	for (int i = 0; i < 3; i++)
		start[13 + i] = get_le32(nonce + 4 * i);
	for (int i = 0; i < 16; i++)
		x[i] = start[i];

	for (int round = 0; round < 20; round += 2) {
		quarter_round(x, 0, 4, 8, 12);		/* columns */
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);		/* diagonals */
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (int i = 0; i < 16; i++)
		put_le32(out + 4 * i, x[i] + start[i]);
}
