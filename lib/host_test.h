/*
 * host_test.h - the smallest test frame: CHECK what is promised, end with TEST_END.
 *
 * A failed check prints one line and the test goes on; the exit status tells.
 * The fuzzers' random numbers are here too: the same seed gives the same cases
 * on every machine.
 */
#ifndef LIB_HOST_TEST_H
#define LIB_HOST_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include "lib/types.h"

static int host_failures UNUSED;

#define CHECK(cond) \
	((cond) ? (void)0 : \
	 (void)(host_failures++, printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #cond)))

#define CHECK_EQ(got, want) do { \
	long got_ = (long)(got), want_ = (long)(want); \
	if (got_ != want_) { \
		host_failures++; \
		printf("%s:%d: %s is %ld (0x%lx), not %ld (0x%lx)\n", __FILE__, __LINE__, \
		       #got, got_, got_, want_, want_); \
	} \
} while (0)

#define CHECK_STR(got, want) do { \
	const char *got_ = (got), *want_ = (want); \
	if (!got_ || __builtin_strcmp(got_, want_)) { \
		host_failures++; \
		printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, \
		       #got, got_ ? got_ : "(null)", want_); \
	} \
} while (0)

#define TEST_END()	return host_failures ? 1 : 0

/* xorshift64*: the next of a fixed sequence. Source: Vigna, 2016. */
static inline u64
host_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dUL;
}

/* A copy on the heap of exactly n bytes, so that the sanitizer sees any read past it. */
static inline u8 *
host_copy(const void *src, size_t n)
{
	u8 *p = malloc(n ? n : 1);

	if (!p)
		exit(2);
	__builtin_memcpy(p, src, n);
	if (n == 0) {
		free(p);
		p = malloc(0);
	}
	return p;
}

#endif
