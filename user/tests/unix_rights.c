/* unix_rights: descriptors and credentials in messages, passed, cut, peeked at, refused; sockets in flight end. */
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "test.h"

static char byte, control[2048];

/* Send one byte and n descriptors. */
static ssize_t
give(int to, const int *fds, int n)
{
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (void *)control;

	memset(control, 0, sizeof control);
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	return sendmsg(to, &m, 0);
}

/* Receive into room for n descriptors: how many came; msg_flags in *flags. */
static int
take(int from, int *fds, int n, int flags, int *result)
{
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (void *)control;
	int got;

	m.msg_controllen = n ? CMSG_LEN(n * sizeof(int)) : 0;
	CHECK(recvmsg(from, &m, flags) == 1);
	*result = m.msg_flags;
	if (m.msg_controllen < sizeof *c)
		return 0;
	CHECK(c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS);
	got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), got * sizeof(int));
	return got;
}

static int
lowest_free(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

static void
passing(int type)
{
	int p[2], q[2], fds[8], got[8], r, free_fd;
	char text[8];

	CHECK(socketpair(AF_UNIX, type, 0, p) == 0 && pipe(q) == 0);
	fds[0] = q[0];
	fds[1] = q[1];
	CHECK(give(p[0], fds, 2) == 1);
	close(q[0]);
	close(q[1]);
	CHECK(take(p[1], got, 8, MSG_CMSG_CLOEXEC, &r) == 2 && r == MSG_CMSG_CLOEXEC);
	CHECK(fcntl(got[0], F_GETFD) == FD_CLOEXEC);
	CHECK(write(got[1], "flew", 4) == 4 && read(got[0], text, 8) == 4);
	/* Room for one: the other is closed. */
	CHECK(give(p[0], got, 2) == 1);
	free_fd = lowest_free();
	CHECK(take(p[1], fds, 1, 0, &r) == 1 && r == MSG_CTRUNC && fds[0] == free_fd && lowest_free() == free_fd + 1);
	close(fds[0]);
	/* No room, or not asked for. */
	CHECK(give(p[0], got, 2) == 1 && take(p[1], fds, 0, 0, &r) == 0 && r == MSG_CTRUNC);
	CHECK(give(p[0], got, 2) == 1 && read(p[1], text, 1) == 1 && lowest_free() == free_fd);
	/* MSG_PEEK gives copies. */
	CHECK(give(p[0], got, 1) == 1 && take(p[1], fds, 4, MSG_PEEK, &r) == 1);
	close(fds[0]);
	CHECK(take(p[1], fds, 4, 0, &r) == 1);
	close(fds[0]);
	/* The last reference in flight is closed with the queue. */
	CHECK(give(p[0], &got[1], 1) == 1);
	close(got[1]);
	CHECK(fcntl(got[0], F_SETFL, O_NONBLOCK) == 0);
	CHECK_ERRNO(EAGAIN, read(got[0], text, 1));
	close(p[1]);
	CHECK(read(got[0], text, 1) == 0);
	close(got[0]);
	close(p[0]);
}

static void
stream_bounds(void)
{
	int p[2], fd = 0, got[4], r;
	char text[16];

	/* A read does not go on past descriptors. */
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
	CHECK(write(p[0], "ab", 2) == 2 && give(p[0], &fd, 1) == 1 && write(p[0], "cd", 2) == 2);
	CHECK(read(p[1], text, 16) == 3 && !memcmp(text, "abx", 3));
	CHECK(read(p[1], text, 16) == 2);
	CHECK(give(p[0], &fd, 1) == 1 && give(p[0], &fd, 1) == 1);
	CHECK(take(p[1], got, 4, 0, &r) == 1);
	close(got[0]);
	CHECK(take(p[1], got, 4, 0, &r) == 1);
	close(got[0]);
	close(p[0]);
	close(p[1]);
}

static ssize_t
send_control(int fd, size_t len, int level, int type, const void *data, size_t n, size_t controllen)
{
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = controllen };
	struct cmsghdr *c = (void *)control;

	c->cmsg_len = len;
	c->cmsg_level = level;
	c->cmsg_type = type;
	memcpy(CMSG_DATA(c), data, n);
	return sendmsg(fd, &m, 0);
}

