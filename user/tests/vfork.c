/* vfork: with CLONE_VM|CLONE_VFORK the parent sleeps until the child execs or exits, and shares its memory. */
#include <sched.h>
#include "test.h"

static volatile int written;

static pid_t
start(int (*fn)(void *), void *arg)
{
	static char stack[16384] __attribute__((aligned(16)));

	return clone(fn, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, arg);
}

static int
write_and_exit(void *arg)
{
	struct timespec t = { 0, 30000000 };

	(void)arg;
	syscall(SYS_nanosleep, &t, NULL);
	written = 1;
	return 5;
}

static int
write_and_exec(void *arg)
{
	char *argv[] = { "vfork", arg, NULL };

	written = 2;
	execve("/proc/self/exe", argv, NULL);
	return 1;
}

int
main(int argc, char **argv)
{
	int status, pipe_fds[2];
	pid_t p;

	if (argc > 1) {
		pause_ms(50);
		return atoi(argv[1]);
	}
	p = start(write_and_exit, NULL);
	CHECK(p > 0 && written == 1);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 5));
	p = start(write_and_exec, "6");
	CHECK(p > 0 && written == 2);
	CHECK(waitpid(p, &status, WNOHANG) == 0);	/* it sleeps in its new life, we go on */
	CHECK(waitpid(p, &status, 0) == p && exited(status, 6));

	/* The library's vfork, at least as good as fork. */
	CHECK(pipe(pipe_fds) == 0);
	p = vfork();
	if (p == 0)
		_exit(8);
	CHECK(p > 0 && waitpid(p, &status, 0) == p && exited(status, 8));
	return 0;
}
