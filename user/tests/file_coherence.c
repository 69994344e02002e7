/*
 * file_coherence: four processes change one file, each its own quarter of every page, by write() and by a shared
 * mapping, while it is written to the disk, dropped from memory and read again: each finds what it last wrote.
 *
 *	file_coherence [FILE [STEPS]]	FILE may be a block device of 2 MiB or more; its contents are lost
 */
#include "test.h"

#define PAGES	512
#define WRITERS	4
#define PART	(PAGE / WRITERS)
#define SIZE	(PAGES * PAGE)

static int fd, steps = 4000;
static uint64_t seed;

static uint32_t
draw(uint32_t n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

/* What writer w's part of a page holds after its version-th change. */
static void
pattern(char *buf, int w, int page, uint32_t version)
{
	uint32_t x = version ? (version * 2654435761U) ^ (page * 40503U) ^ w : 0;

	for (int i = 0; i < PART; i += 4) {
		memcpy(buf + i, &x, 4);
		if (version)
			x = x * 1664525U + 1013904223U;
	}
}

static void
flush(char *map, int page)
{
	int n = 1 + draw(16);

	if (page + n > PAGES)
		n = PAGES - page;
	switch (draw(8)) {
	case 0:
		CHECK(msync(map + page * PAGE, n * PAGE, MS_SYNC) == 0);
		break;
	case 1:
		CHECK(fdatasync(fd) == 0);
		break;
	case 2:
		CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
		break;
	case 3:
		CHECK(madvise(map + page * PAGE, n * PAGE, MADV_DONTNEED) == 0);
		break;
	default:
		CHECK(sync_file_range(fd, page * PAGE, n * PAGE, SYNC_FILE_RANGE_WRITE) == 0);
	}
}

static void
writer(int w)
{
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	static uint32_t version[PAGES];
	char want[PART], got[PART];

	CHECK(map != MAP_FAILED);
	seed = w * 77 + 5;
	for (int step = 0; step < steps; step++) {
		int page = draw(PAGES);
		off_t at = page * PAGE + w * PART;

		pattern(want, w, page, version[page]);
		if (draw(2))
			CHECK(pread(fd, got, PART, at) == PART);
		else
			memcpy(got, map + at, PART);
		if (memcmp(want, got, PART)) {
			printf("writer %d, step %d, page %d: version %u is not there\n", w, step, page, version[page]);
			_exit(1);
		}
		if (draw(3) == 0) {
			pattern(want, w, page, ++version[page]);
			if (draw(2))
				CHECK(pwrite(fd, want, PART, at) == PART);
			else
				memcpy(map + at, want, PART);
		}
		if (draw(40) == 0)
			flush(map, page);
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "file_coherence.tmp";
	static char zero[PAGE];
	int status, failed = 0;

	if (argc > 2)
		steps = atoi(argv[2]);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	for (int i = 0; i < PAGES; i++)
		CHECK(pwrite(fd, zero, PAGE, i * PAGE) == PAGE);
	for (int w = 0; w < WRITERS; w++)
		if (fork() == 0)
			writer(w);
	for (int w = 0; w < WRITERS; w++) {
		CHECK(wait(&status) > 0);
		failed |= !exited(status, 0);
	}
	if (argc < 2)
		unlink(name);
	return failed;
}
