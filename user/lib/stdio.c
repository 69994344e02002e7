/*
 * stdio.c - buffered files.
 *
 * Data        struct file (file_impl.h). Standard output is line-buffered on a terminal and
 *             fully buffered elsewhere, standard error not at all.
 * Not here    formatting (printf.c); locks: a file belongs to one thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "file_impl.h"

static struct file std_in = { .fd = 0, .mode = MODE_UNKNOWN };
static struct file std_out = { .fd = 1, .mode = MODE_UNKNOWN };
static struct file std_err = { .fd = 2, .mode = _IONBF };

FILE *const stdin = &std_in;
FILE *const stdout = &std_out;
FILE *const stderr = &std_err;

static struct file *files;

/* Give f a buffer and a mode if it has none. */
static void
prepare(FILE *f)
{
	if (f->mode == MODE_UNKNOWN)
		f->mode = isatty(f->fd) ? _IOLBF : _IOFBF;
	if (!f->buf) {
		f->buf = malloc(BUFSIZ);
		f->size = BUFSIZ;
		if (f->buf)
			f->flags |= F_OWNBUF;
		else
			abort();
	}
}

static int
write_all(FILE *f, const char *p, size_t n)
{
	while (n) {
		ssize_t r = write(f->fd, p, n);

		if (r < 0) {
			if (errno == EINTR)
				continue;
			f->flags |= F_ERR;
			return EOF;
		}
		p += r;
		n -= r;
	}
	return 0;
}

int
fflush(FILE *f)
{
	size_t n;

	if (!f) {
		int r = fflush(stdout);

		for (f = files; f; f = f->next)
			r |= fflush(f);
		return r;
	}
	if (!(f->flags & F_WRITING)) {
		if (f->pos < f->len)	/* unread input: put the offset back where the reader is */
			lseek(f->fd, -(off_t)(f->len - f->pos), SEEK_CUR);
		f->pos = f->len = 0;
		return 0;
	}
	n = f->pos;
	f->pos = 0;
	f->flags &= ~F_WRITING;
	return write_all(f, f->buf, n);
}

/* Called by exit(): only what was written counts. */
void
__stdio_flush(void)
{
	struct file *f;

	if (std_out.flags & F_WRITING)
		fflush(stdout);
	for (f = files; f; f = f->next)
		if (f->flags & F_WRITING)
			fflush(f);
}

/* ---- opening and closing ---- */

static int
open_flags(const char *mode)
{
	int plus = strchr(mode, '+') != NULL;
	int flags = strchr(mode, 'e') ? O_CLOEXEC : 0;

	switch (*mode) {
	case 'r':
		return flags | (plus ? O_RDWR : O_RDONLY);
	case 'w':
		return flags | O_CREAT | O_TRUNC | (plus ? O_RDWR : O_WRONLY);
	case 'a':
		return flags | O_CREAT | O_APPEND | (plus ? O_RDWR : O_WRONLY);
	}
	errno = EINVAL;
	return -1;
}

FILE *
fdopen(int fd, const char *mode)
{
	FILE *f = calloc(1, sizeof *f);

	(void)mode;			/* the descriptor knows what it allows */
	if (!f)
		return NULL;
	f->fd = fd;
	f->mode = MODE_UNKNOWN;
	f->next = files;
	files = f;
	return f;
}

FILE *
fopen(const char *restrict path, const char *restrict mode)
{
	int flags = open_flags(mode), fd;
	FILE *f;

	if (flags < 0 || (fd = open(path, flags, 0666)) < 0)
		return NULL;
	f = fdopen(fd, mode);
	if (!f)
		close(fd);
	return f;
}

FILE *
freopen(const char *restrict path, const char *restrict mode, FILE *restrict f)
{
	int flags = open_flags(mode), fd;

	fflush(f);
	if (flags < 0 || (fd = open(path, flags, 0666)) < 0)
		return NULL;
	dup2(fd, f->fd);
	close(fd);
	f->flags &= ~(F_EOF | F_ERR);
	return f;
}

