/*
 * ipcbench.c - what talking costs: sockets, poll, epoll and descriptors of events, terminals, splice, inotify,
 * attributes and locks of files. See bench.h.
 */
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <termios.h>
#include "abi/event.h"
#include "abi/inotify.h"
#include "bench.h"

#define MANY	1000
#define SOME	100

static int pair[2], other[2], epoll, many[MANY];
static struct pollfd polled[SOME];

static void
move_all(int from, int to)
{
	for (size_t done = 0, n; done < sizeof buffer; done += n) {
		n = write(to, buffer, sizeof buffer - done);
		MUST((ssize_t)n > 0);
	}
	for (size_t done = 0, n; done < sizeof buffer; done += n) {
		n = read(from, buffer, sizeof buffer - done);
		MUST((ssize_t)n > 0);
	}
}

/* ---- sockets ---- */

static void
round_trip(long n)
{
	while (n--)
		MUST(write(pair[0], buffer, 1) == 1 && read(pair[0], buffer, 1) == 1);
}

static void stream_64k(long n) { while (n--) move_all(pair[1], pair[0]); }

static void
socketpair_close(long n)
{
	int s[2];

	while (n--)
		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && close(s[0]) == 0 && close(s[1]) == 0);
}

/* One descriptor from one socket to the other, and closed there. */
static void
pass_rights(long n)
{
	struct iovec v = { buffer, 1 };
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (struct cmsghdr *)control;
	int got;

	while (n--) {
		m.msg_controllen = sizeof control;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
		MUST(sendmsg(pair[0], &m, 0) == 1 && recvmsg(pair[1], &m, 0) == 1);
		memcpy(&got, CMSG_DATA(c), sizeof(int));
		MUST(close(got) == 0);
	}
}

static void need_pair(void) { MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0); }

static void
need_pair_and_null(void)
{
	need_pair();
	MUST((fd = open("/dev/null", O_WRONLY)) >= 0);
}

/* A child that sends back what comes. */
static void
echo(int type)
{
	char c;

	MUST(socketpair(AF_UNIX, type, 0, pair) == 0);
	if (child()) {
		close(pair[0]);
		while (read(pair[1], &c, 1) == 1 && write(pair[1], &c, 1) == 1)
			;
		_exit(0);
	}
	close(pair[1]);
}

static void need_stream_echo(void) { echo(SOCK_STREAM); }
static void need_seqpacket_echo(void) { echo(SOCK_SEQPACKET); }
static void need_dgram_echo(void) { echo(SOCK_DGRAM); }

/* ---- descriptors of events ---- */

static int
make_eventfd(void)
{
	int f = syscall(SYS_eventfd2, 0, 0);

	MUST(f >= 0);
	return f;
}

static void
eventfd_round_trip(long n)
{
	unsigned long v = 1;

	while (n--)
		MUST(write(pair[0], &v, 8) == 8 && read(pair[1], &v, 8) == 8);
}

static void
need_eventfd_echo(void)
{
	unsigned long v;

	pair[0] = make_eventfd();
	pair[1] = make_eventfd();
	if (child()) {
		while (read(pair[0], &v, 8) == 8 && write(pair[1], &v, 8) == 8)
			;
		_exit(0);
	}
}

static void
epoll_wait_1_of_1000(long n)
{
	struct abi_epoll_event e[16];

	while (n--)
		MUST(syscall(SYS_epoll_pwait, epoll, e, 16, -1, NULL, 8) == 1);
}

static void
epoll_control(int op, int f)
{
	struct abi_epoll_event e = { POLLIN, f };

	MUST(syscall(SYS_epoll_ctl, epoll, op, f, &e) == 0);
}

static void
epoll_add_del(long n)
{
	while (n--) {
		epoll_control(EPOLL_CTL_ADD, fd);
		epoll_control(EPOLL_CTL_DEL, fd);
	}
}

static void
need_epoll(void)
{
	MUST((epoll = syscall(SYS_epoll_create1, 0)) >= 0);
	fd = make_eventfd();
}

