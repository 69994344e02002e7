/* splice, tee, vmsplice and sendfile between files and pipes: what moves, what stays, who waits, and every errno. */
#include "test.h"
#include <sys/uio.h>

#define NONBLOCK	2

static int a[2], b[2], fd;

static long
splice_(int in, off_t *ip, int out, off_t *op, size_t n, unsigned flags)
{
	return syscall(SYS_splice, in, ip, out, op, n, flags);
}

static int
drained(int from, const char *want)
{
	char buf[64];
	ssize_t n = read(from, buf, sizeof(buf));

	return n == (ssize_t)strlen(want) && !memcmp(buf, want, n);
}

static void
file_and_pipe(void)
{
	off_t at = 3, none = 0;

	CHECK(pwrite(fd, "0123456789", 10, 0) == 10);
	CHECK(splice_(fd, &at, a[1], NULL, 4, 0) == 4 && at == 7 && drained(a[0], "3456"));
	CHECK(lseek(fd, 2, SEEK_SET) == 2);
	CHECK(splice_(fd, NULL, a[1], NULL, 100, 0) == 8 && lseek(fd, 0, SEEK_CUR) == 10);
	CHECK(splice_(fd, NULL, a[1], NULL, 100, 0) == 0);			/* end of file */
	at = 20;
	CHECK(splice_(a[0], NULL, fd, &at, 3, 0) == 3 && at == 23);
	CHECK(drained(a[0], "56789"));
	CHECK(pread(fd, (char[3]){ 0 }, 3, 20) == 3);
	CHECK(write(a[1], "tail", 4) == 4 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(splice_(a[0], NULL, fd, NULL, 100, 0) == 4 && lseek(fd, 0, SEEK_CUR) == 4);
	CHECK_ERRNO(EAGAIN, splice_(a[0], NULL, fd, NULL, 1, NONBLOCK));
	CHECK_ERRNO(ESPIPE, splice_(a[0], &none, fd, NULL, 1, 0));
	CHECK_ERRNO(ESPIPE, splice_(fd, NULL, a[1], &none, 1, 0));
	CHECK_ERRNO(EINVAL, splice_(fd, NULL, fd, NULL, 1, 0));
	CHECK_ERRNO(EINVAL, splice_(a[0], NULL, a[1], NULL, 1, 0));
	CHECK_ERRNO(EINVAL, splice_(fd, NULL, a[1], NULL, 1, 16));
	CHECK_ERRNO(EBADF, splice_(a[1], NULL, fd, NULL, 1, 0));
	CHECK_ERRNO(EBADF, splice_(-1, NULL, fd, NULL, 1, 0));
	CHECK(splice_(-1, NULL, -1, NULL, 0, 0) == 0);
	CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0 && write(a[1], "x", 1) == 1);
	CHECK_ERRNO(EINVAL, splice_(a[0], NULL, fd, NULL, 1, 0));
	CHECK(fcntl(fd, F_SETFL, 0) == 0 && drained(a[0], "x"));
}

/* A full disk takes nothing: what was offered is still in the pipe. */
static void
kept(void)
{
	int full = open("/dev/full", O_WRONLY);

	CHECK(write(a[1], "stays", 5) == 5);
	CHECK(full >= 0 && splice_(a[0], NULL, full, NULL, 5, 0) < 0);
	CHECK(drained(a[0], "stays"));
	close(full);
}

static void
pipes(void)
{
	static char big[65536];
	struct iovec v[2] = { { "vm", 2 }, { "splice", 6 } };
	char buf[8];

	CHECK(write(a[1], "abcdef", 6) == 6);
	CHECK(syscall(SYS_tee, a[0], b[1], 4, 0) == 4 && drained(b[0], "abcd"));
	CHECK(splice_(a[0], NULL, b[1], NULL, 2, 0) == 2 && drained(b[0], "ab") && drained(a[0], "cdef"));
	CHECK_ERRNO(EAGAIN, syscall(SYS_tee, a[0], b[1], 4, NONBLOCK));
	CHECK_ERRNO(EINVAL, syscall(SYS_tee, a[0], a[1], 4, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_tee, a[0], fd, 4, 0));
	CHECK(syscall(SYS_tee, a[0], b[1], 0, 0) == 0);
	CHECK(write(b[1], big, 65536) == 65536 && write(a[1], "1", 1) == 1);
	CHECK_ERRNO(EAGAIN, syscall(SYS_tee, a[0], b[1], 1, NONBLOCK));
	CHECK_ERRNO(EAGAIN, splice_(a[0], NULL, b[1], NULL, 1, NONBLOCK));
	CHECK(read(b[0], big, 65536) == 65536 && drained(a[0], "1"));
	CHECK(syscall(SYS_vmsplice, a[1], v, 2, 0) == 8 && drained(a[0], "vmsplice"));
	CHECK(write(a[1], "out", 3) == 3);
	v[0] = (struct iovec){ buf, 8 };
	CHECK(syscall(SYS_vmsplice, a[0], v, 1, 0) == 3 && !memcmp(buf, "out", 3));
	CHECK_ERRNO(EBADF, syscall(SYS_vmsplice, fd, v, 1, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_vmsplice, a[0], v, 1, 16));
}

static char
byte_at(long i)
{
	return i * 7 + i / PAGE;
}

