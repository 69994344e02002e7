/*
 * redir.c - redirections and here-documents.
 *
 * Data        A stack of descriptors that were replaced, so that a builtin, a function or a
 *             ^C out of either can put them back.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sh.h"

#define PRIVATE	10		/* the shell's own descriptors are at least this */

static struct saved {
	int	fd, copy;		/* copy -1: fd was closed */
} *stack;
static int depth, cap;

static void
save_fd(int fd)
{
	if (depth == cap) {
		cap = cap * 2 + 8;
		stack = xrealloc(stack, cap * sizeof *stack);
	}
	stack[depth].fd = fd;
	stack[depth++].copy = fcntl(fd, F_DUPFD_CLOEXEC, PRIVATE);
}

int
redir_mark(void)
{
	return depth;
}

void
redir_restore(int mark)
{
	while (depth > mark) {
		struct saved *s = &stack[--depth];

		if (s->copy >= 0) {
			dup2(s->copy, s->fd);
			close(s->copy);
		} else {
			close(s->fd);
		}
	}
}

/* A descriptor that reads the text. Long ones are fed by a child, for a pipe holds only so much. */
static int
here_fd(const char *text)
{
	size_t n = strlen(text);
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return -1;
	if (n <= 4096) {
		if (write(fds[1], text, n) != (ssize_t)n)
			sh_warn("here-document: %s", strerror(errno));
	} else {
		pid = fork();
		if (pid == 0) {
			close(fds[0]);
			while (n) {
				ssize_t w = write(fds[1], text, n);

				if (w < 0)
					break;
				text += w;
				n -= w;
			}
			_exit(0);
		}
	}
	close(fds[1]);
	return fds[0];
}

static int
open_target(const struct redir *r, const char *name)
{
	struct stat st;
	int flags;

	switch (r->op) {
	case R_IN:
		flags = O_RDONLY;
		break;
	case R_RDWR:
		flags = O_RDWR | O_CREAT;
		break;
	case R_APPEND:
		flags = O_WRONLY | O_CREAT | O_APPEND;
		break;
	case R_OUT:
		if (sh.noclobber && stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
			errno = EEXIST;
			return -1;
		}
		/* fall through */
	default:
		flags = O_WRONLY | O_CREAT | O_TRUNC;
	}
	return open(name, flags, 0666);
}

/* <&word, >&word: a number, or - to close. */
static int
duplicate(const struct redir *r, const char *word)
{
	char *end;
	long from;

	if (!strcmp(word, "-")) {
		close(r->fd);
		return 0;
	}
	from = strtol(word, &end, 10);
	if (!isdigit((unsigned char)*word) || *end) {
		sh_warn("%s: bad file descriptor", word);
		return -1;
	}
	if (from >= PRIVATE || fcntl(from, F_GETFD) < 0 || dup2(from, r->fd) < 0) {
		sh_warn("%s: %s", word, strerror(EBADF));
		return -1;
	}
	return 0;
}

static int
apply_one(const struct redir *r, int save)
{
	char *word;
	int fd, result = 0;

	if (r->op == R_HERE) {
		if (save)
			save_fd(r->fd);
		word = r->literal ? xstrdup(r->body ? r->body : "") : expand_here(r->body ? r->body : "");
		fd = here_fd(word);
		free(word);
		if (fd < 0) {
			sh_warn("pipe: %s", strerror(errno));
			return -1;
		}
	} else {
		word = expand_string(r->word);
		if (save)
			save_fd(r->fd);
		if (r->op == R_DUP_IN || r->op == R_DUP_OUT) {
			result = duplicate(r, word);
			free(word);
			return result;
		}
		fd = open_target(r, word);
		if (fd < 0)
			sh_warn("%s: %s", word, strerror(errno));
		free(word);
		if (fd < 0)
			return -1;
	}
	if (fd != r->fd) {
		if (dup2(fd, r->fd) < 0) {
			sh_warn("%d: %s", r->fd, strerror(errno));
			result = -1;
		}
		close(fd);
	}
	return result;
}

int
redir_apply(const struct redir *r, int save)
{
	fflush(stdout);
	for (; r; r = r->next)
		if (apply_one(r, save))
			return -1;
	return 0;
}