static void
need_epoll_1000(void)
{
	unsigned long v = 1;

	need_epoll();
	for (int i = 0; i < MANY; i++)
		epoll_control(EPOLL_CTL_ADD, many[i] = make_eventfd());
	MUST(write(many[MANY / 2], &v, 8) == 8);
}

static void poll_100(long n) { while (n--) MUST(poll(polled, SOME, -1) == 1); }

static void
need_100(void)
{
	unsigned long v = 1;

	for (int i = 0; i < SOME; i++)
		polled[i] = (struct pollfd){ make_eventfd(), POLLIN, 0 };
	MUST(write(polled[SOME - 1].fd, &v, 8) == 8);
}

static void
signalfd_read(long n)
{
	struct abi_signalfd_siginfo i;
	pid_t me = getpid();

	while (n--)
		MUST(kill(me, SIGUSR1) == 0 && read(fd, &i, sizeof i) == sizeof i);
}

static void
need_signalfd(void)
{
	sigset_t set = 1UL << (SIGUSR1 - 1);

	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	MUST((fd = syscall(SYS_signalfd4, -1, &set, 8, 0)) >= 0);
}

/* A descriptor of this process, a signal 0 through it, and its end. */
static void
pidfd(long n)
{
	int f;

	while (n--) {
		f = syscall(SYS_pidfd_open, getpid(), 0);
		MUST(f >= 0 && syscall(SYS_pidfd_send_signal, f, 0, NULL, 0) == 0 && close(f) == 0);
	}
}

/* ---- a terminal ---- */

/* What a program says, to the terminal's emulator. */
static void
pty_4k(long n)
{
	while (n--) {
		MUST(write(pair[1], buffer, PAGE) == PAGE);
		for (long done = 0, r; done < PAGE; done += r)
			MUST((r = read(pair[0], buffer, PAGE - done)) > 0);
	}
}

static void
need_pty(void)
{
	struct termios t;
	int zero = 0, number;
	char name[32];

	pair[0] = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	MUST(pair[0] >= 0 && ioctl(pair[0], TIOCSPTLCK, &zero) == 0 && ioctl(pair[0], TIOCGPTN, &number) == 0);
	snprintf(name, sizeof name, "/dev/pts/%d", number);
	pair[1] = open(name, O_RDWR | O_NOCTTY);
	MUST(pair[1] >= 0 && tcgetattr(pair[1], &t) == 0);
	cfmakeraw(&t);
	MUST(tcsetattr(pair[1], TCSANOW, &t) == 0);
}

/* ---- from file to file ---- */

/* 64 KiB from one pipe to another, and back. */
static void
splice_pipes(long n)
{
	while (n--)
		for (int i = 0; i < 2; i++) {
			int in = i ? other[0] : pair[0], out = i ? pair[1] : other[1];

			for (long done = 0, r; done < (long)sizeof buffer; done += r)
				MUST((r = syscall(SYS_splice, in, NULL, out, NULL, sizeof buffer - done, 0)) > 0);
		}
}

/* 64 KiB of a file through a pipe to nowhere. */
static void
splice_file(long n)
{
	while (n--) {
		long off = 0;

		while (off < (long)sizeof buffer)
			MUST(syscall(SYS_splice, fd, &off, pair[1], NULL, sizeof buffer - off, 0) > 0);
		for (long done = 0, r; done < (long)sizeof buffer; done += r)
			MUST((r = syscall(SYS_splice, pair[0], NULL, other[1], NULL, sizeof buffer - done, 0)) > 0);
	}
}

static void
sendfile_64k(long n)
{
	off_t off;

	while (n--) {
		off = 0;
		while (off < (long)sizeof buffer)
			MUST(sendfile(pair[0], fd, &off, sizeof buffer - off) > 0);
		for (long done = 0, r; done < (long)sizeof buffer; done += r)
			MUST((r = read(pair[1], buffer, sizeof buffer - done)) > 0);
	}
}

static void
copy_range_64k(long n)
{
	long in, out;

	while (n--) {
		in = 0;
		out = sizeof buffer;
		while (in < (long)sizeof buffer)
			MUST(syscall(SYS_copy_file_range, fd, &in, fd, &out, sizeof buffer - in, 0) > 0);
	}
}

