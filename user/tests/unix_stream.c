/* unix_stream: streams of AF_UNIX, order, back-pressure, ends, half-close, poll, time limits, backlog, flags. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "test.h"

#define PATH	"/tmp/unix_stream.s"
#define BIG	(1 << 20)

static char big[BIG], back[BIG];
static volatile int signals;

static void on_signal(int sig) { signals++; }

static int
events(int fd, int want)
{
	struct pollfd p = { fd, want, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

#define ALL	(POLLIN | POLLOUT | POLLRDHUP | POLLPRI)

static void
pair(int p[2])
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
}

static void
close_pair(int p[2])
{
	close(p[0]);
	close(p[1]);
}

/* More than fits passes in order, whoever is faster, in pieces of any size. */
static void
order(void)
{
	int p[2], status;
	size_t done;
	ssize_t n;
	pid_t c;

	for (size_t i = 0; i < BIG; i++)
		big[i] = i * 31 + i / 251;
	pair(p);
	c = fork();
	if (c == 0) {
		close(p[0]);
		for (done = 0; done < BIG / 2; done += n) {
			n = done % 3000 + 1;
			n = write(p[1], big + done, (size_t)n < BIG / 2 - done ? (size_t)n : BIG / 2 - done);
			CHECK(n > 0);
		}
		CHECK(write(p[1], big + done, BIG / 2) == BIG / 2);
		_exit(0);
	}
	close(p[1]);
	for (done = 0; (n = read(p[0], back + done, done % 70000 + 1)) > 0; done += n)
		;
	CHECK(n == 0 && done == BIG && !memcmp(big, back, BIG));
	CHECK(waitpid(c, &status, 0) == c && exited(status, 0));
	close(p[0]);
}

static void
full_and_empty(void)
{
	size_t done = 0, took = 0;
	int p[2], q;
	ssize_t n;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == 0);
	CHECK_ERRNO(EAGAIN, read(p[0], back, 1));
	CHECK_ERRNO(EAGAIN, recv(p[0], back, 1, 0));
	CHECK(events(p[0], ALL) == POLLOUT);
	while ((n = write(p[1], big, 4000)) > 0)
		done += n;
	CHECK(n == -1 && errno == EAGAIN && done > 60000 && done < 500000);
	CHECK(events(p[1], ALL) == 0 && events(p[0], ALL) == (POLLIN | POLLOUT));
	CHECK(ioctl(p[0], FIONREAD, &q) == 0 && (size_t)q == done);
	CHECK(ioctl(p[1], SIOCOUTQ, &q) == 0 && (size_t)q >= done);
	CHECK(read(p[0], back, 4000) == 4000);
	CHECK(events(p[1], POLLOUT) == 0);		/* a little room is not room yet */
	took = 4000;
	while ((n = read(p[0], back, 3333)) > 0)
		took += n;
	CHECK(took == done && errno == EAGAIN && events(p[1], POLLOUT) == POLLOUT);
	CHECK(ioctl(p[1], SIOCOUTQ, &q) == 0 && q == 0);
	CHECK(ioctl(p[0], FIONREAD, &q) == 0 && q == 0);
	/* Of a large write, what fits. */
	n = write(p[1], big, BIG);
	CHECK(n > 60000 && n < 500000);
	close_pair(p);
}

static void
write_to_nobody(void)
{
	int p[2];

	pair(p);
	close(p[0]);
	write(p[1], "x", 1);
}

