/*
 * inflate.c - gzip and DEFLATE.
 *
 * A gzip member is a header, a DEFLATE stream, the CRC-32 and the length of what
 * it unpacks to.  The stream is blocks of three types: stored bytes; symbols in
 * a fixed Huffman code; symbols in a code that the block describes first.  A
 * symbol is a literal byte, the end of the block, or "copy `length` bytes from
 * `distance` back".  All output so far stays in dst, so it is its own window.
 *
 * Data        struct stream: the input as a bit buffer, low bits first.
 * Invariants  I1  bits at and above nbits are 0, so peeking past the end of the
 *                 input reads zeros; consuming them is what fails.
 * Not here    who unpacks what: kernel/initramfs.c.
 * Further     RFC 1951 and 1952.
 */
#include "lib/inflate.h"
#include "abi/errno.h"
#include "lib/string.h"

#define CODE_BITS_MAX	15
#define FAST_BITS	9		/* codes up to this long take one look-up */
#define NLITLEN		288
#define NDIST		32

#define SYM_END		256
#define SYM_LENGTHS	257		/* the first length symbol */

struct stream {
	const u8 *in, *in_end;
	u64	bits;			/* I1 */
	uint	nbits;
	u8	*out_start, *out, *out_end;
};

/*
 * A canonical code: symbols ordered by code length, then value; codes of one
 * length are consecutive numbers.
 */
struct code {
	u16	count[CODE_BITS_MAX + 1];	/* symbols with a code of this length */
	u16	symbol[NLITLEN];		/* in canonical order */
	u16	fast[1 << FAST_BITS];		/* by the next bits: symbol << 4 | length; 0: longer */
};

/* ---- bits ---- */

static ALWAYS_INLINE void
refill(struct stream *s)
{
	while (s->nbits <= 56 && s->in < s->in_end) {
		s->bits |= (u64)*s->in++ << s->nbits;
		s->nbits += 8;
	}
}

static ALWAYS_INLINE void
drop_bits(struct stream *s, uint n)
{
	s->bits >>= n;
	s->nbits -= n;
}

/* The next n bits (at most 16), or -EINVAL at the end of the input. */
static int
take_bits(struct stream *s, uint n)
{
	uint v;

	if (s->nbits < n)
		refill(s);
	if (s->nbits < n)
		return -EINVAL;
	v = s->bits & ((1U << n) - 1);
	drop_bits(s, n);
	return v;
}

/* Drop the rest of a byte, and hand the whole bytes still in the bit buffer back to the input. */
static void
align_to_byte(struct stream *s)
{
	s->in -= s->nbits / 8;
	s->bits = 0;
	s->nbits = 0;
}

/* ---- Huffman codes ---- */

static uint
reverse_bits(uint code, uint n)
{
	uint r = 0;

	for (; n > 0; n--, code >>= 1)
		r = r << 1 | (code & 1);
	return r;
}

/*
 * Make the canonical code in which symbol i has length[i] bits (0: unused). 0, or
 * -EINVAL if no such code exists, or if it has holes and more than one symbol.
 */
static int
code_build(struct code *c, const u8 *length, uint n)
{
	u16 next[CODE_BITS_MAX + 2], first[CODE_BITS_MAX + 2];
	int left = 1;

	memset(c->count, 0, sizeof(c->count));
	memset(c->fast, 0, sizeof(c->fast));
	for (uint i = 0; i < n; i++)
		c->count[length[i]]++;
	c->count[0] = 0;

	next[1] = 0;		/* place in symbol[] of the first of each length */
	first[1] = 0;		/* its code */
	for (uint len = 1; len <= CODE_BITS_MAX; len++) {
		left = (left << 1) - c->count[len];
		if (left < 0)
			return -EINVAL;
		next[len + 1] = next[len] + c->count[len];
		first[len + 1] = (first[len] + c->count[len]) << 1;
	}
	if (left > 0 && (next[CODE_BITS_MAX + 1] > 1 || next[CODE_BITS_MAX + 1] != c->count[1]))
		return -EINVAL;

	for (uint i = 0; i < n; i++) {
		uint len = length[i];

		if (len == 0)
			continue;
		c->symbol[next[len]++] = i;
		if (len <= FAST_BITS) {
			uint code = reverse_bits(first[len], len);

			for (; code < 1U << FAST_BITS; code += 1U << len)
				c->fast[code] = i << 4 | len;
		}
		first[len]++;
	}
	return 0;
}

