/* tty_session: who gets a controlling terminal, how it is lost, and whom that kills or stops. */
#include "pty.h"

#define TIOCVHANGUP_	0x5437
#define vhangup()	syscall(58)

static int m, s;
static volatile int hups, conts;
static void on_hup(int sig) { (void)sig; hups++; }
static void on_cont(int sig) { (void)sig; conts++; }

/* Become a session leader without a terminal, with a fresh pair. */
static void
lead(void)
{
	CHECK(setsid() > 0);
	open_pair(&m, &s);
}

/* ... that has one. */
static void
lead_with_terminal(void)
{
	lead();
	CHECK(ioctl(s, TIOCSCTTY, 0) == 0);
}

static void
count_signals(void)
{
	signal(SIGHUP, on_hup);
	signal(SIGCONT, on_cont);
}

/* Wait for a child's change of state. */
static int
state_of(pid_t p, int flags)
{
	int status;

	CHECK(waitpid(p, &status, flags) == p);
	return status;
}

static void
getting_one(void)
{
	int n, s2, m2;
	pid_t p;

	lead();
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK_ERRNO(ENOTTY, tcgetpgrp(s));
	CHECK_ERRNO(ENOTTY, ioctl(s, TIOCGSID, &n));
	CHECK_ERRNO(ENOTTY, ioctl(m, TIOCGSID, &n));
	CHECK_ERRNO(ENOTTY, tcsetpgrp(s, getpid()));
	CHECK(ioctl(m, TIOCGPGRP, &n) == 0 && n == 0);
	CHECK_ERRNO(ENOTTY, ioctl(s, TIOCNOTTY));
	CHECK(ioctl(s, TIOCSCTTY, 0) == 0 && ioctl(s, TIOCSCTTY, 0) == 0);
	CHECK(tcgetpgrp(s) == getpid() && ioctl(s, TIOCGSID, &n) == 0 && n == getpid());
	CHECK(ioctl(m, TIOCGPGRP, &n) == 0 && n == getpid());
	CHECK(ioctl(m, TIOCGSID, &n) == 0 && n == getpid());
	CHECK(open("/dev/tty", O_RDWR) >= 0);
	open_pair(&m2, &s2);
	CHECK_ERRNO(EPERM, ioctl(s2, TIOCSCTTY, 0));	/* one is enough */
	CHECK_ERRNO(EPERM, ioctl(s2, TIOCSCTTY, 1));
	CHECK_ERRNO(EINVAL, tcsetpgrp(s, -1));
	CHECK_ERRNO(ESRCH, tcsetpgrp(s, 999999));
	CHECK_ERRNO(EPERM, tcsetpgrp(s, getppid()));	/* not of this session */
	CHECK_ERRNO(EFAULT, ioctl(s, TIOCSPGRP, 16));
	fflush(stdout);
	p = fork();
	if (p == 0) {
		CHECK_ERRNO(EPERM, ioctl(s2, TIOCSCTTY, 0));	/* not a leader */
		CHECK(tcgetpgrp(s) == getppid());		/* inherited */
		CHECK(ioctl(s, TIOCNOTTY) == 0);		/* it alone gives it up */
		CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
		_exit(0);
	}
	CHECK(exited(state_of(p, 0), 0));
	CHECK(open("/dev/tty", O_RDWR) >= 0);
}

/* Opening one is enough, unless O_NOCTTY, or it has a session, or cannot be read. */
static void
by_opening(void)
{
	char name[32];
	int n;

	CHECK(setsid() > 0);
	m = open_master();
	CHECK(ioctl(m, TIOCGPTN, &n) == 0);
	snprintf(name, sizeof name, "/dev/pts/%d", n);
	s = open(name, O_RDWR | O_NOCTTY);
	CHECK_ERRNO(ENOTTY, tcgetpgrp(s));
	n = open(name, O_WRONLY);
	CHECK_ERRNO(ENOTTY, tcgetpgrp(s));
	close(n);
	n = open(name, O_RDWR);
	CHECK(tcgetpgrp(s) == getpid());
}

/* Another session takes it away: only root, and only if it says so. */
static void
stealing(void)
{
	pid_t p;

	lead_with_terminal();
	fflush(stdout);
	p = fork();
	if (p == 0) {
		CHECK(setsid() > 0);
		CHECK_ERRNO(EPERM, ioctl(s, TIOCSCTTY, 0));
		if (fork() == 0) {
			CHECK(setsid() > 0 && setuid(1000) == 0);
			CHECK_ERRNO(EPERM, ioctl(s, TIOCSCTTY, 1));
			_exit(0);
		}
		int status;
		CHECK(wait(&status) > 0 && exited(status, 0));
		CHECK(ioctl(s, TIOCSCTTY, 1) == 0 && tcgetpgrp(s) == getpid());
		_exit(0);
	}
	CHECK(exited(state_of(p, 0), 0));
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK_ERRNO(ENOTTY, tcgetpgrp(s));
}

