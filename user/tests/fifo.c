/* fifo: opening a FIFO waits for the other end, or says that there is none; ends may come and go. */
#include <poll.h>
#include "test.h"

#define NAME	"/tmp/fifo-open.t"

static void on_signal(int s) { }

/* A child that opens the FIFO so, and then exits with what one read or write of a byte gave, plus 1. */
static pid_t
opener(int flags)
{
	pid_t p = fork();
	char c = 'x';
	int fd;

	CHECK(p >= 0);
	if (p)
		return p;
	fd = open(NAME, flags);
	CHECK(fd >= 0);
	_exit(1 + ((flags & O_ACCMODE) == O_RDONLY ? read(fd, &c, 1) : write(fd, &c, 1)));
}

static int
ends(pid_t p)
{
	int status;

	CHECK(waitpid(p, &status, 0) == p && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static short
events(int fd, short want)
{
	struct pollfd p = { fd, want, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

/* Each waits for the other, whoever comes first; several wait for one. */
static void
rendezvous(void)
{
	pid_t p[3];
	char c;
	int fd;

	p[0] = opener(O_RDONLY);
	wait_state(p[0], p[0], 'S');
	CHECK(waitpid(p[0], NULL, WNOHANG) == 0);
	CHECK((fd = open(NAME, O_WRONLY)) >= 0 && write(fd, "a", 1) == 1);
	CHECK(ends(p[0]) == 2 && close(fd) == 0);

	p[0] = opener(O_WRONLY);
	wait_state(p[0], p[0], 'S');
	CHECK(waitpid(p[0], NULL, WNOHANG) == 0);
	CHECK((fd = open(NAME, O_RDONLY)) >= 0 && read(fd, &c, 1) == 1 && c == 'x');
	CHECK(ends(p[0]) == 2 && read(fd, &c, 1) == 0 && close(fd) == 0);

	/* A writer that is gone again has been there: the reader's open returns. */
	for (int i = 0; i < 3; i++)
		p[i] = opener(O_RDONLY);
	for (int i = 0; i < 3; i++)
		wait_state(p[i], p[i], 'S');
	CHECK((fd = open(NAME, O_WRONLY)) >= 0 && close(fd) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(ends(p[i]) == 1);
}

static void
not_waiting(void)
{
	int r, w;
	char c;

	CHECK_ERRNO(ENXIO, open(NAME, O_WRONLY | O_NONBLOCK));
	CHECK((r = open(NAME, O_RDONLY | O_NONBLOCK)) >= 0);
	/* No writer yet: the end, but not hung up. */
	CHECK(read(r, &c, 1) == 0 && events(r, POLLIN) == 0);
	CHECK((w = open(NAME, O_WRONLY | O_NONBLOCK)) >= 0);
	CHECK_ERRNO(EAGAIN, read(r, &c, 1));
	CHECK(events(w, POLLOUT) == POLLOUT && write(w, "b", 1) == 1);
	CHECK(events(r, POLLIN) == POLLIN && read(r, &c, 1) == 1 && c == 'b');
	close(w);
	CHECK(events(r, POLLIN) == POLLHUP && read(r, &c, 1) == 0);
	/* The next writer ends the hang-up. */
	CHECK((w = open(NAME, O_WRONLY)) >= 0 && events(r, POLLIN) == 0);
	close(r);
	CHECK(events(w, POLLOUT) == (POLLOUT | POLLERR));
	CHECK_ERRNO(EPIPE, write(w, "c", 1));
	/* And a writer's reader may come back: there is a writer, so nobody waits. */
	CHECK((r = open(NAME, O_RDONLY)) >= 0 && write(w, "d", 1) == 1 && read(r, &c, 1) == 1 && c == 'd');
	close(r);
	close(w);
}

/* O_RDWR is both ends. What is in it stays as long as somebody has it open. */
static void
both_ends(void)
{
	int both, r;
	char c;

	CHECK((both = open(NAME, O_RDWR)) >= 0);
	CHECK(write(both, "ef", 2) == 2 && read(both, &c, 1) == 1 && c == 'e');
	CHECK((r = open(NAME, O_RDONLY)) >= 0 && close(both) == 0);
	CHECK(read(r, &c, 1) == 1 && c == 'f' && read(r, &c, 1) == 0 && close(r) == 0);
	CHECK((both = open(NAME, O_RDWR)) >= 0 && write(both, "g", 1) == 1 && close(both) == 0);
	CHECK((both = open(NAME, O_RDWR | O_NONBLOCK)) >= 0);
	CHECK_ERRNO(EAGAIN, read(both, &c, 1));
	close(both);
}

/* Who was interrupted, or killed, while it waited has never been there. */
static void
given_up(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	int fd, status;
	pid_t p = fork();

	CHECK(p >= 0);
	if (p == 0) {
		sigaction(SIGUSR1, &a, NULL);
		CHECK_ERRNO(EINTR, open(NAME, O_RDONLY));
		CHECK_ERRNO(ENXIO, open(NAME, O_WRONLY | O_NONBLOCK));
		_exit(0);
	}
	wait_state(p, p, 'S');
	/* Not before it waits in open: its first sleep is that one. */
	CHECK(kill(p, SIGUSR1) == 0 && waitpid(p, &status, 0) == p && exited(status, 0));

	p = opener(O_RDONLY);
	wait_state(p, p, 'S');
	CHECK((fd = open(NAME, O_WRONLY | O_NONBLOCK)) >= 0 && close(fd) == 0);	/* one that waits is a reader */
	CHECK(ends(p) == 1);
	p = opener(O_RDONLY);
	wait_state(p, p, 'S');
	CHECK(kill(p, SIGKILL) == 0 && waitpid(p, &status, 0) == p && killed(status, SIGKILL));
	CHECK_ERRNO(ENXIO, open(NAME, O_WRONLY | O_NONBLOCK));
}

int
main(void)
{
	int fd, w;
	char c;

	signal(SIGPIPE, SIG_IGN);
	unlink(NAME);
	CHECK(mkfifo(NAME, 0600) == 0);
	rendezvous();
	not_waiting();
	both_ends();
	given_up();
	/* Without its name it is still the same one. */
	CHECK((fd = open(NAME, O_RDONLY | O_NONBLOCK)) >= 0 && (w = open(NAME, O_WRONLY)) >= 0 && unlink(NAME) == 0);
	CHECK(write(w, "h", 1) == 1 && read(fd, &c, 1) == 1 && c == 'h');
	CHECK_ERRNO(ENOENT, open(NAME, O_RDONLY));
	return 0;
}