/* The symbol of a code longer than FAST_BITS, found length by length. -EINVAL if there is none. */
static int
decode_slowly(struct stream *s, const struct code *c)
{
	int code = 0, first = 0, index = 0;
	u64 bits = s->bits;

	for (uint len = 1; len <= CODE_BITS_MAX; len++) {
		code |= bits & 1;
		bits >>= 1;
		if (code - first < c->count[len]) {
			if (len > s->nbits)
				return -EINVAL;
			drop_bits(s, len);
			return c->symbol[index + code - first];
		}
		index += c->count[len];
		first = (first + c->count[len]) << 1;
		code <<= 1;
	}
	return -EINVAL;
}

/* The next symbol, or -EINVAL. */
static ALWAYS_INLINE int
decode(struct stream *s, const struct code *c)
{
	uint entry;

	if (s->nbits < CODE_BITS_MAX)
		refill(s);
	entry = c->fast[s->bits & ((1U << FAST_BITS) - 1)];
	if (unlikely(entry == 0))
		return decode_slowly(s, c);
	if (unlikely((entry & 15) > s->nbits))
		return -EINVAL;
	drop_bits(s, entry & 15);
	return entry >> 4;
}

/* ---- blocks ---- */

static int
stored_block(struct stream *s)
{
	uint len, check;

	align_to_byte(s);
	if (s->in_end - s->in < 4)
		return -EINVAL;
	len = s->in[0] | s->in[1] << 8;
	check = s->in[2] | s->in[3] << 8;
	s->in += 4;
	if (len != (~check & 0xffff) || len > (size_t)(s->in_end - s->in))
		return -EINVAL;
	if (len > (size_t)(s->out_end - s->out))
		return -ENOSPC;
	memcpy(s->out, s->in, len);
	s->in += len;
	s->out += len;
	return 0;
}

/* Repeat len bytes from dist back. The two may overlap: then the pattern repeats. */
static int
copy_match(struct stream *s, uint len, uint dist)
{
	const u8 *from = s->out - dist;
	u8 *to = s->out;

	if (dist > (size_t)(s->out - s->out_start))
		return -EINVAL;
	if (len > (size_t)(s->out_end - s->out))
		return -ENOSPC;
	s->out += len;
	if (len >= 32 && dist >= len) {
		memcpy(to, from, len);
		return 0;
	}
	do
		*to++ = *from++;
	while (to != s->out);
	return 0;
}

/* The symbols of one block, to its end. */
static int
coded_block(struct stream *s, const struct code *litlen, const struct code *dist)
{
	static const u16 length_base[29] = {
		3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83,
		99, 115, 131, 163, 195, 227, 258
	};
	static const u8 length_extra[29] = {
		0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
	};
	static const u16 dist_base[30] = {
		1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
		1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577
	};
	static const u8 dist_extra[30] = {
		0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11,
		12, 12, 13, 13
	};

	for (;;) {
		int sym = decode(s, litlen), extra, dsym, err;

		if (sym < SYM_END) {
			if (unlikely(sym < 0))
				return sym;
			if (unlikely(s->out == s->out_end))
				return -ENOSPC;
			*s->out++ = sym;
			continue;
		}
		if (sym == SYM_END)
			return 0;

		sym -= SYM_LENGTHS;
		if (sym >= (int)ARRAY_SIZE(length_base))
			return -EINVAL;
		extra = take_bits(s, length_extra[sym]);
		dsym = decode(s, dist);
		if (extra < 0 || dsym < 0 || dsym >= (int)ARRAY_SIZE(dist_base))
			return -EINVAL;
		sym = length_base[sym] + extra;
		extra = take_bits(s, dist_extra[dsym]);
		if (extra < 0)
			return -EINVAL;
		err = copy_match(s, sym, dist_base[dsym] + extra);
		if (err)
			return err;
	}
}

/* Both codes of a type 1 block. */
static void
fixed_codes(struct code *litlen, struct code *dist)
{
	u8 length[NLITLEN];

	memset(length, 8, 144);
	memset(length + 144, 9, 112);
	memset(length + 256, 7, 24);
	memset(length + 280, 8, 8);
	code_build(litlen, length, NLITLEN);
	memset(length, 5, NDIST);
	code_build(dist, length, NDIST);
}

