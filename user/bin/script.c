/*
 * script [-aqe] [-c COMMAND] [FILE] - a record of a session: a shell, or COMMAND, on a pseudo-terminal.
 *
 *	our terminal <---> script <---> master | slave <---> the command
 *	                     |
 *	                     v FILE ("typescript"): what the command wrote
 *
 * The smallest terminal emulator there is: it shows everything on the terminal that it is started on.
 * Without a terminal as its input it types what it reads. -e: its status is the command's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "common/cmd.h"

static int master;
static struct termios before;		/* of our own terminal */
static int on_terminal;

static void
restore(void)
{
	if (on_terminal)
		tcsetattr(0, TCSADRAIN, &before);
}

/* Our window has another size: so has the command's. */
static void
on_resize(int sig)
{
	struct winsize w;
	int saved = errno;

	(void)sig;
	if (ioctl(0, TIOCGWINSZ, &w) == 0)
		ioctl(master, TIOCSWINSZ, &w);
	errno = saved;
}

static void
open_pty(void)
{
	int unlock = 0;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0)
		die_errno("/dev/ptmx");
	if (ioctl(master, TIOCSPTLCK, &unlock))
		die_errno("cannot unlock the terminal");
	if (on_terminal)
		ioctl(master, TCSETS, &before);
	on_resize(0);
}

/* In the child: the slave is everything, and the session's. */
static void
run(const char *command)
{
	const char *shell = getenv("SHELL");
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);

	if (slave < 0)
		die_errno("cannot open the terminal");
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	if (slave > 2)
		close(slave);
	if (!shell)
		shell = "/bin/sh";
	if (command)
		execl(shell, shell, "-c", command, (char *)NULL);
	else
		execl(shell, shell, "-i", (char *)NULL);
	warn_errno(shell);
	_exit(127);
}

static void
write_all(int fd, const char *p, ssize_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno != EINTR)
			return;
		if (w > 0) {
			p += w;
			n -= w;
		}
	}
}

/* Carry bytes both ways until the command's side is closed. */
static void
relay(int file)
{
	struct pollfd p[2] = { { .fd = master, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	char buf[4096];
	ssize_t n;

	for (;;) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (p[0].revents) {
			n = read(master, buf, sizeof buf);
			if (n == 0 || (n < 0 && errno != EINTR))
				return;			/* EIO: nobody has the slave open any more */
			write_all(1, buf, n);
			write_all(file, buf, n);
		}
		if (p[1].revents) {
			n = read(0, buf, sizeof buf);
			if (n > 0) {
				write_all(master, buf, n);
			} else if (n == 0 || errno != EINTR) {
				write_all(master, "\x04", 1);
				p[1].fd = -1;
			}
		}
	}
}

int
main(int argc, char **argv)
{
	const char *command = NULL, *name;
	int append = 0, quiet = 0, keep_status = 0, c, file, status;
	struct termios raw;
	pid_t pid;

	while ((c = getopt(argc, argv, "aqec:")) != -1) {
		if (c == 'a')
			append = 1;
		else if (c == 'q')
			quiet = 1;
		else if (c == 'e')
			keep_status = 1;
		else if (c == 'c')
			command = optarg;
		else
			usage("script [-aqe] [-c COMMAND] [FILE]");
	}
	name = optind < argc ? argv[optind] : "typescript";
	file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);
	if (file < 0)
		die_errno(name);
	on_terminal = tcgetattr(0, &before) == 0;
	open_pty();
	if (!quiet)
		fprintf(stderr, "script started, file is %s\n", name);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0)
		run(command);
	signal(SIGWINCH, on_resize);
	if (on_terminal) {
		raw = before;
		cfmakeraw(&raw);
		tcsetattr(0, TCSANOW, &raw);
	}
	relay(file);
	restore();
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!quiet)
		fprintf(stderr, "script done\n");
	if (!keep_status)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