/* n bytes from `from`: those of the file from `at` on. */
static int
says_file(int from, long at, long n)
{
	static char buf[4 * PAGE];
	long got = 0;

	while (got < n) {
		ssize_t r = read(from, buf + got, n - got);

		if (r <= 0)
			return 0;
		got += r;
	}
	for (long i = 0; i < n; i++)
		if (buf[i] != byte_at(at + i))
			return 0;
	return 1;
}

/* Whole pages of a file go through pipes; who writes to a pipe afterwards writes to no page that others have. */
static void
whole_pages(void)
{
	static char page[4 * PAGE], junk[16 * PAGE];
	long n, more = 0;
	off_t at = 0;

	for (long i = 0; i < 4 * PAGE; i++)
		page[i] = byte_at(i);
	CHECK(pwrite(fd, page, sizeof page, 0) == sizeof page);
	while (at < 3 * PAGE)
		CHECK(splice_(fd, &at, a[1], NULL, 3 * PAGE - at, 0) > 0);
	CHECK(syscall(SYS_tee, a[0], b[1], 3 * PAGE, 0) == 3 * PAGE);
	CHECK(says_file(a[0], 0, 100));
	/* Until the pipe is full, if need be also before where the first page is read from. */
	memset(junk, 'j', sizeof junk);
	CHECK(fcntl(a[1], F_SETFL, O_NONBLOCK) == 0);
	while ((n = write(a[1], junk, sizeof junk)) > 0)
		more += n;
	while ((n = write(a[1], junk, 1)) > 0)
		more += n;
	CHECK(fcntl(a[1], F_SETFL, 0) == 0 && more >= 12 * PAGE);
	CHECK(pread(fd, junk, 4 * PAGE, 0) == 4 * PAGE && !memcmp(junk, page, 4 * PAGE));
	CHECK(says_file(a[0], 100, 3 * PAGE - 100));
	for (; more; more -= n) {
		n = read(a[0], junk, more < (long)sizeof junk ? more : (long)sizeof junk);
		CHECK(n > 0);
		for (long i = 0; i < n; i++)
			CHECK(junk[i] == 'j');
	}
	/* From pipe to pipe: pieces, then whole pages, then what is left. */
	CHECK(splice_(b[0], NULL, a[1], NULL, 10, 0) == 10 && says_file(a[0], 0, 10));
	CHECK(says_file(b[0], 10, PAGE - 10));
	for (n = 0; n < 2 * PAGE; )
		n += splice_(b[0], NULL, a[1], NULL, 2 * PAGE - n, 0);
	CHECK(n == 2 * PAGE && says_file(a[0], PAGE, 2 * PAGE));
	/* And through a pipe into the same file, further on. */
	at = PAGE;
	CHECK(splice_(fd, &at, a[1], NULL, 2 * PAGE, 0) == 2 * PAGE);
	at = 8 * PAGE + 5;
	for (n = 0; n < 2 * PAGE; )
		n += splice_(a[0], NULL, fd, &at, 2 * PAGE - n, 0);
	CHECK(pread(fd, junk, 2 * PAGE, 8 * PAGE + 5) == 2 * PAGE && !memcmp(junk, page + PAGE, 2 * PAGE));
	/* A hole is zeros. */
	at = 6 * PAGE;
	CHECK(splice_(fd, &at, a[1], NULL, PAGE, 0) == PAGE && write(a[1], "x", 1) == 1);
	memset(page, 0, PAGE);
	for (n = 0; n < PAGE; )
		n += read(a[0], junk + n, PAGE - n);
	CHECK(!memcmp(junk, page, PAGE) && drained(a[0], "x"));
	CHECK(ftruncate(fd, 0) == 0);
}

/* A reader that waits gets what is spliced; the end of the writers ends a splice. */
static void
waiting(void)
{
	int status;
	pid_t p;

	CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	p = fork();
	if (!p) {
		close(a[1]);
		for (int n = 0; n < 9; ) {
			long got = splice_(a[0], NULL, fd, NULL, 100, 0);

			if (got <= 0)
				_exit(1);
			n += got;
		}
		_exit(splice_(a[0], NULL, fd, NULL, 100, 0) != 0);
	}
	for (int i = 0; i < 3; i++) {
		pause_ms(20);
		CHECK(write(a[1], "...", 3) == 3);
	}
	close(a[1]);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	CHECK(lseek(fd, 0, SEEK_END) == 9);
	signal(SIGPIPE, SIG_IGN);
	close(b[0]);
	CHECK(pwrite(fd, "abc", 3, 0) == 3);
	CHECK_ERRNO(EPIPE, splice_(fd, &(off_t){ 0 }, b[1], NULL, 3, 0));
}

static void
send(void)
{
	off_t at = 0;

	CHECK(pwrite(fd, "0123456789", 10, 0) == 10 && ftruncate(fd, 10) == 0);
	CHECK(syscall(SYS_sendfile, a[1], fd, &at, 5) == 5 && at == 5 && drained(a[0], "01234"));
	CHECK_ERRNO(EINVAL, syscall(SYS_sendfile, fd, a[0], NULL, 5));
	CHECK_ERRNO(EBADF, syscall(SYS_sendfile, a[0], fd, NULL, 5));
}

int
main(void)
{
	fd = open("/tmp/splice.t", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && unlink("/tmp/splice.t") == 0 && pipe(a) == 0 && pipe(b) == 0);
	file_and_pipe();
	kept();
	pipes();
	whole_pages();
	send();
	waiting();
	return 0;
}
