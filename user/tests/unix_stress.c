/*
 * unix_stress: four tasks at once make sockets, connect them, fill them, send them through each other, close them in
 * every order.  What is written just before the end is read.  And exhaustion: no more descriptors, full queues
 * everywhere, then all of it given back.
 */
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "test.h"

#define TASKS	4
#define ROUNDS	1500
#define SLOTS	12
#define NAMES	3

enum end { SHUT_DOWN, CLOSED, RESET };	/* RESET: closed with a byte unread */

static unsigned seed;
static int fds[SLOTS];
static char buf[9000], control[256];

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* A name that all tasks bind and connect to. */
static struct sockaddr_un
a_name(socklen_t *n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	*n = 3 + snprintf(a.sun_path + 1, 20, "stress.%u", any(NAMES));
	return a;
}

static void
put(int fd)
{
	int i = any(SLOTS);

	if (fd < 0)
		return;
	if (fds[i] >= 0)
		close(fds[i]);
	fds[i] = fd;
}

static void
send_fds(int to, int n)
{
	struct iovec v = { buf, any(100) + 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (void *)control;

	m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	for (int i = 0; i < n; i++)
		((int *)CMSG_DATA(c))[i] = fds[any(SLOTS)];
	sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
receive_fds(int from)
{
	struct iovec v = { buf, sizeof buf };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c;

	if (recvmsg(from, &m, MSG_DONTWAIT | (any(4) ? 0 : MSG_PEEK)) < 0)
		return;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_type == SCM_RIGHTS)
			for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
				put(((int *)CMSG_DATA(c))[i]);
}

static void
step(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int fd = fds[any(SLOTS)], p[2], on = any(2), s;
	struct sockaddr_un a;
	struct pollfd f[SLOTS];
	socklen_t n;

	switch (any(14)) {
	case 0:
	case 1:
		if (socketpair(AF_UNIX, types[any(3)] | SOCK_NONBLOCK, 0, p) == 0) {
			put(p[0]);
			put(p[1]);
		}
		break;
	case 2:
		s = socket(AF_UNIX, types[any(3)] | SOCK_NONBLOCK, 0);
		a = a_name(&n);
		if (bind(s, (void *)&a, n) == 0)
			listen(s, any(4));
		put(s);
		break;
	case 3:
		s = socket(AF_UNIX, types[any(3)] | SOCK_NONBLOCK, 0);
		a = a_name(&n);
		connect(s, (void *)&a, n);
		put(s);
		break;
	case 4:
		put(accept4(fd, NULL, NULL, SOCK_NONBLOCK));
		break;
	case 5:
		send(fd, buf, any(sizeof buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case 6:
		recv(fd, buf, any(sizeof buf), MSG_DONTWAIT);
		break;
	case 7:
	case 8:
		send_fds(fd, any(5) + 1);
		break;
	case 9:
		receive_fds(fd);
		break;
	case 10:
		for (int i = 0; i < SLOTS; i++)
			f[i] = (struct pollfd){ fds[i], POLLIN | POLLOUT | POLLRDHUP, 0 };
		poll(f, SLOTS, 0);
		break;
	case 11:
		a = a_name(&n);
		sendto(fd, buf, any(200), MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&a, n);
		break;
	case 12:
		if (any(3) == 0)
			shutdown(fd, any(3));
		else
			setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
		break;
	case 13:
		put(fcntl(fd, F_DUPFD, 0));
		break;
	}
}

static void
together(void)
{
	int status;

	for (int t = 0; t < TASKS; t++) {
		if (fork() == 0) {
			seed = t * 7919 + 1;
			memset(fds, -1, sizeof fds);
			for (int i = 0; i < ROUNDS; i++)
				step();
			_exit(0);
		}
	}
	for (int t = 0; t < TASKS; t++)
		CHECK(wait(&status) > 0 && exited(status, 0));
}

/* Several writers and readers of one pair of sockets: nothing is lost or doubled. */
static void
shared(int type)
{
	enum { WRITERS = 2, EACH = 2000 };
	int p[2], status, got[WRITERS] = { 0 };
	unsigned short v;

	CHECK(socketpair(AF_UNIX, type, 0, p) == 0);
	for (int w = 0; w < WRITERS; w++) {
		if (fork() == 0) {
			close(p[0]);
			for (int i = 0; i < EACH; i++) {
				v = w << 12 | i;
				CHECK(write(p[1], &v, 2) == 2);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < WRITERS * EACH; i++) {
		CHECK(recv(p[0], &v, 2, MSG_WAITALL) == 2);
		CHECK((v & 0xfff) == got[v >> 12]);
		got[v >> 12]++;
	}
	for (int w = 0; w < WRITERS; w++)
		CHECK(wait(&status) > 0 && exited(status, 0));
	close(p[0]);
	close(p[1]);
}

/* Who writes and ends at the moment at which the other begins to read: that one reads it, and then how it ended. */
static void
last_words(int type, enum end end)
{
	enum { PAIRS = 200 };
	volatile int *turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int p[PAIRS][2], status;

	CHECK(turn != MAP_FAILED);
	for (int i = 0; i < PAIRS; i++)
		CHECK(socketpair(AF_UNIX, type, 0, p[i]) == 0 && (end != RESET || write(p[i][0], "?", 1) == 1));
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < PAIRS; i++) {
			while (*turn <= i)
				sched_yield();
			CHECK(write(p[i][1], "ok", 2) == 2);
			CHECK((end == SHUT_DOWN ? shutdown(p[i][1], SHUT_RDWR) : close(p[i][1])) == 0);
		}
		_exit(0);
	}
	for (int i = 0; i < PAIRS; i++)
		close(p[i][1]);
	for (int i = 0; i < PAIRS; i++) {
		*turn = i + 1;
		CHECK(read(p[i][0], buf, 10) == 2);
		if (end == RESET)
			CHECK_ERRNO(ECONNRESET, read(p[i][0], buf, 10));
		CHECK(read(p[i][0], buf, 10) == 0);
		close(p[i][0]);
	}
	CHECK(wait(&status) > 0 && exited(status, 0));
	munmap((void *)turn, 4096);
}

static void
exhausted(void)
{
	enum { LIMIT = 128 };
	struct rlimit l = { LIMIT, LIMIT };
	int all[LIMIT], p[2], n = 0;

	CHECK(setrlimit(RLIMIT_NOFILE, &l) == 0);
	while (n < LIMIT && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == 0) {
		all[n++] = p[0];
		all[n++] = p[1];
	}
	CHECK(errno == EMFILE && n > LIMIT / 2);
	for (int i = 0; i < n; i++) {
		while (send(all[i], buf, sizeof buf, 0) > 0)
			;
		CHECK(errno == EAGAIN);
	}
	CHECK(recv(all[0], buf, sizeof buf, 0) == sizeof buf);
	for (int i = 0; i < n; i++)
		close(all[i]);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	together();
	shared(SOCK_STREAM);
	shared(SOCK_DGRAM);
	shared(SOCK_SEQPACKET);
	for (int i = 0; i < 5; i++) {
		last_words(SOCK_STREAM, SHUT_DOWN);
		last_words(SOCK_STREAM, CLOSED);
		last_words(SOCK_STREAM, RESET);
		last_words(SOCK_SEQPACKET, SHUT_DOWN);
	}
	for (int i = 0; i < 3; i++)
		CHECK(exited(in_child(exhausted), 0));
	return 0;
}
