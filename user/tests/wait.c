/* wait: statuses, selectors, options and errors of wait4, waitpid and waitid. */
#include <sys/resource.h>
#include "test.h"

static void exit_300(void) { _exit(300); }
static void die_15(void) { kill(getpid(), SIGTERM); pause(); }

/* Uses up 100 ms, and 4 MiB of memory. */
static void
work(void)
{
	static volatile char memory[4 << 20];
	struct rusage ru;

	for (size_t i = 0; i < sizeof(memory); i += 4096)
		memory[i] = 1;
	do
		CHECK(getrusage(RUSAGE_SELF, &ru) == 0);
	while (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec == 0 && ru.ru_utime.tv_usec + ru.ru_stime.tv_usec < 100000);
	_exit(0);
}

static void
leave_it_to_a_child(void)
{
	pid_t a = fork();

	if (a == 0)
		work();
	CHECK(waitpid(a, NULL, 0) == a);
	_exit(0);
}

static long
used_us(const struct rusage *ru)
{
	return (ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000 + ru->ru_utime.tv_usec + ru->ru_stime.tv_usec;
}

static void
check_worked(const struct rusage *ru)
{
	CHECK(used_us(ru) >= 99000);
	CHECK(ru->ru_maxrss >= 4096);
	CHECK(ru->ru_minflt > 0 && ru->ru_nvcsw > 0);
}

/* What wait4 and waitid tell of a child is of its children too, those it has waited for. */
static void
resources(void)
{
	struct rusage ru;
	siginfo_t info;
	pid_t a = fork();

	if (a == 0)
		leave_it_to_a_child();
	CHECK(syscall(SYS_waitid, P_PID, a, &info, WEXITED | WNOWAIT, &ru) == 0);
	check_worked(&ru);
	memset(&ru, 0, sizeof(ru));
	CHECK(wait4(a, NULL, 0, &ru) == a);
	check_worked(&ru);
	CHECK_ERRNO(EINVAL, getrusage(-2, &ru));
}

int
main(void)
{
	int status;
	siginfo_t info;
	struct rusage ru;
	pid_t a, b;

	CHECK_ERRNO(ECHILD, waitpid(-1, &status, 0));
	CHECK(exited(in_child(exit_300), 300 & 255));
	CHECK(killed(in_child(die_15), SIGTERM));
	CHECK_ERRNO(EINVAL, waitpid(-1, &status, 0x10000));

	a = fork();
	if (a == 0) { pause_ms(50); _exit(1); }
	b = fork();
	if (b == 0) { pause_ms(100); _exit(2); }
	CHECK(waitpid(-1, &status, WNOHANG) == 0);
	CHECK(waitpid(b, &status, 0) == b && exited(status, 2));
	CHECK(wait4(a, &status, 0, &ru) == a && exited(status, 1));
	CHECK_ERRNO(ECHILD, waitpid(a, &status, 0));

	/* Stop, continue, both reported. */
	a = fork();
	if (a == 0)
		for (;;)
			pause();
	kill(a, SIGSTOP);
	CHECK(waitpid(a, &status, WUNTRACED) == a && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(waitpid(a, &status, WNOHANG | WUNTRACED) == 0);
	kill(a, SIGCONT);
	CHECK(waitpid(a, &status, WCONTINUED) == a && WIFCONTINUED(status));
	kill(a, SIGKILL);
	memset(&info, 0, sizeof info);
	CHECK(waitid(P_PID, a, &info, WEXITED | WNOWAIT) == 0);
	CHECK(info.si_pid == a && info.si_code == CLD_KILLED && info.si_status == SIGKILL);
	{	/* a zombie still has limits to ask for */
		struct rlimit r;

		CHECK(syscall(SYS_prlimit64, a, RLIMIT_NOFILE, NULL, &r) == 0 && r.rlim_cur > 0);
	}
	CHECK(waitpid(a, &status, 0) == a && killed(status, SIGKILL));

	/* An orphan goes to init, not to us. */
	a = fork();
	if (a == 0) {
		if (fork() == 0) { pause_ms(30); _exit(0); }
		_exit(0);
	}
	CHECK(waitpid(a, &status, 0) == a);
	pause_ms(60);
	CHECK_ERRNO(ECHILD, waitpid(-1, &status, 0));

	/* Ignored SIGCHLD: children vanish, wait says so after the last. */
	signal(SIGCHLD, SIG_IGN);
	a = fork();
	if (a == 0)
		_exit(0);
	CHECK_ERRNO(ECHILD, waitpid(a, &status, 0));
	signal(SIGCHLD, SIG_DFL);
	resources();
	return 0;
}
