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

static int
sleep_long(void *arg)
{
	(void)arg;
	pause_ms(20000);
	return 0;
}

static void
vfork_long(void)
{
	start(sleep_long, NULL);
}

/* The CPU time of process p in clock ticks. */
static long
cpu_ticks(pid_t p)
{
	char path[64], line[512], *at;
	long user;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)p);
	f = fopen(path, "r");
	CHECK(f && fgets(line, sizeof line, f));
	fclose(f);
	at = strrchr(line, ')');
	for (int i = 0; i < 12; i++)		/* utime and stime are fields 14 and 15, the name is the second */
		CHECK(at && (at = strchr(at + 1, ' ')));
	user = strtol(at, &at, 10);
	return user + strtol(at, NULL, 10);
}

/* A parent that waits stops only when the wait is over, and sleeps until then; but what kills it does so at once. */
static void
stopped_and_killed(int first, int deadly)
{
	int status;
	pid_t p;
	long before;

	p = fork();
	if (p == 0) {
		setpgid(0, 0);
		vfork_long();
		_exit(0);
	}
	CHECK(p > 0);
	pause_ms(100);
	CHECK(kill(p, first) == 0);
	before = cpu_ticks(p);
	pause_ms(300);
	CHECK(waitpid(p, &status, WNOHANG | WUNTRACED) == 0);
	CHECK(cpu_ticks(p) - before < 10);
	CHECK(kill(p, deadly) == 0);
	CHECK(waitpid(p, &status, 0) == p && WIFSIGNALED(status) && WTERMSIG(status) == deadly);
	kill(-p, SIGKILL);			/* the child */
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

	stopped_and_killed(SIGSTOP, SIGKILL);
	stopped_and_killed(SIGTSTP, SIGKILL);
	stopped_and_killed(SIGCHLD, SIGTERM);

	/* The library's vfork, at least as good as fork. */
	CHECK(pipe(pipe_fds) == 0);
	p = vfork();
	if (p == 0)
		_exit(8);
	CHECK(p > 0 && waitpid(p, &status, 0) == p && exited(status, 8));
	return 0;
}
