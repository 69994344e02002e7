/*
 * sync_calls: fsync, fdatasync, sync_file_range, syncfs, readahead and posix_fadvise: what they take, and refuse.
 * The file: in the folder given, or the working directory.
 */
#include "test.h"

#define RANGE_ALL	(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)

#ifndef SYS_readahead
#define SYS_readahead	213
#endif

int
main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : ".";
	char name[256], page[PAGE], back[PAGE];
	int fd, ro, dir, path, p[2], null = open("/dev/null", O_RDWR);

	snprintf(name, sizeof(name), "%s/sync_calls.%d", folder, getpid());
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	ro = open(name, O_RDONLY);
	path = open(name, O_PATH);
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && ro >= 0 && path >= 0 && dir >= 0 && unlink(name) == 0 && pipe(p) == 0);
	for (int i = 0; i < 300; i++) {
		memset(page, i, PAGE);
		CHECK(write(fd, page, PAGE) == PAGE);
	}

	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0 && fsync(ro) == 0 && fsync(dir) == 0);
	CHECK_ERRNO(EBADF, fsync(-1));
	CHECK_ERRNO(EBADF, fsync(path));
	CHECK_ERRNO(EINVAL, fsync(p[0]));
	CHECK_ERRNO(EINVAL, fsync(null));

	CHECK(syncfs(fd) == 0 && syncfs(dir) == 0);
	CHECK_ERRNO(EBADF, syncfs(99));
	CHECK_ERRNO(EBADF, syncfs(path));
	sync();

	CHECK(sync_file_range(fd, 0, 0, RANGE_ALL) == 0 && sync_file_range(fd, 5000, 10000, RANGE_ALL) == 0);
	CHECK(sync_file_range(fd, 0, 4096, 0) == 0 && sync_file_range(ro, 1 << 20, 1 << 20, RANGE_ALL) == 0);
	CHECK_ERRNO(EINVAL, sync_file_range(fd, -1, 10, RANGE_ALL));
	CHECK_ERRNO(EINVAL, sync_file_range(fd, 10, -1, RANGE_ALL));
	CHECK_ERRNO(EINVAL, sync_file_range(fd, 0x7fffffffffffffff, 10, RANGE_ALL));
	CHECK_ERRNO(EINVAL, sync_file_range(fd, 0, 10, 8));
	CHECK_ERRNO(EBADF, sync_file_range(99, 0, 10, RANGE_ALL));
	CHECK_ERRNO(ESPIPE, sync_file_range(p[1], 0, 10, RANGE_ALL));
	CHECK_ERRNO(ESPIPE, sync_file_range(null, 0, 10, RANGE_ALL));

	for (int advice = POSIX_FADV_NORMAL; advice <= POSIX_FADV_NOREUSE; advice++)
		CHECK(posix_fadvise(fd, 100, 100000, advice) == 0 && posix_fadvise(ro, 0, 0, advice) == 0);
	CHECK(posix_fadvise(fd, 0, 0, 17) == EINVAL && posix_fadvise(fd, 0, -1, POSIX_FADV_NORMAL) == EINVAL);
	CHECK(posix_fadvise(99, 0, 0, POSIX_FADV_NORMAL) == EBADF);
	CHECK(posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL) == ESPIPE);

	CHECK(syscall(SYS_readahead, fd, 0L, 1L << 20) == 0 && syscall(SYS_readahead, ro, 1L << 30, 10L) == 0);
	CHECK_ERRNO(EBADF, syscall(SYS_readahead, 99, 0L, 10L));
	CHECK_ERRNO(EINVAL, syscall(SYS_readahead, p[0], 0L, 10L));

	/* However often it was written out, dropped and read again: the same bytes. */
	for (int i = 0; i < 300; i++) {
		memset(page, i, PAGE);
		CHECK(pread(ro, back, PAGE, i * PAGE) == PAGE && memcmp(page, back, PAGE) == 0);
	}
	return 0;
}
