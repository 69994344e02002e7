/*
 * fmt.h - printf's formatting, for printk, /proc and the tests.
 *
 * Conversions: %d %i %u %x %X %o %c %s %p %% with flags - 0 + space #, width and
 * precision (also *), and sizes hh h l ll z.  No floating point.
 */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <stdarg.h>
#include "lib/types.h"

/* Hand each piece of output to put(arg, bytes, n). Returns the length in all. */
int	fmt_vformat(void (*put)(void *arg, const char *s, size_t n), void *arg,
		    const char *fmt, va_list ap);
int	vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int	snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