static void
ends(void)
{
	int p[2], e;
	socklen_t n = sizeof e;

	CHECK(killed(in_child(write_to_nobody), SIGPIPE));
	pair(p);
	close(p[0]);
	CHECK(events(p[1], ALL) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP));
	CHECK_ERRNO(EPIPE, send(p[1], "x", 1, MSG_NOSIGNAL));
	signals = 0;
	signal(SIGPIPE, on_signal);
	CHECK_ERRNO(EPIPE, send(p[1], "x", 1, 0));
	CHECK(signals == 1);
	CHECK(read(p[1], back, 1) == 0 && recv(p[1], back, 1, MSG_DONTWAIT) == 0);
	close(p[1]);

	/* What was written before the end is read; then the end. */
	pair(p);
	CHECK(write(p[0], "last", 4) == 4);
	close(p[0]);
	CHECK(events(p[1], ALL) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP));
	CHECK(read(p[1], back, 10) == 4 && read(p[1], back, 10) == 0);
	close(p[1]);

	/* Closed with bytes unread: ECONNRESET once. */
	pair(p);
	CHECK(write(p[1], "lost", 4) == 4);
	close(p[0]);
	CHECK(events(p[1], ALL) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP | POLLERR));
	CHECK_ERRNO(EPIPE, send(p[1], "x", 1, MSG_NOSIGNAL));
	CHECK_ERRNO(ECONNRESET, read(p[1], back, 1));
	CHECK(read(p[1], back, 1) == 0);
	close(p[1]);
	pair(p);
	CHECK(write(p[1], "lost", 4) == 4 && write(p[0], "kept", 4) == 4);
	close(p[0]);
	CHECK(read(p[1], back, 10) == 4);
	CHECK(getsockopt(p[1], SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == ECONNRESET);
	CHECK(getsockopt(p[1], SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0);
	CHECK(read(p[1], back, 1) == 0);
	close(p[1]);
	signal(SIGPIPE, SIG_DFL);
}

static void
half_close(void)
{
	int p[2];

	pair(p);
	CHECK(write(p[0], "ab", 2) == 2 && shutdown(p[0], SHUT_WR) == 0);
	CHECK_ERRNO(EPIPE, send(p[0], "x", 1, MSG_NOSIGNAL));
	CHECK(events(p[0], ALL) == POLLOUT);
	CHECK(events(p[1], ALL) == (POLLIN | POLLRDHUP | POLLOUT));
	CHECK(read(p[1], back, 10) == 2 && read(p[1], back, 10) == 0);
	CHECK(write(p[1], "cd", 2) == 2 && read(p[0], back, 10) == 2);
	CHECK(shutdown(p[1], SHUT_WR) == 0);
	CHECK(events(p[0], ALL) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP));
	close_pair(p);

	pair(p);
	CHECK(shutdown(p[0], SHUT_RD) == 0);
	CHECK(events(p[0], ALL) == (POLLIN | POLLOUT | POLLRDHUP));
	CHECK(read(p[0], back, 1) == 0);
	CHECK_ERRNO(EPIPE, send(p[1], "x", 1, MSG_NOSIGNAL));
	CHECK(write(p[0], "ok", 2) == 2 && read(p[1], back, 10) == 2);
	close_pair(p);
}

static void
flags(void)
{
	struct iovec v[2] = { { back, 3 }, { back + 100, 10 } };
	int p[2], low = 4;

	pair(p);
	CHECK(write(p[0], "hello", 5) == 5 && write(p[0], " you", 4) == 4);
	CHECK(recv(p[1], back, 3, MSG_PEEK) == 3 && !memcmp(back, "hel", 3));
	CHECK(recv(p[1], back, 20, MSG_PEEK) == 9 && !memcmp(back, "hello you", 9));
	CHECK(recv(p[1], back, 2, 0) == 2 && !memcmp(back, "he", 2));
	CHECK(readv(p[1], v, 2) == 7 && !memcmp(back, "llo", 3) && !memcmp(back + 100, " you", 4));
	CHECK(write(p[0], "abc", 3) == 3 && write(p[0], "def", 3) == 3);
	CHECK(recv(p[1], back, 6, MSG_WAITALL) == 6 && !memcmp(back, "abcdef", 6));
	CHECK(write(p[0], "abc", 3) == 3);
	CHECK(recv(p[1], back, 6, MSG_WAITALL | MSG_DONTWAIT) == 3);
	if (fork() == 0) {
		for (int i = 0; i < 6; i++) {
			pause_ms(20);
			CHECK(write(p[0], &"uvwxyz"[i], 1) == 1);
		}
		_exit(0);
	}
	CHECK(recv(p[1], back, 6, MSG_WAITALL) == 6 && !memcmp(back, "uvwxyz", 6));
	wait(NULL);
	CHECK(setsockopt(p[1], SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low) == 0);
	if (fork() == 0) {
		for (int i = 0; i < 4; i++) {
			pause_ms(20);
			CHECK(write(p[0], &"1234"[i], 1) == 1);
		}
		_exit(0);
	}
	CHECK(read(p[1], back, 100) == 4);
	wait(NULL);
	CHECK(write(p[0], "", 0) == 0 && send(p[0], NULL, 0, 0) == 0 && read(p[1], back, 0) == 0);
	CHECK_ERRNO(EAGAIN, recv(p[1], back, 1, MSG_DONTWAIT));
	/* Bad addresses lose nothing. */
	CHECK_ERRNO(EFAULT, write(p[0], (void *)8, 5));
	CHECK(write(p[0], "safe", 4) == 4);
	CHECK_ERRNO(EFAULT, read(p[1], (void *)8, 4));
	CHECK(read(p[1], back, 10) == 4 && !memcmp(back, "safe", 4));
	close_pair(p);
}

