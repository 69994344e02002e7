/*
 * test.h - what the guest tests share.  Only the Linux ABI: each test also passes on Linux.
 *
 * Built with -D_GNU_SOURCE.  A test is a program that exits 0; CHECK says where and why it did not.
 */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	4096L

#define CHECK(x) do { \
	if (!(x)) { \
		printf("%s:%d: not true: %s (errno %d)\n", __FILE__, __LINE__, #x, errno); \
		fflush(stdout); \
		_exit(1); \
	} \
} while (0)

/* The call fails with exactly this errno. */
#define CHECK_ERRNO(e, x) do { \
	errno = 0; \
	long r_ = (long)(x); \
	if (r_ != -1 || errno != (e)) { \
		printf("%s:%d: %s gave %ld, errno %d, not %s\n", __FILE__, __LINE__, #x, r_, errno, #e); \
		fflush(stdout); \
		_exit(1); \
	} \
} while (0)

/* Run body() in a child; its wait status. */
static inline int
in_child(void (*body)(void))
{
	int status;
	pid_t p;

	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		body();
		_exit(0);
	}
	CHECK(waitpid(p, &status, 0) == p);
	return status;
}

static inline int
exited(int status, int code)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static inline int
killed(int status, int sig)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

static inline void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* What /proc says a task of a process does (its letter: R S Z ...); 0: it has gone. */
static inline char
task_state(pid_t pid, pid_t tid)
{
	char path[64], line[64] = "", *end;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
	if ((fd = open(path, O_RDONLY)) < 0)
		return 0;
	CHECK(read(fd, line, sizeof line - 1) >= 0);
	close(fd);
	end = strrchr(line, ')');
	return end ? end[2] : 0;
}

/* Wait until a task is in this state. */
static inline void
wait_state(pid_t pid, pid_t tid, char state)
{
	while (task_state(pid, tid) != state)
		pause_ms(1);
}

static inline void *
map_anon(size_t len, int prot)
{
	void *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

#endif
