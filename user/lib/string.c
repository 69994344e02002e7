/*
 * string.c - memory and strings.
 *
 * Not here    strerror.c has the messages; strdup and friends need malloc and are below.
 * Further     memcpy and memset move words when both ends allow it, for most copies are
 *             long and aligned; the rest favour shortness.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t word __attribute__((may_alias));

void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (!(((uintptr_t)d ^ (uintptr_t)s) & 7)) {
		for (; n && (uintptr_t)d & 7; n--)
			*d++ = *s++;
		for (; n >= 32; n -= 32, d += 32, s += 32) {
			word a = ((word *)s)[0], b = ((word *)s)[1];
			word c = ((word *)s)[2], e = ((word *)s)[3];

			((word *)d)[0] = a;
			((word *)d)[1] = b;
			((word *)d)[2] = c;
			((word *)d)[3] = e;
		}
		for (; n >= 8; n -= 8, d += 8, s += 8)
			*(word *)d = *(word *)s;
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= n)
		return memcpy(dst, src, n);
	while (n--)
		d[n] = s[n];
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	char *d = dst;
	word w = 0x0101010101010101 * (unsigned char)c;

	for (; n && (uintptr_t)d & 7; n--)
		*d++ = c;
	for (; n >= 32; n -= 32, d += 32) {
		((word *)d)[0] = w;
		((word *)d)[1] = w;
		((word *)d)[2] = w;
		((word *)d)[3] = w;
	}
	while (n--)
		*d++ = c;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/* What compilers call for memcmp(...) == 0. */
int
bcmp(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

void *
memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n; n--, p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}

void *
memrchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	while (n--)
		if (p[n] == (unsigned char)c)
			return (void *)(p + n);
	return NULL;
}

void *
memmem(const void *hay, size_t hlen, const void *needle, size_t nlen)
{
	const char *h = hay;

	for (; hlen >= nlen; h++, hlen--)
		if (!memcmp(h, needle, nlen))
			return (void *)h;
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
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int
strcoll(const char *a, const char *b)
{
	return strcmp(a, b);
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--)
		a++, b++;
	return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

int
strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && tolower(*a) == tolower(*b); n--)
		a++, b++;
	return n ? tolower((unsigned char)*a) - tolower((unsigned char)*b) : 0;
}

int
strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, SIZE_MAX);
}

char *
stpcpy(char *restrict dst, const char *restrict src)
{
	while ((*dst = *src++))
		dst++;
	return dst;
}

char *
strcpy(char *restrict dst, const char *restrict src)
{
	stpcpy(dst, src);
	return dst;
}

char *
strncpy(char *restrict dst, const char *restrict src, size_t n)
{
	size_t len = strnlen(src, n);

	memset(dst + len, 0, n - len);
	return memcpy(dst, src, len);
}

char *
strcat(char *restrict dst, const char *restrict src)
{
	stpcpy(dst + strlen(dst), src);
	return dst;
}

char *
strncat(char *restrict dst, const char *restrict src, size_t n)
{
	size_t at = strlen(dst), len = strnlen(src, n);

	memcpy(dst + at, src, len);
	dst[at + len] = '\0';
	return dst;
}

char *
strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *
strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}

char *
strrchr(const char *s, int c)
{
	return memrchr(s, c, strlen(s) + 1);
}

char *
strstr(const char *hay, const char *needle)
{
	return memmem(hay, strlen(hay), needle, strlen(needle));
}

size_t
strspn(const char *s, const char *set)
{
	size_t n = 0;

	while (s[n] && strchr(set, s[n]))
		n++;
	return n;
}

size_t
strcspn(const char *s, const char *set)
{
	size_t n = 0;

	while (s[n] && !strchr(set, s[n]))
		n++;
	return n;
}

char *
strpbrk(const char *s, const char *set)
{
	s += strcspn(s, set);
	return *s ? (char *)s : NULL;
}

char *
strsep(char **sp, const char *sep)
{
	char *s = *sp, *end;

	if (!s)
		return NULL;
	end = s + strcspn(s, sep);
	*sp = *end ? end + 1 : NULL;
	*end = '\0';
	return s;
}

char *
strtok_r(char *restrict s, const char *restrict sep, char **restrict save)
{
	char *end;

	if (!s)
		s = *save;
	s += strspn(s, sep);
	end = s + strcspn(s, sep);
	*save = *end ? end + 1 : end;
	*end = '\0';
	return end == s ? NULL : s;
}

char *
strtok(char *restrict s, const char *restrict sep)
{
	static char *save;

	return strtok_r(s, sep, &save);
}

char *
strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	copy[len] = '\0';
	return memcpy(copy, s, len);
}

char *
strdup(const char *s)
{
	return strndup(s, SIZE_MAX - 1);
}
