/*
 * locks.h - what the tests of file locks share: locks asked for, and looked at from another process.
 */
#ifndef LOCKS_H
#define LOCKS_H

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include "test.h"

static inline int
lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

static inline void interrupt_handler(int s) { }

/* From now on SIGALRM interrupts what this process waits for, again and again; 0: no more. */
static inline void
interrupts(int on)
{
	struct itimerval often = { { 0, on * 20000 }, { 0, on * 20000 } };
	struct sigaction a = { .sa_handler = interrupt_handler };

	CHECK(sigaction(SIGALRM, &a, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
}


/* The first lock of somebody else that [from, 1000) has, in l. Nothing promises that F_GETLK tells of the first. */
static inline int
first_lock(int fd, off_t from, struct flock *l)
{
	off_t end = 1000;
	int found = 0;

	while (from < end) {
		struct flock next = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = end - from };

		CHECK(fcntl(fd, F_GETLK, &next) == 0);
		if (next.l_type == F_UNLCK)
			break;
		*l = next;
		end = l->l_start;
		found = 1;
	}
	return found;
}

/*
 * The locks on the first 1000 bytes of `name`, as a process that has none sees them: "r0-9 w20-" for a read lock of the
 * first ten bytes, and a write lock from 20 to the end of all.
 */
static inline const char *
locks_of(const char *name)
{
	static char text[256];
	int f[2];
	pid_t p;

	CHECK(pipe(f) == 0);
	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		struct flock l = { .l_start = 0 };
		int fd = open(name, O_RDWR), n = 0;

		text[0] = '\0';
		while (first_lock(fd, l.l_start, &l)) {
			n += snprintf(text + n, sizeof text - n, "%s%c%ld-", n ? " " : "",
				      l.l_type == F_WRLCK ? 'w' : 'r', (long)l.l_start);
			if (!l.l_len)
				break;
			n += snprintf(text + n, sizeof text - n, "%ld", (long)(l.l_start + l.l_len - 1));
			l.l_start += l.l_len;
		}
		CHECK(write(f[1], text, sizeof text) == sizeof text);
		_exit(0);
	}
	CHECK(read(f[0], text, sizeof text) == sizeof text);
	CHECK(waitpid(p, NULL, 0) == p);
	close(f[0]);
	close(f[1]);
	return text;
}

#define CHECK_LOCKS(name, want) do { \
	const char *is_ = locks_of(name); \
	if (strcmp(is_, want)) { \
		printf("%s:%d: locks are %s, not %s\n", __FILE__, __LINE__, is_, want); \
		fflush(stdout); \
		_exit(1); \
	} \
} while (0)

#endif
