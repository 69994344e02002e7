/* unix_calls: sockets of AF_UNIX, what each call refuses and with which errno; names, options, a socket as a file. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include "test.h"

#define PATH	"/tmp/unix_calls.s"

static struct sockaddr_un
name_of(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	return a;
}

#define SA(a)	((struct sockaddr *)&(a))

static int
option(int fd, int opt)
{
	int v = -1;
	socklen_t n = sizeof v;

	CHECK(getsockopt(fd, SOL_SOCKET, opt, &v, &n) == 0 && n == sizeof v);
	return v;
}

static void
making(void)
{
	int p[2], fd;

	CHECK_ERRNO(EAFNOSUPPORT, socket(45, SOCK_STREAM, 0));
	CHECK_ERRNO(EAFNOSUPPORT, socket(-1, SOCK_STREAM, 0));
	CHECK_ERRNO(EAFNOSUPPORT, socket(1000, SOCK_STREAM, 0));
	CHECK_ERRNO(EINVAL, socket(AF_UNIX, 11, 0));
	CHECK_ERRNO(EINVAL, socket(AF_UNIX, SOCK_STREAM | 0x40, 0));
	CHECK_ERRNO(ESOCKTNOSUPPORT, socket(AF_UNIX, SOCK_RDM, 0));
	CHECK_ERRNO(EPROTONOSUPPORT, socket(AF_UNIX, SOCK_STREAM, 2));
	CHECK_ERRNO(EFAULT, socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)8));
	CHECK_ERRNO(EINVAL, socketpair(AF_UNIX, SOCK_STREAM | 0x40, 0, p));
	fd = socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, PF_UNIX);
	CHECK(fd >= 0 && option(fd, SO_TYPE) == SOCK_DGRAM && option(fd, SO_DOMAIN) == AF_UNIX);
	CHECK(option(fd, SO_PROTOCOL) == 0 || option(fd, SO_PROTOCOL) == 1);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
	close(fd);
}

static void
seen_as_a_file(void)
{
	char link[64], want[64];
	struct stat st;
	int p[2];
	ssize_t n;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
	CHECK(fstat(p[0], &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0777);
	snprintf(want, sizeof want, "/proc/self/fd/%d", p[0]);
	n = readlink(want, link, sizeof link - 1);
	CHECK(n > 0);
	link[n] = 0;
	CHECK_ERRNO(ENXIO, open(want, O_RDWR));
	snprintf(want, sizeof want, "socket:[%lu]", (unsigned long)st.st_ino);
	CHECK(!strcmp(link, want));
	CHECK_ERRNO(ESPIPE, lseek(p[0], 0, SEEK_SET));
	CHECK_ERRNO(ESPIPE, pread(p[0], link, 1, 0));
	CHECK_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, p[0], 0) == MAP_FAILED ? -1 : 0);
	CHECK_ERRNO(EINVAL, fsync(p[0]));
	CHECK_ERRNO(EINVAL, ftruncate(p[0], 0));
	CHECK_ERRNO(ENOTTY, ioctl(p[0], TCGETS, want));
	close(p[0]);
	close(p[1]);
}

static void
not_sockets(void)
{
	struct sockaddr_un a = name_of(PATH);
	socklen_t n = sizeof a;
	int p[2], v = 0;

	CHECK(pipe(p) == 0);
	CHECK_ERRNO(ENOTSOCK, bind(p[0], SA(a), n));
	CHECK_ERRNO(ENOTSOCK, listen(p[0], 1));
	CHECK_ERRNO(ENOTSOCK, accept(p[0], NULL, NULL));
	CHECK_ERRNO(ENOTSOCK, connect(p[0], SA(a), n));
	CHECK_ERRNO(ENOTSOCK, getsockname(p[0], SA(a), &n));
	CHECK_ERRNO(ENOTSOCK, getpeername(p[0], SA(a), &n));
	CHECK_ERRNO(ENOTSOCK, send(p[1], "x", 1, 0));
	CHECK_ERRNO(ENOTSOCK, recv(p[0], &a, 1, 0));
	CHECK_ERRNO(ENOTSOCK, shutdown(p[0], 0));
	CHECK_ERRNO(ENOTSOCK, setsockopt(p[0], SOL_SOCKET, SO_KEEPALIVE, &v, sizeof v));
	CHECK_ERRNO(ENOTSOCK, getsockopt(p[0], SOL_SOCKET, SO_KEEPALIVE, &v, &n));
	CHECK_ERRNO(EBADF, bind(99, SA(a), n));
	CHECK_ERRNO(EBADF, accept4(99, NULL, NULL, 0x40));
	CHECK_ERRNO(EBADF, send(-1, "x", 1, 0));
	CHECK_ERRNO(EBADF, recvmsg(-1, NULL, 0));
	close(p[0]);
	close(p[1]);
}

static void
names(void)
{
	struct sockaddr_un a = name_of(PATH), b;
	struct sockaddr_storage big = { .ss_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), t = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t n;
	struct stat st;

	unlink(PATH);
	memset(&b, 0x55, sizeof b);
	n = sizeof b;
	CHECK(getsockname(s, SA(b), &n) == 0 && n == 2 && b.sun_family == AF_UNIX);
	CHECK_ERRNO(ENOTCONN, getpeername(s, SA(b), &n));
	CHECK_ERRNO(EINVAL, bind(s, SA(a), 1));
	CHECK_ERRNO(EINVAL, bind(s, SA(a), -1));
	CHECK_ERRNO(EINVAL, bind(s, SA(big), 129));
	CHECK_ERRNO(EINVAL, bind(s, SA(big), 111));
	CHECK_ERRNO(EFAULT, bind(s, (void *)8, 10));
	a.sun_family = AF_INET;
	CHECK_ERRNO(EINVAL, bind(s, SA(a), sizeof a));
	a = name_of("/tmp/none/x");
	CHECK_ERRNO(ENOENT, bind(s, SA(a), sizeof a));
	a = name_of("/proc/x");
	CHECK(bind(s, SA(a), sizeof a) == -1);
	a = name_of(PATH);
	umask(027);
	CHECK(bind(s, SA(a), 2 + strlen(PATH)) == 0);
	umask(022);
	CHECK(stat(PATH, &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0750);
	CHECK_ERRNO(ENXIO, open(PATH, O_RDWR));
	n = sizeof b;
	CHECK(getsockname(s, SA(b), &n) == 0 && n == 2 + strlen(PATH) + 1 && !strcmp(b.sun_path, PATH));
	n = 5;				/* cut, and the whole length told */
	memset(&b, 0x55, sizeof b);
	CHECK(getsockname(s, SA(b), &n) == 0 && n == 2 + strlen(PATH) + 1 && !memcmp(b.sun_path, "/tmUU", 5));
	n = -1;
	CHECK_ERRNO(EINVAL, getsockname(s, SA(b), &n));
	CHECK_ERRNO(EFAULT, getsockname(s, SA(b), (void *)8));
	CHECK_ERRNO(EADDRINUSE, bind(t, SA(a), sizeof a));
	CHECK_ERRNO(EADDRINUSE, bind(s, SA(a), sizeof a));
	a = name_of("/tmp/unix_calls.2");
	CHECK_ERRNO(EINVAL, bind(s, SA(a), sizeof a));
	CHECK_ERRNO(ENOENT, stat("/tmp/unix_calls.2", &st));

	/* 108 characters and no NUL: the name is one longer than the structure. */
	memset(&a, 'y', sizeof a);
	a.sun_family = AF_UNIX;
	memcpy(a.sun_path, "/tmp/", 5);
	CHECK(bind(t, SA(a), sizeof a) == 0);
	n = sizeof big;
	CHECK(getsockname(t, SA(big), &n) == 0 && n == sizeof a + 1);
	unlink(big.ss_data);
	close(t);
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	a = name_of(PATH);
	CHECK_ERRNO(EINVAL, bind(s, SA(a), 0));
	CHECK_ERRNO(EADDRINUSE, bind(s, SA(a), sizeof a));	/* the node stays when its socket is gone */
	CHECK_ERRNO(ECONNREFUSED, connect(s, SA(a), sizeof a));
	close(s);
	unlink(PATH);
}

