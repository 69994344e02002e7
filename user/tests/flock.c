/* flock: locks of a whole file: shared by duplicates and children, changed in kind, waited for, dropped at the end. */
#include "locks.h"

#define NAME	"/tmp/flock.t"

static int one, two;

static int
again(int flags)
{
	int fd = open(NAME, flags);

	CHECK(fd >= 0);
	return fd;
}

static void
kinds(void)
{
	int fd;

	CHECK(flock(one, LOCK_SH) == 0 && flock(two, LOCK_SH) == 0);
	CHECK_ERRNO(EWOULDBLOCK, flock(one, LOCK_EX | LOCK_NB));
	/* In vain, but the old one is lost: to change it is to drop it, and to ask for another. */
	CHECK(flock(two, LOCK_EX | LOCK_NB) == 0);
	CHECK_ERRNO(EWOULDBLOCK, flock(one, LOCK_SH | LOCK_NB));
	CHECK(flock(two, LOCK_EX) == 0 && flock(two, LOCK_SH) == 0 && flock(one, LOCK_SH | LOCK_NB) == 0);
	CHECK(flock(one, LOCK_UN) == 0 && flock(one, LOCK_UN) == 0);
	CHECK(flock(two, LOCK_EX | LOCK_NB) == 0 && close(two) == 0);
	CHECK(flock(one, LOCK_EX | LOCK_NB) == 0 && flock(one, LOCK_UN) == 0);
	two = again(O_RDWR);
	/* What it is open for is all the same. */
	fd = again(O_RDONLY);
	CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
	CHECK_ERRNO(EWOULDBLOCK, flock(one, LOCK_EX | LOCK_NB));
	close(fd);
	/* Not a lock of fcntl's. */
	CHECK(flock(one, LOCK_EX) == 0 && lock(one, F_SETLK, F_WRLCK, 0, 0) == 0);
	CHECK(lock(two, F_OFD_SETLK, F_WRLCK, 0, 0) == -1 && flock(one, LOCK_UN) == 0);
	CHECK(lock(one, F_SETLK, F_UNLCK, 0, 0) == 0);

	CHECK_ERRNO(EINVAL, flock(one, 0));
	CHECK_ERRNO(EINVAL, flock(one, LOCK_SH | LOCK_EX));
	CHECK_ERRNO(EINVAL, flock(-1, LOCK_NB));
	CHECK_ERRNO(EBADF, flock(-1, LOCK_SH));
	fd = again(O_PATH);
	CHECK_ERRNO(EBADF, flock(fd, LOCK_SH));
	close(fd);
	CHECK((fd = open("/tmp", O_RDONLY)) >= 0 && flock(fd, LOCK_EX) == 0 && close(fd) == 0);
}

static void convert(void) { CHECK(flock(one, LOCK_SH) == 0); }
static void drop(void) { CHECK(flock(one, LOCK_UN) == 0); }

static void
duplicates(void)
{
	int fd, status;
	pid_t p;

	CHECK(flock(one, LOCK_EX) == 0 && (fd = dup(one)) >= 0);
	CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0 && close(one) == 0);
	CHECK_ERRNO(EWOULDBLOCK, flock(two, LOCK_SH | LOCK_NB));
	CHECK(flock(fd, LOCK_UN) == 0 && flock(two, LOCK_SH | LOCK_NB) == 0 && flock(two, LOCK_UN) == 0);
	one = fd;
	/* A child has the same open file: it changes the lock for both ... */
	CHECK(flock(one, LOCK_EX) == 0 && exited(in_child(convert), 0));
	CHECK(flock(two, LOCK_SH | LOCK_NB) == 0 && flock(two, LOCK_UN) == 0);
	CHECK_ERRNO(EWOULDBLOCK, flock(two, LOCK_EX | LOCK_NB));
	CHECK(exited(in_child(drop), 0));
	CHECK(flock(two, LOCK_EX | LOCK_NB) == 0 && flock(two, LOCK_UN) == 0);
	/* ... and keeps it when the parent closes. */
	CHECK(flock(one, LOCK_EX) == 0);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		pause();
		_exit(0);
	}
	close(one);
	CHECK_ERRNO(EWOULDBLOCK, flock(two, LOCK_SH | LOCK_NB));
	CHECK(kill(p, SIGKILL) == 0 && flock(two, LOCK_EX) == 0 && flock(two, LOCK_UN) == 0);
	CHECK(waitpid(p, &status, 0) == p && killed(status, SIGKILL));
	one = again(O_RDWR);
}

/* A child that waits for the lock, and says so by its end. */
static pid_t
waiter(int op)
{
	pid_t p = fork();

	CHECK(p >= 0);
	if (p == 0) {
		close(one);			/* or it would hold what it waits for */
		_exit(flock(again(O_RDWR), op) != 0);
	}
	return p;
}

static void
waiting(void)
{
	pid_t p[3];
	int status;

	CHECK(flock(one, LOCK_EX) == 0);
	for (int i = 0; i < 3; i++)
		p[i] = waiter(i < 2 ? LOCK_SH : LOCK_EX);
	for (int i = 0; i < 3; i++) {
		wait_state(p[i], p[i], 'S');
		CHECK(waitpid(p[i], NULL, WNOHANG) == 0);
	}
	CHECK(flock(one, LOCK_SH) == 0);	/* enough for two of them */
	for (int i = 0; i < 2; i++)
		CHECK(waitpid(p[i], &status, 0) == p[i] && exited(status, 0));
	CHECK(waitpid(p[2], NULL, WNOHANG) == 0);
	close(one);
	CHECK(waitpid(p[2], &status, 0) == p[2] && exited(status, 0));
	one = again(O_RDWR);
	CHECK(flock(one, LOCK_EX) == 0);
	interrupts(1);
	CHECK_ERRNO(EINTR, flock(two, LOCK_EX));
	interrupts(0);
	CHECK(flock(one, LOCK_UN) == 0);
}

int
main(void)
{
	unlink(NAME);
	CHECK((one = open(NAME, O_RDWR | O_CREAT, 0600)) >= 0);
	two = again(O_RDWR);
	kinds();
	duplicates();
	waiting();
	CHECK(unlink(NAME) == 0);
	return 0;
}
