/*
 * main.c - boardlink: do what the harness at the other end of this terminal asks (make board-test).
 *
 * Not for people: three ^C in a row end it. Each verb may come twice, for its answer may have been lost (frame.h);
 * words are separated by spaces.
 *
 *	H key			from now on frames have this key		h "boardlink 1"
 *	F path			what is in the file				f size crc, or "none"
 *	W offset path\n data	write there; at 0 the file begins anew		w "ok"
 *	R id command		run it, its output in OUTPUT			r "ok"
 *	P id			how far it is			p "running", "exit n size", "signal n size"
 *	G id offset size	of its output					g bytes
 *	K id			kill it and its group				k "ok"
 *	B			end						b "ok"
 *
 * A failure is answered by "error" and its text. A command has an id, so that none is run twice, and no answer about
 * one is taken for another's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "../common/cmd.h"
#include "frame.h"

#define OUTPUT		"/tmp/boardlink.out"
#define CTRL_C		3

static struct termios before;		/* of the terminal, to put back */
static pid_t child;			/* 0: none was ever started */
static unsigned long child_id;
static int ended, status;		/* of child */

static void
answer(struct frame *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->data, sizeof f->data, fmt, ap);
	va_end(ap);
	f->size = strlen(f->data);
}

static void
answer_errno(struct frame *f)
{
	answer(f, "error %s", strerror(errno));
}

/* The terminal as a line of bytes: also again, should a program have changed it. */
static void
make_raw(void)
{
	struct termios t = before;

	cfmakeraw(&t);
	tcsetattr(0, TCSANOW, &t);
}

static void
set_oom_score(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0)
		return;			/* no /proc: no protection */
	if (write(fd, score, strlen(score)) < 0)
		warn_errno("oom_score_adj");
	close(fd);
}

static void
tell_file(struct frame *f)
{
	static char buf[4096];
	unsigned long size = 0;
	uint32_t crc = 0;
	ssize_t n;
	int fd = open(f->data, O_RDONLY);

	if (fd < 0) {
		answer(f, "none");
		return;
	}
	while ((n = read(fd, buf, sizeof buf)) > 0) {
		crc = crc32(crc, buf, n);
		size += n;
	}
	close(fd);
	if (n < 0)
		answer_errno(f);
	else
		answer(f, "%lu %08x", size, (unsigned)crc);
}

static void
write_file(struct frame *f)
{
	char *path, *data;
	off_t offset = strtoul(f->data, &path, 10);
	ssize_t n;
	int fd;

	data = memchr(f->data, '\n', f->size);
	if (!data || *path != ' ') {
		answer(f, "error what to write?");
		return;
	}
	*data++ = '\0';
	n = f->data + f->size - data;
	fd = open(path + 1, O_WRONLY | O_CREAT | (offset ? 0 : O_TRUNC), 0755);
	if (fd < 0 || pwrite(fd, data, n, offset) != n)
		answer_errno(f);
	else
		answer(f, "ok");
	if (fd >= 0)
		close(fd);
}

/* In the child: a session of its own, with nothing to read. */
static void
become(const char *command)
{
	int in = open("/dev/null", O_RDONLY), out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (in < 0 || out < 0)
		_exit(126);
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	close(in);
	close(out);
	set_oom_score("0");
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static void
run(struct frame *f)
{
	char *command;
	unsigned long id = strtoul(f->data, &command, 10);
	pid_t pid;

	if (child && child_id == id) {
		answer(f, "ok");
		return;
	}
	if (child && !ended) {
		answer(f, "error the last one runs still");
		return;
	}
	pid = fork();
	if (pid == 0)
		become(command);
	if (pid < 0) {
		answer_errno(f);
		return;
	}
	child = pid;
	child_id = id;
	ended = 0;
	answer(f, "ok");
}

/* How far is it, and how much has it said? */
static void
poll_child(struct frame *f)
{
	struct stat st = { 0 };

	if (!child || strtoul(f->data, NULL, 10) != child_id) {
		answer(f, "error no such command");
		return;
	}
	if (!ended && waitpid(child, &status, WNOHANG) == child)
		ended = 1;
	stat(OUTPUT, &st);
	if (!ended)
		answer(f, "running");
	else if (WIFSIGNALED(status))
		answer(f, "signal %d %ld", WTERMSIG(status), (long)st.st_size);
	else
		answer(f, "exit %d %ld", WEXITSTATUS(status), (long)st.st_size);
}

static void
read_output(struct frame *f)
{
	char *p;
	unsigned long id = strtoul(f->data, &p, 10);
	off_t offset = strtoul(p, &p, 10);
	size_t size = strtoul(p, NULL, 10);
	ssize_t n = -1;
	int fd;

	if (!child || id != child_id) {
		answer(f, "error no such command");
		return;
	}
	fd = open(OUTPUT, O_RDONLY);
	if (fd >= 0)
		n = pread(fd, f->data, size < FRAME_DATA ? size : FRAME_DATA, offset);
	if (n < 0)
		answer_errno(f);
	else
		f->size = n;
	if (fd >= 0)
		close(fd);
}

static void
kill_child(struct frame *f)
{
	if (child && strtoul(f->data, NULL, 10) == child_id && !ended) {
		kill(-child, SIGKILL);
		kill(child, SIGKILL);
	}
	answer(f, "ok");
}

/* Whether there is more to come. */
static int
serve(struct frame *f)
{
	switch (f->verb) {
	case 'H':
		frame_set_key(f->data);
		answer(f, "boardlink 1");
		break;
	case 'F':
		tell_file(f);
		break;
	case 'W':
		write_file(f);
		break;
	case 'R':
		run(f);
		break;
	case 'P':
		poll_child(f);
		break;
	case 'G':
		read_output(f);
		break;
	case 'K':
		kill_child(f);
		break;
	default:
		answer(f, f->verb == 'B' ? "ok" : "error what?");
	}
	f->verb |= 0x20;
	make_raw();
	frame_send(f);
	return f->verb != 'b';
}

int
main(void)
{
	static struct frame f;
	static char buf[256];
	int more = 1, breaks = 0;
	ssize_t n;

	if (tcgetattr(0, &before))
		die("standard input is no terminal");
	make_raw();
	set_oom_score("-1000");
	frame_ask_again();
	while (more && breaks < 3) {
		n = read(0, buf, sizeof buf);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		for (ssize_t i = 0; i < n && more && breaks < 3; i++) {
			int got = frame_take(buf[i], &f);

			breaks = buf[i] == CTRL_C ? breaks + 1 : 0;
			if (got > 0)
				more = serve(&f);
			else if (got < 0)
				frame_ask_again();
		}
	}
	tcsetattr(0, TCSADRAIN, &before);
	return 0;
}