static void
abstract_names(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX }, b;
	int s = socket(AF_UNIX, SOCK_DGRAM, 0), t = socket(AF_UNIX, SOCK_DGRAM, 0), u = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t n = sizeof b;

	memcpy(a.sun_path, "\0uc\0x", 5);
	CHECK_ERRNO(ECONNREFUSED, connect(t, SA(a), 7));
	CHECK(bind(s, SA(a), 7) == 0);
	CHECK_ERRNO(EADDRINUSE, bind(t, SA(a), 7));
	CHECK(bind(t, SA(a), 8) == 0);			/* longer by a NUL: another name */
	CHECK(bind(u, SA(a), 7) == 0);			/* another type: another name */
	CHECK(getsockname(s, SA(b), &n) == 0 && n == 7 && !memcmp(b.sun_path, "\0uc\0x", 5));
	CHECK_ERRNO(EINVAL, bind(s, SA(a), 9));
	close(s);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(s, SA(a), 7) == 0);			/* gone with the socket */
	close(s);
	close(t);
	/* Nothing but the family: a name is made up. */
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(s, SA(a), 2) == 0);
	n = sizeof b;
	CHECK(getsockname(s, SA(b), &n) == 0 && n == 8 && b.sun_path[0] == 0);
	for (int i = 1; i < 6; i++)
		CHECK(strchr("0123456789abcdef", b.sun_path[i]));
	CHECK(bind(s, SA(a), 2) == 0);
	close(s);
	close(u);
}

