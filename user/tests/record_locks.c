/*
 * record_locks: fcntl's locks of a process: how they split and merge, who waits, who is told of a deadlock, and what
 * ends them.
 */
#include "locks.h"

#define NAME	"/tmp/record.t"

static int fd;
static char self[256];

static int set(int type, off_t start, off_t len) { return lock(fd, F_SETLK, type, start, len); }
static int set_wait(int type, off_t start, off_t len) { return lock(fd, F_SETLKW, type, start, len); }

static void
ranges(void)
{
	CHECK(set(F_WRLCK, 0, 100) == 0 && set(F_UNLCK, 40, 20) == 0);
	CHECK_LOCKS(NAME, "w0-39 w60-99");
	CHECK(set(F_WRLCK, 40, 20) == 0);
	CHECK_LOCKS(NAME, "w0-99");
	CHECK(set(F_RDLCK, 20, 20) == 0);
	CHECK_LOCKS(NAME, "w0-19 r20-39 w40-99");
	CHECK(set(F_RDLCK, 10, 10) == 0 && set(F_RDLCK, 40, 5) == 0);
	CHECK_LOCKS(NAME, "w0-9 r10-44 w45-99");
	CHECK(set(F_WRLCK, 5, 60) == 0);
	CHECK_LOCKS(NAME, "w0-99");
	CHECK(set(F_UNLCK, 0, 10) == 0 && set(F_UNLCK, 90, 10) == 0 && set(F_UNLCK, 50, 1) == 0);
	CHECK_LOCKS(NAME, "w10-49 w51-89");
	CHECK(set(F_RDLCK, 200, 0) == 0 && set(F_RDLCK, 150, 10) == 0 && set(F_RDLCK, 120, 10) == 0);
	CHECK_LOCKS(NAME, "w10-49 w51-89 r120-129 r150-159 r200-");
	CHECK(set(F_RDLCK, 125, 30) == 0);
	CHECK_LOCKS(NAME, "w10-49 w51-89 r120-159 r200-");
	CHECK(set(F_UNLCK, 300, 100) == 0);
	CHECK_LOCKS(NAME, "w10-49 w51-89 r120-159 r200-299 r400-");
	CHECK(set(F_RDLCK, 0, 0) == 0);
	CHECK_LOCKS(NAME, "r0-");
	CHECK(set(F_UNLCK, 0, 0) == 0);
	CHECK_LOCKS(NAME, "");
}

/* Where a range begins, and which ones there are not. */
static void
decoding(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = -10, .l_len = 5 };
	int other;

	CHECK(ftruncate(fd, 500) == 0 && lseek(fd, 100, SEEK_SET) == 100);
	CHECK(fcntl(fd, F_SETLK, &l) == 0);
	CHECK_LOCKS(NAME, "w90-94");
	l = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -100, .l_len = -50 };
	CHECK(fcntl(fd, F_SETLK, &l) == 0);
	CHECK_LOCKS(NAME, "w90-94 w350-399");
	CHECK(set(F_UNLCK, 0, 0) == 0);
	CHECK_ERRNO(EINVAL, set(F_WRLCK, -1, 1));
	CHECK_ERRNO(EINVAL, set(F_WRLCK, 5, -6));
	CHECK_ERRNO(EINVAL, set(99, 0, 1));
	CHECK_ERRNO(EOVERFLOW, set(F_WRLCK, 2, INT64_MAX));
	CHECK(set(F_WRLCK, 5, -5) == 0 && set(F_WRLCK, INT64_MAX, 1) == 0);
	CHECK_LOCKS(NAME, "w0-4");
	CHECK(set(F_UNLCK, 0, INT64_MAX) == 0 && set(F_UNLCK, 0, 0) == 0);
	l.l_whence = 7;
	CHECK_ERRNO(EINVAL, fcntl(fd, F_SETLK, &l));
	l = (struct flock){ .l_type = F_UNLCK, .l_whence = SEEK_SET };
	CHECK_ERRNO(EINVAL, fcntl(fd, F_GETLK, &l));
	CHECK_ERRNO(EFAULT, fcntl(fd, F_SETLK, (void *)8));
	CHECK((other = open(NAME, O_RDONLY)) >= 0);
	CHECK_ERRNO(EBADF, lock(other, F_SETLK, F_WRLCK, 0, 1));
	CHECK(lock(other, F_SETLK, F_RDLCK, 0, 1) == 0 && close(other) == 0);
	CHECK((other = open(NAME, O_WRONLY)) >= 0);
	CHECK_ERRNO(EBADF, lock(other, F_SETLK, F_RDLCK, 0, 1));
	CHECK(close(other) == 0);
	CHECK((other = open(NAME, O_PATH)) >= 0);
	CHECK_ERRNO(EBADF, lock(other, F_SETLK, F_RDLCK, 0, 1));
	CHECK(close(other) == 0);
}

