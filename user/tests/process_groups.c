/* process_groups: groups and sessions are made, joined, signalled and protected as POSIX says. */
#include "test.h"

static int up[2];

static void
nap(void)
{
	CHECK(write(up[1], "r", 1) == 1);
	for (;;)
		pause();
}

static void
leader(void)
{
	CHECK(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid());
	CHECK_ERRNO(EPERM, setsid());			/* leads a group already */
	CHECK_ERRNO(EPERM, setpgid(0, 0));		/* a session's leader stays */
	CHECK_ERRNO(EPERM, setpgid(0, getppid()));
}

int
main(int argc, char **argv)
{
	pid_t a, b;
	int status;
	char c;

	if (argc > 1) {			/* after exec, below */
		up[1] = atoi(argv[1]);
		nap();
	}
	CHECK(pipe(up) == 0);
	CHECK(getpgid(0) == getpgrp() && getpgid(getpid()) == getpgrp());
	CHECK_ERRNO(ESRCH, getpgid(999999));
	CHECK_ERRNO(ESRCH, setpgid(999999, 0));
	CHECK_ERRNO(EINVAL, setpgid(0, -1));
	CHECK_ERRNO(ESRCH, setpgid(1, 0));		/* not a child of ours */
	CHECK(exited(in_child(leader), 0));

	/* Two in a group of their own; a signal to the group reaches both, and no one else. */
	if ((a = fork()) == 0)
		nap();
	CHECK(setpgid(a, a) == 0);
	if ((b = fork()) == 0)
		nap();
	CHECK(setpgid(b, a) == 0 && getpgid(b) == a);
	CHECK(read(up[0], &c, 1) == 1 && read(up[0], &c, 1) == 1);
	CHECK(waitpid(0, &status, WNOHANG) == -1 && errno == ECHILD);	/* none in our group */
	CHECK(waitpid(-a, &status, WNOHANG) == 0);
	CHECK(kill(-a, SIGSTOP) == 0);
	CHECK(waitpid(-a, &status, WUNTRACED) > 0 && WIFSTOPPED(status));
	CHECK(waitpid(-a, &status, WUNTRACED) > 0 && WIFSTOPPED(status));
	CHECK(kill(-a, SIGCONT) == 0 && kill(-a, SIGTERM) == 0);
	CHECK(waitpid(-a, &status, 0) > 0 && killed(status, SIGTERM));
	CHECK(waitpid(-a, &status, 0) > 0 && killed(status, SIGTERM));
	CHECK_ERRNO(ESRCH, kill(-a, 0));
	CHECK_ERRNO(EPERM, setpgid(0, a));		/* that group is gone */

	/* After exec it is too late for the parent. */
	if ((a = fork()) == 0) {
		char fd[12];

		snprintf(fd, sizeof fd, "%d", up[1]);
		execl("/proc/self/exe", argv[0], fd, NULL);
		_exit(1);
	}
	CHECK(read(up[0], &c, 1) == 1);
	CHECK_ERRNO(EACCES, setpgid(a, a));
	kill(a, SIGKILL);
	CHECK(waitpid(a, &status, 0) == a);
	return 0;
}
