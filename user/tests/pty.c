/* pty: a pair is made, locked, named, read and written both ways, hung up and freed as Linux does it. */
#include <sys/sysmacros.h>
#include "pty.h"

static volatile int resized;
static void on_resize(int sig) { (void)sig; resized++; }

static int
used(void)
{
	char buf[16] = "";
	int fd = open("/proc/sys/kernel/pty/nr", O_RDONLY);

	CHECK(fd >= 0 && read(fd, buf, sizeof buf - 1) > 0);
	close(fd);
	return atoi(buf);
}

/* Locked until told otherwise; a name that comes and goes with the master; the peer without a name. */
static void
making(void)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), n = -1, locked = -1, zero = 0, s, m2;
	char name[32], link[64], got[64] = "";
	struct stat st;

	CHECK(m >= 0 && ioctl(m, TIOCGPTN, &n) == 0 && n >= 0);
	CHECK(ioctl(m, TIOCGPTLCK, &locked) == 0 && locked == 1);
	snprintf(name, sizeof name, "/dev/pts/%d", n);
	CHECK(stat(name, &st) == 0 && S_ISCHR(st.st_mode) && (st.st_mode & 0757) == 0600);
	CHECK(st.st_rdev == makedev(136, n) && st.st_uid == geteuid());
	CHECK_ERRNO(EIO, open(name, O_RDWR | O_NOCTTY));
	CHECK_ERRNO(EIO, ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	CHECK(ioctl(m, TIOCSPTLCK, &zero) == 0 && ioctl(m, TIOCGPTLCK, &locked) == 0 && locked == 0);
	s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	CHECK(s >= 0 && isatty(s) && isatty(m));
	snprintf(link, sizeof link, "/proc/self/fd/%d", s);
	CHECK(readlink(link, got, sizeof got - 1) > 0 && strcmp(got, name) == 0);
	CHECK_ERRNO(ENOTTY, ioctl(s, TIOCGPTN, &n));
	CHECK_ERRNO(ENOTTY, ioctl(s, TIOCSPTLCK, &zero));
	CHECK_ERRNO(ENOTTY, ioctl(s, TIOCPKT, &zero));
	CHECK_ERRNO(EFAULT, ioctl(m, TIOCGPTN, 16));
	CHECK_ERRNO(ESPIPE, lseek(m, 0, SEEK_SET));
	m2 = open_master();
	CHECK(ioctl(m2, TIOCGPTN, &locked) == 0 && locked != n);
	close(m2);
	CHECK_ERRNO(EPERM, unlink(name));
	CHECK_ERRNO(EPERM, mkdir("/dev/pts/dir", 0777));
	CHECK_ERRNO(EACCES, open("/dev/pts/file", O_CREAT | O_RDWR, 0666));
	close(m);
	CHECK_ERRNO(ENOENT, stat(name, &st));
	close(s);
}

