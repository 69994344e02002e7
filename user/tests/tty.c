/* tty: the console's settings, window size, queues and foreground group answer as a terminal's. */
#include <sys/ioctl.h>
#include <termios.h>
#include "test.h"

static volatile int resized;
static void on_resize(int sig) { (void)sig; resized++; }

static void
background_reader(void)
{
	char c;

	setpgid(0, 0);
	read(0, &c, 1);
	_exit(1);
}

static void
background_writer(void)
{
	struct termios t;

	setpgid(0, 0);
	CHECK(tcgetattr(0, &t) == 0);			/* to ask is allowed */
	tcsetattr(0, TCSANOW, &t);			/* to change is not */
	_exit(1);
}

static void
ignoring_reader(void)
{
	char c;

	setpgid(0, 0);
	signal(SIGTTIN, SIG_IGN);
	CHECK_ERRNO(EIO, read(0, &c, 1));
	signal(SIGTTOU, SIG_IGN);
	CHECK(tcsetpgrp(0, getpgrp()) == 0 && tcgetpgrp(0) == getpgrp());
}

/* Start body in the background; the signal that stopped it. */
static int
stopped_by(void (*body)(void))
{
	int status, sig;
	pid_t p;

	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (p == 0)
		body();
	CHECK(waitpid(p, &status, WUNTRACED) == p && WIFSTOPPED(status));
	sig = WSTOPSIG(status);
	kill(p, SIGKILL);
	CHECK(waitpid(p, &status, 0) == p);
	return sig;
}

int
main(void)
{
	struct termios old, t, again;
	struct winsize w = { 41, 123, 0, 0 }, got;
	int n = -1, null = open("/dev/null", O_RDWR), f[2];
	pid_t me = getpgrp();

	if (!isatty(0)) {
		printf("not on a terminal: nothing to see\n");
		return 0;
	}
	CHECK(tcgetattr(0, &old) == 0);
	CHECK_ERRNO(ENOTTY, tcgetattr(null, &t));
	CHECK_ERRNO(ENOTTY, ioctl(null, TIOCGWINSZ, &got));
	CHECK(pipe(f) == 0);
	CHECK_ERRNO(ENOTTY, ioctl(f[0], TCGETS, &t));
	CHECK_ERRNO(EFAULT, ioctl(0, TCGETS, 16));

	/* What is set is read back. */
	t = old;
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	CHECK(tcsetattr(0, TCSANOW, &t) == 0 && tcgetattr(0, &again) == 0);
	CHECK((again.c_lflag & (ICANON | ECHO)) == 0 && again.c_cc[VMIN] == 0 && again.c_cc[VTIME] == 1);
	char c;
	struct timespec a, b;
	CHECK(ioctl(0, TCFLSH, TCIFLUSH) == 0 && ioctl(0, FIONREAD, &n) == 0 && n == 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK(read(0, &c, 1) == 0);			/* VMIN 0, VTIME 1: nothing, after a tenth of a second */
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec >= 80000000);
	t.c_cc[VTIME] = 0;
	CHECK(tcsetattr(0, TCSAFLUSH, &t) == 0 && read(0, &c, 1) == 0);
	CHECK(tcsetattr(0, TCSADRAIN, &old) == 0);

	/* The window: kept, and a change is told to the foreground. */
	CHECK(ioctl(0, TIOCGWINSZ, &got) == 0);
	signal(SIGWINCH, on_resize);
	CHECK(ioctl(0, TIOCSWINSZ, &w) == 0);
	CHECK(resized == 1);
	CHECK(ioctl(0, TIOCSWINSZ, &w) == 0 && resized == 1);	/* no change, no signal */
	w = got;
	CHECK(ioctl(0, TIOCGWINSZ, &got) == 0 && got.ws_row == 41 && got.ws_col == 123);
	CHECK(ioctl(0, TIOCSWINSZ, &w) == 0);

	/* We are its foreground; others are stopped when they reach for it. */
	CHECK(tcgetpgrp(0) == me && tcgetsid(0) == getsid(0));
	CHECK_ERRNO(ESRCH, tcsetpgrp(0, 999999));
	CHECK(stopped_by(background_reader) == SIGTTIN);
	CHECK(stopped_by(background_writer) == SIGTTOU);
	CHECK(exited(in_child(ignoring_reader), 0));
	signal(SIGTTOU, SIG_IGN);
	CHECK(tcsetpgrp(0, me) == 0 && tcgetpgrp(0) == me);
	CHECK(tcgetattr(0, &t) == 0 && t.c_lflag == old.c_lflag && t.c_iflag == old.c_iflag);
	return 0;
}
