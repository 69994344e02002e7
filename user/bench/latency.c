/*
 * latency.c - loads under which a kernel may be deaf for long: much of one thing at once.
 *
 * usage: latency [-d DIR] LOAD	(without one: their names; DIR (/tmp): where files are made)
 *
 * Nothing is measured here: grade/latency.py reads /proc/latency after each. Only the Linux ABI.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "abi/event.h"

#define PAGE	4096L
#define MIB	(1L << 20)
#define MANY	1000

static const char *dir = "/tmp";
static pid_t children[MANY];

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static char *
memory(long size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static char *
touched(long size)
{
	char *p = memory(size);

	for (long i = 0; i < size; i += PAGE)
		p[i] = 1;
	return p;
}

static void
sleep_until(const struct timespec *t)
{
	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 1, t, NULL);
}

static struct timespec
in_ms(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

/* MANY children that do it and exit. */
static void
make_children(void (*fn)(int n, void *arg), void *arg)
{
	for (int i = 0; i < MANY; i++) {
		children[i] = fork();
		if (children[i] < 0)
			die("fork");
		if (children[i] == 0) {
			fn(i, arg);
			_exit(0);
		}
	}
}

static void
reap(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void
child_waits(int n, void *arg)
{
	pause();
}

/* --- the loads --- */

static void
load_fork(void)
{
	touched(32 * MIB);
	for (int i = 0; i < 50; i++) {
		pid_t p = fork();

		if (p == 0)
			_exit(0);
		waitpid(p, NULL, 0);
	}
}

static void
load_exec(void)
{
	for (int i = 0; i < 50; i++) {
		pid_t p = fork();

		if (p == 0) {
			touched(4 * MIB);
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		waitpid(p, NULL, 0);
	}
}

static void
load_exit(void)
{
	for (int i = 0; i < 3; i++) {
		pid_t p = fork();

		if (p == 0) {
			touched(64 * MIB);
			_exit(0);
		}
		waitpid(p, NULL, 0);
	}
}

/* Large areas unmapped, moved, protected, given up; many small ones. */
static void
load_mmap(void)
{
	char *p = touched(32 * MIB), *q = memory(1024 * MIB);

	mprotect(p, 32 * MIB, PROT_READ);
	mprotect(p, 32 * MIB, PROT_READ | PROT_WRITE);
	p = mremap(p, 32 * MIB, 64 * MIB, MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		die("mremap");
	madvise(p, 64 * MIB, MADV_DONTNEED);
	munmap(p, 64 * MIB);
	for (long i = 0; i < 1024 * MIB; i += 2 * MIB)
		q[i] = 1;
	munmap(q, 1024 * MIB);
	q = touched(32 * MIB);
	for (long i = 0; i < 8192; i += 2)
		mprotect(q + i * PAGE, PAGE, PROT_READ);
	munmap(q, 32 * MIB);
}

static void
load_files(void)
{
	static char block[65536];
	char name[128];
	int fd;

	snprintf(name, sizeof name, "%s/large", dir);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die(name);
	for (int i = 0; i < 24 * 16; i++)
		if (write(fd, block, sizeof block) < 0)
			die("write");
	fsync(fd);
	for (int i = 0; i < 24 * 16; i++)
		pread(fd, block, sizeof block, i * sizeof block);
	ftruncate(fd, 1);
	for (int i = 0; i < 400; i++)		/* in pieces: many extents */
		pwrite(fd, block, PAGE, i * 2 * PAGE);
	fsync(fd);
	close(fd);
	unlink(name);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "%s/small%d", dir, i);
		fd = open(name, O_RDWR | O_CREAT, 0644);
		write(fd, block, 100);
		close(fd);
	}
	sync();
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "%s/small%d", dir, i);
		unlink(name);
	}
	sync();
}

/* Pages of a file in memory and mapped, taken away from it; caches dropped. */
static void
load_cache(void)
{
	static char block[65536];
	char name[128];
	int fd, drop;
	char *p;

	snprintf(name, sizeof name, "%s/cached", dir);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	for (int i = 0; i < 16 * 16; i++)
		write(fd, block, sizeof block);
	p = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (long i = 0; i < 16 * MIB; i += PAGE)
		p[i]++;
	msync(p, 16 * MIB, MS_SYNC);
	drop = open("/proc/sys/vm/drop_caches", O_WRONLY);
	write(drop, "3", 1);
	ftruncate(fd, 8 * MIB);
	munmap(p, 16 * MIB);
	close(fd);
	write(drop, "3", 1);
	unlink(name);
	sync();
}

static void
child_sleeps(int n, void *arg)
{
	sleep_until(arg);
}

/* A thousand sleepers for one moment; a thousand timers of one process for one. */
static void
load_timers(void)
{
	struct timespec when = in_ms(2000);
	struct { struct timespec every, at; } once = { { 0, 0 }, { 0, 0 } };
	int ids[MANY];

	signal(SIGALRM, SIG_IGN);
	make_children(child_sleeps, &when);
	once.at = in_ms(2000);
	for (int i = 0; i < MANY; i++) {
		struct { void *value; int signo, notify, pad[12]; } e = { NULL, SIGRTMIN, 0, { 0 } };

		signal(SIGRTMIN, SIG_IGN);
		if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &ids[i]) < 0)
			die("timer_create");
		syscall(SYS_timer_settime, ids[i], 1, &once, NULL);
	}
	once.at.tv_nsec += 1000;
	sleep_until(&once.at);
	reap();
}

static void
nothing(int sig)
{
}

