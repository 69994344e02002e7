/* unix_dgram: datagrams and sequenced packets, their boundaries, names, full queues, peers that go, sendmmsg. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "test.h"

#define PATH	"/tmp/unix_dgram.s"

static char buf[300000];

static int
events(int fd, int want)
{
	struct pollfd p = { fd, want, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

#define ALL	(POLLIN | POLLOUT | POLLRDHUP | POLLPRI)

static struct sockaddr_un
abstract(const char *name, socklen_t *n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path + 1, name);
	*n = 2 + 1 + strlen(name);
	return a;
}

static int
bound(int type, const char *name)
{
	socklen_t n;
	struct sockaddr_un a = abstract(name, &n);
	int fd = socket(AF_UNIX, type, 0);

	CHECK(fd >= 0 && bind(fd, (void *)&a, n) == 0);
	return fd;
}

static int
try_connect(int fd, const char *name)
{
	socklen_t n;
	struct sockaddr_un a = abstract(name, &n);

	return connect(fd, (void *)&a, n);
}

static ssize_t
send_to(int fd, const char *name, const char *text, int flags)
{
	socklen_t n;
	struct sockaddr_un a = abstract(name, &n);

	return sendto(fd, text, strlen(text), flags, (void *)&a, n);
}

static void
boundaries(int type)
{
	struct iovec v[2] = { { buf, 2 }, { buf + 10, 2 } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
	int p[2], q;

	CHECK(socketpair(AF_UNIX, type, 0, p) == 0);
	CHECK(write(p[0], "one", 3) == 3 && write(p[0], "three", 5) == 5 && send(p[0], "", 0, 0) == 0);
	CHECK(write(p[0], "four", 4) == 4);
	CHECK(ioctl(p[1], FIONREAD, &q) == 0 && q == (type == SOCK_DGRAM ? 3 : 12));
	CHECK(recv(p[1], buf, 10, MSG_PEEK) == 3 && recv(p[1], buf, 10, 0) == 3);
	CHECK(recv(p[1], buf, 2, MSG_PEEK | MSG_TRUNC) == 5);
	CHECK(recvmsg(p[1], &m, 0) == 4 && m.msg_flags == MSG_TRUNC);
	CHECK(!memcmp(buf, "th", 2) && !memcmp(buf + 10, "re", 2));
	CHECK(recv(p[1], buf, 10, 0) == 0);
	CHECK(recvmsg(p[1], &m, 0) == 4 && m.msg_flags == 0);
	CHECK_ERRNO(EAGAIN, recv(p[1], buf, 10, MSG_DONTWAIT));
	CHECK_ERRNO(EMSGSIZE, send(p[0], buf, 212992 - 31, 0));
	CHECK(send(p[0], buf, 212992 - 32, 0) == 212992 - 32 && recv(p[1], buf, sizeof buf, 0) == 212992 - 32);
	CHECK_ERRNO(EFAULT, send(p[0], (void *)8, 10, 0));
	/* A datagram that cannot be delivered is lost. */
	CHECK(send(p[0], "gone", 4, 0) == 4 && send(p[0], "next", 4, 0) == 4);
	CHECK_ERRNO(EFAULT, recv(p[1], (void *)8, 10, 0));
	CHECK(recv(p[1], buf, 10, 0) == 4 && !memcmp(buf, "next", 4));
	close(p[0]);
	close(p[1]);
}

static void
names(void)
{
	int a = bound(SOCK_DGRAM, "dg.a"), b = bound(SOCK_DGRAM, "dg.b"), c = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un from;
	socklen_t n = sizeof from;

	CHECK(send_to(a, "dg.b", "hi", 0) == 2);
	CHECK(recvfrom(b, buf, 10, 0, (void *)&from, &n) == 2 && n == 7 && !memcmp(from.sun_path, "\0dg.a", 5));
	CHECK(send_to(c, "dg.b", "who", 0) == 3);
	n = sizeof from;
	CHECK(recvfrom(b, buf, 10, 0, (void *)&from, &n) == 3 && n == 0);
	CHECK_ERRNO(ECONNREFUSED, send_to(a, "dg.none", "x", 0));
	/* Connected: only its peer may send to it. */
	CHECK(try_connect(b, "dg.a") == 0);
	CHECK_ERRNO(EPERM, send_to(c, "dg.b", "x", 0));
	CHECK_ERRNO(EPERM, try_connect(c, "dg.b"));
	CHECK(send_to(a, "dg.b", "ok", 0) == 2 && recv(b, buf, 10, 0) == 2);
	CHECK(send(b, "re", 2, 0) == 2 && recv(a, buf, 10, 0) == 2);
	n = sizeof from;
	CHECK(getpeername(b, (void *)&from, &n) == 0 && n == 7 && !memcmp(from.sun_path, "\0dg.a", 5));
	/* Another address goes past the peer; AF_UNSPEC ends it. */
	CHECK(send_to(b, "dg.b", "me", 0) == -1 && errno == EPERM);
	from = (struct sockaddr_un){ .sun_family = AF_UNSPEC };
	CHECK(connect(b, (void *)&from, sizeof from) == 0);
	n = sizeof from;
	CHECK_ERRNO(ENOTCONN, getpeername(b, (void *)&from, &n));
	CHECK(send_to(c, "dg.b", "x", 0) == 1 && recv(b, buf, 10, 0) == 1);
	CHECK(send_to(b, "dg.b", "me", 0) == 2 && recv(b, buf, 10, 0) == 2);
	close(a);
	close(b);
	close(c);
}

