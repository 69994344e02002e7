/* fmt_test.c - every conversion of fmt.c agrees with the C library's printf. */
#include <stdarg.h>
#include <limits.h>
#include "lib/fmt.h"
#include "lib/host_test.h"
#include "lib/string.h"

static void __attribute__((format(printf, 1, 2)))
same(const char *fmt, ...)
{
	char got[300], want[300];
	va_list ap, again;
	int n, m;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(got, sizeof(got), fmt, ap);
	m = __builtin_vsnprintf(want, sizeof(want), fmt, again);
	va_end(again);
	va_end(ap);
	CHECK_STR(got, want);
	CHECK_EQ(n, m);
}

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* All combinations of flags, width, precision and size, over awkward values. */
static void
test_integers(void)
{
	static const long values[] = {
		0, 1, -1, 7, 8, 10, 255, 256, 12345, -12345, INT_MAX, INT_MIN, UINT_MAX, LONG_MAX, LONG_MIN
	};
	static const char *const widths[] = { "", "1", "5", "12", "30" };
	static const char *const precisions[] = { "", ".", ".0", ".1", ".7", ".25" };
	static const char *const sizes[] = { "", "hh", "h", "l", "ll", "z" };

	for (int flags = 0; flags < 32; flags++)
	for (size_t w = 0; w < ARRAY_SIZE(widths); w++)
	for (size_t p = 0; p < ARRAY_SIZE(precisions); p++)
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
	for (const char *letter = "diuxXo"; *letter; letter++) {
		char fmt[40];

		__builtin_snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%s%s%s%s%c>",
				   flags & 1 ? "-" : "", flags & 2 ? "0" : "", flags & 4 ? "+" : "",
				   flags & 8 ? " " : "", flags & 16 ? "#" : "",
				   widths[w], precisions[p], sizes[s], *letter);
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			char got[100], want[100];
			int n = snprintf(got, sizeof(got), fmt, values[v]);

			CHECK_EQ(n, __builtin_snprintf(want, sizeof(want), fmt, values[v]));
			if (__builtin_strcmp(got, want)) {
				printf("%s of %ld: %s, not %s\n", fmt, values[v], got, want);
				host_failures++;
			}
		}
	}
}

static void
test_others(void)
{
	char buf[10];

	same("plain");
	same("100%%");
	same("%c%c|%3c|%-3c|", 'a', 'b', 'c', 'd');
	same("%s|%10s|%-10s|%.2s|%10.3s|%.0s|", "hello", "right", "left", "cut", "both", "none");
	same("%*d|%-*d|%*d|%.*d|", 6, 1, 6, 2, -6, 3, 4, 5);
	same("%.*s|%.*s|", 3, "abcdef", -1, "whole");
	same("%p", (void *)0x1234abcd);
	same("%d %s %u", 1, "two", 3);

	/* Precision bounds the read too: no NUL needed. */
	same("%.3s", (char[3]){ 'x', 'y', 'z' });

	/* Where the C library differs or leaves it undefined. */
	snprintf(buf, sizeof(buf), "%p", (void *)NULL);
	CHECK_STR(buf, "0x0");
	snprintf(buf, sizeof(buf), "%s", (char *)NULL);
	CHECK_STR(buf, "(null)");
	snprintf(buf, sizeof(buf), "%q");
	CHECK_STR(buf, "%q");
	snprintf(buf, sizeof(buf), "a%");
	CHECK_STR(buf, "a");

	/* Truncation: the whole length is returned, the NUL is inside. */
	CHECK_EQ(snprintf(buf, 5, "%s", "0123456789"), 10);
	CHECK_STR(buf, "0123");
	CHECK_EQ(snprintf(buf, 1, "%d", 77), 2);
	CHECK_STR(buf, "");
	CHECK_EQ(snprintf(NULL, 0, "%5d", 77), 5);
}

int
main(void)
{
	test_integers();
	test_others();
	TEST_END();
}
