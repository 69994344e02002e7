/*
 * seek_data: SEEK_DATA and SEEK_HOLE find what was written, and where nothing was.
 *
 *	seek_data [DIRECTORY]	/tmp if none; its file system has blocks of a page
 */
#include "test.h"

#define MIB	(1L << 20)

static int fd;

static long data(long off) { return lseek(fd, off, SEEK_DATA); }
static long hole(long off) { return lseek(fd, off, SEEK_HOLE); }

static void
put(long off, size_t n)
{
	static char bytes[16 * PAGE];

	memset(bytes, 'd', n);
	CHECK(pwrite(fd, bytes, n, off) == (ssize_t)n);
}

/* The same before the bytes are on the disk, and after. */
static void
sparse(void)
{
	CHECK(data(0) == 0 && data(PAGE - 1) == PAGE - 1 && hole(0) == PAGE && hole(100) == PAGE);
	CHECK(data(PAGE) == MIB && data(MIB - 1) == MIB && hole(PAGE) == PAGE && hole(PAGE + 5) == PAGE + 5);
	CHECK(data(MIB + 7) == MIB + 7 && hole(MIB) == MIB + 2 * PAGE && hole(MIB + PAGE) == MIB + 2 * PAGE);
	CHECK(data(MIB + 2 * PAGE) == 3 * MIB && hole(3 * MIB) == 3 * MIB + PAGE);
	CHECK_ERRNO(ENXIO, data(3 * MIB + PAGE));
	CHECK(hole(3 * MIB + PAGE) == 3 * MIB + PAGE && hole(4 * MIB - 1) == 4 * MIB - 1);
	CHECK_ERRNO(ENXIO, data(4 * MIB));
	CHECK_ERRNO(ENXIO, hole(4 * MIB));
	CHECK_ERRNO(ENXIO, data(-1));
	CHECK_ERRNO(ENXIO, hole(-1));
	/* What is found is where the file stands; what is not leaves it there. */
	CHECK(data(PAGE) == MIB && lseek(fd, 0, SEEK_CUR) == MIB);
	CHECK_ERRNO(ENXIO, data(5 * MIB));
	CHECK(lseek(fd, 0, SEEK_CUR) == MIB);
}

int
main(int argc, char **argv)
{
	char name[256], *map;
	int f[2];

	snprintf(name, sizeof name, "%s/seek.t", argc > 1 ? argv[1] : "/tmp");
	unlink(name);
	CHECK((fd = open(name, O_RDWR | O_CREAT, 0600)) >= 0);
	CHECK_ERRNO(ENXIO, data(0));
	CHECK_ERRNO(ENXIO, hole(0));
	put(0, 100);
	CHECK(data(0) == 0 && data(99) == 99 && hole(0) == 100 && hole(99) == 100);	/* behind the end is a hole */
	CHECK_ERRNO(ENXIO, data(100));
	CHECK_ERRNO(ENXIO, hole(100));

	put(MIB + PAGE - 10, 20);
	put(MIB, 1);
	put(3 * MIB + 500, 1);
	CHECK(ftruncate(fd, 4 * MIB) == 0);
	sparse();
	CHECK(fsync(fd) == 0);
	sparse();

	/* Room alone is no data; a byte in it is. */
	CHECK(fallocate(fd, 0, 2 * MIB, 16 * PAGE) == 0);
	sparse();
	put(2 * MIB + 4 * PAGE, PAGE);
	CHECK(data(MIB + 2 * PAGE) == 2 * MIB + 4 * PAGE && hole(2 * MIB + 4 * PAGE) == 2 * MIB + 5 * PAGE);
	CHECK(fsync(fd) == 0);
	CHECK(data(MIB + 2 * PAGE) == 2 * MIB + 4 * PAGE && hole(2 * MIB + 4 * PAGE) == 2 * MIB + 5 * PAGE);

	/* So is one stored through a mapping. */
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 3 * MIB + 4 * PAGE);
	CHECK(map != MAP_FAILED);
	map[5] = 1;
	CHECK(data(3 * MIB + PAGE) == 3 * MIB + 4 * PAGE && hole(3 * MIB + 4 * PAGE) == 3 * MIB + 5 * PAGE);
	CHECK(munmap(map, PAGE) == 0);
	CHECK(ftruncate(fd, PAGE) == 0 && hole(0) == PAGE);
	close(fd);
	CHECK(unlink(name) == 0);

	CHECK(pipe(f) == 0);
	CHECK_ERRNO(ESPIPE, lseek(f[0], 0, SEEK_DATA));
	return 0;
}