static void
need_file(void)
{
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0644);
	MUST(fd >= 0 && write(fd, buffer, sizeof buffer) == sizeof buffer);
}

static void
need_file_and_pair(void)
{
	need_file();
	need_pair();
}

static void
need_pipes(void)
{
	MUST(pipe(pair) == 0 && pipe(other) == 0 && write(pair[1], buffer, sizeof buffer) == sizeof buffer);
}

static void
need_file_and_pipe(void)
{
	need_file();
	MUST(pipe(pair) == 0 && (other[1] = open("/dev/null", O_WRONLY)) >= 0);
}

/* ---- what files have besides bytes ---- */

static void
inotify_add_rm(long n)
{
	int w;

	while (n--) {
		w = syscall(SYS_inotify_add_watch, epoll, path, IN_MODIFY);
		MUST(w >= 0 && syscall(SYS_inotify_rm_watch, epoll, w) == 0);
		MUST(read(epoll, buffer, PAGE) == 16);		/* IN_IGNORED */
	}
}

static void
need_inotify(void)
{
	need_file();
	MUST((epoll = syscall(SYS_inotify_init1, 0)) >= 0);
}

static void
xattr_set_get(long n)
{
	while (n--) {
		MUST(syscall(SYS_setxattr, path, "user.bench", buffer, 16, 0) == 0);
		MUST(syscall(SYS_getxattr, path, "user.bench", buffer, 16) == 16);
	}
}

static void flock_cycle(long n) { while (n--) MUST(flock(fd, LOCK_EX) == 0 && flock(fd, LOCK_UN) == 0); }

static void
record_lock(long n)
{
	struct flock l = { .l_start = 100, .l_len = 10 };

	while (n--) {
		l.l_type = F_WRLCK;
		MUST(fcntl(fd, F_SETLK, &l) == 0);
		l.l_type = F_UNLCK;
		MUST(fcntl(fd, F_SETLK, &l) == 0);
	}
}

static const struct row rows[] = {
	{ "stream_round_trip", need_stream_echo, round_trip, 1, OTHER },
	{ "seqpacket_round_trip", need_seqpacket_echo, round_trip, 1, OTHER },
	{ "dgram_round_trip", need_dgram_echo, round_trip, 1, OTHER },
	{ "stream_64k", need_pair, stream_64k, 1, OTHER },
	{ "socketpair_close", NULL, socketpair_close, 1, OTHER },
	{ "pass_rights", need_pair_and_null, pass_rights, 1, OTHER },
	{ "eventfd_round_trip", need_eventfd_echo, eventfd_round_trip, 1, OTHER },
	{ "epoll_wait_1_of_1000", need_epoll_1000, epoll_wait_1_of_1000, 1, OTHER },
	{ "epoll_add_del", need_epoll, epoll_add_del, 1, OTHER },
	{ "poll_100", need_100, poll_100, 1, OTHER },
	{ "signalfd_read", need_signalfd, signalfd_read, 1, OTHER },
	{ "pidfd_open_signal", NULL, pidfd, 1, OTHER },
	{ "pty_4k", need_pty, pty_4k, 1, OTHER },
	{ "splice_pipes_64k", need_pipes, splice_pipes, 2, OTHER },
	{ "splice_file_64k", need_file_and_pipe, splice_file, 1, FILES },
	{ "sendfile_64k", need_file_and_pair, sendfile_64k, 1, FILES },
	{ "copy_range_64k", need_file, copy_range_64k, 1, FILES },
	{ "inotify_add_rm", need_inotify, inotify_add_rm, 1, OTHER },
	{ "xattr_set_get", need_file, xattr_set_get, 1, FILES },
	{ "flock", need_file, flock_cycle, 1, OTHER },
	{ "record_lock", need_file, record_lock, 1, OTHER },
};

int
main(int argc, char **argv)
{
	return bench(rows, sizeof rows / sizeof rows[0], argc, argv);
}
