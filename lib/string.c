/*
 * string.c - memory and string routines.
 *
 * The machine may trap on a misaligned load, so copies go by aligned 64-bit
 * words wherever both sides allow it, 64 words a turn: 131 instructions move 512
 * bytes.  When the two sides are offset against each other, each stored word is
 * pieced together from the two source words it straddles.  No read ever touches
 * a byte outside the source.
 *
 * Invariants  S1  memcpy() walks upwards and loads before it stores, so that
 *                 memmove() may use it whenever dst is below src.
 * Not here    formatting (fmt.c); copying from and to user memory (arch/).
 */
#include "lib/string.h"

/* The compiler must not turn these loops into calls of the functions they define. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

typedef u64 __attribute__((may_alias)) word;

#define WORD		sizeof(word)
#define BLOCK		(32 * WORD)
#define MISALIGN(p)	((uintptr_t)(p) % WORD)

/* Copy 8 words; all are loaded before the first is stored (S1). */
static ALWAYS_INLINE void
copy_8_words(word *d, const word *s)
{
	word a = s[0], b = s[1], c = s[2], e = s[3];
	word f = s[4], g = s[5], h = s[6], i = s[7];

	d[0] = a;
	d[1] = b;
	d[2] = c;
	d[3] = e;
	d[4] = f;
	d[5] = g;
	d[6] = h;
	d[7] = i;
}

static ALWAYS_INLINE void
copy_block(word *d, const word *s)
{
	copy_8_words(d, s);
	copy_8_words(d + 8, s + 8);
	copy_8_words(d + 16, s + 16);
	copy_8_words(d + 24, s + 24);
}

static ALWAYS_INLINE void
fill_8_words(word *d, word w)
{
	d[0] = w;
	d[1] = w;
	d[2] = w;
	d[3] = w;
	d[4] = w;
	d[5] = w;
	d[6] = w;
	d[7] = w;
}

/*
 * Copy n bytes upwards to a word-aligned dst from a src that is `skew` bytes
 * (1..7) past a word boundary; n >= 16.  Returns how many were copied: all but
 * fewer than 16.  `carry` holds the source bytes already loaded, low byte first.
 */
static size_t
copy_skewed(u8 *dst, const u8 *src, size_t n, uint skew)
{
	word *d = (word *)dst;
	const word *s = (const word *)(src - skew) + 1;
	uint right = skew * 8, left = 64 - right;
	size_t count = (n - (WORD - skew)) / WORD;	/* whole source words */
	word carry = 0;

	for (uint i = 0; i < WORD - skew; i++)
		carry |= (word)src[i] << (i * 8);

	for (size_t i = count / 4; i > 0; i--) {
		word a = s[0], b = s[1], c = s[2], e = s[3];

		d[0] = carry | a << left;
		d[1] = a >> right | b << left;
		d[2] = b >> right | c << left;
		d[3] = c >> right | e << left;
		carry = e >> right;
		s += 4;
		d += 4;
	}
	for (size_t i = count % 4; i > 0; i--) {
		word a = *s++;

		*d++ = carry | a << left;
		carry = a >> right;
	}
	return count * WORD;
}

void *
memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (MISALIGN((uintptr_t)d | (uintptr_t)s)) {
		if (n < 2 * WORD)
			goto bytes;
		for (; MISALIGN(d); n--)
			*d++ = *s++;
		if (MISALIGN(s)) {
			size_t done = n >= 2 * WORD ? copy_skewed(d, s, n, MISALIGN(s)) : 0;

			d += done;
			s += done;
			n -= done;
			goto bytes;
		}
	}
	if (n >= BLOCK) {
		if (n & BLOCK) {
			copy_block((word *)d, (const word *)s);
			s += BLOCK;
			d += BLOCK;
		}
		if (n >= 2 * BLOCK) {
			const u8 *end = s + n / (2 * BLOCK) * (2 * BLOCK);

			do {
				copy_block((word *)d, (const word *)s);
				copy_block((word *)(d + BLOCK), (const word *)(s + BLOCK));
				s += 2 * BLOCK;
				d += 2 * BLOCK;
			} while (s != end);
		}
		n %= BLOCK;
	}
	for (; n >= 4 * WORD; n -= 4 * WORD) {
		const word *from = (const word *)s;
		word a = from[0], b = from[1], c = from[2], e = from[3];
		word *to = (word *)d;

		to[0] = a;
		to[1] = b;
		to[2] = c;
		to[3] = e;
		s += 4 * WORD;
		d += 4 * WORD;
	}
	for (; n >= WORD; n -= WORD) {
		*(word *)d = *(const word *)s;
		s += WORD;
		d += WORD;
	}
