/*
 * printf.c - formatting, and its reverse.
 *
 * Conversions: d i u o x X c s p, flags - 0 + space #, width and precision (also *),
 * sizes hh h l ll j z t.  No floating point: the programs here count.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "file_impl.h"

/* Where output goes: a FILE, or a string of which `size` bytes exist. */
struct sink {
	FILE	*f;
	char	*s;
	size_t	size, n;		/* n counts all bytes, also those that did not fit */
	int	failed;
};

static void
put(struct sink *o, const char *p, size_t n)
{
	if (o->f) {
		if (n && !fwrite(p, n, 1, o->f))
			o->failed = 1;
	} else if (o->n < o->size) {
		memcpy(o->s + o->n, p, n < o->size - o->n ? n : o->size - o->n);
	}
	o->n += n;
}

static void
pad(struct sink *o, int c, long n)
{
	char some[16];

	memset(some, c, sizeof some);
	for (; n > 0; n -= sizeof some)
		put(o, some, n < (long)sizeof some ? (size_t)n : sizeof some);
}

struct spec {
	int	left, zero, plus, space, alt;
	int	width, prec;		/* prec -1: none given */
	int	size;			/* -2 hh, -1 h, 0 int, 1 long */
};

/* Write sign or prefix, zeros and digits in the field. */
static void
put_number(struct sink *o, struct spec *sp, unsigned long v, int base, int upper, const char *prefix)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[24], *p = digits + sizeof digits;
	long n, zeros, blanks;

	while (v) {
		*--p = set[v % base];
		v /= base;
	}
	n = digits + sizeof digits - p;
	zeros = (sp->prec >= 0 ? sp->prec : 1) - n;
	if (base == 8 && sp->alt && zeros <= 0)
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	blanks = sp->width - n - zeros - (long)strlen(prefix);
	if (sp->zero && !sp->left && sp->prec < 0 && blanks > 0) {
		zeros += blanks;
		blanks = 0;
	}
	if (!sp->left)
		pad(o, ' ', blanks);
	put(o, prefix, strlen(prefix));
	pad(o, '0', zeros);
	put(o, p, n);
	if (sp->left)
		pad(o, ' ', blanks);
}

static void
put_bytes(struct sink *o, struct spec *sp, const char *s, size_t n)
{
	long blanks = sp->width - (long)n;

	if (!sp->left)
		pad(o, ' ', blanks);
	put(o, s, n);
	if (sp->left)
		pad(o, ' ', blanks);
}

static int
read_number(const char **p)
{
	int v = 0;

	while (isdigit((unsigned char)**p))
		v = v * 10 + *(*p)++ - '0';
	return v;
}

/* Arguments still to come, in a struct so that a function can take some for its caller. */
struct args {
	va_list	ap;
};

/* Flags, width, precision and size, p being after "%". Returns where the conversion's letter is. */
static const char *
read_spec(struct spec *sp, const char *p, struct args *a)
{
	*sp = (struct spec){ .prec = -1 };
	for (; *p && strchr("-0+ #", *p); p++) {
		sp->left |= *p == '-';
		sp->zero |= *p == '0';
		sp->plus |= *p == '+';
		sp->space |= *p == ' ';
		sp->alt |= *p == '#';
	}
	if (*p == '*') {
		p++;
		sp->width = va_arg(a->ap, int);
		if (sp->width < 0) {
			sp->left = 1;
			sp->width = -sp->width;
		}
	} else {
		sp->width = read_number(&p);
	}
	if (*p == '.') {
		p++;
		if (*p == '*') {
			p++;
			sp->prec = va_arg(a->ap, int);
		} else {
			sp->prec = read_number(&p);
		}
	}
	for (; *p && strchr("hlzjt", *p); p++)
		sp->size = *p == 'h' ? sp->size - 1 : 1;
	return p;
}

static void
put_signed(struct sink *o, struct spec *sp, struct args *a)
{
	long d = sp->size > 0 ? va_arg(a->ap, long) : va_arg(a->ap, int);

	d = sp->size == -1 ? (short)d : sp->size < -1 ? (signed char)d : d;
	put_number(o, sp, d < 0 ? -(unsigned long)d : (unsigned long)d, 10, 0,
		   d < 0 ? "-" : sp->plus ? "+" : sp->space ? " " : "");
}