/* The leader gives it up: the whole session loses it, the foreground is told, files stay alive. */
static void
giving_up(void)
{
	lead_with_terminal();
	count_signals();
	CHECK(ioctl(s, TIOCNOTTY) == 0 && hups == 1 && conts == 1);
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	put(s, "alive");
	CHECK(says(m, "alive"));
	CHECK(ioctl(s, TIOCSCTTY, 0) == 0);		/* and may have it again */
}

/* The leader exits: SIGHUP for the foreground; others may go on using a pty. */
static void
leader_exits(void)
{
	int go[2], up[2];
	char c;
	pid_t p;

	open_pair(&m, &s);
	CHECK(pipe(go) == 0 && pipe(up) == 0);
	fflush(stdout);
	p = fork();
	if (p == 0) {
		CHECK(setsid() > 0 && ioctl(s, TIOCSCTTY, 0) == 0);
		signal(SIGHUP, SIG_IGN);
		if (fork() == 0) {
			signal(SIGHUP, on_hup);
			CHECK(write(up[1], "r", 1) == 1);
			while (!hups)
				pause_ms(10);
			put(s, "told");
			CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
			CHECK(write(up[1], "d", 1) == 1);
			_exit(0);
		}
		CHECK(read(go[0], &c, 1) == 1);
		_exit(0);
	}
	CHECK(read(up[0], &c, 1) == 1 && c == 'r');
	CHECK(write(go[1], "g", 1) == 1);
	CHECK(exited(state_of(p, 0), 0));
	CHECK(says(m, "told"));
	CHECK(read(up[0], &c, 1) == 1 && c == 'd');
}

/* Hung up from here (vhangup) or there (the master closes): the leader hears SIGHUP and SIGCONT, all files die. */
static void
hanging_up(void)
{
	struct termios t;
	char c;

	lead_with_terminal();
	count_signals();
	CHECK(vhangup() == 0 && hups == 1 && conts == 1);
	CHECK(read(s, &c, 1) == 0);
	CHECK_ERRNO(EIO, write(s, "x", 1));
	CHECK_ERRNO(EIO, tcgetattr(s, &t));
	CHECK_ERRNO(ENOTTY, tcsetpgrp(s, getpid()));
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK(vhangup() == 0 && hups == 1);		/* without a terminal, nothing */
	CHECK(!(poll_now(m, POLLIN) & POLLHUP));	/* dead, but not closed */
	close(s);
	CHECK(poll_for(m, POLLIN) & POLLHUP);
	s = open_slave(m, O_RDWR);
	CHECK(s >= 0 && ioctl(s, TIOCSCTTY, 0) == 0);
	put(s, "again");
	CHECK(says(m, "again"));
	CHECK(ioctl(s, TIOCVHANGUP_) == 0 && hups == 2);
	s = open_slave(m, O_RDWR);
	CHECK(s >= 0 && ioctl(s, TIOCSCTTY, 0) == 0);
	close(m);
	CHECK(hups == 3 && conts == 3);
	CHECK_ERRNO(ENXIO, open("/dev/tty", O_RDWR));
	CHECK(setuid(1000) == 0);
	CHECK_ERRNO(EPERM, vhangup());
}

/* A leader without a handler dies of the hang-up, and then its foreground group hears of it. */
static void
closing_an_emulator(void)
{
	int up[2];
	char c;
	pid_t p;

	open_pair(&m, &s);
	CHECK(pipe(up) == 0);
	fflush(stdout);
	p = fork();
	if (p == 0) {
		close(m);
		CHECK(setsid() > 0 && ioctl(s, TIOCSCTTY, 0) == 0);
		signal(SIGTTOU, SIG_IGN);
		p = fork();
		if (p == 0) {
			CHECK(setpgid(0, 0) == 0 && tcsetpgrp(s, getpid()) == 0);
			signal(SIGHUP, on_hup);
			CHECK(write(up[1], "r", 1) == 1);
			while (!hups)
				pause_ms(10);
			CHECK(write(up[1], "h", 1) == 1);
			_exit(0);
		}
		for (;;)
			pause();
	}
	CHECK(read(up[0], &c, 1) == 1 && c == 'r');
	close(m);
	CHECK(killed(state_of(p, 0), SIGHUP));
	CHECK(read(up[0], &c, 1) == 1 && c == 'h');
}

int
main(void)
{
	static void (*const parts[])(void) = {
		getting_one, by_opening, stealing, giving_up, leader_exits, hanging_up, closing_an_emulator,
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		CHECK(exited(in_child(parts[i]), 0));
	return 0;
}
