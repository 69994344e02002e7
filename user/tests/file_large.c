/*
 * file_large: a file larger than memory is written, read, mapped and changed through a mapping, and every page holds
 * what it should, while programs still start.
 *
 *	file_large [FILE MEGABYTES]	FILE may be a block device; without: 8 MiB in the working directory
 */
#include "test.h"

static int fd;
static long pages;

static void
stamp(uint64_t *page, long n, uint64_t round)
{
	for (long i = 0; i < PAGE / 8; i++)
		page[i] = (n * 1000003 + round) * 0x9e3779b97f4a7c15 + i;
}

static void
check(const uint64_t *page, long n, uint64_t round, const char *how)
{
	static uint64_t want[PAGE / 8];

	stamp(want, n, round);
	if (memcmp(want, page, PAGE)) {
		printf("page %ld, round %ld, %s: wrong\n", n, (long)round, how);
		_exit(1);
	}
}

static void nothing(void) { }

static void
write_all(uint64_t round)
{
	static uint64_t buf[8 * PAGE / 8];

	for (long n = 0; n < pages; n += 8) {
		for (int i = 0; i < 8; i++)
			stamp(buf + i * PAGE / 8, n + i, round);
		CHECK(pwrite(fd, buf, 8 * PAGE, n * PAGE) == 8 * PAGE);
		if (n % 2048 == 0)
			CHECK(exited(in_child(nothing), 0));
	}
}

static void
read_all(uint64_t round)
{
	static uint64_t buf[8 * PAGE / 8];

	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	for (long n = 0; n < pages; n += 8) {
		CHECK(read(fd, buf, 8 * PAGE) == 8 * PAGE);
		for (int i = 0; i < 8; i++)
			check(buf + i * PAGE / 8, n + i, round, "read");
	}
	for (long i = 0; i < 200; i++) {
		long n = i * 7919 % pages;

		CHECK(pread(fd, buf, PAGE, n * PAGE) == PAGE);
		check(buf, n, round, "pread");
	}
}

int
main(int argc, char **argv)
{
	const char *name = argc > 2 ? argv[1] : "file_large.tmp";
	char *map;

	pages = (argc > 2 ? atol(argv[2]) : 8) * 256;
	fd = open(name, O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	write_all(1);
	read_all(1);
	map = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	for (long n = 0; n < pages; n++)
		check((uint64_t *)(map + n * PAGE), n, 1, "mapped");
	for (long n = 0; n < pages; n++)
		stamp((uint64_t *)(map + n * PAGE), n, 2);
	read_all(2);
	CHECK(munmap(map, pages * PAGE) == 0 && fsync(fd) == 0);
	CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	read_all(2);
	if (argc <= 2)
		unlink(name);
	return 0;
}
