/*
 * fail_nth: whichever allocation of a system call fails, the call reports it or gets by, the kernel lives, and what the
 * call had taken until then is given back: processes, memory, signals.
 */
#include <sched.h>
#include "fail_nth.h"

/* The child of a fork fails nothing: the count is a thread's own. */
static int
do_fork(void)
{
	int status;
	pid_t p;

	TRY(p = fork());
	if (p == 0)
		_exit(7);
	TRY(waitpid(p, &status, 0));
	return exited(status, 7) ? 0 : EPROTO;
}

static int
do_vfork_exec(void)
{
	char *argv[] = { self, "seven", NULL };
	int status;
	pid_t p;

	TRY(p = vfork());
	if (p == 0) {
		execve(self, argv, environ);
		_exit(8);
	}
	TRY(waitpid(p, &status, 0));
	return exited(status, 7) ? 0 : EPROTO;
}

/* The program looks for itself whether something failed. */
static int
exec_with(char *a, char *b)
{
	char fd[12];
	char *argv[] = { self, "left", fd, a, b, NULL }, *envp[] = { a, b, NULL };

	snprintf(fd, sizeof fd, "%d", fail_fd);
	TRY(execve(self, argv, envp));
	return 0;
}

static int
do_exec(void)
{
	return exec_with("a", "b");
}

/* Something else shares the descriptors: the new program gets its own. */
static int
do_exec_shared(void)
{
	pid_t p = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	TRY(p);
	if (p == 0) {
		pause_ms(20);
		_exit(0);
	}
	return exec_with("a", "b");
}

static int
sleep_a_little(void *arg)
{
	pause_ms(20);
	return 0;
}

/* The same of signal actions; and the old address space has another user. */
static int
do_exec_shared_memory(void)
{
	TRY(clone(sleep_a_little, stack + sizeof stack,
		  CLONE_VM | CLONE_SIGHAND | CLONE_FILES | CLONE_FS | SIGCHLD, NULL));
	return exec_with("a", "b");
}

static int
do_exec_long(void)
{
	memset(buf, 'x', 20000);
	buf[20000] = '\0';
	return exec_with(buf, buf + 8000);
}

static int
do_exec_script(void)
{
	char fd[12], *argv[] = { "script", fd, NULL }, line[300];
	int s, n = snprintf(line, sizeof line, "#!%s left\n", self);

	snprintf(fd, sizeof fd, "%d", fail_fd);
	TRY(s = open("script", O_WRONLY | O_CREAT | O_TRUNC, 0755));
	TRY(write(s, line, n));
	TRY(close(s));
	TRY(execve("script", argv, environ));
	return 0;
}

static int
do_thread_body(void *arg)
{
	return 0;
}

static int
do_thread(void)
{
	static volatile int tid;

	TRY(clone(do_thread_body, stack + sizeof stack,
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID |
		  CLONE_CHILD_CLEARTID, NULL, &tid, NULL, &tid));
	for (int v; (v = tid) != 0; )
		syscall(SYS_futex, &tid, 0, v, NULL, NULL, 0);
	return 0;
}

static int
do_anonymous(void)
{
	char *m = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(m);
	for (int i = 0; i < 4 << 20; i += 512 << 10)
		m[i] = 1;
	TRY(mprotect(m + PAGE, PAGE, PROT_READ));
	TRY(mprotect(m + 3 * PAGE, PAGE, PROT_NONE));
	TRY(munmap(m + 5 * PAGE, PAGE));
	TRY(madvise(m, 8 * PAGE - 3 * PAGE, MADV_DONTNEED));
	TRY(munmap(m, 4 << 20));
	return 0;
}

