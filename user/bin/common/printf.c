/* printf.c - printf and echo. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd.h"

/*
 * The character an escape stands for; *s is after the backslash and is moved on. -1 for \c,
 * -2 if it is none. zero: octal numbers have a leading 0 (%b and echo -e).
 */
static int
escape(const char **s, int zero)
{
	static const char from[] = "abefnrtv\\\"'", to[] = "\a\b\033\f\n\r\t\v\\\"'";
	const char *p = strchr(from, **s);
	int n, c;

	if (**s && p) {
		(*s)++;
		return to[p - from];
	}
	if (**s == 'c')
		return -1;
	if (**s == 'x' && isxdigit((unsigned char)(*s)[1])) {
		char hex[3] = { (*s)[1], isxdigit((unsigned char)(*s)[2]) ? (*s)[2] : 0, 0 };

		*s += 1 + strlen(hex);
		return strtol(hex, NULL, 16);
	}
	if (**s < '0' || **s > '7')
		return -2;
	for (n = 0, c = 0; n < 3 + (zero && **s == '0' && !n) && **s >= '0' && **s <= '7'; n++)
		c = c * 8 + *(*s)++ - '0';
	return c & 255;
}

/* Print with escapes. 0 if \c said to stop. */
static int
put_escaped(const char *s)
{
	while (*s) {
		int c = (unsigned char)*s++;

		if (c == '\\') {
			c = escape(&s, 1);
			if (c == -1)
				return 0;
			if (c == -2)
				c = '\\';
		}
		putchar(c);
	}
	return 1;
}

int
echo_main(int argc, char **argv)
{
	int newline = 1, escapes = 0, i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *p = argv[i] + 1;

		if (strspn(p, "neE") != strlen(p))
			break;
		for (; *p; p++) {
			if (*p == 'n')
				newline = 0;
			else
				escapes = *p == 'e';
		}
	}
	for (; i < argc; i++) {
		if (escapes) {
			if (!put_escaped(argv[i]))
				return 0;
		} else {
			fputs(argv[i], stdout);
		}
		if (i + 1 < argc)
			putchar(' ');
	}
	if (newline)
		putchar('\n');
	return 0;
}

static int status;

static long
numeric(const char *s)
{
	char *end;
	long n;

	if (*s == '"' || *s == '\'')
		return (unsigned char)s[1];
	errno = 0;
	n = strtol(s, &end, 0);
	if (errno == ERANGE)
		n = (long)strtoul(s, &end, 0);
	if ((*end || end == s) && *s) {
		warn_text("printf: %s: not a number", s);
		status = 1;
	}
	return n;
}

/* One conversion, spec without its letter. 0 if %b said to stop. */
static int
convert(char *spec, int letter, char *arg, int stars, const int *star)
{
	char fmt[64];

	switch (letter) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		snprintf(fmt, sizeof fmt, "%sl%c", spec, letter);
		if (stars == 2)
			printf(fmt, star[0], star[1], arg ? numeric(arg) : 0L);
		else if (stars == 1)
			printf(fmt, star[0], arg ? numeric(arg) : 0L);
		else
			printf(fmt, arg ? numeric(arg) : 0L);
		return 1;
	case 'c':
		if (!arg || !*arg)
			return 1;
		{
			char one[2] = { *arg, 0 };

			snprintf(fmt, sizeof fmt, "%ss", spec);
			if (stars)
				printf(fmt, star[0], one);
			else
				printf(fmt, one);
		}
		return 1;
	case 's':
		snprintf(fmt, sizeof fmt, "%ss", spec);
		if (stars == 2)
			printf(fmt, star[0], star[1], arg ? arg : "");
		else if (stars == 1)
			printf(fmt, star[0], arg ? arg : "");
		else
			printf(fmt, arg ? arg : "");
		return 1;
	case 'b':
		return put_escaped(arg ? arg : "");
	}
	warn_text("printf: %%%c: bad conversion", letter);
	status = 1;
	return 0;
}

int
printf_main(int argc, char **argv)
{
	int used = 2, before;

	status = 0;
	if (argc > 1 && !strcmp(argv[1], "--")) {
		argv++;
		argc--;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: printf FORMAT [ARGUMENT...]\n");
		return 2;
	}
	do {
		const char *f = argv[1];

		before = used;
		while (*f) {
			char spec[48];
			int n = 0, stars = 0, star[2] = { 0, 0 };

			if (*f == '\\') {
				int c;

				f++;
				c = escape(&f, 0);
				if (c == -1)
					return status;
				putchar(c == -2 ? '\\' : c);
				continue;
			}
			if (*f != '%') {
				putchar(*f++);
				continue;
			}
			if (f[1] == '%') {
				putchar('%');
				f += 2;
				continue;
			}
			spec[n++] = *f++;
			while (*f && strchr("-+ #0123456789.*", *f) && n < 40) {
				if (*f == '*' && stars < 2)
					star[stars++] = used < argc ? numeric(argv[used++]) : 0;
				spec[n++] = *f++;
			}
			spec[n] = '\0';
			if (!convert(spec, *f, used < argc ? argv[used] : NULL, stars, star))
				return status;
			used++;
			f += *f != '\0';
		}
	} while (used < argc && used > before);
	return status;
}
