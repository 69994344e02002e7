/* job_control: keys stop, quit and interrupt the foreground job; the background may not read, nor change settings. */
#include "pty.h"

static int m, s, up[2];

/* The rest runs as a session leader whose terminal is a fresh pty, like a shell. */
static void
be_shell(void)
{
	CHECK(setsid() > 0);
	open_pair(&m, &s);
	CHECK(ioctl(s, TIOCSCTTY, 0) == 0 && pipe(up) == 0);
	signal(SIGTTOU, SIG_IGN);
	set_lflag(s, 0, ECHO);
}

/* A job: its own group, in front or not, with ordinary signals. */
static pid_t
start(void (*body)(void), int foreground)
{
	pid_t p;
	char c;

	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		setpgid(0, 0);
		if (foreground)
			CHECK(tcsetpgrp(s, getpid()) == 0);
		signal(SIGTTOU, SIG_DFL);
		CHECK(write(up[1], "r", 1) == 1);
		body();
		_exit(0);
	}
	CHECK(read(up[0], &c, 1) == 1);
	return p;
}

static int
change_of(pid_t p)
{
	int status;

	CHECK(waitpid(p, &status, WUNTRACED | WCONTINUED) == p);
	return status;
}

/* The same after a SIGCONT, which the next change may hide. */
static int
change_after_cont(pid_t p)
{
	int status;

	do
		status = change_of(p);
	while (WIFCONTINUED(status));
	return status;
}

static int
stopped(int status, int sig)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

static void
sleeper(void)
{
	for (;;)
		pause();
}

static void
line_reader(void)
{
	char buf[32];

	CHECK(read(s, buf, sizeof buf) == 6 && memcmp(buf, "typed\n", 6) == 0);
}

static void
writer(void)
{
	put(s, "hi");
}

static void
changer(void)
{
	set_lflag(s, ECHONL, 0);
}

/* ^C, ^\ and ^Z reach every process of the foreground group and nobody else. */
static void
keys(void)
{
	static const struct { const char *key; int sig; } ends[] = { { "\x03", SIGINT }, { "\x1c", SIGQUIT } };
	pid_t p, other;

	be_shell();
	other = start(sleeper, 0);
	for (int i = 0; i < 2; i++) {
		p = start(sleeper, 1);
		put(m, ends[i].key);
		int status = change_of(p);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == ends[i].sig);
	}
	p = start(sleeper, 1);
	put(m, "\x1a");
	CHECK(stopped(change_of(p), SIGTSTP));
	CHECK(tcsetpgrp(s, getpgrp()) == 0 && kill(-p, SIGCONT) == 0 && WIFCONTINUED(change_of(p)));
	CHECK(waitpid(other, NULL, WNOHANG | WUNTRACED) == 0);
	CHECK(kill(p, SIGKILL) == 0 && killed(change_of(p), SIGKILL));
	CHECK(kill(other, SIGKILL) == 0 && killed(change_of(other), SIGKILL));
	/* Typed and not read when ^C comes: thrown away, unless NOFLSH. */
	signal(SIGINT, SIG_IGN);
	put(m, "gone\x03kept\n");
	CHECK(says(s, "kept\n"));
	set_lflag(s, NOFLSH, 0);
	put(m, "all\x03 kept\n");
	CHECK(says(s, "all kept\n"));
	set_lflag(s, 0, ISIG | NOFLSH);
	put(m, "\x03\n");
	CHECK(says(s, "\x03\n"));
}

/* A background job that reads stops, and reads when it is brought to the front. */
static void
background_read(void)
{
	pid_t p;

	be_shell();
	p = start(line_reader, 0);
	CHECK(stopped(change_of(p), SIGTTIN));
	put(m, "typed\n");
	CHECK(kill(-p, SIGCONT) == 0 && stopped(change_after_cont(p), SIGTTIN));	/* still behind */
	CHECK(tcsetpgrp(s, p) == 0 && kill(-p, SIGCONT) == 0 && exited(change_after_cont(p), 0));
}

/* Writing is free, unless TOSTOP; changing settings never is. */
static void
background_write(void)
{
	pid_t p;

	be_shell();
	p = start(writer, 0);
	CHECK(exited(change_of(p), 0) && says(m, "hi"));
	set_lflag(s, TOSTOP, 0);
	p = start(writer, 0);
	CHECK(stopped(change_of(p), SIGTTOU));
	set_lflag(s, 0, TOSTOP);
	CHECK(kill(-p, SIGCONT) == 0 && exited(change_after_cont(p), 0) && says(m, "hi"));
	p = start(changer, 0);
	CHECK(stopped(change_of(p), SIGTTOU));
	CHECK(tcsetpgrp(s, p) == 0 && kill(-p, SIGCONT) == 0 && exited(change_after_cont(p), 0));
}

static void
orphan(pid_t parent)
{
	struct termios t;
	char c;

	while (getppid() == parent)
		pause_ms(10);
	CHECK_ERRNO(EIO, read(s, &c, 1));
	CHECK(tcgetattr(s, &t) == 0);
	CHECK_ERRNO(EIO, tcsetattr(s, TCSANOW, &t));
	CHECK_ERRNO(ENOTTY, tcsetpgrp(s, getpgrp()));
	signal(SIGTTOU, SIG_IGN);
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	CHECK(write(up[1], "o", 1) == 1);
}

static void
parent_of_orphan(void)
{
	pid_t self = getpid();			/* the child may run only after this one has ended */

	fflush(stdout);
	if (fork() == 0) {
		orphan(self);
		_exit(0);
	}
	pause_ms(50);
}

/* A background group that nobody could bring to the front gets an error instead of stopping for ever. */
static void
orphaned(void)
{
	pid_t p;
	char c;

	be_shell();
	p = start(parent_of_orphan, 0);
	CHECK(exited(change_of(p), 0));
	CHECK(read(up[0], &c, 1) == 1 && c == 'o');
}

static volatile int hups, conts;
static void on_hup(int sig) { (void)sig; hups++; }
static void on_cont(int sig) { (void)sig; conts++; }

/* A stopped job whose parent ends is woken: SIGHUP and SIGCONT. */
static void
stopped_orphan(void)
{
	fflush(stdout);
	if (fork() == 0) {
		signal(SIGHUP, on_hup);
		signal(SIGCONT, on_cont);
		raise(SIGSTOP);
		CHECK(hups == 1 && conts == 1);
		CHECK(write(up[1], "w", 1) == 1);
		_exit(0);
	}
	int status;
	CHECK(waitpid(-1, &status, WUNTRACED) > 0 && stopped(status, SIGSTOP));
}

static void
waking_orphans(void)
{
	pid_t p;
	char c;

	be_shell();
	p = start(stopped_orphan, 0);
	CHECK(exited(change_of(p), 0));
	CHECK(read(up[0], &c, 1) == 1 && c == 'w');
}

int
main(void)
{
	static void (*const parts[])(void) = {
		keys, background_read, background_write, orphaned, waking_orphans,
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		CHECK(exited(in_child(parts[i]), 0));
	return 0;
}
