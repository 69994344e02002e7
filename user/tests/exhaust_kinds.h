/*
 * exhaust_kinds.h - one more of each kind of object that a program can make, until there is no more of it.
 *
 * Not here    limits, who makes them and what is expected (exhaust.c).
 */
#ifndef EXHAUST_KINDS_H
#define EXHAUST_KINDS_H

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include "test.h"

#define ROOM		"/tmp/exhaust"		/* a tmpfs of its own, small; the working directory */
#define NAME_LEN	200

#define TRY(x) do { if ((long)(x) == -1) return errno; } while (0)

/* Calls that some kernels, and our headers, lack. */
#define NR_eventfd2		19
#define NR_epoll_create1	20
#define NR_epoll_ctl		21
#define NR_inotify_init1	26
#define NR_inotify_add_watch	27
#define NR_timerfd_create	85
#define NR_timer_create		107
#define NR_socketpair		199
#define NR_sendmsg		211
#define NR_memfd_create		279

static char block[65536];

/* Each makes object number i: 0, or the errno that says why not. */

static int
one_process(int i)
{
	pid_t p = fork();

	TRY(p);
	if (p == 0)
		for (;;)
			pause();
	return 0;
}

static int
thread_main(void *arg)
{
	for (;;)
		pause();
	return 0;
}

static int
one_thread(int i)
{
	char *stack = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(stack);
	TRY(clone(thread_main, stack + PAGE,
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL));
	return 0;
}

static int
one_descriptor(int i)
{
	TRY(dup(0));
	return 0;
}

static int
one_file(int i)
{
	TRY(open("/dev/null", O_RDONLY));
	return 0;
}

static int
one_pipe(int i)
{
	int p[2];

	TRY(pipe(p));
	return 0;
}

static int
one_full_pipe(int i)
{
	int p[2];

	TRY(pipe2(p, O_NONBLOCK));
	while (write(p[1], block, sizeof block) > 0)
		;
	return errno == EAGAIN ? 0 : errno;
}

static int
one_file_page(int i)
{
	static int fd = -1;

	if (fd < 0)
		TRY(fd = open("pages", O_WRONLY | O_CREAT, 0600));
	TRY(write(fd, block, PAGE));
	return 0;
}

static int
one_inode(int i)
{
	char name[20];
	int fd;

	snprintf(name, sizeof name, "i%d", i);
	TRY(fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600));
	close(fd);
	return 0;
}

static int
one_directory(int i)
{
	char name[NAME_LEN + 1];

	memset(name, 'd', NAME_LEN);
	name[NAME_LEN] = '\0';
	TRY(mkdir(name, 0700));
	TRY(chdir(name));
	return 0;
}

static int
one_symlink(int i)
{
	char name[20], to[4000];

	memset(to, 'x', sizeof to - 1);
	to[sizeof to - 1] = '\0';
	snprintf(name, sizeof name, "l%d", i);
	TRY(symlink(to, name));
	return 0;
}

/* The kernel may remember what is not there, and must be able to forget it. */
static int
one_missing_name(int i)
{
	char name[NAME_LEN + 1];
	struct stat st;

	memset(name, 'm', NAME_LEN);
	snprintf(name, sizeof name, "missing%d", i);
	name[strlen(name)] = 'm';
	name[NAME_LEN] = '\0';
	return stat(name, &st) == 0 ? EEXIST : errno == ENOENT ? 0 : errno;
}

static int
one_map(int i)
{
	TRY(mmap(NULL, PAGE, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	return 0;
}

static int
one_page(int i)
{
	char *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(p);
	for (long at = 0; at < 64 * PAGE; at += PAGE)
		p[at] = 1;
	return 0;
}

/* A table of the page table for each, and only the page of zeros. */
static int
one_page_table(int i)
{
	volatile char *p = mmap((char *)0x1000000000 + i * (2L << 20), PAGE, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	TRY(p);
	(void)*p;
	return 0;
}

static int
one_signal(int i)
{
	siginfo_t info = { .si_code = SI_QUEUE };
	sigset_t set;

	if (i == 0) {
		sigemptyset(&set);
		sigaddset(&set, SIGRTMIN);
		TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	}
	TRY(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info));
	return 0;
}

static int
one_timer(int i)
{
	int id;

	TRY(syscall(NR_timer_create, CLOCK_MONOTONIC, NULL, &id));
	return 0;
}

static int
one_record_lock(int i)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = 2L * i, .l_len = 1 };
	static int fd = -1;

	if (fd < 0)
		TRY(fd = open("locked", O_RDWR | O_CREAT, 0600));
	TRY(fcntl(fd, F_SETLK, &l));
	return 0;
}