static void
options(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0), v, p[2];
	struct timeval tv = { 1, 500000 };
	struct linger l = { 7, 5 };
	struct ucred c;
	socklen_t n;

	for (int i = 0; i < 4; i++) {
		int opt[] = { SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_PASSCRED };

		CHECK(option(s, opt[i]) == 0);
		v = 5;
		CHECK(setsockopt(s, SOL_SOCKET, opt[i], &v, sizeof v) == 0 && option(s, opt[i]) == 1);
		v = 0;
		CHECK(setsockopt(s, SOL_SOCKET, opt[i], &v, sizeof v) == 0 && option(s, opt[i]) == 0);
	}
	v = 1;
	CHECK_ERRNO(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_TYPE, &v, sizeof v));
	CHECK_ERRNO(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_ERROR, &v, sizeof v));
	CHECK_ERRNO(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_SNDLOWAT, &v, sizeof v));
	CHECK_ERRNO(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, 12345, &v, sizeof v));
	CHECK_ERRNO(EINVAL, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, 3));
	CHECK_ERRNO(EINVAL, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, -1));
	CHECK_ERRNO(EFAULT, setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4));
	CHECK_ERRNO(EOPNOTSUPP, setsockopt(s, 6, 1, &v, sizeof v));
	n = sizeof v;
	CHECK_ERRNO(EOPNOTSUPP, getsockopt(s, 6, 1, &v, &n));
	CHECK_ERRNO(ENOPROTOOPT, getsockopt(s, SOL_SOCKET, 12345, &v, &n));
	n = -1;
	CHECK_ERRNO(EINVAL, getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &n));
	n = 1;					/* cut */
	v = 0x1234;
	CHECK(getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &n) == 0 && n == 1 && v == 0x1201);
	CHECK(option(s, SO_ACCEPTCONN) == 0 && option(s, SO_ERROR) == 0);

	CHECK(option(s, SO_SNDBUF) == 212992 && option(s, SO_RCVBUF) == 212992);
	v = 10000;
	CHECK(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, sizeof v) == 0 && option(s, SO_SNDBUF) == 20000);
	v = 1;
	CHECK(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, sizeof v) == 0 && option(s, SO_SNDBUF) == 4608);
	v = 1 << 30;
	CHECK(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &v, sizeof v) == 0 && option(s, SO_RCVBUF) == 425984);
	v = 0;
	CHECK(option(s, SO_RCVLOWAT) == 1 && setsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &v, sizeof v) == 0);
	CHECK(option(s, SO_RCVLOWAT) == 1);

	CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0);
	tv.tv_sec = 0;
	n = sizeof tv;
	CHECK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, &n) == 0 && n == sizeof tv);
	CHECK(tv.tv_sec == 1 && tv.tv_usec == 500000);
	CHECK(getsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, &n) == 0 && !tv.tv_sec && !tv.tv_usec);
	tv.tv_usec = 1000000;
	CHECK_ERRNO(EDOM, setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	CHECK_ERRNO(EINVAL, setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv - 1));
	CHECK(setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l) == 0);
	n = sizeof l;
	CHECK(getsockopt(s, SOL_SOCKET, SO_LINGER, &l, &n) == 0 && l.l_onoff == 1 && l.l_linger == 5);
	n = sizeof c;
	CHECK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &n) == 0 && c.pid == 0 && c.uid == ~0u && c.gid == ~0u);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) == 0);
	CHECK(getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &c, &n) == 0);
	CHECK(c.pid == (unsigned)getpid() && c.uid == getuid());
	close(p[0]);
	close(p[1]);
	close(s);
}

