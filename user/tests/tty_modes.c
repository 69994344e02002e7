/* tty_modes: what each setting of a terminal does to typed and written bytes, byte for byte as Linux does it. */
#include "pty.h"

static int m, s;

/* Fresh settings, with these flags more and less. */
static void
settings(tcflag_t lon, tcflag_t loff, tcflag_t ion, tcflag_t ioff)
{
	struct termios t;

	CHECK(tcgetattr(s, &t) == 0);
	t.c_iflag = ((ICRNL | IXON) | ion) & ~ioff;
	t.c_oflag = OPOST | ONLCR;
	t.c_lflag = ((ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN) | lon) & ~loff;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
}

/* Type this: the screen shows `shown`, and the program reads `got`. */
static int
typed(const char *keys, const char *shown, const char *got)
{
	put(m, keys);
	return says(m, shown) && says(s, got);
}

#define BACK	"\b \b"

static void
editing(void)
{
	settings(0, 0, 0, 0);
	CHECK(typed("abx\x7f" "c\n", "abx" BACK "c\r\n", "abc\n"));
	CHECK(typed("one two\x17" "three\n", "one two" BACK BACK BACK "three\r\n", "one three\n"));
	CHECK(typed("gone\x15" "kept\n", "gone" BACK BACK BACK BACK "kept\r\n", "kept\n"));
	CHECK(typed("a\x16\x03" "b\x7f\x7f\n", "a^\b^Cb" BACK BACK BACK "\r\n", "a\n"));
	CHECK(typed("a\tb\x7f\x7f" "c\n", "a\tb" BACK "\b\b\b\b\b\b\b" "c\r\n", "ac\n"));
	CHECK(typed("ab\x12" "c\n", "ab^R\r\nabc\r\n", "abc\n"));
	settings(0, ECHOE, 0, 0);
	CHECK(typed("ab\x7f" "c\n", "ab^?c\r\n", "ac\n"));
	CHECK(typed("ab\x17" "c\n", "ab" BACK BACK "c\r\n", "c\n"));
	CHECK(typed("ab\x15" "c\n", "ab^U\r\nc\r\n", "c\n"));
	settings(0, ECHOKE, 0, 0);
	CHECK(typed("ab\x15" "c\n", "ab^U\r\nc\r\n", "c\n"));
	settings(0, ECHOK | ECHOKE, 0, 0);
	CHECK(typed("ab\x15" "c\n", "ab^Uc\r\n", "c\n"));
	settings(ECHOPRT, 0, 0, 0);
	CHECK(typed("abc\x7f\x7f" "d\n", "abc\\cb/d\r\n", "ad\n"));
	CHECK(typed("ab\x7f\x7f" "c\n", "ab\\ba/c\r\n", "c\n"));
	settings(0, ECHOCTL, 0, 0);
	CHECK(typed("a\x01" "b\n", "a\x01" "b\r\n", "a\x01" "b\n"));
	settings(ECHONL, ECHO, 0, 0);
	CHECK(typed("secret\n", "\r\n", "secret\n"));
	settings(0, 0, IUTF8, 0);
	CHECK(typed("\xc3\xa4\xc3\xb6\x7f\n", "\xc3\xa4\xc3\xb6" BACK "\r\n", "\xc3\xa4\n"));
}

static void
translating(void)
{
	settings(0, ECHO, 0, ICRNL);
	CHECK(typed("a\rb\n", "", "a\rb\n"));
	settings(0, ECHO, IGNCR, ICRNL);
	CHECK(typed("a\rb\n", "", "ab\n"));
	settings(0, ECHO, ISTRIP, 0);
	CHECK(typed("\xe1\xe2\n", "", "ab\n"));
	settings(0, ECHO, IUCLC, 0);
	CHECK(typed("ABc\n", "", "abc\n"));
	settings(0, ECHO, PARMRK, 0);
	CHECK(typed("a\xff" "b\n", "", "a\xff\xff" "b\n"));
	settings(0, ECHO | ICANON, INLCR, ICRNL);
	CHECK(typed("a\n", "", "a\r"));
	/* EXTPROC: the other end has done it all; bytes come as they are, and at once. */
	settings(EXTPROC, 0, 0, 0);
	CHECK(typed("a\x7f\x15\x03\r", "", "a\x7f\x15\x03\r"));
	CHECK(quiet(m));
}

