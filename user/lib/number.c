/* number.c - numbers from text: strtol and its family. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* Parse sign, prefix and digits. *neg and the magnitude come back apart; *over if it overflowed. */
static unsigned long
parse(const char *s, char **end, int base, int *neg, int *over)
{
	const char *start = s;
	unsigned long v = 0;
	int any = 0;

	*neg = *over = 0;
	while (isspace((unsigned char)*s))
		s++;
	if (*s == '-' || *s == '+')
		*neg = *s++ == '-';
	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 32) == 'x' && isxdigit((unsigned char)s[2])) {
		s += 2;
		base = 16;
	} else if (base == 0) {
		base = *s == '0' ? 8 : 10;
	}
	for (;; s++) {
		int c = (unsigned char)*s;
		int d = isdigit(c) ? c - '0' : isalpha(c) ? (c | 32) - 'a' + 10 : 99;

		if (d >= base)
			break;
		any = 1;
		if (v > (ULONG_MAX - d) / base)
			*over = 1;
		v = v * base + d;
	}
	if (end)
		*end = (char *)(any ? s : start);
	return v;
}

long
strtol(const char *restrict s, char **restrict end, int base)
{
	int neg, over;
	unsigned long v = parse(s, end, base, &neg, &over);

	if (over || v > (unsigned long)LONG_MAX + neg) {
		errno = ERANGE;
		return neg ? LONG_MIN : LONG_MAX;
	}
	return neg ? -v : v;
}

unsigned long
strtoul(const char *restrict s, char **restrict end, int base)
{
	int neg, over;
	unsigned long v = parse(s, end, base, &neg, &over);

	if (over) {
		errno = ERANGE;
		return ULONG_MAX;
	}
	return neg ? -v : v;
}

long long
strtoll(const char *restrict s, char **restrict end, int base)
{
	return strtol(s, end, base);
}

unsigned long long
strtoull(const char *restrict s, char **restrict end, int base)
{
	return strtoul(s, end, base);
}

int
atoi(const char *s)
{
	return strtol(s, NULL, 10);
}

long
atol(const char *s)
{
	return strtol(s, NULL, 10);
}

int
abs(int n)
{
	return n < 0 ? -n : n;
}

long
labs(long n)
{
	return n < 0 ? -n : n;
}

static unsigned long seed = 1;

void
srand(unsigned int s)
{
	seed = s;
}

int
rand(void)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return seed >> 33;
}