/* Signals to a group of a thousand; SIGSTOP, SIGCONT; SIGKILL. */
static void
load_signals(void)
{
	setpgid(0, 0);
	signal(SIGUSR1, nothing);
	make_children(child_waits, NULL);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGUSR1);
	kill(-getpgrp(), 0);
	for (int i = 0; i < MANY; i++)
		kill(children[i], SIGKILL);
	reap();
}

static void
load_group_kill(void)
{
	int up[2];
	pid_t p;

	pipe(up);
	p = fork();
	if (p == 0) {
		setpgid(0, 0);
		make_children(child_waits, NULL);
		write(up[1], "x", 1);
		pause();
	}
	read(up[0], &up[1], 1);
	kill(-p, SIGSTOP);
	kill(-p, SIGCONT);
	kill(-p, SIGKILL);		/* the children become init's */
	waitpid(p, NULL, 0);
	while (kill(-p, 0) == 0)
		usleep(1000);
}

/* A thousand tasks, looked at and changed in every way that looks at all. */
static void
load_tasks(void)
{
	char name[64];
	int fd;

	make_children(child_waits, NULL);
	setpriority(PRIO_USER, 0, 1);
	getpriority(PRIO_USER, 0);
	setpriority(PRIO_PGRP, 0, 2);
	waitpid(-1, NULL, WNOHANG);
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			execl("/bin/ps", "ps", "-l", "-p", "1", NULL);
			_exit(1);
		} else {
			usleep(200000);
		}
	for (int i = 0; i < 3; i++) {
		static const char *const files[] = { "stat", "loadavg", "sched" };
		char text[4096];

		snprintf(name, sizeof name, "/proc/%s", files[i]);
		fd = open(name, O_RDONLY);
		read(fd, text, sizeof text);
		close(fd);
	}
	for (int i = 0; i < MANY; i++)
		kill(children[i], SIGKILL);
	reap();
}

static int
thread(void *word)
{
	syscall(SYS_futex, word, 0, 0, NULL, NULL, 0);
	while (1)
		pause();
	return 0;
}

/* A thousand threads: all woken, moved, and ended. */
static void
load_threads(void)
{
	pid_t p = fork();

	if (p == 0) {
		static int words[2];
		char *stacks = memory(MANY * 2 * PAGE);
		const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

		for (int i = 0; i < MANY; i++)
			if (clone(thread, stacks + (i + 1) * 2 * PAGE, flags, words) < 0)
				die("clone");
		usleep(100000);
		syscall(SYS_futex, words, 3, 0, MANY, words + 1, 0);	/* requeue them all */
		syscall(SYS_futex, words + 1, 1, MANY);			/* wake them */
		usleep(100000);
		_exit(0);
	}
	waitpid(p, NULL, 0);
}

static void
child_reads(int n, void *arg)
{
	char c;

	read(*(int *)arg, &c, 1);
}

/* A thousand readers of one pipe; a thousand epolls of one file. */
static void
load_waiters(void)
{
	struct rlimit limit = { 4096, 4096 };
	struct abi_epoll_event e = { .events = 1 };
	int ends[2], eps[MANY];

	setrlimit(RLIMIT_NOFILE, &limit);
	pipe(ends);
	for (int i = 0; i < MANY / 2; i++) {
		eps[i] = syscall(SYS_epoll_create1, 0);
		if (eps[i] < 0 || syscall(SYS_epoll_ctl, eps[i], 1, ends[0], &e) < 0)
			die("epoll");
	}
	write(ends[1], "x", 1);
	for (int i = 0; i < MANY / 2; i++)
		close(eps[i]);
	child_reads(0, &ends[0]);
	make_children(child_reads, &ends[0]);
	usleep(100000);
	close(ends[1]);
	for (int i = 0; i < MANY; i++)
		kill(children[i], SIGKILL);
	reap();
}

/* Many descriptors: copied by fork, closed at once. */
static void
load_descriptors(void)
{
	struct rlimit limit = { 65536, 65536 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("RLIMIT_NOFILE");
	for (int i = 0; i < 60000; i++)
		if (dup(0) < 0)
			die("dup");
	for (int i = 0; i < 3; i++) {
		pid_t p = fork();

		if (p == 0) {
			if (i == 1)
				syscall(SYS_close_range, 3, 70000, 4);	/* on exec */
			if (i == 2)
				syscall(SYS_close_range, 3, 70000, 0);
			execl("/bin/true", "true", NULL);
		}
		waitpid(p, NULL, 0);
	}
}

static void
load_sockets(void)
{
	static char block[4096];
	int s[2];

	for (int i = 0; i < 200; i++) {
		socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
		fcntl(s[0], F_SETFL, O_NONBLOCK);
		while (write(s[0], block, 100) > 0)
			;
		close(s[0]);
		close(s[1]);
	}
}

static const struct { const char *name; void (*fn)(void); } loads[] = {
	{ "fork", load_fork }, { "exec", load_exec }, { "exit", load_exit },
	{ "mmap", load_mmap }, { "files", load_files }, { "cache", load_cache },
	{ "timers", load_timers }, { "signals", load_signals }, { "group_kill", load_group_kill },
	{ "tasks", load_tasks }, { "threads", load_threads }, { "waiters", load_waiters },
	{ "descriptors", load_descriptors }, { "sockets", load_sockets },
};

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "d:")) != -1) {
		if (c != 'd')
			return 2;
		dir = optarg;
	}
	for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
		if (optind >= argc)
			puts(loads[i].name);
		else if (!strcmp(argv[optind], loads[i].name)) {
			loads[i].fn();
			return 0;
		}
	}
	return optind < argc;
}
