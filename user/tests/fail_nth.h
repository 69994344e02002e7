/*
 * fail_nth.h - a call after a call, with one allocation of the kernel's failing: what the tests of that share.
 *
 * Linux's way of asking (Documentation/fault-injection): N written to /proc/self/fail-nth makes the
 * N-th allocation of this thread from then on fail. A kernel without that file passes.
 *
 * A scenario is a few calls: it returns 0, or the errno of what failed. It runs in a child, again and again, until none
 * of its allocations is left to fail. What it leaves in the directory, clean_up removes.
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <sys/mount.h>
#include "test.h"

#define N_MAX		400
#define DIR_NAME	"/tmp/fail_nth.d"
#define FIRED		100		/* exit status of a child: it got by although something failed */
#define WRONG		101		/* it failed, though nothing had */
#define SECONDS		30		/* a child that takes longer hangs */
#define SLACK_KIB	512		/* page tables that each cpu keeps for the next process */

#define TRY(x) do { if ((long)(x) == -1) return errno; } while (0)

struct scenario {
	const char *name;
	int	(*run)(void);
};

static char self[256], buf[65536], stack[16384] __attribute__((aligned(16)));
static int fail_fd;

static inline void
fail_after(int n)
{
	char s[16];
	int len = snprintf(s, sizeof s, "%d", n);

	CHECK(pwrite(fail_fd, s, len, 0) == len);
}

/* The first write may be what fails. */
static inline void
fail_never(void)
{
	if (pwrite(fail_fd, "0", 1, 0) < 0)
		CHECK(pwrite(fail_fd, "0", 1, 0) == 1);
}

/* How many allocations are left until one fails: 0 if it has failed. */
static inline int
fail_left(int fd)
{
	char s[16] = "";

	CHECK(pread(fd, s, sizeof s - 1, 0) > 0);
	return atoi(s);
}

static inline void
clean_up(void)
{
	umount("m/d");
	umount("m");
	rmdir("m");
	unlink("d/x");
	rmdir("d");
	for (int c = 'a'; c <= 'b'; c++) {	/* of do_long_names */
		memset(buf, c, 200);
		buf[200] = '\0';
		if (unlink(buf) < 0)
			rmdir(buf);
	}
	for (const char *const *n = (const char *const[]){ "a", "b", "c", "s", "fifo", "script", NULL }; *n; n++)
		unlink(*n);
}

/* In a child: the scenario with its n-th allocation failing (0: none). Its exit status says how it went. */
static inline void
run(const struct scenario *s, int n)
{
	int err, left;

	alarm(SECONDS);
	fail_fd = open("/proc/self/fail-nth", O_RDWR);
	CHECK(fail_fd >= 0);
	memset(stack, 0, sizeof stack);
	fail_after(n);
	err = s->run();
	left = fail_left(fail_fd);
	fail_never();
	if (err && (left || !n)) {
		printf("%s: errno %d, though nothing failed\n", s->name, err);
		fflush(stdout);
		_exit(WRONG);
	}
	_exit(err ? err : n && !left ? FIRED : 0);
}

/* One run; whether an allocation failed in it. */
static inline int
check(const struct scenario *s, int n)
{
	static const int allowed[] = { ENOMEM, EAGAIN, ENFILE, ENOSPC, EFAULT, ENOLCK, ENOBUFS, FIRED };
	int status;
	pid_t p;

	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (p == 0)
		run(s, n);
	CHECK(waitpid(p, &status, 0) == p);
	clean_up();
	if (exited(status, 0))
		return 0;
	if (killed(status, SIGKILL) || killed(status, SIGSEGV))
		return 1;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (exited(status, allowed[i]))
			return 1;
	printf("%s: allocation %d failed: wait status %#x\n", s->name, n, status);
	fflush(stdout);
	exit(1);
}

/* What is free, and what the kernel keeps for its next objects and tasks: in KiB. */
static inline long
free_kib(void)
{
	static const char *const names[] = { "MemFree:", "Slab:", "KernelStack:" };
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	CHECK(f);
	while (fgets(line, sizeof line, f))
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (!strncmp(line, names[i], strlen(names[i])))
				kib += atol(line + strlen(names[i]));
	fclose(f);
	return kib;
}

static inline void
sweep(const struct scenario *s)
{
	for (int n = 1; n <= N_MAX && check(s, n); n++)
		;
}

/* All of them: 0, or it has ended with a message. */
static inline int
fail_each(const struct scenario *scenarios, size_t count)
{
	long before, after;
	ssize_t len;
	int fd;

	fd = open("/proc/self/fail-nth", O_RDWR);
	if (fd < 0) {
		printf("this kernel cannot be asked to fail: no /proc/self/fail-nth\n");
		return 0;
	}
	close(fd);
	len = readlink("/proc/self/exe", self, sizeof self - 1);
	CHECK(len > 0);
	self[len] = '\0';
	mkdir(DIR_NAME, 0755);
	CHECK(chdir(DIR_NAME) == 0);
	for (size_t i = 0; i < count; i++)	/* fills what caches there are */
		for (int round = 0; round < 2; round++)
			check(&scenarios[i], 0);
	before = free_kib();
	for (size_t i = 0; i < count; i++)
		sweep(&scenarios[i]);
	after = free_kib();
	if (after < before - SLACK_KIB)
		printf("%ld KiB free before, %ld KiB after\n", before, after);
	CHECK(after >= before - SLACK_KIB);
	CHECK(chdir("/") == 0 && rmdir(DIR_NAME) == 0);
	return 0;
}

#endif
