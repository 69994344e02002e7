/*
 * host_fuzz.h - mutating valid inputs.
 *
 * Every fuzzer takes [count [seed]] and runs that many cases; each case is a
 * mutated, exact-size copy of a valid sample.  A crash repeats with its seed.
 */
#ifndef LIB_HOST_FUZZ_H
#define LIB_HOST_FUZZ_H

#include "lib/host_test.h"

struct fuzz {
	u64	count;
	u64	random;
};

static inline struct fuzz
fuzz_begin(int argc, char **argv, u64 count)
{
	struct fuzz f = { count, 1 };

	if (argc > 1)
		f.count = atol(argv[1]);
	if (argc > 2)
		f.random = atol(argv[2]) * 2 + 1;
	return f;
}

static inline u64
fuzz_below(struct fuzz *f, u64 n)
{
	return n ? (host_random(&f->random) >> 11) % n : 0;
}

/*
 * A damaged copy of the sample, for the caller to free: a few bytes changed,
 * 32-bit words set to values that like to overflow, or the end cut off.
 */
static inline u8 *
fuzz_mutate(struct fuzz *f, const u8 *sample, size_t len, size_t *outlen)
{
	static const u8 edges[][4] = {
		{ 0, 0, 0, 0 }, { 0xff, 0xff, 0xff, 0xff }, { 0x7f, 0xff, 0xff, 0xff },
		{ 0x80, 0, 0, 0 }, { 0, 0, 0, 1 }, { 0xff, 0xff, 0xff, 0xfc }, { 0, 0, 0x10, 0 },
	};
	u8 *work = host_copy(sample, len), *p;
	size_t n = len;

	for (u64 edits = fuzz_below(f, 6); edits > 0 && n > 0; edits--) {
		u64 at = fuzz_below(f, n);

		/* Headers decide most: aim at the start half of the time. */
		if (fuzz_below(f, 2))
			at = fuzz_below(f, MIN(n, 128UL));
		switch (fuzz_below(f, 4)) {
		case 0:
			work[at] ^= 1 << fuzz_below(f, 8);
			break;
		case 1:
			work[at] = fuzz_below(f, 256);
			break;
		case 2:
			at &= ~3UL;
			if (at + 4 <= n)
				__builtin_memcpy(work + at, edges[fuzz_below(f, ARRAY_SIZE(edges))], 4);
			break;
		default:
			if (at + 8 <= n)
				__builtin_memcpy(work + at, work + fuzz_below(f, n - 7), 8);
			break;
		}
	}
	if (fuzz_below(f, 8) == 0)
		n = fuzz_below(f, len + 1);
	p = host_copy(work, n);
	free(work);
	*outlen = n;
	return p;
}

/* A whole file, for the caller to free. */
static inline u8 *
fuzz_read_file(const char *name, size_t *len)
{
	FILE *in = fopen(name, "rb");
	u8 *p = NULL;

	*len = 0;
	if (!in) {
		perror(name);
		exit(2);
	}
	for (size_t n = 1; n > 0; *len += n) {
		p = realloc(p, *len + 65536);
		n = fread(p + *len, 1, 65536, in);
	}
	fclose(in);
	return p;
}

/*
 * The exit status. Fails if all or none of the cases were accepted: then the
 * fuzzer only ever tried one side of the checks.
 */
static inline int
fuzz_end(u64 accepted, u64 total)
{
	printf("%lu cases, %lu accepted\n", total, accepted);
	return total >= 1000 && (accepted == 0 || accepted == total);
}

#endif
