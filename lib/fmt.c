/*
 * fmt.c - printf's formatting.
 *
 * A conversion is %[flags][width][.precision][size]letter.  It is parsed into a
 * struct spec, its digits are made backwards in a buffer on the stack, and one
 * function (put_field) lays out every kind:
 *
 *	spaces  prefix  zeros  body  spaces
 *	       ("-", "0x")
 */
#include "lib/fmt.h"
#include "lib/string.h"

#define DIGITS_MAX	24		/* 2^64 in octal has 22 */

struct spec {
	bool	left, zero, plus, space, alt;
	int	width;
	int	precision;		/* -1: none given */
	int	size;			/* bytes of an integer argument */
};

struct out {
	void	(*put)(void *arg, const char *s, size_t n);
	void	*arg;
	size_t	length;
};

static void
put(struct out *o, const char *s, size_t n)
{
	if (n > 0)
		o->put(o->arg, s, n);
	o->length += n;
}

static void
put_repeated(struct out *o, char c, int n)
{
	char chunk[16];

	memset(chunk, c, sizeof(chunk));
	for (; n > 0; n -= sizeof(chunk))
		put(o, chunk, MIN(n, (int)sizeof(chunk)));
}

static void
put_field(struct out *o, const struct spec *sp, const char *prefix, int zeros,
	  const char *body, size_t n)
{
	size_t used = strlen(prefix) + zeros + n;
	int pad = (size_t)sp->width > used ? sp->width - (int)used : 0;

	if (!sp->left)
		put_repeated(o, ' ', pad);
	put(o, prefix, strlen(prefix));
	put_repeated(o, '0', zeros);
	put(o, body, n);
	if (sp->left)
		put_repeated(o, ' ', pad);
}

static void
put_number(struct out *o, const struct spec *sp, u64 value, uint base, bool upper, const char *prefix)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[DIGITS_MAX], *end = buf + sizeof(buf), *p = end;
	int zeros = 0, n;

	/* A constant divisor each: the compiler makes a multiplication or a shift of it. */
	if (base == 10)
		for (; value; value /= 10)
			*--p = '0' + value % 10;
	else
		for (uint shift = base == 16 ? 4 : 3; value; value >>= shift)
			*--p = digits[value & (base - 1)];
	if (p == end && sp->precision != 0)
		*--p = '0';
	n = end - p;

	if (sp->precision > n)
		zeros = sp->precision - n;
	else if (sp->zero && !sp->left && sp->precision < 0 && sp->width > n + (int)strlen(prefix))
		zeros = sp->width - n - (int)strlen(prefix);
	if (base == 8 && sp->alt && zeros == 0 && (n == 0 || *p != '0'))
		zeros = 1;
	put_field(o, sp, prefix, zeros, p, n);
}

/* The next integer argument, as wide as sp->size says. */
static u64
next_unsigned(const struct spec *sp, va_list *ap)
{
	if (sp->size == 8)
		return va_arg(*ap, u64);
	u32 v = va_arg(*ap, u32);
	return sp->size == 1 ? (u8)v : sp->size == 2 ? (u16)v : v;
}

static s64
next_signed(const struct spec *sp, va_list *ap)
{
	u64 v = next_unsigned(sp, ap);

	return sp->size == 8 ? (s64)v : sp->size == 1 ? (s8)v : sp->size == 2 ? (s16)v : (s32)v;
}

/* A decimal number or '*'. */
static int
parse_count(const char **fmt, va_list *ap)
{
	int n = 0;

	if (**fmt == '*') {
		++*fmt;
		return va_arg(*ap, int);
	}
	for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
		n = MIN(n * 10 + (**fmt - '0'), 65535);
	return n;
}

