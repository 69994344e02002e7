/* cpio_fuzz.c [count [seed [file.cpio]]] - no archive, however damaged, is read outside its bytes. */
#include "lib/cpio.h"
#include "lib/cpio_sample.h"
#include "lib/host_fuzz.h"
#include "lib/string.h"

#define COUNT	200000

int
main(int argc, char **argv)
{
	struct fuzz fuzz = fuzz_begin(argc, argv, COUNT);
	u64 accepted = 0, total = fuzz.count;
	static volatile u64 sink;
	size_t len;
	u8 *sample = argc > 3 ? fuzz_read_file(argv[3], &len) : sample_archive(&len);

	for (; fuzz.count > 0; fuzz.count--) {
		struct cpio_entry e;
		struct cpio c;
		size_t n;
		u8 *archive = fuzz_mutate(&fuzz, sample, len, &n);
		int r;

		cpio_open(&c, archive, n);
		while ((r = cpio_next(&c, &e)) == 1) {
			sink += strlen(e.name);
			for (u64 i = 0; i < e.size; i++)
				sink += e.data[i];
		}
		accepted += r == 0;
		free(archive);
	}
	free(sample);
	return fuzz_end(accepted, total);
}