int
fclose(FILE *f)
{
	struct file **p;
	int r = fflush(f);

	r |= close(f->fd);
	if (f->flags & F_OWNBUF)
		free(f->buf);
	f->buf = NULL;
	f->flags &= ~F_OWNBUF;
	for (p = &files; *p; p = &(*p)->next)
		if (*p == f) {
			*p = f->next;
			free(f);
			break;
		}
	return r ? EOF : 0;
}

FILE *
popen(const char *command, const char *mode)
{
	int fds[2], child_end = *mode == 'r';
	FILE *f;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	f = fdopen(fds[!child_end], mode);
	if (!f)
		goto out;
	f->child = fork();
	if (f->child == 0) {
		dup2(fds[child_end], child_end);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (f->child < 0) {
		fclose(f);
		close(fds[child_end]);
		return NULL;
	}
	close(fds[child_end]);
	return f;
out:
	close(fds[0]);
	close(fds[1]);
	return NULL;
}

int
pclose(FILE *f)
{
	pid_t child = f->child;
	int status;

	fclose(f);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

int
setvbuf(FILE *restrict f, char *restrict buf, int mode, size_t size)
{
	fflush(f);
	f->mode = mode;
	if (buf && size) {
		if (f->flags & F_OWNBUF)
			free(f->buf);
		f->flags &= ~F_OWNBUF;
		f->buf = buf;
		f->size = size;
	}
	return 0;
}

void
setbuf(FILE *restrict f, char *restrict buf)
{
	setvbuf(f, buf, buf ? _IOFBF : _IONBF, BUFSIZ);
}

int fileno(FILE *f) { return f->fd; }
int feof(FILE *f) { return f->flags & F_EOF; }
int ferror(FILE *f) { return f->flags & F_ERR; }
void clearerr(FILE *f) { f->flags &= ~(F_EOF | F_ERR); }

int
fseek(FILE *f, long off, int whence)
{
	if (fflush(f) || lseek(f->fd, off, whence) < 0)
		return -1;
	f->flags &= ~F_EOF;
	return 0;
}

long
ftell(FILE *f)
{
	off_t at = lseek(f->fd, 0, SEEK_CUR);

	if (at < 0)
		return -1;
	return f->flags & F_WRITING ? at + f->pos : at - (f->len - f->pos);
}

void
rewind(FILE *f)
{
	fseek(f, 0, SEEK_SET);
	clearerr(f);
}

/* ---- reading ---- */

/* Refill an empty buffer. False at the end or on an error. */
static int
fill(FILE *f)
{
	ssize_t n;

	if (f->flags & F_WRITING)
		fflush(f);
	if (f->flags & F_EOF)
		return 0;
	prepare(f);
	if (f == stdin && std_out.mode == _IOLBF)
		fflush(stdout);		/* a prompt is seen before its answer is awaited */
	do
		n = read(f->fd, f->buf, f->size);
	while (n < 0 && errno == EINTR);
	f->pos = 0;
	f->len = n > 0 ? n : 0;
	if (n <= 0)
		f->flags |= n ? F_ERR : F_EOF;
	return n > 0;
}

int
fgetc(FILE *f)
{
	if ((f->flags & F_WRITING || f->pos == f->len) && !fill(f))
		return EOF;
	return (unsigned char)f->buf[f->pos++];
}

int getc(FILE *f) { return fgetc(f); }
int getchar(void) { return fgetc(stdin); }

int
ungetc(int c, FILE *f)
{
	prepare(f);
	if (c == EOF || f->flags & F_WRITING)
		return EOF;
	if (f->pos == 0) {
		if (f->len == f->size)
			return EOF;
		memmove(f->buf + 1, f->buf, f->len);
		f->len++;
		f->pos++;
	}
	f->buf[--f->pos] = c;
	f->flags &= ~F_EOF;
	return c;
}

size_t
fread(void *restrict p, size_t size, size_t n, FILE *restrict f)
{
	size_t want = size * n, done = 0;

	while (done < want) {
		size_t some;

		if ((f->flags & F_WRITING || f->pos == f->len) && !fill(f))
			break;
		some = f->len - f->pos;
		if (some > want - done)
			some = want - done;
		memcpy((char *)p + done, f->buf + f->pos, some);
		f->pos += some;
		done += some;
	}
	return size ? done / size : 0;
}

ssize_t
getdelim(char **restrict line, size_t *restrict cap, int delim, FILE *restrict f)
{
	size_t n = 0;
	char *end = NULL;

	if (!*line)
		*cap = 0;
	while (!end) {
		char *from;
		size_t some;

		if ((f->flags & F_WRITING || f->pos == f->len) && !fill(f))
			break;
		from = f->buf + f->pos;
		end = memchr(from, delim, f->len - f->pos);
		some = end ? (size_t)(end + 1 - from) : f->len - f->pos;
		if (n + some + 1 > *cap) {
			size_t want = (n + some + 1) * 3 / 2 + 64;
			char *new = realloc(*line, want);

			if (!new)
				return -1;
			*line = new;
			*cap = want;
		}
		memcpy(*line + n, from, some);
		n += some;
		f->pos += some;
	}
	if (!n)
		return -1;
	(*line)[n] = '\0';
	return n;
}

ssize_t
getline(char **restrict line, size_t *restrict cap, FILE *restrict f)
{
	return getdelim(line, cap, '\n', f);
}

char *
fgets(char *restrict s, int n, FILE *restrict f)
{
	int at = 0, c = 0;

	while (at < n - 1 && c != '\n' && (c = fgetc(f)) != EOF)
		s[at++] = c;
	if (!at)
		return NULL;
	s[at] = '\0';
	return s;
}

/* ---- writing ---- */

size_t
fwrite(const void *restrict p, size_t size, size_t n, FILE *restrict f)
{
	const char *s = p;
	size_t left = size * n;

	if (f->mode == _IONBF)
		return write_all(f, s, left) ? 0 : n;
	prepare(f);
	if (!(f->flags & F_WRITING)) {
		fflush(f);
		f->flags |= F_WRITING;
		f->pos = 0;
		f->len = 0;
	}
	while (left) {
		size_t room = f->size - f->pos;

		if (f->pos == 0 && left >= f->size)
			return write_all(f, s, left) ? 0 : n;
		if (room > left)
			room = left;
		memcpy(f->buf + f->pos, s, room);
		f->pos += room;
		s += room;
		left -= room;
		if (f->pos == f->size) {
			if (fflush(f))
				return 0;
			f->flags |= F_WRITING;
		}
	}
	if (f->mode == _IOLBF && memrchr(p, '\n', size * n) && fflush(f))
		return 0;
	return n;
}

int
fputc(int c, FILE *f)
{
	char ch = c;

	if (f->flags & F_WRITING && f->pos + 1 < f->size && f->mode == _IOFBF) {
		f->buf[f->pos++] = ch;
		return (unsigned char)ch;
	}
	return fwrite(&ch, 1, 1, f) == 1 ? (unsigned char)ch : EOF;
}

int putc(int c, FILE *f) { return fputc(c, f); }
int putchar(int c) { return fputc(c, stdout); }

int
fputs(const char *restrict s, FILE *restrict f)
{
	size_t n = strlen(s);

	return n && !fwrite(s, n, 1, f) ? EOF : 0;
}

int
puts(const char *s)
{
	return fputs(s, stdout) < 0 ? EOF : fputc('\n', stdout);
}

void
perror(const char *s)
{
	const char *why = strerror(errno);

	if (s && *s)
		fprintf(stderr, "%s: %s\n", s, why);
	else
		fprintf(stderr, "%s\n", why);
}
