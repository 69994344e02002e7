/* sigwait: rt_sigtimedwait takes a pending signal without its handler, waits for one, and times out. */
#include "test.h"

int
main(void)
{
	struct timespec t = { 0, 20000000 }, long_one = { 10, 0 }, a, b;
	sigset_t set, chld;
	siginfo_t info;
	union sigval value = { .sival_int = 4711 };
	pid_t p;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, 40);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_ERRNO(EAGAIN, sigtimedwait(&set, &info, &t));
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec >= 20000000);

	/* The lower number first; data of a queued one comes along. */
	CHECK(sigqueue(getpid(), 40, value) == 0 && kill(getpid(), SIGUSR1) == 0);
	CHECK(sigtimedwait(&set, &info, &long_one) == SIGUSR1 && info.si_code == SI_USER && info.si_pid == getpid());
	CHECK(sigtimedwait(&set, &info, &long_one) == 40 && info.si_code == SI_QUEUE);
	CHECK(info.si_value.sival_int == 4711);
	CHECK_ERRNO(EAGAIN, sigtimedwait(&set, &info, &(struct timespec){ 0, 0 }));

	p = fork();
	if (p == 0) {
		pause_ms(30);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK(sigtimedwait(&set, &info, &long_one) == SIGUSR1 && info.si_pid == p);
	waitpid(p, NULL, 0);

	/* A child's end can be waited for as a signal. */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	CHECK(sigprocmask(SIG_BLOCK, &chld, NULL) == 0);
	p = fork();
	if (p == 0)
		_exit(17);
	CHECK(sigtimedwait(&chld, &info, &long_one) == SIGCHLD);
	CHECK(info.si_pid == p && info.si_code == CLD_EXITED && info.si_status == 17);
	waitpid(p, NULL, 0);
	return 0;
}