/* Another process: what it is told, and what it may have. */
static void
conflicts_child(void)
{
	struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 60 };

	CHECK(fcntl(fd, F_GETLK, &l) == 0 && l.l_type == F_WRLCK && l.l_whence == SEEK_SET);
	CHECK(l.l_start == 50 && l.l_len == 50 && l.l_pid == getppid());
	l = (struct flock){ .l_type = F_RDLCK, .l_whence = SEEK_CUR, .l_start = 0, .l_len = 50, .l_pid = 7 };
	lseek(fd, 0, SEEK_SET);
	CHECK(fcntl(fd, F_GETLK, &l) == 0 && l.l_type == F_UNLCK && l.l_whence == SEEK_CUR && l.l_pid == 7);
	CHECK_ERRNO(EAGAIN, set(F_RDLCK, 99, 1));
	CHECK_ERRNO(EAGAIN, set(F_WRLCK, 0, 1));
	CHECK(set(F_RDLCK, 0, 50) == 0 && set(F_WRLCK, 100, 10) == 0);
	CHECK(set(F_UNLCK, 0, 0) == 0);		/* its own only */
	CHECK_ERRNO(EAGAIN, set(F_WRLCK, 50, 1));
}

static void
conflicts(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	CHECK(set(F_RDLCK, 0, 50) == 0 && set(F_WRLCK, 50, 50) == 0);
	CHECK(fcntl(fd, F_GETLK, &l) == 0 && l.l_type == F_UNLCK);	/* its own forbid nothing */
	CHECK(exited(in_child(conflicts_child), 0));
	CHECK_LOCKS(NAME, "r0-49 w50-99");
	CHECK(set(F_UNLCK, 0, 0) == 0);
}

/* ---- a second process that does as it is told ---- */

struct order { int cmd, type; off_t start, len; };

struct helper {
	pid_t	pid;
	int	to, from;
};

static struct helper
helper(void)
{
	struct order o;
	int down[2], up[2], r;
	struct helper h;

	CHECK(pipe(down) == 0 && pipe(up) == 0);
	h = (struct helper){ fork(), down[1], up[0] };
	CHECK(h.pid >= 0);
	if (h.pid)
		return close(down[0]), close(up[1]), h;
	close(down[1]);
	while (read(down[0], &o, sizeof o) == sizeof o) {
		r = lock(fd, o.cmd, o.type, o.start, o.len) ? errno : 0;
		CHECK(write(up[1], &r, sizeof r) == sizeof r);
	}
	_exit(0);
}

static void
order(struct helper *h, int cmd, int type, off_t start, off_t len)
{
	struct order o = { cmd, type, start, len };

	CHECK(write(h->to, &o, sizeof o) == sizeof o);
}

static int
outcome(struct helper *h)
{
	int r;

	CHECK(read(h->from, &r, sizeof r) == sizeof r);
	return r;
}

static int
told(struct helper *h, int cmd, int type, off_t start, off_t len)
{
	order(h, cmd, type, start, len);
	return outcome(h);
}

static void
dismiss(struct helper *h)
{
	int status;

	CHECK(kill(h->pid, SIGKILL) == 0 && waitpid(h->pid, &status, 0) == h->pid && killed(status, SIGKILL));
	close(h->to);
	close(h->from);
}

/* It is told to take a lock that somebody has; once it has read that, it sleeps for the lock. */
static void
waits(struct helper *h, int type, off_t start, off_t len)
{
	int unread;

	order(h, F_SETLKW, type, start, len);
	do {
		CHECK(ioctl(h->to, FIONREAD, &unread) == 0);
	} while (unread);
	wait_state(h->pid, h->pid, 'S');
}

