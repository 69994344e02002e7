/* message.c - messages in one form, numbers, and the end of output. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd.h"

void
warn_errno(const char *what)
{
	int e = errno;

	fflush(stdout);
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(e));
}

static void
say(const char *fmt, va_list ap)
{
	char text[512];

	fflush(stdout);
	vsnprintf(text, sizeof text, fmt, ap);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
}

void
warn_text(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(1);
}

void
die_errno(const char *what)
{
	warn_errno(what);
	exit(1);
}

void
usage(const char *text)
{
	fprintf(stderr, "usage: %s\n", text);
	exit(2);
}

int
finish_output(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "%s: write error: %s\n", program_invocation_short_name, strerror(errno));
		return 1;
	}
	return status;
}

int
run_instead(char **argv)
{
	int status;

	execvp(argv[0], argv);
	status = errno == ENOENT ? 127 : 126;
	warn_errno(argv[0]);
	return status;
}

long
number(const char *s, const char *what)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (!*s || *end)
		die("%s: not a number: %s", what, s);
	return n;
}

long long
size_number(const char *s, const char *what)
{
	static const char units[] = "KMGT";
	long long n, unit = 1;
	const char *u;
	char *end;

	n = strtoll(s, &end, 10);
	if (end == s || *s == '-' || *s == '+')
		die("%s: not a size: %s", what, s);
	u = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (u) {
		long long base = end[1] == 'B' ? 1000 : 1024;

		for (; u >= units; u--)
			unit *= base;
		end += base == 1000 ? 2 : !strcmp(end + 1, "iB") ? 3 : 1;
	} else if (*end == 'c' || *end == 'w' || *end == 'b') {
		unit = *end == 'c' ? 1 : *end == 'w' ? 2 : 512;
		end++;
	}
	if (*end || __builtin_mul_overflow(n, unit, &n))
		die("%s: not a size: %s", what, s);
	return n;
}

char *
human_size(unsigned long long n, char *buf)
{
	static const char units[] = " KMGTPE";
	int u = 0;
	unsigned long long rest = 0;

	while (n >= 1024) {
		rest = n % 1024;
		n /= 1024;
		u++;
	}
	if (!u)
		sprintf(buf, "%llu", n);
	else if (n < 10)
		sprintf(buf, "%llu.%llu%c", n, rest * 10 / 1024, units[u]);
	else
		sprintf(buf, "%llu%c", n, units[u]);
	return buf;
}
