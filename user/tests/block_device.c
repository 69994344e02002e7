/*
 * block_device: a disk as a file behaves as Linux's does.
 *
 *	block_device                   without a disk: what can be said about numbers that no device has
 *	block_device all DEV           all below, on a disk whose content does not matter
 *	block_device fill DEV SEED     every word of it becomes pattern(SEED, its place)
 *	block_device check DEV SEED    and is that still
 *	block_device storm DEV TASKS   tasks that write and read their parts of it in every way, at the same time
 */
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include "test.h"


#define CHUNK		(256 * 1024)

static uint64_t size;
static unsigned char buf[CHUNK + 4096] __attribute__((aligned(4096)));
static unsigned char ref[CHUNK + 4096] __attribute__((aligned(4096)));

/* Eight bytes that say where they belong. */
static uint64_t
pattern(uint64_t seed, uint64_t word)
{
	return (word ^ seed << 40) * 0x9e3779b97f4a7c15UL ^ seed;
}

static void
make(unsigned char *p, uint64_t seed, uint64_t off, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t w = pattern(seed, (off + i) / 8);

		p[i] = w >> (off + i) % 8 * 8;
	}
}

static int
open_disk(const char *dev, int flags)
{
	int fd = open(dev, flags);

	if (fd < 0)
		printf("%s: ", dev);
	CHECK(fd >= 0);
	return fd;
}

/* ---- what it says about itself ---- */

static void
test_sizes(int fd)
{
	unsigned long sectors, bsz;
	unsigned int physical;
	int n;

	CHECK(ioctl(fd, BLKGETSIZE64, &size) == 0 && size >= 1024 * 1024);
	CHECK(ioctl(fd, BLKGETSIZE, &sectors) == 0 && sectors == size / 512);
	CHECK(ioctl(fd, BLKSSZGET, &n) == 0 && n >= 512 && size % n == 0);
	CHECK(ioctl(fd, BLKPBSZGET, &physical) == 0 && (int)physical >= n);
	bsz = 0;
	CHECK(ioctl(fd, BLKBSZGET, &bsz) == 0 && (int)bsz >= n && (int)bsz <= 4096 && size % (int)bsz == 0);
	CHECK(ioctl(fd, BLKROGET, &n) == 0 && n == 0);
	CHECK_ERRNO(EFAULT, ioctl(fd, BLKGETSIZE64, 8));
	CHECK_ERRNO(ENOTTY, ioctl(fd, 0x5401, &n));
}

static void
test_seek(int fd)
{
	CHECK(lseek(fd, 0, SEEK_END) == (off_t)size);
	CHECK(read(fd, buf, 512) == 0);
	CHECK(lseek(fd, size - 512, SEEK_SET) == (off_t)size - 512);
	CHECK(lseek(fd, 512, SEEK_CUR) == (off_t)size);
	CHECK_ERRNO(EINVAL, lseek(fd, 1, SEEK_END));
	CHECK_ERRNO(EINVAL, lseek(fd, -1, SEEK_SET));
	CHECK_ERRNO(EINVAL, lseek(fd, size + 1, SEEK_SET));
	CHECK_ERRNO(EINVAL, lseek(fd, 0, SEEK_DATA));
	CHECK_ERRNO(EINVAL, lseek(fd, 0, SEEK_HOLE));
	CHECK(lseek(fd, 0, SEEK_CUR) == (off_t)size);
	CHECK_ERRNO(EINVAL, ftruncate(fd, 0));
}

static void
test_end(int fd)
{
	memset(buf, 0x5a, 8192);
	CHECK_ERRNO(ENOSPC, pwrite(fd, buf, 1, size));
	CHECK_ERRNO(ENOSPC, pwrite(fd, buf, 4096, size + 4096));
	CHECK(pwrite(fd, buf, 0, size) == 0);
	CHECK(pwrite(fd, buf, 8192, size - 1000) == 1000);
	CHECK(pread(fd, ref, 8192, size - 1000) == 1000);
	CHECK(memcmp(buf, ref, 1000) == 0);
	CHECK(pread(fd, ref, 1, size) == 0);
	CHECK(pread(fd, ref, 1, size + 12345) == 0);
}