/* What has been queued from a former peer is thrown away, and the peer is told. */
static void
new_peer(void)
{
	int a = bound(SOCK_DGRAM, "np.a"), b = bound(SOCK_DGRAM, "np.b"), c = bound(SOCK_DGRAM, "np.c");

	CHECK(try_connect(a, "np.b") == 0 && try_connect(b, "np.a") == 0);
	CHECK(send(a, "old", 3, 0) == 3);
	CHECK(try_connect(b, "np.c") == 0);
	CHECK_ERRNO(EAGAIN, recv(b, buf, 10, MSG_DONTWAIT));
	CHECK_ERRNO(ECONNRESET, send(a, "x", 1, 0));
	CHECK_ERRNO(EPERM, send(a, "x", 1, 0));
	close(a);
	close(b);
	close(c);
}

static void
peer_goes(void)
{
	int p[2], a, b, e;
	socklen_t n = sizeof e;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	CHECK(write(p[1], "left", 4) == 4 && write(p[0], "x", 1) == 1);
	close(p[1]);
	CHECK(events(p[0], ALL) == (POLLIN | POLLOUT));
	CHECK_ERRNO(ECONNREFUSED, write(p[0], "x", 1));
	CHECK_ERRNO(ENOTCONN, write(p[0], "x", 1));
	CHECK_ERRNO(EAGAIN, recv(p[0], buf, 10, MSG_DONTWAIT));	/* thrown away with the peer */
	close(p[0]);

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) == 0);
	CHECK(write(p[1], "left", 4) == 4);
	close(p[1]);
	CHECK(events(p[0], ALL) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP));
	CHECK_ERRNO(EPIPE, write(p[0], "x", 1));		/* and no SIGPIPE */
	CHECK(recv(p[0], buf, 10, 0) == 4 && recv(p[0], buf, 10, 0) == 0 && recv(p[0], buf, 10, MSG_DONTWAIT) == 0);
	close(p[0]);

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) == 0);
	CHECK(write(p[1], "left", 4) == 4 && write(p[0], "unread", 6) == 6);
	close(p[1]);
	CHECK(events(p[0], POLLOUT) == (POLLOUT | POLLHUP | POLLERR));
	CHECK_ERRNO(ECONNRESET, write(p[0], "x", 1));
	CHECK_ERRNO(EPIPE, write(p[0], "x", 1));
	CHECK(recv(p[0], buf, 10, 0) == 4 && recv(p[0], buf, 10, 0) == 0);
	CHECK(getsockopt(p[0], SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0);
	close(p[0]);

	/* Shut down for reading: the sender's error, without a signal. */
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	CHECK(shutdown(p[0], SHUT_RD) == 0);
	CHECK_ERRNO(EPIPE, write(p[1], "x", 1));
	CHECK(events(p[0], ALL) == (POLLIN | POLLOUT | POLLRDHUP) && events(p[1], ALL) == POLLOUT);
	CHECK(recv(p[0], buf, 1, 0) == 0);
	CHECK_ERRNO(EAGAIN, recv(p[0], buf, 1, MSG_DONTWAIT));
	close(p[0]);
	close(p[1]);
	a = bound(SOCK_DGRAM, "pg.a");
	b = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(try_connect(b, "pg.a") == 0);
	close(a);
	a = bound(SOCK_DGRAM, "pg.a");				/* the name again, and not the same socket */
	CHECK_ERRNO(ECONNREFUSED, send(b, "x", 1, 0));
	CHECK(send_to(b, "pg.a", "x", 0) == 1 && recv(a, buf, 10, 0) == 1);
	close(a);
	close(b);
}

