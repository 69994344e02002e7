/*
 * fail_nth_events: whichever allocation of a system call fails, the call reports it or gets by, the kernel lives, and
 * what the call had taken until then is given back: sockets, and what waits for events.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "abi/event.h"
#include "fail_nth.h"

static int
do_poll(void)
{
	static struct pollfd p[200];
	struct timespec t = { 0, 1000000 };
	static uint64_t in[16];
	int fd[2];

	TRY(pipe(fd));
	for (int i = 0; i < 200; i++)
		p[i] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	TRY(poll(p, 200, 1));
	in[0] = 1UL << fd[0];
	TRY(syscall(SYS_pselect6, 1024, in, NULL, NULL, &t, NULL));
	return 0;
}

/* Few bytes and many, whole and in pieces. */
static int
do_sockets(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int p[2];

	for (int i = 0; i < 3; i++) {
		TRY(socketpair(AF_UNIX, types[i], 0, p));
		TRY(write(p[0], buf, 100));
		TRY(write(p[0], buf, sizeof buf));
		TRY(recv(p[1], buf, 100, 0));
		TRY(recv(p[1], buf, sizeof buf, 0));
		close(p[0]);
		close(p[1]);
	}
	return 0;
}

static int
do_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	socklen_t n = sizeof a;
	int s, c, f;

	TRY(s = socket(AF_UNIX, SOCK_STREAM, 0));
	TRY(bind(s, (void *)&a, 3));
	TRY(listen(s, 2));
	TRY(c = socket(AF_UNIX, SOCK_STREAM, 0));
	TRY(bind(c, (void *)&a, 2));
	TRY(connect(c, (void *)&a, 3));
	TRY(accept(s, (void *)&a, &n));
	TRY(f = open("/proc/net/unix", O_RDONLY));
	TRY(read(f, buf, sizeof buf));
	return 0;
}

/* Descriptors sent, looked at and received; the sockets in each other's queues at the end. */
static int
do_rights(void)
{
	union { char bytes[64]; struct cmsghdr c; } u;
	struct iovec v = { buf, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &u };
	int p[2];

	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	for (int i = 0; i < 3; i++) {
		u.c = (struct cmsghdr){ CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&u.c), p, 8);
		m.msg_controllen = CMSG_SPACE(8);
		TRY(sendmsg(p[0], &m, 0));
	}
	m.msg_controllen = sizeof u;
	TRY(recvmsg(p[1], &m, MSG_PEEK));
	m.msg_controllen = sizeof u;
	TRY(recvmsg(p[1], &m, 0));
	return 0;
}

/* One epoll in another one, items added, changed and forgotten with their file. */
static int
do_epoll(void)
{
	struct abi_epoll_event e = { .events = POLLIN }, got[4];
	int outer, inner, p[2];

	TRY(outer = syscall(SYS_epoll_create1, 0));
	TRY(inner = syscall(SYS_epoll_create1, 0));
	TRY(pipe(p));
	TRY(syscall(SYS_epoll_ctl, inner, 1 /* add */, p[0], &e));
	TRY(syscall(SYS_epoll_ctl, outer, 1, inner, &e));
	TRY(syscall(SYS_epoll_ctl, outer, 1, p[0], &e));
	TRY(write(p[1], buf, 1));
	TRY(syscall(SYS_epoll_pwait, outer, got, 4, 0, NULL, 8));
	TRY(syscall(SYS_epoll_ctl, inner, 3 /* change */, p[0], &e));
	TRY(syscall(SYS_epoll_ctl, inner, 2 /* delete */, p[0], NULL));
	TRY(close(p[0]));
	return 0;
}

static int
do_timerfd(void)
{
	struct itimerspec soon = { { 0, 0 }, { 0, 1000000 } };
	uint64_t n;
	int fd;

	TRY(fd = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0));
	TRY(syscall(SYS_timerfd_settime, fd, 0, &soon, NULL));
	TRY(read(fd, &n, sizeof n));
	return 0;
}

static int
do_eventfd_and_signalfd(void)
{
	uint64_t n = 1, set = 1UL << (SIGUSR1 - 1);
	int e, s;

	TRY(e = syscall(SYS_eventfd2, 0, 0));
	TRY(write(e, &n, sizeof n));
	TRY(read(e, &n, sizeof n));
	TRY(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8));
	TRY(s = syscall(SYS_signalfd4, -1, &set, 8, 0));
	TRY(kill(getpid(), SIGUSR1));
	TRY(read(s, buf, 128));
	return 0;
}

static int
do_pidfd(void)
{
	int fd;

	TRY(fd = syscall(SYS_pidfd_open, getpid(), 0));
	TRY(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	return 0;
}

/* Who sends: told with the bytes, and with descriptors. */
static int
do_credentials(void)
{
	union { char bytes[128]; struct cmsghdr c; } u;
	struct iovec v = { buf, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &u };
	int p[2], one = 1;

	TRY(socketpair(AF_UNIX, SOCK_DGRAM, 0, p));
	TRY(setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
	u.c = (struct cmsghdr){ CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&u.c), p, 4);
	m.msg_controllen = CMSG_SPACE(4);
	TRY(sendmsg(p[0], &m, 0));
	m.msg_controllen = sizeof u;
	TRY(recvmsg(p[1], &m, 0));
	return 0;
}

static const struct scenario scenarios[] = {
	{ "poll", do_poll }, { "epoll", do_epoll }, { "timerfd", do_timerfd },
	{ "eventfd and signalfd", do_eventfd_and_signalfd }, { "pidfd", do_pidfd }, { "sockets", do_sockets },
	{ "connect", do_connect }, { "rights", do_rights }, { "credentials", do_credentials },
};

int
main(void)
{
	return fail_each(scenarios, sizeof scenarios / sizeof *scenarios);
}
