/*
 * fallocate: room made, ranges turned into zeros, holes punched: what is read then, its length, the room it takes.
 *
 *	fallocate [DIRECTORY]	/tmp if none; its file system has blocks of a page
 *
 * What a file system does not know at all (ZERO_RANGE on tmpfs) is left out.
 */
#include "test.h"

#define KEEP	FALLOC_FL_KEEP_SIZE
#define PUNCH	(FALLOC_FL_PUNCH_HOLE | KEEP)
#define ZERO	FALLOC_FL_ZERO_RANGE
#define N	(64 * PAGE)

static unsigned char want[N], got[N];
static int fd;

static struct stat
status(void)
{
	struct stat s;

	CHECK(fstat(fd, &s) == 0);
	return s;
}

/* A file of N bytes, none of them zero; on the disk, or still in memory. */
static void
fill(int on_disk)
{
	for (long i = 0; i < N; i++)
		want[i] = 1 + i % 251;
	CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, want, N, 0) == N);
	if (on_disk)
		CHECK(fsync(fd) == 0);
}

/* It has these bytes: now, and read anew. */
static void
check(long size)
{
	for (int again = 0; again < 2; again++) {
		CHECK(pread(fd, got, N, 0) == size && !memcmp(want, got, size));
		CHECK(fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	}
	CHECK(status().st_size == size);
}

static void
cleared(int mode, long from, long n)
{
	CHECK(fallocate(fd, mode, from, n) == 0);
	memset(want + from, 0, n);
}

/* Within a block, to its end, across some, and the same at both ends of the file. */
static void
ranges(int mode, int on_disk)
{
	fill(on_disk);
	cleared(mode, 100, 50);
	cleared(mode, PAGE + 5, PAGE - 5);
	cleared(mode, 3 * PAGE, 10);
	cleared(mode, 5 * PAGE - 7, 3 * PAGE + 14);
	cleared(mode, 10 * PAGE, 4 * PAGE);
	cleared(mode, 12 * PAGE, 8 * PAGE + 1);
	cleared(mode, 30 * PAGE, PAGE);
	CHECK(pwrite(fd, "back", 4, 11 * PAGE + 3) == 4);
	memcpy(want + 11 * PAGE + 3, "back", 4);
	check(N);
	cleared(mode, 0, 1);
	cleared(mode, N - 3 * PAGE - 1, 3 * PAGE + 1);
	check(N);
}

static void
punch(int on_disk)
{
	long blocks;

	ranges(PUNCH, on_disk);
	fill(on_disk);
	CHECK(fsync(fd) == 0);
	blocks = status().st_blocks;
	cleared(PUNCH, 4 * PAGE, 8 * PAGE);
	CHECK(status().st_blocks == blocks - 8 * PAGE / 512);
	CHECK(lseek(fd, 0, SEEK_HOLE) == 4 * PAGE && lseek(fd, 4 * PAGE, SEEK_DATA) == 12 * PAGE);
	cleared(PUNCH, 4 * PAGE, 8 * PAGE);			/* once more: nothing changes */
	CHECK(fallocate(fd, PUNCH, N, 10 * PAGE) == 0 && fallocate(fd, PUNCH, 10 * N, PAGE) == 0);
	CHECK(status().st_size == N && status().st_blocks == blocks - 8 * PAGE / 512);
	cleared(PUNCH, 0, N);
	check(N);
	CHECK(lseek(fd, 0, SEEK_HOLE) == 0 && status().st_blocks <= blocks - N / 512);
	CHECK_ERRNO(ENXIO, lseek(fd, 0, SEEK_DATA));
}

static void
zero(int on_disk)
{
	long blocks;

	ranges(ZERO | KEEP, on_disk);
	ranges(ZERO, on_disk);
	fill(on_disk);
	CHECK(fsync(fd) == 0);
	blocks = status().st_blocks;
	cleared(ZERO, 4 * PAGE, 8 * PAGE);
	CHECK(status().st_blocks == blocks);			/* its blocks are still its own */
	CHECK(lseek(fd, 0, SEEK_HOLE) == 4 * PAGE && lseek(fd, 4 * PAGE, SEEK_DATA) == 12 * PAGE);
	CHECK(ftruncate(fd, 10 * PAGE + 10) == 0);
	cleared(ZERO | KEEP, 10 * PAGE, 6 * PAGE);		/* room past the end */
	CHECK(status().st_size == 10 * PAGE + 10);
	cleared(ZERO, 9 * PAGE + 100, 6 * PAGE);
	CHECK(status().st_size == 15 * PAGE + 100);
	check(15 * PAGE + 100);
	/* Where nothing is yet, it is room. */
	CHECK(ftruncate(fd, 0) == 0 && fallocate(fd, ZERO, 0, 16 * PAGE) == 0);
	CHECK(status().st_size == 16 * PAGE && status().st_blocks >= 16 * PAGE / 512);
}

/* A mapping sees it at once, and what is stored afterwards is there. */
static void
mapped(int mode)
{
	unsigned char *m;

	fill(1);
	m = mmap(NULL, N, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	m[5 * PAGE] = m[6 * PAGE + 9] = 77;
	want[5 * PAGE] = 77;
	cleared(mode, 6 * PAGE, 4 * PAGE);
	CHECK(!memcmp(m, want, N));
	m[7 * PAGE + 1] = want[7 * PAGE + 1] = 88;
	CHECK(munmap(m, N) == 0);
	check(N);
}

/* Times change as of a write. */
static void
attributes(int mode)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };

	fill(1);
	CHECK(futimens(fd, old) == 0 && fallocate(fd, mode, 0, 2 * PAGE) == 0);
	CHECK(status().st_mtime > 1000 && status().st_ctime > 1000);
}