/* Lines one way, with echo and ^D; output processing the other way. */
static void
talking(void)
{
	struct pollfd p[2];
	char buf[64];
	int m, s, n;

	open_pair(&m, &s);
	CHECK(poll_now(m, POLLIN | POLLOUT) == POLLOUT && poll_now(s, POLLIN | POLLOUT) == POLLOUT);
	put(m, "hello\n");
	CHECK(says(m, "hello\r\n"));
	CHECK(poll_for(s, POLLIN) == POLLIN);
	CHECK(ioctl(s, FIONREAD, &n) == 0 && n == 6);
	CHECK(read(s, buf, sizeof buf) == 6 && memcmp(buf, "hello\n", 6) == 0);
	put(s, "a\nb");
	CHECK(says(m, "a\r\nb"));
	put(m, "part\x04");				/* ^D: what there is, then nothing is an end of file */
	CHECK(says(m, "part") && read(s, buf, sizeof buf) == 4);
	put(m, "\x04");
	CHECK(read(s, buf, sizeof buf) == 0);
	put(m, "\x04left\n");				/* and only once */
	CHECK(read(s, buf, sizeof buf) == 0 && says(m, "left\r\n") && says(s, "left\n"));

	CHECK(fcntl(m, F_SETFL, O_RDWR | O_NONBLOCK) == 0 && fcntl(s, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	CHECK_ERRNO(EAGAIN, read(m, buf, 1));
	CHECK_ERRNO(EAGAIN, read(s, buf, 1));
	put(m, "no line yet");
	CHECK(says(m, "no line yet"));
	CHECK_ERRNO(EAGAIN, read(s, buf, 1));
	p[0] = (struct pollfd){ .fd = s, .events = POLLIN };
	CHECK(poll(p, 1, 0) == 0);
	CHECK_ERRNO(EFAULT, read(m, (void *)16, poll_now(m, POLLIN) | (write(s, "x", 1) == 1 && poll_for(m, POLLIN))));
	close(m);
	close(s);
}

/* Either side's window is both sides', and the foreground hears of it. */
static void
window(void)
{
	struct winsize w = { 24, 80, 0, 0 }, got;
	int m, s;

	CHECK(setsid() > 0);
	m = open_master();
	s = open_slave(m, O_RDWR);
	CHECK(ioctl(s, TIOCGWINSZ, &got) == 0 && got.ws_row == 0 && got.ws_col == 0);
	CHECK(ioctl(s, TIOCSCTTY, 0) == 0);
	signal(SIGWINCH, on_resize);
	CHECK(ioctl(m, TIOCSWINSZ, &w) == 0 && resized == 1);
	CHECK(ioctl(s, TIOCGWINSZ, &got) == 0 && got.ws_row == 24 && got.ws_col == 80);
	CHECK(ioctl(m, TIOCSWINSZ, &w) == 0 && resized == 1);
	w.ws_col = 132;
	CHECK(ioctl(s, TIOCSWINSZ, &w) == 0 && resized == 2);
	CHECK(ioctl(m, TIOCGWINSZ, &got) == 0 && got.ws_col == 132);
}

/* Settings are the slave's, from whichever side. */
static void
settings(void)
{
	struct termios t, u;
	int m, s;

	open_pair(&m, &s);
	CHECK(tcgetattr(m, &t) == 0 && tcgetattr(s, &u) == 0 && memcmp(&t, &u, 36) == 0);
	CHECK(t.c_iflag == (ICRNL | IXON) && t.c_oflag == (OPOST | ONLCR) && t.c_cflag == (B38400 | CS8 | CREAD));
	CHECK(t.c_lflag == (ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN));
	CHECK(t.c_cc[VINTR] == 3 && t.c_cc[VEOF] == 4 && t.c_cc[VMIN] == 1 && t.c_cc[VTIME] == 0 && t.c_cc[VEOL] == 0);
	t.c_lflag &= ~ECHO;
	t.c_cflag = B9600 | CS7 | PARENB;
	CHECK(tcsetattr(m, TCSANOW, &t) == 0 && tcgetattr(s, &u) == 0);
	CHECK(!(u.c_lflag & ECHO) && (u.c_cflag & (CSIZE | PARENB | CREAD)) == (CS8 | CREAD));
	put(m, "quiet\n");
	CHECK(says(s, "quiet\n") && quiet(m));
	close(s);
	s = open_slave(m, O_RDWR);
	CHECK(tcgetattr(s, &u) == 0 && !(u.c_lflag & ECHO));		/* they stay as long as the pair */
	close(s);
	close(m);
}

/* The last slave closed: the master gets what was written, then EIO, until somebody opens it again. */
static void
slave_closed(void)
{
	char buf[16];
	int m, s, t;

	m = open_master();
	CHECK(!(poll_now(m, POLLIN) & POLLHUP));	/* never opened is not closed */
	s = open_slave(m, O_RDWR);
	t = dup(s);
	put(s, "last words");
	close(s);
	CHECK(!(poll_now(m, POLLIN) & POLLHUP));
	close(t);
	CHECK(says(m, "last words"));
	CHECK(poll_for(m, POLLIN) & POLLHUP);
	CHECK_ERRNO(EIO, read(m, buf, 1));
	put(m, "early\n");				/* typed ahead */
	s = open_slave(m, O_RDWR);
	CHECK(s >= 0 && !(poll_now(m, POLLIN) & POLLHUP));
	CHECK(says(s, "early\n"));
	close(s);
	close(m);
}

static void
reader(int s)
{
	char c;

	CHECK_ERRNO(EIO, read(s, &c, 1));
	_exit(0);
}

/* The master closed: the slave ends, for who waits too. */
static void
master_closed(void)
{
	int m, s, status;
	char c;
	pid_t p;

	open_pair(&m, &s);
	p = fork();
	if (p == 0) {
		close(m);
		reader(s);
	}
	wait_state(p, p, 'S');
	close(m);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	CHECK(read(s, &c, 1) == 0);
	CHECK_ERRNO(EIO, write(s, "x", 1));
	struct termios t;
	CHECK_ERRNO(EIO, tcgetattr(s, &t));
	CHECK((poll_now(s, POLLIN | POLLOUT) & (POLLIN | POLLOUT | POLLHUP | POLLERR)) ==
	      (POLLIN | POLLOUT | POLLHUP | POLLERR));
	close(s);
}

/* Writers wait for readers, on both sides; nothing is lost of a paste far larger than any buffer. */
static void
pastes(void)
{
	enum { LINES = 4000 };
	char line[64], buf[4096];
	long n = 0, want = 0;
	int m, s, status;
	ssize_t r;
	pid_t p;

	open_pair(&m, &s);
	set_lflag(s, 0, ECHO);
	fflush(stdout);
	p = fork();
	if (p == 0) {
		close(s);
		for (int i = 0; i < LINES; i++) {
			snprintf(line, sizeof line, "line %d of the paste is this one\n", i);
			put(m, line);
		}
		_exit(0);
	}
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof line, "line %d of the paste is this one\n", i);
		r = read(s, buf, sizeof buf);
		CHECK(r == (ssize_t)strlen(line) && memcmp(buf, line, r) == 0);
	}
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	set_raw(s, 1, 0);
	p = fork();
	if (p == 0) {
		memset(buf, 'x', sizeof buf);
		for (int i = 0; i < 30; i++)
			CHECK(write(s, buf, sizeof buf) == sizeof buf);
		_exit(0);
	}
	for (want = 30 * sizeof buf; n < want; n += r)
		CHECK((r = read(m, buf, sizeof buf)) > 0);
	CHECK(n == want && waitpid(p, &status, 0) == p && exited(status, 0));

	/* Without a reader a non-blocking writer is told so, on both sides, and poll agrees. */
	CHECK(fcntl(m, F_SETFL, O_RDWR | O_NONBLOCK) == 0 && fcntl(s, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	for (int i = 0; i < 2; i++) {
		int from = i ? s : m, to = i ? m : s, idle = 0;

		for (n = 0; n < 1000000 && idle < 20; ) {
			r = write(from, buf, 1000);
			if (r > 0) {
				n += r;
				idle = 0;
			} else {
				CHECK(r < 0 && errno == EAGAIN);
				idle++;
				pause_ms(5);
			}
		}
		CHECK(n < 1000000 && !(poll_now(from, POLLOUT) & POLLOUT));
		for (want = n; want > 0; want -= r) {
			CHECK(poll_for(to, POLLIN) & POLLIN);
			CHECK((r = read(to, buf, sizeof buf)) > 0);
		}
		CHECK(want == 0 && poll_for(from, POLLOUT) & POLLOUT);
	}
	close(m);
	close(s);
}

/* TIOCPKT: each read of the master says what it is. */
static void
packets(void)
{
	int m, s, on = 1, got = 0;
	struct termios t;
	char buf[16];

	open_pair(&m, &s);
	CHECK(ioctl(m, TIOCPKT, &on) == 0 && ioctl(m, TIOCGPKT, &got) == 0 && got);
	put(s, "ab");
	CHECK(poll_for(m, POLLIN) & POLLIN && read(m, buf, sizeof buf) == 3 && memcmp(buf, "\0ab", 3) == 0);
	CHECK(ioctl(s, TCXONC, TCOOFF) == 0);
	CHECK(poll_for(m, POLLIN | POLLPRI) == (POLLIN | POLLPRI));
	CHECK(read(m, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_STOP);
	CHECK(ioctl(s, TCXONC, TCOON) == 0 && read(m, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_START);
	CHECK(tcflush(s, TCIFLUSH) == 0 && read(m, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_FLUSHREAD);
	CHECK(tcflush(s, TCOFLUSH) == 0 && read(m, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_FLUSHWRITE);
	CHECK(tcgetattr(s, &t) == 0);
	t.c_iflag &= ~IXON;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0 && read(m, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_NOSTOP);
	t.c_iflag |= IXON;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0 && read(m, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_DOSTOP);
	t.c_lflag |= EXTPROC;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0 && read(m, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_IOCTL);
	on = 0;
	CHECK(ioctl(m, TIOCPKT, &on) == 0);
	put(s, "c");
	CHECK(says(m, "c"));
	close(m);
	close(s);
}

/* A pair left half closed in any order gives everything back. */
static void
freed(void)
{
	int before = used(), m[20], s[20], last = -1, n;

	for (int i = 0; i < 20; i++)
		open_pair(&m[i], &s[i]);
	CHECK(used() == before + 20);
	for (int i = 0; i < 20; i++) {
		close(i % 2 ? m[i] : s[i]);
		close(i % 2 ? s[i] : m[i]);
	}
	for (int i = 0; i < 50 && used() != before; i++)
		pause_ms(20);
	CHECK(used() == before);
	for (int i = 0; i < 200; i++) {
		int a = open_master();

		CHECK(ioctl(a, TIOCGPTN, &n) == 0);
		last = n > last ? n : last;
		close(a);
	}
	CHECK(last < 20);				/* numbers are used again */
}

int
main(void)
{
	static void (*const parts[])(void) = {
		making, talking, window, settings, slave_closed, master_closed, pastes, packets, freed,
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		CHECK(exited(in_child(parts[i]), 0));
	return 0;
}