static void
wrong_state(void)
{
	struct sockaddr_un a = name_of(PATH), unspec = { .sun_family = AF_UNSPEC };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
	int q = socket(AF_UNIX, SOCK_SEQPACKET, 0), p[2];
	char b;

	unlink(PATH);
	CHECK_ERRNO(EINVAL, listen(s, 1));
	CHECK_ERRNO(EOPNOTSUPP, listen(d, 1));
	CHECK_ERRNO(EINVAL, accept(s, NULL, NULL));
	CHECK_ERRNO(EOPNOTSUPP, accept(d, NULL, NULL));
	CHECK_ERRNO(EINVAL, accept4(s, NULL, NULL, 0x40));
	CHECK_ERRNO(EINVAL, recv(s, &b, 1, 0));
	CHECK_ERRNO(ENOTCONN, recv(q, &b, 1, 0));
	CHECK_ERRNO(ENOTCONN, send(s, "x", 1, 0));
	CHECK_ERRNO(ENOTCONN, send(q, "x", 1, 0));
	CHECK_ERRNO(ENOTCONN, send(d, "x", 1, 0));
	CHECK_ERRNO(ENOTCONN, write(d, "x", 1));
	CHECK_ERRNO(EAGAIN, recv(d, &b, 1, MSG_DONTWAIT));
	CHECK_ERRNO(EOPNOTSUPP, sendto(s, "x", 1, 0, SA(a), sizeof a));
	CHECK_ERRNO(ENOENT, connect(s, SA(a), sizeof a));
	CHECK_ERRNO(EINVAL, connect(s, SA(unspec), sizeof unspec));
	CHECK_ERRNO(EINVAL, connect(s, SA(a), 2));
	CHECK_ERRNO(EINVAL, connect(d, SA(a), 1));
	CHECK_ERRNO(EINVAL, sendto(d, "x", 1, 0, SA(unspec), sizeof unspec));
	CHECK(connect(d, SA(unspec), sizeof unspec) == 0);
	CHECK_ERRNO(EINVAL, shutdown(s, 3));
	CHECK_ERRNO(EINVAL, shutdown(s, -1));
	CHECK(shutdown(q, SHUT_RD) == 0);
	a = name_of("/dev/null");
	CHECK_ERRNO(ECONNREFUSED, connect(s, SA(a), sizeof a));
	a = name_of("/");
	CHECK_ERRNO(ECONNREFUSED, connect(s, SA(a), sizeof a));
	a = name_of(PATH);
	CHECK(bind(d, SA(a), sizeof a) == 0);
	CHECK_ERRNO(EPROTOTYPE, connect(s, SA(a), sizeof a));
	unlink(PATH);
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(s, SA(a), sizeof a) == 0);
	close(q);
	q = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(ECONNREFUSED, connect(q, SA(a), sizeof a));		/* bound, but does not listen */
	CHECK(listen(s, 5) == 0 && listen(s, -1) == 0 && option(s, SO_ACCEPTCONN) == 1);
	CHECK_ERRNO(EINVAL, connect(s, SA(a), sizeof a));		/* a listener */
	CHECK_ERRNO(EINVAL, recv(s, &b, 1, 0));
	CHECK_ERRNO(ENOTCONN, send(s, &b, 1, MSG_NOSIGNAL));
	int n;
	CHECK_ERRNO(EINVAL, ioctl(s, FIONREAD, &n));
	CHECK(connect(q, SA(a), sizeof a) == 0);
	CHECK_ERRNO(EISCONN, connect(q, SA(a), sizeof a));
	CHECK_ERRNO(EISCONN, sendto(q, "x", 1, 0, SA(a), sizeof a));
	CHECK_ERRNO(EINVAL, listen(q, 1));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
	CHECK_ERRNO(EINVAL, listen(p[0], 1));
	CHECK_ERRNO(EISCONN, connect(p[0], SA(a), sizeof a));
	close(s);
	close(q);
	close(d);
	close(p[0]);
	close(p[1]);
	unlink(PATH);
}