/* Read both codes of a type 2 block: their lengths are themselves in a third code. */
static int
read_codes(struct stream *s, struct code *litlen, struct code *dist)
{
	static const u8 order[19] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
	};
	int nlit = take_bits(s, 5), ndist = take_bits(s, 5), nlen = take_bits(s, 4), n = 0;
	u8 length[NLITLEN + NDIST] = { 0 };

	if (nlit < 0 || ndist < 0 || nlen < 0)
		return -EINVAL;
	nlit += 257;
	ndist += 1;
	nlen += 4;
	if (nlit > 286 || ndist > 30)
		return -EINVAL;

	for (int i = 0; i < nlen; i++) {
		int len = take_bits(s, 3);

		if (len < 0)
			return -EINVAL;
		length[order[i]] = len;
	}
	if (code_build(litlen, length, 19) < 0)		/* borrowed for the third code */
		return -EINVAL;

	while (n < nlit + ndist) {
		int sym = decode(s, litlen), value = 0, repeat;

		if (sym < 0)
			return -EINVAL;
		if (sym < 16) {
			length[n++] = sym;
			continue;
		}
		if (sym == 16) {
			if (n == 0)
				return -EINVAL;
			value = length[n - 1];
			repeat = take_bits(s, 2);
		} else {
			repeat = take_bits(s, sym == 17 ? 3 : 7);
		}
		if (repeat < 0)
			return -EINVAL;
		repeat += sym == 18 ? 11 : 3;
		if (repeat > nlit + ndist - n)
			return -EINVAL;
		memset(length + n, value, repeat);
		n += repeat;
	}
	if (length[SYM_END] == 0)
		return -EINVAL;
	if (code_build(litlen, length, nlit) < 0 || code_build(dist, length + nlit, ndist) < 0)
		return -EINVAL;
	return 0;
}

static int
inflate(struct stream *s)
{
	struct code litlen, dist;
	int last, type, err;

	do {
		last = take_bits(s, 1);
		type = take_bits(s, 2);
		if (last < 0 || type < 0)
			return -EINVAL;
		switch (type) {
		case 0:
			err = stored_block(s);
			break;
		case 1:
			fixed_codes(&litlen, &dist);
			err = coded_block(s, &litlen, &dist);
			break;
		case 2:
			err = read_codes(s, &litlen, &dist);
			if (!err)
				err = coded_block(s, &litlen, &dist);
			break;
		default:
			err = -EINVAL;
		}
		if (err)
			return err;
	} while (!last);
	align_to_byte(s);
	return 0;
}

/* ---- gzip ---- */

#define GZIP_HEADER	10
#define GZIP_TRAILER	8

enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, FRESERVED = 0xe0 };

static u32
get_le32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

/* The length of the gzip header, 0 if malformed. */
static size_t
header_length(const u8 *p, size_t len)
{
	size_t at = GZIP_HEADER;
	u8 flags;

	if (len < GZIP_HEADER || !gzip_is(p, len) || p[3] & FRESERVED)
		return 0;
	flags = p[3];
	if (flags & FEXTRA) {
		if (len - at < 2)
			return 0;
		at += 2 + (p[at] | (size_t)p[at + 1] << 8);
	}
	for (int strings = !!(flags & FNAME) + !!(flags & FCOMMENT); strings > 0; strings--) {
		const u8 *nul = at < len ? memchr(p + at, 0, len - at) : NULL;

		if (!nul)
			return 0;
		at = nul + 1 - p;
	}
	if (flags & FHCRC)
		at += 2;
	return at <= len ? at : 0;
}

bool
gzip_is(const void *src, size_t len)
{
	const u8 *p = src;

	return len >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

u32
gzip_claimed_size(const void *src, size_t len)
{
	return len < GZIP_HEADER + GZIP_TRAILER ? 0 : get_le32((const u8 *)src + len - 4);
}

int
gzip_inflate(const void *src, size_t len, void *dst, size_t max, size_t *outlen, size_t *used)
{
	const u8 *in = src;
	size_t header = header_length(in, len);
	struct stream s = {
		.in = in + header, .in_end = in + len,
		.out_start = dst, .out = dst, .out_end = (u8 *)dst + max,
	};
	size_t n;
	int err;

	if (header == 0)
		return -EINVAL;
	err = inflate(&s);
	if (err)
		return err;
	n = s.out - s.out_start;
	if (s.in_end - s.in < GZIP_TRAILER)
		return -EINVAL;
	if (get_le32(s.in) != crc32(0, dst, n) || get_le32(s.in + 4) != (u32)n)
		return -EINVAL;
	*outlen = n;
	*used = s.in + GZIP_TRAILER - in;
	return 0;
}
