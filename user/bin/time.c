/* time COMMAND [ARGUMENT...] - how long it took, on standard error. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common/cmd.h"

static void
show(const char *what, long sec, long ns)
{
	fprintf(stderr, "%s\t%ldm%ld.%03lds\n", what, sec / 60, sec % 60, ns / 1000000);
}

int
main(int argc, char **argv)
{
	struct timespec a, b;
	struct rusage ru;
	int status;
	pid_t pid;

	if (argc < 2)
		usage("time COMMAND [ARGUMENT...]");
	clock_gettime(CLOCK_MONOTONIC, &a);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0)
		_exit(run_instead(argv + 1));
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (wait4(pid, &status, 0, &ru) < 0)
		if (errno != EINTR)
			die_errno("wait");
	clock_gettime(CLOCK_MONOTONIC, &b);
	b.tv_sec -= a.tv_sec;
	b.tv_nsec -= a.tv_nsec;
	if (b.tv_nsec < 0) {
		b.tv_nsec += 1000000000;
		b.tv_sec--;
	}
	show("real", b.tv_sec, b.tv_nsec);
	show("user", ru.ru_utime.tv_sec, ru.ru_utime.tv_usec * 1000L);
	show("sys", ru.ru_stime.tv_sec, ru.ru_stime.tv_usec * 1000L);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
