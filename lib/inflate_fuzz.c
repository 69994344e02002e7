/* inflate_fuzz.c [count [seed [file.gz]]] - no stream, however damaged, makes inflate leave its buffers. */
#include "lib/host_fuzz.h"
#include "lib/inflate.h"
#include "lib/inflate_sample.h"

#define COUNT	60000

int
main(int argc, char **argv)
{
	struct fuzz fuzz = fuzz_begin(argc, argv, COUNT);
	u64 accepted = 0, total = fuzz.count;
	u8 *sample;
	size_t len;

	if (argc > 3) {
		sample = fuzz_read_file(argv[3], &len);
	} else {
		len = sizeof(sample_gz);
		sample = host_copy(sample_gz, len);
	}
	for (; fuzz.count > 0; fuzz.count--) {
		size_t n, max = fuzz_below(&fuzz, 2 * SAMPLE_TEXT_SIZE), outlen, used;
		u8 *gz = fuzz_mutate(&fuzz, sample, len, &n), *dst = malloc(max ? max : 1);

		/* With a valid header the codes are what is tried. */
		if (n >= 10 && fuzz_below(&fuzz, 4))
			__builtin_memcpy(gz, sample, 10);
		if (gzip_inflate(gz, n, dst, max, &outlen, &used) == 0) {
			accepted++;
			CHECK(outlen <= max && used <= n);
		}
		free(gz);
		free(dst);
	}
	free(sample);
	return fuzz_end(accepted, total) || host_failures;
}