/* max_dgram_qlen + 1 wait, then senders do; poll knows, and is woken. */
static void
full(void)
{
	int a = bound(SOCK_DGRAM, "full.a"), b = socket(AF_UNIX, SOCK_DGRAM, 0), n = 0, status;
	struct pollfd f = { b, POLLOUT, 0 };
	pid_t c;

	CHECK(try_connect(b, "full.a") == 0);
	while (send(b, "x", 1, MSG_DONTWAIT) == 1)
		n++;
	CHECK(errno == EAGAIN && n == 11);
	CHECK(events(b, POLLOUT) == 0);
	CHECK_ERRNO(EAGAIN, send_to(b, "full.a", "x", MSG_DONTWAIT));
	CHECK(recv(a, buf, 1, 0) == 1 && events(b, POLLOUT) == POLLOUT);
	CHECK(send(b, "x", 1, MSG_DONTWAIT) == 1 && events(b, POLLOUT) == 0);
	c = fork();
	if (c == 0) {
		pause_ms(50);
		CHECK(recv(a, buf, 1, 0) == 1);
		pause_ms(50);
		CHECK(recv(a, buf, 1, 0) == 1);
		_exit(0);
	}
	CHECK(poll(&f, 1, -1) == 1 && f.revents == POLLOUT);
	CHECK(send(b, "x", 1, 0) == 1);
	CHECK(send(b, "x", 1, 0) == 1);			/* waits for the second */
	CHECK(waitpid(c, &status, 0) == c && exited(status, 0));
	/* A sender that sleeps learns that the receiver went. */
	c = fork();
	if (c == 0) {
		close(a);
		CHECK_ERRNO(ECONNREFUSED, send(b, "x", 1, 0));
		_exit(0);
	}
	pause_ms(50);
	close(a);
	CHECK(waitpid(c, &status, 0) == c && exited(status, 0));
	close(b);
	/* Each other's peers: only the buffer limits them. */
	int p[2];
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p) == 0);
	for (n = 0; send(p[0], buf, 1000, 0) == 1000; n++)
		;
	CHECK(errno == EAGAIN && n > 50 && n < 250 && events(p[0], POLLOUT) == 0);
	while (recv(p[1], buf, 2000, 0) == 1000)
		n--;
	CHECK(n == 0 && events(p[0], POLLOUT) == POLLOUT);
	close(p[0]);
	close(p[1]);
}

static void
seqpacket_connections(void)
{
	int s = bound(SOCK_SEQPACKET, "seq"), c = socket(AF_UNIX, SOCK_SEQPACKET, 0), d;

	CHECK(listen(s, 2) == 0 && try_connect(c, "seq") == 0 && send(c, "abc", 3, 0) == 3);
	d = accept(s, NULL, NULL);
	CHECK(d >= 0 && send(c, "de", 2, 0) == 2);
	CHECK(recv(d, buf, 100, 0) == 3 && recv(d, buf, 100, 0) == 2);
	CHECK(send_to(d, "none", "x", 0) == 1);			/* the address is ignored */
	CHECK(recv(c, buf, 100, 0) == 1);
	close(c);
	CHECK(recv(d, buf, 100, 0) == 0);
	close(d);
	close(s);
}

static void
many(void)
{
	static char text[4][8];
	struct iovec v[4], w[4];
	struct mmsghdr m[4] = { 0 };
	struct timespec ts = { 0, 30000000 };
	int p[2];

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	for (int i = 0; i < 4; i++) {
		v[i] = (struct iovec){ "abcd", i + 1 };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK(sendmmsg(p[0], m, 3, 0) == 3 && m[0].msg_len == 1 && m[2].msg_len == 3);
	for (int i = 0; i < 4; i++) {
		w[i] = (struct iovec){ text[i], 8 };
		m[i].msg_hdr.msg_iov = &w[i];
	}
	CHECK(recvmmsg(p[1], m, 4, MSG_WAITFORONE, NULL) == 3 && m[2].msg_len == 3 && !memcmp(text[2], "abc", 3));
	CHECK_ERRNO(EAGAIN, recvmmsg(p[1], m, 4, MSG_DONTWAIT, NULL));
	CHECK(send(p[0], "x", 1, 0) == 1);
	CHECK(recvmmsg(p[1], m, 1, 0, &ts) == 1);
	ts.tv_nsec = 2000000000;
	CHECK_ERRNO(EINVAL, recvmmsg(p[1], m, 1, 0, &ts));
	CHECK(sendmmsg(p[0], m, 0, 0) == 0);
	m[0].msg_hdr.msg_iovlen = 1025;
	CHECK_ERRNO(EMSGSIZE, sendmsg(p[0], &m[0].msg_hdr, 0));
	m[0].msg_hdr.msg_iovlen = 1;
	m[0].msg_hdr.msg_name = text;
	m[0].msg_hdr.msg_namelen = -1;
	CHECK_ERRNO(EINVAL, sendmsg(p[0], &m[0].msg_hdr, 0));
	CHECK_ERRNO(EFAULT, sendmsg(p[0], (void *)8, 0));
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	boundaries(SOCK_DGRAM);
	boundaries(SOCK_SEQPACKET);
	names();
	new_peer();
	peer_goes();
	full();
	seqpacket_connections();
	many();
	return 0;
}
