/* parttable_fuzz.c [count [seed]] - no table, however damaged, makes the reader leave the disk or go on for ever. */
#include "lib/parttable_sample.h"

#include "lib/host_fuzz.h"

#define COUNT	10000

/* A word anywhere in the first header, then its checksum made to fit: the checks behind it are reached. */
static void
reseal(struct fuzz *f, u8 *disk, u32 size)
{
	u8 *h = disk + size;
	u32 length;

	put(h + 8 + 4 * fuzz_below(f, 20), host_random(&f->random) >> fuzz_below(f, 60), 1 + fuzz_below(f, 8));
	length = h[12] | h[13] << 8;
	if (length < 92 || length > size)
		length = 92;
	put(h + 16, 0, 4);
	put(h + 16, crc32(0, h, length), 4);
}

int
main(int argc, char **argv)
{
	struct fuzz fuzz = fuzz_begin(argc, argv, COUNT);

	for (; fuzz.count; fuzz.count--) {
		u32 size = 512 << fuzz_below(&fuzz, 4);
		u8 *disk = calloc(SAMPLE_SECTORS, size);
		struct sample s = { .block_size = size, .fail_at = -1 };
		size_t len;

		if (fuzz_below(&fuzz, 2))
			sample_gpt(disk, size, SAMPLE_SECTORS);
		else
			sample_mbr(disk, size);
		if (disk[446 + 4] == 0xee && fuzz_below(&fuzz, 2))
			reseal(&fuzz, disk, size);
		if (fuzz_below(&fuzz, 2)) {
			/* Where something is: the start. */
			u8 *head = fuzz_mutate(&fuzz, disk, 4 * size, &len);

			memcpy(disk, head, MIN(len, (size_t)4 * size));
			free(head);
		}
		s.bytes = disk;
		s.sectors = (fuzz_below(&fuzz, 4) ? SAMPLE_SECTORS : fuzz_below(&fuzz, SAMPLE_SECTORS)) * (size / 512);
		sample_scan(&s);
		CHECK(s.reads < 2000);
		free(disk);
	}
	TEST_END();
}
