/* copy_range: copy_file_range: positions, the end of the file, overlap, errno. preadv2, pwritev2, fchmodat2. */
#include "test.h"
#include <sys/uio.h>

static int in, out;

static long
copy(int from, off_t *ip, int to, off_t *op, size_t n, unsigned flags)
{
	return syscall(SYS_copy_file_range, from, ip, to, op, n, flags);
}

static int
holds(int fd, const char *want)
{
	char buf[64];
	ssize_t n = pread(fd, buf, sizeof(buf), 0);

	return n == (ssize_t)strlen(want) && !memcmp(buf, want, n);
}

static void
ranges(void)
{
	off_t ip = 2, op = 1;
	int p[2], dir = open("/tmp", O_RDONLY), proc = open("/proc/version", O_RDONLY);

	CHECK(write(in, "0123456789", 10) == 10);
	CHECK(copy(in, &ip, out, NULL, 4, 0) == 4 && ip == 6 && lseek(out, 0, SEEK_CUR) == 4 && holds(out, "2345"));
	CHECK(copy(in, &ip, out, &op, 100, 0) == 4 && ip == 10 && op == 5 && holds(out, "26789"));
	CHECK(copy(in, &ip, out, &op, 100, 0) == 0 && ip == 10);
	CHECK(lseek(in, 0, SEEK_CUR) == 10 && copy(in, NULL, out, NULL, 5, 0) == 0);
	ip = 0;
	op = 6;
	CHECK(copy(in, &ip, in, &op, 4, 0) == 4 && holds(in, "0123450123"));
	CHECK_ERRNO(EINVAL, copy(in, &(off_t){ 0 }, in, &(off_t){ 3 }, 4, 0));
	CHECK_ERRNO(EINVAL, copy(in, &ip, out, &op, 4, 1));
	CHECK(pipe(p) == 0);
	CHECK_ERRNO(EINVAL, copy(in, NULL, p[1], NULL, 4, 0));
	CHECK_ERRNO(EISDIR, copy(dir, NULL, out, NULL, 4, 0));
	CHECK_ERRNO(EBADF, copy(-1, NULL, out, NULL, 4, 0));
	CHECK_ERRNO(EXDEV, copy(proc, NULL, out, NULL, 4, 0));
	CHECK(fcntl(out, F_SETFL, O_APPEND) == 0);
	CHECK_ERRNO(EBADF, copy(in, &(off_t){ 0 }, out, NULL, 4, 0));
	CHECK(fcntl(out, F_SETFL, 0) == 0);
	CHECK_ERRNO(EFAULT, copy(in, (void *)1, out, NULL, 4, 0));
	close(dir);
	close(proc);
}

static void
vectors(void)
{
	char x[4], y[4];
	struct iovec w[2] = { { "ab", 2 }, { "cd", 2 } }, r[2] = { { x, 3 }, { y, 4 } };

	CHECK(ftruncate(out, 0) == 0 && lseek(out, 0, SEEK_SET) == 0);
	CHECK(syscall(SYS_pwritev, out, w, 2, 3L, 0L) == 4 && lseek(out, 0, SEEK_CUR) == 0);
	CHECK(syscall(SYS_preadv, out, r, 2, 2L, 0L) == 5 && !memcmp(x, "\0ab", 3) && !memcmp(y, "cd", 2));
	CHECK(syscall(SYS_pwritev2, out, w, 1, -1L, 0L, 0) == 2 && lseek(out, 0, SEEK_CUR) == 2);
	CHECK(syscall(SYS_preadv2, out, r, 1, -1L, 0L, 0) == 3 && lseek(out, 0, SEEK_CUR) == 5);
	CHECK(syscall(SYS_pwritev2, out, w, 2, 0L, 0L, 0x10) == 4 && lseek(out, 0, SEEK_END) == 11);	/* RWF_APPEND */
	CHECK(syscall(SYS_pwritev2, out, w, 2, 0L, 0L, 0x4) == 4 && lseek(out, 0, SEEK_END) == 11);	/* RWF_SYNC */
	CHECK_ERRNO(EINVAL, syscall(SYS_preadv, out, r, 2, -1L, 0L));
	CHECK_ERRNO(EINVAL, syscall(SYS_pwritev2, out, w, 2, -2L, 0L, 0));
	CHECK_ERRNO(EOPNOTSUPP, syscall(SYS_preadv2, out, r, 2, 0L, 0L, 0x8000));
	CHECK_ERRNO(EINVAL, syscall(SYS_preadv, out, r, 2000, 0L, 0L));
	CHECK_ERRNO(EBADF, syscall(SYS_preadv, -1, r, 2, 0L, 0L));
}

static void
modes(void)
{
	struct stat s;

	CHECK(symlink("copy.t", "/tmp/copy.link") == 0 && close(open("/tmp/copy.t", O_CREAT | O_RDWR, 0600)) == 0);
	CHECK(syscall(SYS_fchmodat2, AT_FDCWD, "/tmp/copy.link", 0640, 0) == 0);
	CHECK(stat("/tmp/copy.t", &s) == 0 && (s.st_mode & 07777) == 0640);
	CHECK_ERRNO(EOPNOTSUPP, syscall(SYS_fchmodat2, AT_FDCWD, "/tmp/copy.link", 0600, AT_SYMLINK_NOFOLLOW));
	CHECK(syscall(SYS_fchmodat2, AT_FDCWD, "/tmp/copy.t", 0604, AT_SYMLINK_NOFOLLOW) == 0);
	CHECK(syscall(SYS_fchmodat2, in, "", 0444, AT_EMPTY_PATH) == 0 && fstat(in, &s) == 0);
	CHECK((s.st_mode & 0777) == 0444);
	CHECK_ERRNO(EINVAL, syscall(SYS_fchmodat2, in, "", 0444, 1));
	CHECK_ERRNO(ENOENT, syscall(SYS_fchmodat2, in, "", 0444, 0));
	CHECK(unlink("/tmp/copy.link") == 0 && unlink("/tmp/copy.t") == 0);
}

int
main(void)
{
	in = open("/tmp/copy_range.in", O_RDWR | O_CREAT | O_TRUNC, 0600);
	out = open("/tmp/copy_range.out", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(in >= 0 && out >= 0 && unlink("/tmp/copy_range.in") == 0 && unlink("/tmp/copy_range.out") == 0);
	ranges();
	vectors();
	modes();
	return 0;
}