static void
put_unsigned(struct sink *o, struct spec *sp, int letter, struct args *a)
{
	unsigned long u = sp->size > 0 ? va_arg(a->ap, unsigned long) : va_arg(a->ap, unsigned int);

	u = sp->size == -1 ? (uint16_t)u : sp->size < -1 ? (uint8_t)u : u;
	if (letter == 'u')
		put_number(o, sp, u, 10, 0, "");
	else if (letter == 'o')
		put_number(o, sp, u, 8, 0, "");
	else
		put_number(o, sp, u, 16, letter == 'X', !sp->alt || !u ? "" : letter == 'X' ? "0X" : "0x");
}

/* 0 if there is no such conversion. */
static int
put_conversion(struct sink *o, struct spec *sp, int letter, struct args *a)
{
	const char *s;
	char c;

	switch (letter) {
	case 'd':
	case 'i':
		put_signed(o, sp, a);
		return 1;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		put_unsigned(o, sp, letter, a);
		return 1;
	case 'p':
		put_number(o, sp, va_arg(a->ap, unsigned long), 16, 0, "0x");
		return 1;
	case 'c':
		c = va_arg(a->ap, int);
		put_bytes(o, sp, &c, 1);
		return 1;
	case 's':
		s = va_arg(a->ap, const char *);
		if (!s)
			s = "(null)";
		put_bytes(o, sp, s, sp->prec >= 0 ? strnlen(s, sp->prec) : strlen(s));
		return 1;
	case '%':
		put(o, "%", 1);
		return 1;
	}
	return 0;
}

static int
format(struct sink *o, const char *p, va_list ap)
{
	struct args a;
	struct spec sp;

	va_copy(a.ap, ap);
	while (*p) {
		const char *start = p;

		p = strchrnul(p, '%');
		put(o, start, p - start);
		if (!*p)
			break;
		p = read_spec(&sp, p + 1, &a);
		if (put_conversion(o, &sp, *p, &a))
			p++;
		else
			put(o, "%", 1);		/* unknown: shown as it stands */
	}
	va_end(a.ap);
	return o->failed ? -1 : (int)o->n;
}

int
vfprintf(FILE *restrict f, const char *restrict fmt, va_list ap)
{
	struct sink o = { .f = f };
	char small[256];
	int n;

	if (f->mode != _IONBF)
		return format(&o, fmt, ap);
	/* Unbuffered: gather the line, so that it is one write and stays whole. */
	o = (struct sink){ .s = small, .size = sizeof small };
	{
		va_list again;

		va_copy(again, ap);
		n = format(&o, fmt, again);
		va_end(again);
	}
	if (n <= (int)sizeof small)
		return n && !fwrite(small, n, 1, f) ? -1 : n;
	o = (struct sink){ .f = f };
	return format(&o, fmt, ap);
}

int
vsnprintf(char *restrict s, size_t size, const char *restrict fmt, va_list ap)
{
	struct sink o = { .s = s, .size = size ? size - 1 : 0 };
	int n = format(&o, fmt, ap);

	if (size)
		s[o.n < o.size ? o.n : o.size] = '\0';
	return n;
}

int
vasprintf(char **restrict s, const char *restrict fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	*s = malloc(n + 1);
	return *s ? vsnprintf(*s, n + 1, fmt, ap) : -1;
}

int
vdprintf(int fd, const char *restrict fmt, va_list ap)
{
	struct file f = { .fd = fd, .mode = _IONBF };

	return vfprintf(&f, fmt, ap);
}

int
vprintf(const char *restrict fmt, va_list ap)
{
	return vfprintf(stdout, fmt, ap);
}

int
vsprintf(char *restrict s, const char *restrict fmt, va_list ap)
{
	return vsnprintf(s, (size_t)INT32_MAX, fmt, ap);
}

#define VARIADIC(call) ({ va_list ap; int r_; va_start(ap, fmt); r_ = call; va_end(ap); r_; })

int printf(const char *restrict fmt, ...) { return VARIADIC(vfprintf(stdout, fmt, ap)); }
int fprintf(FILE *restrict f, const char *restrict fmt, ...) { return VARIADIC(vfprintf(f, fmt, ap)); }
int dprintf(int fd, const char *restrict fmt, ...) { return VARIADIC(vdprintf(fd, fmt, ap)); }
int sprintf(char *restrict s, const char *restrict fmt, ...) { return VARIADIC(vsprintf(s, fmt, ap)); }
int snprintf(char *restrict s, size_t n, const char *restrict fmt, ...) { return VARIADIC(vsnprintf(s, n, fmt, ap)); }
int asprintf(char **restrict s, const char *restrict fmt, ...) { return VARIADIC(vasprintf(s, fmt, ap)); }
