/*
 * hash.c - the hash of a name in a hashed directory: half of MD4, TEA, or the old one.
 *
 * Each exists over signed and over unsigned characters, for the machine that made the file system decided it by what
 * its `char` was.  The result is cut to 31 bits, shifted left: bit 0 in the index means "goes on in the next block".
 *
 * Source: RFC 1320 (MD4's three functions, of which 24 steps are done), Wheeler and Needham's Tiny Encryption
 * Algorithm, and the kernel's Documentation/filesystems/ext4/directory.rst.
 */
#include "fs/ext4/ext4.h"

#define HASH_END	0x7fffffffU	/* means "past the last" to readdir: no name may have it */

static inline u32
rol(u32 x, uint n)
{
	return x << n | x >> (32 - n);
}

/* The three functions of MD4. */
static inline u32 f1(u32 x, u32 y, u32 z) { return z ^ (x & (y ^ z)); }
static inline u32 f2(u32 x, u32 y, u32 z) { return (x & y) + ((x ^ y) & z); }
static inline u32 f3(u32 x, u32 y, u32 z) { return x ^ y ^ z; }

#define MD4_ROUND2	0x5a827999U	/* 2^30 times the root of 2 */
#define MD4_ROUND3	0x6ed9eba1U	/* and of 3 */

/* Eight steps of one round: which words, and by how much each step turns. */
struct md4_round { u8 word[8]; u8 turn[4]; };
static const struct md4_round md4_rounds[3] = {
	{ { 0, 1, 2, 3, 4, 5, 6, 7 }, { 3, 7, 11, 19 } },
	{ { 1, 3, 5, 7, 0, 2, 4, 6 }, { 3, 5, 9, 13 } },
	{ { 3, 7, 2, 6, 1, 5, 0, 4 }, { 3, 9, 11, 15 } },
};

static void
half_md4(u32 state[4], const u32 in[8])
{
	u32 s[4] = { state[0], state[1], state[2], state[3] };

	for (uint r = 0; r < 3; r++) {
		for (uint i = 0; i < 8; i++) {
			/* The word that changes goes round backwards: a, d, c, b. */
			uint a = (4 - i) & 3, b = (a + 1) & 3, c = (a + 2) & 3, d = (a + 3) & 3;
			u32 x = in[md4_rounds[r].word[i]];

			if (r == 0)
				x += f1(s[b], s[c], s[d]);
			else if (r == 1)
				x += f2(s[b], s[c], s[d]) + MD4_ROUND2;
			else
				x += f3(s[b], s[c], s[d]) + MD4_ROUND3;
			s[a] = rol(s[a] + x, md4_rounds[r].turn[i & 3]);
		}
	}
	for (uint i = 0; i < 4; i++)
		state[i] += s[i];
}

#define TEA_DELTA	0x9e3779b9U
#define TEA_ROUNDS	16

static void
tea(u32 state[4], const u32 key[4])
{
	u32 x = state[0], y = state[1], sum = 0;

	for (uint i = 0; i < TEA_ROUNDS; i++) {
		sum += TEA_DELTA;
		x += ((y << 4) + key[0]) ^ (y + sum) ^ ((y >> 5) + key[1]);
		y += ((x << 4) + key[2]) ^ (x + sum) ^ ((x >> 5) + key[3]);
	}
	state[0] += x;
	state[1] += y;
}

static inline u32
character(const char *p, bool is_signed)
{
	return is_signed ? (u32)(s32)(signed char)*p : (u32)(u8)*p;
}

/* What is left of the name as words, filled up with its length. */
static void
words_of(u32 *out, uint words, const char *p, uint len, bool is_signed)
{
	u32 pad = len | len << 8, word;
	uint n = MIN(len, words * 4), i;

	pad |= pad << 16;
	word = pad;
	for (i = 0; i < n; i++) {
		word = character(p + i, is_signed) + (word << 8);
		if (i % 4 == 3) {
			*out++ = word;
			words--;
			word = pad;
		}
	}
	for (; words; words--) {
		*out++ = word;
		word = pad;
	}
}

static u32
legacy(const char *p, uint len, bool is_signed)
{
	u32 last = 0x12a3fe2d, before = 0x37abe8f9, h;

	for (; len; len--, p++) {
		h = before + (last ^ character(p, is_signed) * 7152373);
		if (h & 0x80000000)
			h -= 0x7fffffff;
		before = last;
		last = h;
	}
	return last << 1;
}

struct ext4_hash
ext4_name_hash(const struct ext4_sb *s, u8 version, const char *name, uint len)
{
	static const u32 md4_start[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	bool seeded = s->hash_seed[0] | s->hash_seed[1] | s->hash_seed[2] | s->hash_seed[3];
	bool is_signed = version < EXT4_HASH_LEGACY_U;
	u8 kind = is_signed ? version : version - EXT4_HASH_LEGACY_U;
	u32 state[4], in[8];
	struct ext4_hash h = { 0, 0 };
	uint step = kind == EXT4_HASH_HALF_MD4 ? 32 : 16;

	for (uint i = 0; i < 4; i++)
		state[i] = seeded ? s->hash_seed[i] : md4_start[i];
	if (kind == EXT4_HASH_LEGACY) {
		h.major = legacy(name, len, is_signed);
	} else {
		for (uint at = 0; at < len; at += step) {
			words_of(in, step / 4, name + at, len - at, is_signed);
			if (kind == EXT4_HASH_HALF_MD4)
				half_md4(state, in);
			else
				tea(state, in);
		}
		h.major = kind == EXT4_HASH_HALF_MD4 ? state[1] : state[0];
		h.minor = kind == EXT4_HASH_HALF_MD4 ? state[2] : state[1];
	}
	h.major &= ~1U;
	if (h.major == HASH_END << 1)
		h.major = (HASH_END - 1) << 1;
	return h;
}