static void
time_limits(void)
{
	struct timeval tv = { 0, 50000 };
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = PATH };
	int p[2], s, c, d;

	pair(p);
	CHECK(setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0);
	CHECK(setsockopt(p[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) == 0);
	CHECK_ERRNO(EAGAIN, read(p[0], back, 1));
	CHECK(write(p[0], big, BIG) < BIG);		/* what was written in time */
	CHECK_ERRNO(EAGAIN, write(p[0], big, BIG));
	close_pair(p);

	/* A backlog of 0 has one place. */
	unlink(PATH);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(s, (void *)&a, sizeof a) == 0 && listen(s, 0) == 0);
	CHECK(events(s, ALL) == 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(events(c, ALL) == (POLLOUT | POLLHUP));
	CHECK(connect(c, (void *)&a, sizeof a) == 0 && events(s, ALL) == POLLIN && events(c, ALL) == POLLOUT);
	d = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK_ERRNO(EAGAIN, connect(d, (void *)&a, sizeof a));
	CHECK(setsockopt(d, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) == 0 && fcntl(d, F_SETFL, 0) == 0);
	CHECK_ERRNO(EAGAIN, connect(d, (void *)&a, sizeof a));
	tv.tv_usec = 0;
	CHECK(setsockopt(d, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) == 0);
	if (fork() == 0) {
		pause_ms(50);
		CHECK(accept(s, NULL, NULL) >= 0 && accept(s, NULL, NULL) >= 0);
		_exit(0);
	}
	CHECK(connect(d, (void *)&a, sizeof a) == 0);
	wait(NULL);
	tv.tv_usec = 50000;
	CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0);
	CHECK_ERRNO(EAGAIN, accept(s, NULL, NULL));
	CHECK(fcntl(s, F_SETFL, O_NONBLOCK) == 0);
	CHECK_ERRNO(EAGAIN, accept(s, NULL, NULL));
	close(s);
	close(c);
	close(d);
	unlink(PATH);
}