/* ---- the cache ---- */

/* Pieces of odd lengths at odd places, then all of it again through a cache that has been emptied. */
static void
test_odd_pieces(const char *dev, int fd)
{
	uint64_t at, end = size < 3 * CHUNK ? size : 3 * CHUNK;
	size_t n;

	for (at = 0; at < end; at += n) {
		n = 1 + (at * 7919 + 13) % 9999;
		if (n > end - at)
			n = end - at;
		make(buf, 3, at, n);
		CHECK(pwrite(fd, buf, n, at) == (ssize_t)n);
	}
	CHECK(fsync(fd) == 0);
	CHECK(ioctl(fd, BLKFLSBUF, 0) == 0);
	for (at = 0; at < end; at += n) {
		n = 1 + (at * 104729 + 7) % 12345;
		if (n > end - at)
			n = end - at;
		make(ref, 3, at, n);
		CHECK(pread(fd, buf, n, at) == (ssize_t)n);
		CHECK(memcmp(buf, ref, n) == 0);
	}
}

static void
test_mmap(int fd)
{
	unsigned char *p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);

	CHECK(p != MAP_FAILED);
	CHECK(pread(fd, buf, 16384, 4096) == 16384);
	CHECK(memcmp(p, buf, 16384) == 0);
	memset(p + 5000, 0x77, 3000);
	memset(buf + 5000, 0x77, 3000);
	CHECK(pread(fd, ref, 16384, 4096) == 16384);
	CHECK(memcmp(ref, buf, 16384) == 0);
	CHECK(msync(p, 16384, MS_SYNC) == 0);
	CHECK(munmap(p, 16384) == 0);
	CHECK(fsync(fd) == 0);
}

/* ---- O_DIRECT ---- */

static void
test_direct(const char *dev, int fd)
{
	int d = open_disk(dev, O_RDWR | O_DIRECT), sector;

	CHECK(ioctl(d, BLKSSZGET, &sector) == 0);
	/* What the cache holds, it sees; what it writes, the cache shows. */
	make(buf, 4, 0, CHUNK);
	CHECK(pwrite(fd, buf, CHUNK, 8192) == CHUNK);
	CHECK(pread(d, ref, CHUNK, 8192) == CHUNK);
	CHECK(memcmp(buf, ref, CHUNK) == 0);
	make(buf, 5, 0, CHUNK);
	CHECK(pwrite(d, buf, CHUNK, 8192) == CHUNK);
	CHECK(pread(fd, ref, CHUNK, 8192) == CHUNK);
	CHECK(memcmp(buf, ref, CHUNK) == 0);
	CHECK(pwrite(d, buf, sector, 8192 + sector) == sector);
	CHECK(pread(fd, ref, 3 * sector, 8192) == 3 * sector);
	CHECK(memcmp(ref, buf, sector) == 0 && memcmp(ref + sector, buf, sector) == 0);
	CHECK(memcmp(ref + 2 * sector, buf + 2 * sector, sector) == 0);

	/* Place, length and memory are whole sectors. */
	CHECK_ERRNO(EINVAL, pread(d, buf, 4096, 1));
	CHECK_ERRNO(EINVAL, pread(d, buf, 4096, sector / 2));
	CHECK_ERRNO(EINVAL, pread(d, buf, 100, 0));
	CHECK_ERRNO(EINVAL, pread(d, buf + 1, 4096, 0));
	CHECK_ERRNO(EINVAL, pwrite(d, buf, 4096, 100));
	CHECK_ERRNO(EINVAL, pwrite(d, buf, 4097, 0));
	CHECK_ERRNO(EINVAL, pwrite(d, buf + 8, 4096, 0));
	CHECK(pread(d, buf + 512, sector, 0) == sector);
	CHECK_ERRNO(EFAULT, pread(d, (void *)4096, 4096, 0));

	/* The end. */
	CHECK(pread(d, buf, 8192, size) == 0);
	CHECK(pread(d, buf, 8192, size - sector) == sector);
	CHECK(pwrite(d, buf, 8192, size - sector) == sector);
	CHECK_ERRNO(ENOSPC, pwrite(d, buf, sector, size));
	close(d);
}

