/* scanf.c - sscanf: d u x o i s c n % with width, * and the sizes h l z. */
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
store(void *to, int size, unsigned long v)
{
	switch (size) {
	case -2: *(uint8_t *)to = v; break;
	case -1: *(uint16_t *)to = v; break;
	case 0: *(uint32_t *)to = v; break;
	default: *(uint64_t *)to = v; break;
	}
}

int
vsscanf(const char *restrict s, const char *restrict p, va_list ap)
{
	const char *start = s;
	int done = 0;

	for (; *p; p++) {
		int skip = 0, width = 0, size = 0;

		if (isspace((unsigned char)*p)) {
			while (isspace((unsigned char)*s))
				s++;
			continue;
		}
		if (*p != '%') {
			if (*s != *p)
				return *s || done ? done : EOF;
			s++;
			continue;
		}
		if (*++p == '*') {
			skip = 1;
			p++;
		}
		while (isdigit((unsigned char)*p))
			width = width * 10 + *p++ - '0';
		for (; *p && strchr("hlzj", *p); p++)
			size = *p == 'h' ? size - 1 : 1;
		if (*p != 'c' && *p != 'n' && *p != '%')
			while (isspace((unsigned char)*s))
				s++;
		if (!*s && *p != 'n')
			return done ? done : EOF;
		switch (*p) {
		case 'd': case 'i': case 'u': case 'x': case 'X': case 'o': case 'p': {
			int base = *p == 'd' || *p == 'u' ? 10 : *p == 'o' ? 8 : *p == 'i' ? 0 : 16;
			char part[72], *end;
			unsigned long v;
			size_t n = strnlen(s, width && width < 71 ? width : 71);

			memcpy(part, s, n);
			part[n] = '\0';
			v = strtoul(part, &end, base);
			if (end == part)
				return done;
			s += end - part;
			if (!skip) {
				store(va_arg(ap, void *), *p == 'p' ? 1 : size, v);
				done++;
			}
			break;
		}
		case 's': {
			char *to = skip ? NULL : va_arg(ap, char *);
			int n;

			for (n = 0; s[n] && !isspace((unsigned char)s[n]) && (!width || n < width); n++)
				if (to)
					to[n] = s[n];
			s += n;
			if (to) {
				to[n] = '\0';
				done++;
			}
			break;
		}
		case 'c':
			if (!width)
				width = 1;
			if (strnlen(s, width) < (size_t)width)
				return done;
			if (!skip) {
				memcpy(va_arg(ap, char *), s, width);
				done++;
			}
			s += width;
			break;
		case 'n':
			store(va_arg(ap, void *), size, s - start);
			break;
		case '%':
			if (*s++ != '%')
				return done;
			break;
		default:
			return done;
		}
	}
	return done;
}

int
sscanf(const char *restrict s, const char *restrict fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsscanf(s, fmt, ap);
	va_end(ap);
	return n;
}