static int
do_mremap(void)
{
	char *m = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *block;

	TRY(m);
	memset(m, 5, 4 * PAGE);
	TRY(block = mmap(m + 4 * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	TRY(m = mremap(m, 4 * PAGE, 4 << 20, MREMAP_MAYMOVE));
	for (int i = 0; i < 4 * PAGE; i++)
		if (m[i] != 5)
			return EPROTO;
	TRY(mremap(m + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, block));
	return block[0] == 5 ? 0 : EPROTO;
}

static int
do_brk(void)
{
	char *was = sbrk(0);

	TRY(sbrk(100 * PAGE));
	was[0] = was[50 * PAGE] = 1;
	TRY(sbrk(-100 * PAGE));
	return 0;
}

static int
do_shared(void)
{
	char *m = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *f;
	int fd;

	TRY(m);
	m[0] = m[3 * PAGE] = 1;
	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(ftruncate(fd, 4 * PAGE));
	TRY(f = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	f[PAGE] = 1;
	TRY(f = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0));
	f[2 * PAGE] = 1;
	return 0;
}

static int
do_descriptors(void)
{
	int fd;

	TRY(fd = open("/dev/null", O_RDWR));
	TRY(dup2(fd, 900));
	TRY(fcntl(fd, F_DUPFD, 300));
	TRY(do_fork());
	return 0;
}

static volatile int caught;

static void
on_signal(int s)
{
	caught++;
}

static int
do_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
	siginfo_t info = { .si_code = SI_QUEUE };
	struct timespec none = { 0, 0 };
	sigset_t set;

	TRY(sigaltstack(&alt, NULL));
	TRY(sigaction(SIGUSR1, &a, NULL));
	TRY(kill(getpid(), SIGUSR1));
	if (caught != 1)
		return EPROTO;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < 3; i++)
		TRY(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info));
	TRY(sigtimedwait(&set, NULL, &none));
	return 0;
}

static int
do_timer(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	TRY(sigaction(SIGALRM, &a, NULL));
	alarm(1);			/* and the hang's alarm comes back with it */
	alarm(SECONDS);
	TRY(sigprocmask(SIG_SETMASK, &set, NULL));
	return 0;
}

static int
do_futex(void)
{
	struct timespec t = { 0, 1000000 };
	static int word;

	if (syscall(SYS_futex, &word, 0, 0, &t, NULL, 0) == -1 && errno != ETIMEDOUT)
		return errno;
	return 0;
}

static int
do_groups(void)
{
	static gid_t g[300];

	TRY(syscall(SYS_setgroups, 300, g));
	TRY(syscall(SYS_setgroups, 3, g));
	TRY(do_fork());
	return 0;
}

/* One that sends a queued signal, one that says nothing; and more than the first table holds. */
static int
do_posix_timers(void)
{
	struct { void *value; int signo, notify, pad[12]; } ev = { NULL, SIGRTMIN, 0 /* SIGEV_SIGNAL */, { 0 } };
	struct itimerspec soon = { { 0, 0 }, { 0, 1000000 } }, now;
	siginfo_t info;
	sigset_t set;
	int id, last;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	TRY(sigprocmask(SIG_BLOCK, &set, NULL));
	TRY(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id));
	ev.notify = 1;			/* SIGEV_NONE */
	for (int i = 0; i < 20; i++)
		TRY(syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &last));
	TRY(syscall(SYS_timer_settime, id, 0, &soon, NULL));
	TRY(sigtimedwait(&set, &info, NULL));
	TRY(syscall(SYS_timer_gettime, last, &now));
	TRY(syscall(SYS_timer_delete, last));
	TRY(syscall(SYS_timer_delete, id));
	return 0;
}

static const struct scenario scenarios[] = {
	{ "fork", do_fork }, { "vfork and exec", do_vfork_exec }, { "exec", do_exec },
	{ "exec, shared descriptors", do_exec_shared }, { "exec, shared memory", do_exec_shared_memory },
	{ "exec, long arguments", do_exec_long }, { "exec of a script", do_exec_script },
	{ "thread", do_thread }, { "anonymous memory", do_anonymous }, { "mremap", do_mremap },
	{ "brk", do_brk }, { "shared memory", do_shared }, { "descriptors", do_descriptors },
	{ "signals", do_signals }, { "timer", do_timer }, { "POSIX timers", do_posix_timers },
	{ "futex", do_futex }, { "groups", do_groups },
};

int
main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "seven"))
		return 7;
	if (argc > 2 && !strcmp(argv[1], "left")) {
		/* A script's name stands before the descriptor's number. */
		return fail_left(atoi(strcmp(argv[2], "script") ? argv[2] : argv[3])) ? 0 : FIRED;
	}
	return fail_each(scenarios, sizeof scenarios / sizeof *scenarios);
}