static void
refused(void)
{
	static int many[300];
	int p[2], bad = 99, fd = 0;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
	CHECK_ERRNO(EBADF, give(p[0], &bad, 1));
	CHECK_ERRNO(EINVAL, give(p[0], many, 254));
	CHECK(give(p[0], many, 253) == 1);
	CHECK_ERRNO(EINVAL, send_control(p[0], 15, SOL_SOCKET, SCM_RIGHTS, &fd, 4, 24));
	CHECK_ERRNO(EINVAL, send_control(p[0], 100, SOL_SOCKET, SCM_RIGHTS, &fd, 4, 24));
	CHECK_ERRNO(EINVAL, send_control(p[0], 20, SOL_SOCKET, 77, &fd, 4, 24));
	CHECK_ERRNO(EINVAL, send_control(p[0], 20, SOL_SOCKET, SCM_CREDENTIALS, &fd, 4, 24));
	CHECK(send_control(p[0], 20, 77, 1, &fd, 4, 24) == 1);		/* another level's */
	CHECK(send_control(p[0], 16, SOL_SOCKET, SCM_RIGHTS, &fd, 0, 24) == 1);
	CHECK(send_control(p[0], 20, SOL_SOCKET, SCM_RIGHTS, &fd, 4, 8) == 1);	/* too short for an item */
	CHECK_ERRNO(ENOBUFS, send_control(p[0], 20, SOL_SOCKET, SCM_RIGHTS, &fd, 4, 1UL << 31));
	close(p[0]);
	close(p[1]);
}

/* Receive a byte with credentials. */
static struct ucred
take_cred(int fd)
{
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (void *)control;
	struct ucred u;

	m.msg_controllen = sizeof control;
	CHECK(recvmsg(fd, &m, 0) == 1 && m.msg_controllen == CMSG_SPACE(sizeof u));
	CHECK(c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof u));
	memcpy(&u, CMSG_DATA(c), sizeof u);
	return u;
}

