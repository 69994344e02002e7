/*
 * pty.h - what the tests of terminals share: a pair, and talking through it with patience.
 */
#ifndef TEST_PTY_H
#define TEST_PTY_H

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "test.h"

/* A master, its slave unlocked. */
static inline int
open_master(void)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0;

	CHECK(m >= 0);
	CHECK(ioctl(m, TIOCSPTLCK, &zero) == 0);
	return m;
}

static inline int
open_slave(int m, int flags)
{
	char name[32];
	int n;

	CHECK(ioctl(m, TIOCGPTN, &n) == 0);
	snprintf(name, sizeof name, "/dev/pts/%d", n);
	return open(name, flags | O_NOCTTY);
}

static inline void
open_pair(int *m, int *s)
{
	*m = open_master();
	*s = open_slave(*m, O_RDWR);
	CHECK(*s >= 0);
}

/* What poll says of fd within a minute, far more than any machine needs; 0: nothing. */
static inline int
poll_for(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	CHECK(poll(&p, 1, 60000) >= 0);
	return p.revents;
}

/* What poll says of fd at once. */
static inline int
poll_now(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

/* Nothing comes for a while. */
static inline int
quiet(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 150) == 0;
}

/* Read from fd until it has said exactly `want`, or something else. */
static inline int
says(int fd, const char *want)
{
	size_t n = strlen(want), got = 0;
	char buf[512];

	while (got < n) {
		ssize_t r = poll_for(fd, POLLIN) ? read(fd, buf + got, n - got) : 0;

		if (r <= 0 || memcmp(buf, want, got + r)) {
			printf("wanted \"%s\", got %zd: \"%.*s\"\n", want, r, (int)(got + (r > 0 ? r : 0)), buf);
			return 0;
		}
		got += r;
	}
	return 1;
}

static inline void
put(int fd, const char *s)
{
	CHECK(write(fd, s, strlen(s)) == (ssize_t)strlen(s));
}

/* Change the terminal's local flags. */
static inline void
set_lflag(int fd, tcflag_t on, tcflag_t off)
{
	struct termios t;

	CHECK(tcgetattr(fd, &t) == 0);
	t.c_lflag = (t.c_lflag & ~off) | on;
	CHECK(tcsetattr(fd, TCSANOW, &t) == 0);
}

static inline void
set_raw(int fd, int min, int time)
{
	struct termios t;

	CHECK(tcgetattr(fd, &t) == 0);
	cfmakeraw(&t);
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = time;
	CHECK(tcsetattr(fd, TCSANOW, &t) == 0);
}

#endif