/* Does a read of up to n bytes end with r, after so many hundredths of a second at least? */
static int
reads(size_t n, ssize_t r, long hundredths)
{
	struct timespec a, b;
	char buf[64];
	ssize_t got;

	clock_gettime(CLOCK_MONOTONIC, &a);
	got = read(s, buf, n);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (got == r && (b.tv_sec - a.tv_sec) * 100 + (b.tv_nsec - a.tv_nsec) / 10000000 >= hundredths)
		return 1;
	printf("read of %zu gave %zd, not %zd\n", n, got, r);
	return 0;
}

static void
type_later(const char *a, const char *b)
{
	fflush(stdout);
	if (fork() == 0) {
		pause_ms(100);
		put(m, a);
		pause_ms(100);
		put(m, b);
		_exit(0);
	}
}

/* The four cases of VMIN and VTIME. */
static void
minimum_and_time(void)
{
	set_raw(s, 0, 0);
	CHECK(reads(10, 0, 0));
	put(m, "abc");
	CHECK(poll_for(s, POLLIN) & POLLIN);
	CHECK(reads(2, 2, 0) && reads(10, 1, 0) && reads(10, 0, 0));

	set_raw(s, 0, 2);
	CHECK(reads(10, 0, 19));
	put(m, "abc");
	CHECK(poll_for(s, POLLIN) & POLLIN && reads(10, 3, 0));

	set_raw(s, 3, 0);
	type_later("a", "bcd");
	CHECK(reads(10, 4, 0));
	wait(NULL);
	put(m, "ab");
	pause_ms(50);
	CHECK(!(poll_now(s, POLLIN) & POLLIN));		/* poll waits for VMIN bytes */
	CHECK(reads(2, 2, 0));				/* but a read that wants fewer does not */

	set_raw(s, 5, 50);				/* far longer than the typist can be held up */
	type_later("a", "b");
	CHECK(reads(10, 2, 495));			/* so long after the last one */
	wait(NULL);
	put(m, "abcdefg");
	CHECK(poll_for(s, POLLIN) & POLLIN && reads(10, 7, 0));

	CHECK(fcntl(s, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	CHECK_ERRNO(EAGAIN, read(s, (char[1]){ 0 }, 1));
	set_raw(s, 0, 0);
	CHECK(reads(1, 0, 0));
	CHECK(fcntl(s, F_SETFL, O_RDWR) == 0);
}

/* A line too long for the terminal loses its end but not its newline; what is typed stays when the mode changes. */
static void
lines(void)
{
	char *big = malloc(6000), *got = malloc(6000);

	settings(0, ECHO, 0, 0);
	memset(big, 'x', 5000);
	big[5000] = '\n';
	CHECK(write(m, big, 5001) == 5001);
	CHECK(poll_for(s, POLLIN) & POLLIN);
	CHECK(read(s, got, 6000) == 4096 && got[4094] == 'x' && got[4095] == '\n');

	put(m, "half");
	pause_ms(50);
	settings(0, ECHO | ICANON, 0, 0);
	CHECK(says(s, "half"));
	put(m, "raw");
	CHECK(poll_for(s, POLLIN) & POLLIN);
	pause_ms(50);
	settings(0, ECHO, 0, 0);
	CHECK(read(s, got, 10) == 3);
	put(m, "two\nlines\n");
	CHECK(poll_for(s, POLLIN) & POLLIN);
	CHECK(read(s, got, 2) == 2 && says(s, "o\n") && read(s, got, 100) == 6);
	put(m, "lost");
	pause_ms(50);
	CHECK(tcflush(s, TCIFLUSH) == 0);
	put(m, "kept\n");
	CHECK(says(s, "kept\n"));
}

static void
flow(void)
{
	settings(0, 0, 0, 0);
	put(m, "\x13");					/* ^S */
	pause_ms(50);
	CHECK(!(poll_now(s, POLLOUT) & POLLOUT));
	CHECK(fcntl(s, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	CHECK_ERRNO(EAGAIN, write(s, "x", 1));
	CHECK(fcntl(s, F_SETFL, O_RDWR) == 0);
	CHECK(quiet(m));
	put(m, "\x11");					/* ^Q */
	CHECK(poll_for(s, POLLOUT) & POLLOUT);
	put(s, "goes");
	CHECK(says(m, "goes"));
	CHECK(ioctl(s, TCXONC, TCOOFF) == 0);
	put(m, "\x11");					/* ^Q undoes only ^S */
	pause_ms(50);
	CHECK(!(poll_now(s, POLLOUT) & POLLOUT));
	CHECK(ioctl(s, TCXONC, TCOON) == 0 && poll_for(s, POLLOUT) & POLLOUT);
	settings(0, ECHO, IXANY, 0);
	put(m, "\x13");
	pause_ms(50);
	CHECK(!(poll_now(s, POLLOUT) & POLLOUT));
	put(m, "y\n");
	CHECK(poll_for(s, POLLOUT) & POLLOUT && says(s, "y\n"));
	CHECK(ioctl(s, TCXONC, TCIOFF) == 0 && says(m, "\x13"));
	CHECK(ioctl(s, TCXONC, TCION) == 0 && says(m, "\x11"));
	CHECK_ERRNO(EINVAL, ioctl(s, TCXONC, 17));
	CHECK_ERRNO(EINVAL, ioctl(s, TCFLSH, 17));
	settings(0, ECHO, 0, 0);
	put(m, "\x13");
	pause_ms(50);
	settings(0, ECHO, 0, IXON);			/* without flow control nothing stays stopped */
	CHECK(poll_for(s, POLLOUT) & POLLOUT);
}

static void
output(void)
{
	struct termios t;

	settings(0, 0, 0, 0);
	CHECK(tcgetattr(s, &t) == 0);
	t.c_oflag = OPOST | XTABS;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	put(s, "\r\ta\tb\n");
	CHECK(says(m, "\r        a       b\n"));
	t.c_oflag = OPOST | OCRNL;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	put(s, "a\rb");
	CHECK(says(m, "a\nb"));
	t.c_oflag = OPOST | OLCUC;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	put(s, "abC\n");
	CHECK(says(m, "ABC\n"));
	t.c_oflag = ONLCR;				/* not without OPOST */
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	put(s, "a\n");
	CHECK(says(m, "a\n"));
}

static void
requests(void)
{
	uint32_t t2[11];
	int n = -1, bad = 77;

	settings(0, 0, 0, 0);
	CHECK(ioctl(s, TIOCGETD, &n) == 0 && n == 0);
	n = 0;
	CHECK(ioctl(s, TIOCSETD, &n) == 0);
	CHECK_ERRNO(EINVAL, ioctl(s, TIOCSETD, &bad));
	CHECK(ioctl(s, TIOCOUTQ, &n) == 0 && n == 0);
	CHECK(ioctl(s, TCSBRK, 0) == 0 && ioctl(s, TCSBRK, 1) == 0 && ioctl(s, TCSBRKP, 0) == 0);
	CHECK_ERRNO(ENOTTY, ioctl(s, TIOCMGET, &n));
	CHECK_ERRNO(ENOTTY, ioctl(s, 0x545D, &n));	/* TIOCGICOUNT */
	CHECK_ERRNO(ENOTTY, ioctl(s, 0xabcd, &n));
	CHECK(ioctl(s, TIOCSTI, "z") == 0 && ioctl(s, TIOCSTI, "\n") == 0);	/* as root */
	CHECK(says(m, "z\r\n") && says(s, "z\n"));

	/* A speed as a number: struct termios2 ends in input and output speed. */
	CHECK(ioctl(s, TCGETS2, t2) == 0 && t2[9] == 38400 && t2[10] == 38400);
	t2[2] = (t2[2] & ~CBAUD) | BOTHER;
	t2[9] = t2[10] = 12345;
	CHECK(ioctl(s, TCSETS2, t2) == 0);
	memset(t2, 0, sizeof t2);
	CHECK(ioctl(s, TCGETS2, t2) == 0 && (t2[2] & CBAUD) == BOTHER && t2[10] == 12345 && t2[9] == 12345);
	CHECK_ERRNO(EFAULT, ioctl(s, TCSETS2, 16));

	/* Exclusive: nobody else opens it, but root. */
	CHECK(ioctl(s, TIOCEXCL) == 0 && ioctl(s, 0x80045440, &n) == 0 && n == 1);
	fflush(stdout);
	if (fork() == 0) {
		ioctl(m, TIOCGPTN, &n);
		char name[32];
		snprintf(name, sizeof name, "/dev/pts/%d", n);
		CHECK(chmod(name, 0666) == 0 && setuid(1000) == 0);
		CHECK_ERRNO(EBUSY, open(name, O_RDWR));
		CHECK(ioctl(s, TIOCNXCL) == 0 && open(name, O_RDWR | O_NOCTTY) >= 0);
		CHECK_ERRNO(EIO, ioctl(s, TIOCSTI, "z"));
		_exit(0);
	}
	CHECK(wait(&n) > 0 && exited(n, 0));
	CHECK(open_slave(m, O_RDWR) >= 0);
}

int
main(void)
{
	static void (*const parts[])(void) = {
		editing, translating, minimum_and_time, lines, flow, output, requests,
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		open_pair(&m, &s);
		CHECK(exited(in_child(parts[i]), 0));
		close(s);
		close(m);
	}
	return 0;
}