static void
forge(void)
{
	struct ucred u = { getpid(), 0, 0 };
	int p[2];

	CHECK(setgid(1000) == 0 && setuid(1000) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
	CHECK_ERRNO(EPERM, send_control(p[0], CMSG_LEN(sizeof u), SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u, 32));
	u = (struct ucred){ getppid(), 1000, 1000 };
	CHECK_ERRNO(EPERM, send_control(p[0], CMSG_LEN(sizeof u), SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u, 32));
	u = (struct ucred){ getpid(), 1000, 1000 };
	CHECK(send_control(p[0], CMSG_LEN(sizeof u), SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u, 32) == 1);
}

static void
credentials(void)
{
	struct ucred u, v = { 1, 7, 8 };
	struct sockaddr_un a;
	socklen_t n = sizeof a;
	int p[2], on = 1;
	char text[8];
	pid_t c;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
	CHECK(write(p[0], "0", 1) == 1);			/* before anybody asked: nobody's */
	CHECK(setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
	u = take_cred(p[1]);
	CHECK(u.pid == 0 && u.uid == 65534 && u.gid == 65534);
	CHECK(write(p[0], "1", 1) == 1);
	u = take_cred(p[1]);
	CHECK(u.pid == (unsigned)getpid() && u.uid == getuid() && u.gid == getgid());
	c = fork();
	if (c == 0) {
		CHECK(write(p[0], "2", 1) == 1);
		_exit(0);
	}
	wait(NULL);
	CHECK(write(p[0], "3", 1) == 1);
	CHECK(read(p[1], text, 8) == 1);			/* two senders' bytes do not come together */
	CHECK(read(p[1], text, 8) == 1);
	if (getuid() == 0) {
		CHECK(send_control(p[0], CMSG_LEN(sizeof v), SOL_SOCKET, SCM_CREDENTIALS, &v, sizeof v, 32) == 1);
		u = take_cred(p[1]);
		CHECK(u.pid == 1 && u.uid == 7 && u.gid == 8);
		v.pid = 30000;
		CHECK_ERRNO(ESRCH, send_control(p[0], CMSG_LEN(sizeof v), SOL_SOCKET, SCM_CREDENTIALS,
						&v, sizeof v, 32));
		CHECK(exited(in_child(forge), 0));
	}
	close(p[0]);
	close(p[1]);
	/* A datagram from who asked for credentials has a name to answer to. */
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	CHECK(setsockopt(p[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
	CHECK(write(p[0], "x", 1) == 1 && recvfrom(p[1], text, 8, 0, (void *)&a, &n) == 1 && n == 8);
	close(p[0]);
	close(p[1]);
}

/* Who is accepted passes credentials if the listener does when it accepts; and what waits to be read has them. */
static void
accepted_credentials(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), on, got, c, n;
	socklen_t len = sizeof a;
	struct ucred u;

	CHECK(bind(s, (void *)&a, sizeof a.sun_family) == 0 && listen(s, 5) == 0);
	CHECK(getsockname(s, (void *)&a, &len) == 0);
	for (on = 0; on < 2; on++) {
		c = socket(AF_UNIX, SOCK_STREAM, 0);
		CHECK(connect(c, (void *)&a, len) == 0 && write(c, "x", 1) == 1);
		CHECK(setsockopt(s, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
		n = accept(s, NULL, NULL);
		socklen_t size = sizeof got;
		CHECK(n >= 0 && getsockopt(n, SOL_SOCKET, SO_PASSCRED, &got, &size) == 0 && got == on);
		if (on) {
			u = take_cred(n);
			CHECK(u.pid == (unsigned)getpid() && u.uid == getuid());
		}
		close(n);
		close(c);
	}
	close(s);
}

/* The end of w's file is seen at r: nobody holds it any more. */
static int
is_closed(int r)
{
	struct pollfd p = { r, POLLIN, 0 };

	return poll(&p, 1, 10000) == 1 && p.revents == POLLHUP;
}

/* Sockets in each other's queues, with a pipe's end beside them, held by nobody else: all close. */
static void
cycles(void)
{
	int a[2], b[2], q[2], fds[3];

	/* One in its own queue. */
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0 && pipe(q) == 0);
	fds[0] = a[0];
	fds[1] = a[1];
	fds[2] = q[1];
	CHECK(give(a[0], fds, 3) == 1 && give(a[1], fds, 2) == 1);
	close(q[1]);
	close(a[0]);
	close(a[1]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
	close(a[0]);
	close(a[1]);
	CHECK(is_closed(q[0]));
	close(q[0]);

	/* Two pairs; held by one descriptor they stay. */
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, a) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0);
	CHECK(pipe(q) == 0);
	CHECK(give(a[0], &b[0], 1) == 1 && give(b[1], &a[1], 1) == 1 && give(a[0], &q[1], 1) == 1);
	close(q[1]);
	close(a[0]);
	close(b[1]);
	close(a[1]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
	close(a[0]);
	close(a[1]);
	struct pollfd p = { q[0], POLLIN, 0 };
	CHECK(poll(&p, 1, 100) == 0);
	int got[2], r;
	CHECK(take(b[0], got, 1, 0, &r) == 1);		/* a[1] is back, with what is in its queue */
	CHECK(take(got[0], &got[1], 1, 0, &r) == 1);
	close(b[0]);
	close(got[1]);
	CHECK(poll(&p, 1, 100) == 0);
	close(got[0]);
	CHECK(is_closed(q[0]));
	close(q[0]);
}

/* In the queue of a connection that nobody accepts, in the listener's own backlog. */
static void
not_accepted(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0rights" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), q[2], fds[2];

	CHECK(bind(s, (void *)&a, 9) == 0 && listen(s, 5) == 0 && connect(c, (void *)&a, 9) == 0 && pipe(q) == 0);
	fds[0] = s;
	fds[1] = q[1];
	CHECK(give(c, fds, 2) == 1);
	close(q[1]);
	close(s);
	close(c);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	close(fds[0]);
	close(fds[1]);
	CHECK(is_closed(q[0]));
	close(q[0]);
}

/* A chain in which each is held only by the next: closed without running out of kernel stack. */
static void
chain(void)
{
	int p[2], q[2], last = -1, r;

	CHECK(pipe(q) == 0);
	for (int i = 0; i < 1000; i++) {
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
		CHECK(give(p[0], last < 0 ? &q[1] : &last, 1) == 1);
		close(p[0]);
		if (last >= 0)
			close(last);
		last = p[1];
	}
	close(q[1]);
	CHECK(take(last, &r, 1, 0, &p[0]) == 1);
	close(last);
	struct pollfd f = { q[0], POLLIN, 0 };
	CHECK(poll(&f, 1, 50) == 0);
	close(r);
	CHECK(is_closed(q[0]));
	close(q[0]);
}

static void
too_many(void)
{
	struct rlimit l = { 64, 64 };
	int p[2], n = 0, fds[16] = { 0 };

	CHECK(setrlimit(RLIMIT_NOFILE, &l) == 0 && setgid(1000) == 0 && setuid(1000) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	while (give(p[0], fds, 16) == 1)
		n++;
	CHECK(errno == ETOOMANYREFS && n == 5);
	CHECK(read(p[1], &byte, 1) == 1 && give(p[0], fds, 16) == 1);
	CHECK_ERRNO(ETOOMANYREFS, give(p[0], fds, 1));
	CHECK(write(p[0], "x", 1) == 1);		/* without descriptors it goes */
}

/* No descriptor left for what comes: it is cut. */
static void
no_descriptor(void)
{
	struct rlimit l, old;
	int p[2], got[4], fds[3] = { 0, 1, 2 }, r;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0 && give(p[0], fds, 3) == 1);
	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
	l = old;
	l.rlim_cur = lowest_free() + 1;
	CHECK(setrlimit(RLIMIT_NOFILE, &l) == 0);
	CHECK(take(p[1], got, 4, 0, &r) == 1 && r == MSG_CTRUNC && (rlim_t)got[0] == l.rlim_cur - 1);
	CHECK_ERRNO(EMFILE, socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERRNO(EMFILE, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
	close(got[0]);
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	passing(SOCK_STREAM);
	passing(SOCK_DGRAM);
	passing(SOCK_SEQPACKET);
	stream_bounds();
	refused();
	credentials();
	accepted_credentials();
	cycles();
	not_accepted();
	chain();
	if (getuid() == 0)
		CHECK(exited(in_child(too_many), 0));
	no_descriptor();
	return 0;
}