bytes:
	for (; n > 0; n--)
		*d++ = *s++;
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	u8 *d = (u8 *)dst + n;
	const u8 *s = (const u8 *)src + n;

	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(dst, src, n);	/* no overlap, or dst below src: S1 */

	if (MISALIGN(d) == MISALIGN(s)) {
		for (; n > 0 && MISALIGN(d); n--)
			*--d = *--s;
		for (; n >= 8 * WORD; n -= 8 * WORD) {
			s -= 8 * WORD;
			d -= 8 * WORD;
			copy_8_words((word *)d, (const word *)s);
		}
		for (; n >= WORD; n -= WORD) {
			s -= WORD;
			d -= WORD;
			*(word *)d = *(const word *)s;
		}
	}
	for (; n > 0; n--)
		*--d = *--s;
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	word w = (u8)c * 0x0101010101010101UL;

	for (; n > 0 && MISALIGN(d); n--)
		*d++ = c;
	for (; n >= BLOCK; n -= BLOCK) {
		fill_8_words((word *)d, w);
		fill_8_words((word *)d + 8, w);
		fill_8_words((word *)d + 16, w);
		fill_8_words((word *)d + 24, w);
		d += BLOCK;
	}
	for (; n >= 8 * WORD; n -= 8 * WORD) {
		fill_8_words((word *)d, w);
		d += 8 * WORD;
	}
	for (; n >= WORD; n -= WORD) {
		*(word *)d = w;
		d += WORD;
	}
	for (; n > 0; n--)
		*d++ = c;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	if (!MISALIGN((uintptr_t)p | (uintptr_t)q)) {
		for (; n >= WORD && *(const word *)p == *(const word *)q; n -= WORD) {
			p += WORD;
			q += WORD;
		}
	}
	for (; n > 0; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *
memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n > 0; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

size_t
strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b)
			return (u8)*a - (u8)*b;
		if (!*a)
			break;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *
strstr(const char *hay, const char *needle)
{
	size_t n = strlen(needle);

	if (n == 0)
		return (char *)hay;
	while ((hay = strchr(hay, *needle))) {
		if (strncmp(hay, needle, n) == 0)
			return (char *)hay;
		hay++;
	}
	return NULL;
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size > 0) {
		size_t n = MIN(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

size_t
strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	return used + strlcpy(dst + used, src, size - used);
}

/* The value of a digit in any base up to 36; 99 if c is none. */
static uint
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;		/* to lower case */
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return 99;
}

ulong
strtoul(const char *s, char **end, int base)
{
	const char *p = s;
	ulong value = 0;
	bool overflow = false;

	if (end)
		*end = (char *)s;
	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	if (*p == '+')
		p++;
	if ((base == 0 || base == 16) && p[0] == '0' && (p[1] | 0x20) == 'x' &&
	    digit_value(p[2]) < 16) {
		p += 2;
		base = 16;
	}
	if (base == 0)
		base = *p == '0' ? 8 : 10;

	for (uint d; (d = digit_value(*p)) < (uint)base; p++) {
		if (__builtin_mul_overflow(value, (ulong)base, &value) ||
		    __builtin_add_overflow(value, (ulong)d, &value))
			overflow = true;
		if (end)
			*end = (char *)p + 1;
	}
	return overflow ? ~0UL : value;
}