static int
one_flock(int i)
{
	int fd;

	TRY(fd = open("locked", O_RDONLY | O_CREAT, 0600));
	TRY(syscall(SYS_flock, fd, 1 /* LOCK_SH */));
	return 0;
}

static int
one_mount(int i)
{
	char name[20];

	snprintf(name, sizeof name, "m%d", i % 16);
	mkdir(name, 0700);
	TRY(mount("none", name, "tmpfs", 0, "nr_inodes=2"));
	return 0;
}

static int
one_argument(int i)
{
	static char *argv[400], long_one[100001];

	if (i == 0)
		memset(long_one, 'a', sizeof long_one - 1);
	argv[i] = long_one;
	if (i < 300)
		return 0;
	TRY(execv("/proc/self/exe", argv));
	return 0;
}

static int
one_socket_pair(int i)
{
	int s[2];

	TRY(syscall(NR_socketpair, 1, 1, 0, s));
	return 0;
}

static int
one_full_socket(int i)
{
	int s[2];

	TRY(syscall(NR_socketpair, 1, 1 | O_NONBLOCK, 0, s));
	while (write(s[0], block, sizeof block) > 0)
		;
	return errno == EAGAIN ? 0 : errno;
}

/* A descriptor sent and never taken. */
static int
one_in_flight(int i)
{
	static int s[2] = { -1, -1 };
	struct { long len; int level, type, fd, pad; } control = { 20, 1, 1, 0, 0 };
	struct { void *base; long len; } iov = { block, 1 };
	struct { void *name; long namelen; void *iov; long iovlen; void *control; long controllen; long flags; }
		m = { NULL, 0, &iov, 1, &control, 24, 0 };

	if (s[0] < 0)
		TRY(syscall(NR_socketpair, 1, 1 | O_NONBLOCK, 0, s));
	TRY(control.fd = dup(0));
	if (syscall(NR_sendmsg, s[0], &m, 0) < 0) {
		if (errno != EAGAIN)
			return errno;
		TRY(syscall(NR_socketpair, 1, 1 | O_NONBLOCK, 0, s));	/* full: another pair */
		TRY(syscall(NR_sendmsg, s[0], &m, 0));
	}
	close(control.fd);
	return 0;
}

static int
one_epoll_item(int i)
{
	struct { unsigned events; unsigned long data; } __attribute__((packed)) none = { 0, 0 };
	static int ep = -1, fd[2];

	if (i % 64 == 0) {
		TRY(ep = syscall(NR_epoll_create1, 0));
		TRY(pipe(fd));
	}
	TRY(fd[0] = dup(fd[0]));
	TRY(syscall(NR_epoll_ctl, ep, 1, fd[0], &none));
	return 0;
}

static int
one_inotify(int i)
{
	TRY(syscall(NR_inotify_init1, 0));
	return 0;
}

static int
one_watch(int i)
{
	static int fd = -1;
	char name[20];

	if (i == 0)
		TRY(fd = syscall(NR_inotify_init1, 0));
	snprintf(name, sizeof name, "w%d", i);
	TRY(mkdir(name, 0700));
	TRY(syscall(NR_inotify_add_watch, fd, name, 0xfff));
	return 0;
}

static int
one_memfd(int i)
{
	int fd;

	TRY(fd = syscall(NR_memfd_create, "exhaust", 0));
	TRY(write(fd, block, 16 * PAGE));
	return 0;
}

static int
one_eventfd(int i)
{
	TRY(syscall(NR_eventfd2, 0, 0));
	return 0;
}

static int
one_timerfd(int i)
{
	TRY(syscall(NR_timerfd_create, CLOCK_MONOTONIC, 0));
	return 0;
}

static int
one_pty(int i)
{
	TRY(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	return 0;
}

#endif