static void
connections(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = PATH }, b;
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c, n, status;
	socklen_t len = sizeof b, ulen;
	struct ucred u;
	pid_t child;

	CHECK(bind(s, (void *)&a, sizeof a) == 0 && listen(s, 5) == 0);
	child = fork();
	if (child == 0) {
		c = socket(AF_UNIX, SOCK_STREAM, 0);
		CHECK(connect(c, (void *)&a, sizeof a) == 0);
		CHECK(write(c, "before accept", 13) == 13);
		ulen = sizeof u;
		CHECK(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &u, &ulen) == 0 && u.pid == (unsigned)getppid());
		CHECK(getpeername(c, (void *)&b, &len) == 0 && len == 2 + strlen(PATH) + 1);
		CHECK(!strcmp(b.sun_path, PATH));
		len = sizeof b;
		CHECK(getsockname(c, (void *)&b, &len) == 0 && len == 2);
		CHECK(read(c, back, 10) == 2 && read(c, back, 10) == 0);
		_exit(0);
	}
	memset(&b, 0x55, sizeof b);
	n = accept4(s, (void *)&b, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(n >= 0 && len == 2 && b.sun_family == AF_UNIX && fcntl(n, F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(n, F_GETFL) == (O_RDWR | O_NONBLOCK) && fcntl(n, F_SETFL, 0) == 0);
	ulen = sizeof u;
	CHECK(getsockopt(n, SOL_SOCKET, SO_PEERCRED, &u, &ulen) == 0 && u.pid == (unsigned)child);
	len = sizeof b;
	CHECK(getsockname(n, (void *)&b, &len) == 0 && !strcmp(b.sun_path, PATH));
	for (int got = 0; got < 13; )
		got += read(n, back, 20);
	CHECK(write(n, "ok", 2) == 2 && shutdown(n, SHUT_RDWR) == 0);
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	close(n);

	/* A listener goes: who has not been accepted is reset, who waits to be is refused. */
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(c, (void *)&a, sizeof a) == 0);
	close(s);
	CHECK(events(c, ALL) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP | POLLERR));
	CHECK_ERRNO(ECONNRESET, read(c, back, 1));
	CHECK(read(c, back, 1) == 0);
	close(c);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(ECONNREFUSED, connect(c, (void *)&a, sizeof a));
	close(c);
	unlink(PATH);

	/* A listener shut down takes no more. */
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(s, (void *)&a, sizeof a) == 0 && listen(s, 5) == 0 && shutdown(s, SHUT_RDWR) == 0);
	CHECK_ERRNO(EINVAL, accept(s, NULL, NULL));
	CHECK(fcntl(s, F_SETFL, O_NONBLOCK) == 0);
	CHECK_ERRNO(EAGAIN, accept(s, NULL, NULL));
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(ECONNREFUSED, connect(c, (void *)&a, sizeof a));
	close(c);
	close(s);
	unlink(PATH);

	/* It need not be able to write: who waits for a place in its backlog goes on waiting, and can be killed. */
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(s, (void *)&a, sizeof a) == 0 && listen(s, 0) == 0 && shutdown(s, SHUT_WR) == 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(c, (void *)&a, sizeof a) == 0);
	for (int accepted = 0; accepted < 2; accepted++) {
		child = fork();
		if (child == 0) {
			n = socket(AF_UNIX, SOCK_STREAM, 0);
			_exit(connect(n, (void *)&a, sizeof a));
		}
		pause_ms(50);
		CHECK(waitpid(child, &status, WNOHANG) == 0);
		if (accepted)
			close(accept(s, NULL, NULL));
		else
			kill(child, SIGKILL);
		CHECK(waitpid(child, &status, 0) == child);
		CHECK(accepted ? exited(status, 0) : WIFSIGNALED(status));
	}
	close(c);
	close(s);
	unlink(PATH);
}

/* A handler without SA_RESTART: EINTR; with it the call goes on, unless it has a time limit. */
static void
interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct timeval tv = { 20, 0 };
	int p[2];

	for (int restart = 0; restart < 3; restart++) {
		pair(p);
		sa.sa_flags = restart ? SA_RESTART : 0;
		CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
		if (restart == 2)
			CHECK(setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0);
		signals = 0;
		if (fork() == 0) {
			wait_state(getppid(), getppid(), 'S');
			kill(getppid(), SIGUSR1);
			if (restart == 1) {
				pause_ms(200);
				write(p[1], "x", 1);
			}
			_exit(0);
		}
		if (restart == 1)
			CHECK(read(p[0], back, 1) == 1 && signals == 1);
		else
			CHECK_ERRNO(EINTR, read(p[0], back, 1));
		wait(NULL);
		close_pair(p);
	}
	signal(SIGUSR1, SIG_DFL);
}

/* Sleepers in read, write, accept and poll learn of the other side's end. */
static void
woken(void)
{
	int p[2], status;
	struct pollfd f;
	ssize_t n;
	pid_t c;

	for (int what = 0; what < 3; what++) {
		pair(p);
		c = fork();
		if (c == 0) {
			close(p[1]);
			signal(SIGPIPE, SIG_IGN);
			f = (struct pollfd){ p[0], POLLRDHUP, 0 };
			if (what == 0)
				CHECK(read(p[0], back, 1) == 0);
			else if (what == 1)
				CHECK(poll(&f, 1, -1) == 1 && f.revents == (POLLRDHUP | POLLHUP));
			else
				while ((n = write(p[0], big, BIG)) > 0)
					CHECK(n < BIG);
			_exit(0);
		}
		close(p[0]);
		pause_ms(50);
		close(p[1]);
		CHECK(waitpid(c, &status, 0) == c && exited(status, 0));
	}
}

int
main(void)
{
	order();
	full_and_empty();
	ends();
	half_close();
	flags();
	time_limits();
	connections();
	interrupted();
	woken();
	return 0;
}
