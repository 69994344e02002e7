/* ofd_locks: fcntl's locks of an open file: shared by its duplicates, foreign to other opens and to its own process. */
#include "locks.h"

#define NAME	"/tmp/ofd.t"

static int one, two;

static int
again(void)
{
	int fd = open(NAME, O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

static void
owners(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5 };
	int fd;

	CHECK(lock(one, F_OFD_SETLK, F_WRLCK, 0, 10) == 0);
	CHECK_ERRNO(EAGAIN, lock(two, F_OFD_SETLK, F_RDLCK, 9, 1));
	CHECK(lock(two, F_OFD_SETLK, F_RDLCK, 10, 1) == 0);
	/* The process that has it open is somebody else, too. */
	CHECK_ERRNO(EAGAIN, lock(one, F_SETLK, F_WRLCK, 0, 1));
	CHECK(fcntl(two, F_OFD_GETLK, &l) == 0 && l.l_type == F_WRLCK && l.l_start == 0 && l.l_len == 10);
	CHECK(l.l_pid == -1);
	l = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5 };
	CHECK(fcntl(one, F_OFD_GETLK, &l) == 0 && l.l_type == F_UNLCK);
	/* F_UNLCK asks for locks of one's own. */
	l = (struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 100 };
	CHECK(fcntl(one, F_OFD_GETLK, &l) == 0 && l.l_type == F_WRLCK && l.l_start == 0 && l.l_len == 10);
	l = (struct flock){ .l_type = F_WRLCK, .l_len = 1, .l_pid = 1 };
	CHECK_ERRNO(EINVAL, fcntl(one, F_OFD_SETLK, &l));
	CHECK_ERRNO(EINVAL, fcntl(one, F_OFD_GETLK, &l));
	/* Ranges as of any lock. */
	CHECK(lock(one, F_OFD_SETLK, F_RDLCK, 3, 3) == 0 && lock(one, F_OFD_SETLK, F_UNLCK, 8, 1) == 0);
	CHECK_LOCKS(NAME, "w0-2 r3-5 w6-7 w9-9 r10-10");
	/* Another open's close is not its business. */
	fd = again();
	close(fd);
	CHECK_LOCKS(NAME, "w0-2 r3-5 w6-7 w9-9 r10-10");
	/* A duplicate is the same open file: the locks go with the last one. */
	CHECK((fd = dup(one)) >= 0 && lock(fd, F_OFD_SETLK, F_WRLCK, 0, 10) == 0 && close(one) == 0);
	CHECK_LOCKS(NAME, "w0-9 r10-10");
	close(fd);
	CHECK_LOCKS(NAME, "r10-10");
	one = again();
	CHECK(lock(two, F_OFD_SETLK, F_UNLCK, 0, 0) == 0);
}

/* A fork's child has the same open file, so it shares the lock, and may end it. */
static void
share(void)
{
	CHECK(lock(one, F_OFD_SETLK, F_WRLCK, 5, 5) == 0);
	CHECK_ERRNO(EAGAIN, lock(again(), F_OFD_SETLK, F_RDLCK, 0, 10));
}

static void
end(void)
{
	CHECK(lock(one, F_OFD_SETLK, F_UNLCK, 0, 5) == 0);
}

static void
waits_until_interrupted(void)
{
	interrupts(1);
	CHECK_ERRNO(EINTR, lock(again(), F_OFD_SETLKW, F_WRLCK, 0, 1));
}

static void
forked(void)
{
	int status;
	pid_t p;

	CHECK(lock(one, F_OFD_SETLK, F_WRLCK, 0, 1) == 0);
	CHECK(exited(in_child(share), 0));
	CHECK_LOCKS(NAME, "w0-0 w5-9");
	CHECK(exited(in_child(end), 0));
	CHECK_LOCKS(NAME, "w5-9");
	CHECK(lock(one, F_OFD_SETLK, F_WRLCK, 0, 1) == 0 && exited(in_child(waits_until_interrupted), 0));

	p = fork();
	CHECK(p >= 0);
	if (p == 0)
		_exit(lock(again(), F_OFD_SETLKW, F_WRLCK, 0, 0) != 0);
	wait_state(p, p, 'S');
	CHECK(lock(one, F_OFD_SETLK, F_UNLCK, 0, 0) == 0);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	CHECK_LOCKS(NAME, "");
}

/* Nobody is told of a deadlock: an open file is not who waits. */
static void
no_deadlock(void)
{
	struct flock childs;
	int fd, status;
	pid_t p;

	CHECK(lock(one, F_OFD_SETLK, F_WRLCK, 0, 1) == 0);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		fd = again();
		CHECK(lock(fd, F_OFD_SETLK, F_WRLCK, 1, 1) == 0);
		_exit(lock(fd, F_OFD_SETLKW, F_WRLCK, 0, 1) != 0);
	}
	while (!first_lock(two, 1, &childs))
		pause_ms(1);
	wait_state(p, p, 'S');
	interrupts(1);
	CHECK_ERRNO(EINTR, lock(one, F_OFD_SETLKW, F_WRLCK, 1, 1));
	interrupts(0);
	CHECK(lock(one, F_OFD_SETLK, F_UNLCK, 0, 1) == 0);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
}

int
main(void)
{
	unlink(NAME);
	CHECK((one = open(NAME, O_RDWR | O_CREAT, 0600)) >= 0);
	two = again();
	owners();
	forked();
	no_deadlock();
	CHECK(unlink(NAME) == 0);
	return 0;
}