/* ---- ranges ---- */

static void
test_ranges(const char *dev, int fd)
{
	uint64_t range[2] = { 8192, 65536 };
	int r = open_disk(dev, O_RDONLY);

	memset(buf, 0x33, CHUNK);
	CHECK(pwrite(fd, buf, CHUNK, 0) == CHUNK);
	CHECK_ERRNO(EBADF, ioctl(r, BLKZEROOUT, range));
	CHECK(ioctl(fd, BLKZEROOUT, range) == 0);
	memset(buf + 8192, 0, 65536);
	CHECK(pread(fd, ref, CHUNK, 0) == CHUNK);
	CHECK(memcmp(buf, ref, CHUNK) == 0);
	range[0] = 100;
	CHECK_ERRNO(EINVAL, ioctl(fd, BLKZEROOUT, range));
	range[0] = size;
	CHECK_ERRNO(EINVAL, ioctl(fd, BLKZEROOUT, range));
	range[0] = 8192;
	CHECK_ERRNO(EBADF, ioctl(r, BLKDISCARD, range));
	if (ioctl(fd, BLKDISCARD, range) == 0) {
		range[1] = size;
		CHECK_ERRNO(EINVAL, ioctl(fd, BLKDISCARD, range));
		CHECK(pread(fd, ref, 8192, 0) == 8192);
		CHECK(memcmp(buf, ref, 8192) == 0);
	} else {
		CHECK(errno == EOPNOTSUPP);
	}
	close(r);
}

/* ---- who may have it ---- */

static void
test_exclusive(const char *dev)
{
	int a = open_disk(dev, O_RDWR | O_EXCL), b;

	CHECK_ERRNO(EBUSY, open(dev, O_RDONLY | O_EXCL));
	b = open_disk(dev, O_RDWR);
	close(b);
	close(a);
	a = open_disk(dev, O_RDONLY | O_EXCL);
	close(a);
}

static void
as_nobody(void)
{
	const char *dev = getenv("DEV");
	int fd = open(dev, O_RDONLY);

	CHECK(setresuid(1000, 1000, 1000) == 0);
	CHECK_ERRNO(EACCES, open(dev, O_RDONLY));
	CHECK_ERRNO(EACCES, ioctl(fd, BLKFLSBUF, 0));
	CHECK_ERRNO(EACCES, ioctl(fd, BLKRRPART, 0));
	_exit(0);
}

static void
test_rights(const char *dev)
{
	setenv("DEV", dev, 1);
	CHECK(exited(in_child(as_nobody), 0));
}

static void
test_node(const char *dev)
{
	struct stat st;
	int fd;

	CHECK(stat(dev, &st) == 0 && S_ISBLK(st.st_mode) && st.st_size == 0);
	mknod("/tmp/other-name", S_IFBLK | 0600, st.st_rdev);
	fd = open_disk("/tmp/other-name", O_RDWR);
	CHECK(pwrite(fd, "other name", 10, 100) == 10);
	close(fd);
	fd = open_disk(dev, O_RDONLY);
	CHECK(pread(fd, buf, 10, 100) == 10 && memcmp(buf, "other name", 10) == 0);
	close(fd);
	CHECK(unlink("/tmp/other-name") == 0);
}

static void
test_no_device(void)
{
	mknod("/tmp/no-device", S_IFBLK | 0600, makedev(254, 4095));
	CHECK_ERRNO(ENXIO, open("/tmp/no-device", O_RDONLY));
	CHECK(unlink("/tmp/no-device") == 0);
}