static void
waiting(void)
{
	struct helper a = helper(), b = helper();
	int other;

	CHECK(set(F_WRLCK, 0, 10) == 0);
	waits(&a, F_WRLCK, 5, 1);
	waits(&b, F_RDLCK, 0, 1);
	CHECK(set(F_UNLCK, 5, 1) == 0 && outcome(&a) == 0);	/* a piece is enough for one */
	CHECK(set(F_RDLCK, 0, 1) == 0 && outcome(&b) == 0);	/* and a weaker lock for the other */
	CHECK_ERRNO(EAGAIN, set(F_WRLCK, 0, 1));		/* the old one stays */
	CHECK_LOCKS(NAME, "r0-0 w1-4 w5-5 w6-9");
	/* Closing any descriptor of the file lets all go. */
	waits(&a, F_WRLCK, 1, 3);
	CHECK((other = open(NAME, O_RDONLY)) >= 0 && close(other) == 0);
	CHECK(outcome(&a) == 0);
	CHECK_LOCKS(NAME, "r0-0 w1-3 w5-5");
	/* So does the end of a process. */
	CHECK(told(&b, F_SETLK, F_UNLCK, 0, 0) == 0);
	waits(&b, F_WRLCK, 0, 0);
	dismiss(&a);
	CHECK(outcome(&b) == 0);
	CHECK_LOCKS(NAME, "w0-");
	dismiss(&b);
	CHECK_LOCKS(NAME, "");
}

static void
interrupted(void)
{
	interrupts(1);
	CHECK_ERRNO(EINTR, set_wait(F_WRLCK, 0, 1));
}

/* A wait that would never end is refused, to who closes the circle; the others wait on. */
static void
deadlocks(void)
{
	struct helper a = helper(), b = helper();

	CHECK(set(F_WRLCK, 0, 1) == 0);
	CHECK(exited(in_child(interrupted), 0));
	CHECK(told(&a, F_SETLK, F_WRLCK, 1, 1) == 0 && told(&b, F_SETLK, F_WRLCK, 2, 1) == 0);
	waits(&a, F_WRLCK, 0, 1);
	CHECK_ERRNO(EDEADLK, set_wait(F_RDLCK, 1, 1));
	CHECK_ERRNO(EAGAIN, set(F_RDLCK, 1, 1));
	waits(&b, F_WRLCK, 1, 1);
	CHECK_ERRNO(EDEADLK, set_wait(F_WRLCK, 2, 1));		/* three of them */
	CHECK_LOCKS(NAME, "w0-0 w1-1 w2-2");
	CHECK(set(F_UNLCK, 0, 1) == 0 && outcome(&a) == 0);
	CHECK(told(&a, F_SETLK, F_UNLCK, 1, 1) == 0 && outcome(&b) == 0);
	CHECK(set_wait(F_WRLCK, 5, 1) == 0);
	dismiss(&a);
	dismiss(&b);
	CHECK(set(F_UNLCK, 0, 0) == 0);
}

/* A fork's child has none of its parent's; a program that replaces another keeps them. */
static void
fork_and_exec(void)
{
	char *argv[] = { self, "hold", NULL };
	int f[2], status;
	pid_t p;
	char c;

	CHECK(set(F_WRLCK, 0, 1) == 0 && exited(in_child(interrupted), 0));
	CHECK(set(F_UNLCK, 0, 1) == 0);
	CHECK(pipe(f) == 0);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		CHECK(set(F_WRLCK, 10, 5) == 0 && dup2(f[1], 1) == 1);
		execve(self, argv, environ);
		_exit(1);
	}
	CHECK(read(f[0], &c, 1) == 1);
	CHECK_LOCKS(NAME, "w10-14");
	CHECK(kill(p, SIGKILL) == 0 && waitpid(p, &status, 0) == p);
	CHECK_LOCKS(NAME, "");
	close(f[0]);
	close(f[1]);
}

int
main(int argc, char **argv)
{
	ssize_t n;

	if (argc > 1 && !strcmp(argv[1], "hold")) {
		CHECK(write(1, "x", 1) == 1);
		pause();
	}
	n = readlink("/proc/self/exe", self, sizeof self - 1);
	CHECK(n > 0);
	unlink(NAME);
	CHECK((fd = open(NAME, O_RDWR | O_CREAT, 0600)) >= 0);
	ranges();
	decoding();
	conflicts();
	waiting();
	deadlocks();
	fork_and_exec();
	CHECK(unlink(NAME) == 0);
	return 0;
}
