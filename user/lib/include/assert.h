/* assert.h - a program that finds itself wrong says where and aborts. NDEBUG is not looked at. */
#ifndef ASSERT_H
#define ASSERT_H

void	__assert_fail(const char *expr, const char *file, int line) __attribute__((noreturn));

#define assert(e)	((e) ? (void)0 : __assert_fail(#e, __FILE__, __LINE__))
#define static_assert	_Static_assert

#endif