static void
test_all(const char *dev)
{
	int fd = open_disk(dev, O_RDWR);

	test_sizes(fd);
	test_seek(fd);
	test_end(fd);
	test_odd_pieces(dev, fd);
	test_mmap(fd);
	test_direct(dev, fd);
	test_ranges(dev, fd);
	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
	close(fd);
	test_exclusive(dev);
	test_rights(dev);
	test_node(dev);
}

/* ---- the whole disk ---- */

static void
fill(const char *dev, uint64_t seed)
{
	int fd = open_disk(dev, O_WRONLY);
	uint64_t at;
	size_t n;

	CHECK(ioctl(fd, BLKGETSIZE64, &size) == 0);
	for (at = 0; at < size; at += n) {
		n = size - at < CHUNK ? size - at : CHUNK;
		make(buf, seed, at, n);
		CHECK(pwrite(fd, buf, n, at) == (ssize_t)n);
	}
	CHECK(fsync(fd) == 0);
	close(fd);
}

static void
check(const char *dev, uint64_t seed)
{
	int fd = open_disk(dev, O_RDONLY);
	uint64_t at;
	size_t n;

	CHECK(ioctl(fd, BLKGETSIZE64, &size) == 0);
	for (at = 0; at < size; at += n) {
		n = size - at < CHUNK ? size - at : CHUNK;
		make(ref, seed, at, n);
		CHECK(pread(fd, buf, n, at) == (ssize_t)n);
		CHECK(memcmp(buf, ref, n) == 0);
	}
	close(fd);
}

/* ---- many at once ---- */

/* Task `me` of `n` writes the blocks of 4096 bytes whose number is me modulo n, through the cache or past it. */
static void
storm_task(const char *dev, int me, int n)
{
	int cached = open_disk(dev, O_RDWR), direct = open_disk(dev, O_RDWR | O_DIRECT), fd;
	uint64_t blocks = size / 4096 / n, random = me + 1, at;
	unsigned char *seen = calloc(blocks, 1);

	for (int round = 0; round < 400; round++) {
		random = random * 6364136223846793005UL + 1442695040888963407UL;
		at = (random >> 33) % blocks;
		fd = random >> 32 & 1 ? cached : direct;
		if (seen[at] && (random >> 31 & 1)) {
			make(ref, seen[at], (at * n + me) * 4096, 4096);
			CHECK(pread(fd, buf, 4096, (at * n + me) * 4096) == 4096);
			CHECK(memcmp(buf, ref, 4096) == 0);
		} else {
			seen[at] = 1 + round % 255;
			make(buf, seen[at], (at * n + me) * 4096, 4096);
			CHECK(pwrite(fd, buf, 4096, (at * n + me) * 4096) == 4096);
		}
		if (round % 64 == 63)
			CHECK(fsync(fd) == 0);
	}
	for (at = 0; at < blocks; at++) {
		if (!seen[at])
			continue;
		make(ref, seen[at], (at * n + me) * 4096, 4096);
		CHECK(pread(direct, buf, 4096, (at * n + me) * 4096) == 4096);
		CHECK(memcmp(buf, ref, 4096) == 0);
	}
	_exit(0);
}

static void
storm(const char *dev, int n)
{
	int fd = open_disk(dev, O_RDWR), status;

	CHECK(ioctl(fd, BLKGETSIZE64, &size) == 0);
	fflush(stdout);
	for (int i = 0; i < n; i++)
		if (fork() == 0)
			storm_task(dev, i, n);
	while (n--) {
		CHECK(wait(&status) > 0);
		CHECK(exited(status, 0));
	}
	close(fd);
}

int
main(int argc, char **argv)
{
	test_no_device();
	if (argc < 3)
		return 0;
	if (!strcmp(argv[1], "all"))
		test_all(argv[2]);
	else if (!strcmp(argv[1], "fill"))
		fill(argv[2], atol(argv[3]));
	else if (!strcmp(argv[1], "check"))
		check(argv[2], atol(argv[3]));
	else if (!strcmp(argv[1], "storm"))
		storm(argv[2], atoi(argv[3]));
	else
		return 2;
	return 0;
}