static void
write_permission(void)
{
	struct sockaddr_un a = name_of(PATH);
	int s;

	CHECK(setgid(1000) == 0 && setuid(1000) == 0);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(EACCES, connect(s, SA(a), sizeof a));
}

static void
permission(void)
{
	struct sockaddr_un a = name_of(PATH);
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(PATH);
	CHECK(bind(s, SA(a), sizeof a) == 0 && listen(s, 1) == 0);
	if (getuid() == 0)
		CHECK(exited(in_child(write_permission), 0));
	unlink(PATH);
	close(s);
}

static void
listed(void)
{
	struct sockaddr_un a = name_of(PATH);
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	static char text[65536], want[64];
	struct stat st;
	int f;
	char *line;

	unlink(PATH);
	CHECK(bind(s, SA(a), sizeof a) == 0 && listen(s, 1) == 0 && fstat(s, &st) == 0);
	f = open("/proc/net/unix", O_RDONLY);
	CHECK(f >= 0 && read(f, text, sizeof text - 1) > 0);
	CHECK(!strncmp(text, "Num       RefCount Protocol Flags    Type St Inode Path\n", 56));
	snprintf(want, sizeof want, " 00000000 00010000 0001 01 %5lu " PATH "\n", (unsigned long)st.st_ino);
	line = strstr(text, want);
	CHECK(line && line[-9] == ' ' && line[-10] == ':');
	close(f);
	close(s);
	unlink(PATH);
	f = open("/proc/sys/net/unix/max_dgram_qlen", O_RDONLY);
	CHECK(f >= 0 && read(f, text, 10) >= 2);
	close(f);
	f = open("/proc/sys/net/core/somaxconn", O_RDONLY);
	CHECK(f >= 0 && read(f, text, 10) == 5 && !memcmp(text, "4096\n", 5));
	close(f);
}

int
main(void)
{
	making();
	seen_as_a_file();
	not_sockets();
	names();
	abstract_names();
	options();
	wrong_state();
	permission();
	listed();
	return 0;
}