static void
errors(const char *name)
{
	int other, f[2];

	CHECK_ERRNO(EINVAL, fallocate(fd, PUNCH, -1, 10));
	CHECK_ERRNO(EINVAL, fallocate(fd, PUNCH, 0, 0));
	CHECK_ERRNO(EINVAL, fallocate(fd, 0x1000, 0, 0));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, 0x1000, 0, 10));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, PUNCH | ZERO, 0, 10));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE | KEEP, 0, PAGE));
	CHECK_ERRNO(EFBIG, fallocate(fd, PUNCH, INT64_MAX, 10));
	CHECK((other = open(name, O_RDONLY)) >= 0);
	CHECK_ERRNO(EBADF, fallocate(other, PUNCH, 0, 10));
	CHECK_ERRNO(EOPNOTSUPP, fallocate(other, 0x1000, 0, 10));
	CHECK(close(other) == 0 && pipe(f) == 0);
	CHECK_ERRNO(ESPIPE, fallocate(f[1], PUNCH, 0, 10));
	CHECK((other = open("/dev/null", O_RDWR)) >= 0);
	CHECK_ERRNO(ENODEV, fallocate(other, PUNCH, 0, 10));
}

int
main(int argc, char **argv)
{
	char name[256];
	int has_zero;

	snprintf(name, sizeof name, "%s/fallocate.t", argc > 1 ? argv[1] : "/tmp");
	unlink(name);
	CHECK((fd = open(name, O_RDWR | O_CREAT, 0600)) >= 0);
	has_zero = fallocate(fd, ZERO, 0, 1) == 0;
	CHECK(has_zero || errno == EOPNOTSUPP);
	for (int on_disk = 0; on_disk < 2; on_disk++) {
		punch(on_disk);
		if (has_zero)
			zero(on_disk);
	}
	mapped(PUNCH);
	attributes(PUNCH);
	if (has_zero) {
		mapped(ZERO);
		attributes(ZERO | KEEP);
	}
	errors(name);
	close(fd);
	CHECK(unlink(name) == 0);
	return 0;
}
