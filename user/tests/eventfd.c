/* eventfd: counting, semaphores, blocking and not, its limit, poll, and what /proc says. */
#include <poll.h>
#include "abi/event.h"
#include "test.h"

static int
make(unsigned n, int flags)
{
	int fd = syscall(SYS_eventfd2, n, flags);

	CHECK(fd >= 0);
	return fd;
}

static long
add(int fd, uint64_t n)
{
	return write(fd, &n, 8);
}

static uint64_t
take(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, 8) == 8 ? n : ~0UL;
}

static int
events(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static void
test_count(void)
{
	int e = make(3, EFD_NONBLOCK | EFD_CLOEXEC), copy;
	char small[4];

	CHECK(fcntl(e, F_GETFD) == FD_CLOEXEC);
	CHECK((fcntl(e, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == (O_RDWR | O_NONBLOCK));
	CHECK(events(e) == (POLLIN | POLLOUT));
	CHECK(take(e) == 3);
	CHECK(events(e) == POLLOUT);
	CHECK_ERRNO(EAGAIN, read(e, small, 8));
	CHECK_ERRNO(EINVAL, read(e, small, 4));
	CHECK_ERRNO(EINVAL, write(e, small, 4));
	CHECK_ERRNO(EFAULT, write(e, (void *)8, 8));
	CHECK_ERRNO(EINVAL, add(e, ~0UL));
	copy = dup(e);
	CHECK(add(e, 1) == 8 && add(copy, 5) == 8 && take(copy) == 6);
	CHECK(add(e, ~0UL - 1) == 8 && events(e) == POLLIN);
	CHECK_ERRNO(EAGAIN, add(e, 1));
	CHECK(add(e, 0) == 8);
	CHECK(take(e) == ~0UL - 1);
	CHECK_ERRNO(EINVAL, syscall(SYS_eventfd2, 0, 2));
	close(e);
	close(copy);
}

static void
test_semaphore(void)
{
	int e = make(2, EFD_SEMAPHORE | EFD_NONBLOCK);

	CHECK(take(e) == 1 && take(e) == 1);
	CHECK_ERRNO(EAGAIN, (long)take(e));
	close(e);
}

/* A reader sleeps until somebody writes, a writer until there is room; a signal interrupts both. */
static void
test_blocking(void)
{
	int e = make(0, 0), back = make(0, 0);
	pid_t child = fork();

	if (child == 0) {
		CHECK(take(e) == 7);
		CHECK(add(e, ~0UL - 1) == 8);
		CHECK(add(back, 1) == 8);
		CHECK(add(e, 2) == 8);		/* waits for room */
		_exit(0);
	}
	pause_ms(20);
	CHECK(add(e, 7) == 8);
	CHECK(take(back) == 1);
	pause_ms(20);
	CHECK(take(e) == ~0UL - 1);
	CHECK(take(e) == 2);
	int status;
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	close(e);
	close(back);
}

/* fd/N is a link to "anon_inode:[eventfd]"; fdinfo/N tells the count. */
static void
test_proc(void)
{
	char path[64], text[512], *line;
	int e = make(0x1b, EFD_SEMAPHORE), f;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/self/fd/%d", e);
	n = readlink(path, text, sizeof text - 1);
	CHECK(n > 0);
	text[n] = 0;
	CHECK(!strcmp(text, "anon_inode:[eventfd]"));
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", e);
	f = open(path, O_RDONLY);
	n = read(f, text, sizeof text - 1);
	CHECK(n > 0);
	text[n] = 0;
	line = strstr(text, "eventfd-count: ");
	CHECK(line && !strncmp(line, "eventfd-count:               1b\n", 32));
	CHECK(strstr(text, "eventfd-semaphore: 1\n"));
	struct stat st;
	CHECK(fstat(e, &st) == 0 && (st.st_mode & 0777) == 0600 && (st.st_mode & S_IFMT) == 0);
	close(f);
	close(e);
}

int
main(void)
{
	test_count();
	test_semaphore();
	test_blocking();
	test_proc();
	return 0;
}