/* Everything between '%' and the letter; returns where the letter is. */
static const char *
parse_spec(const char *fmt, va_list *ap, struct spec *sp)
{
	*sp = (struct spec){ .precision = -1, .size = 4 };

	for (;; fmt++) {
		if (*fmt == '-')
			sp->left = true;
		else if (*fmt == '0')
			sp->zero = true;
		else if (*fmt == '+')
			sp->plus = true;
		else if (*fmt == ' ')
			sp->space = true;
		else if (*fmt == '#')
			sp->alt = true;
		else
			break;
	}
	sp->width = parse_count(&fmt, ap);
	if (sp->width < 0) {
		sp->left = true;
		sp->width = -sp->width;
	}
	if (*fmt == '.') {
		fmt++;
		sp->precision = parse_count(&fmt, ap);
	}
	if (*fmt == 'z' || *fmt == 'l') {
		sp->size = 8;
		fmt += fmt[0] == 'l' && fmt[1] == 'l' ? 2 : 1;
	} else if (*fmt == 'h') {
		sp->size = fmt[1] == 'h' ? 1 : 2;
		fmt += fmt[1] == 'h' ? 2 : 1;
	}
	return fmt;
}

static void
convert(struct out *o, const struct spec *sp, char letter, va_list *ap)
{
	struct spec pointer = *sp;

	switch (letter) {
	case 'd':
	case 'i': {
		s64 v = next_signed(sp, ap);
		const char *sign = v < 0 ? "-" : sp->plus ? "+" : sp->space ? " " : "";

		put_number(o, sp, v < 0 ? -(u64)v : (u64)v, 10, false, sign);
		break;
	}
	case 'u':
		put_number(o, sp, next_unsigned(sp, ap), 10, false, "");
		break;
	case 'o':
		put_number(o, sp, next_unsigned(sp, ap), 8, false, "");
		break;
	case 'x':
	case 'X': {
		u64 v = next_unsigned(sp, ap);
		const char *prefix = !sp->alt || v == 0 ? "" : letter == 'X' ? "0X" : "0x";

		put_number(o, sp, v, 16, letter == 'X', prefix);
		break;
	}
	case 'p':
		pointer.size = 8;
		put_number(o, &pointer, (uintptr_t)va_arg(*ap, void *), 16, false, "0x");
		break;
	case 'c': {
		char c = va_arg(*ap, int);

		put_field(o, sp, "", 0, &c, 1);
		break;
	}
	case 's': {
		const char *s = va_arg(*ap, const char *);

		if (!s)
			s = "(null)";
		put_field(o, sp, "", 0, s,
			  sp->precision >= 0 ? strnlen(s, sp->precision) : strlen(s));
		break;
	}
	case '%':
		put(o, "%", 1);
		break;
	default:		/* show what was not understood */
		put(o, "%", 1);
		put(o, &letter, 1);
		break;
	}
}

int
fmt_vformat(void (*put_bytes)(void *arg, const char *s, size_t n), void *arg,
	    const char *fmt, va_list ap)
{
	struct out o = { put_bytes, arg, 0 };
	va_list args;

	va_copy(args, ap);	/* a va_list parameter may be an array: no address to pass on */
	while (*fmt) {
		const char *start = fmt;
		struct spec sp;

		while (*fmt && *fmt != '%')
			fmt++;
		put(&o, start, fmt - start);
		if (!*fmt)
			break;
		fmt = parse_spec(fmt + 1, &args, &sp);
		if (!*fmt)
			break;
		convert(&o, &sp, *fmt++, &args);
	}
	va_end(args);
	return o.length;
}

struct buffer {
	char	*at;
	size_t	room;			/* bytes left, the NUL's not counted */
};

static void
buffer_put(void *arg, const char *s, size_t n)
{
	struct buffer *b = arg;

	n = MIN(n, b->room);
	memcpy(b->at, s, n);
	b->at += n;
	b->room -= n;
}

int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	char none;
	struct buffer b = { size ? buf : &none, size ? size - 1 : 0 };
	int n = fmt_vformat(buffer_put, &b, fmt, ap);

	*b.at = '\0';
	return n;
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
