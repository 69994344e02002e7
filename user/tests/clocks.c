/* clocks: they go forward, sleeps last at least as long as asked, timers fire, absolute sleeps are absolute. */
#include <sys/time.h>
#include "test.h"

static volatile int alarms;
static void on_alarm(int sig) { (void)sig; alarms++; }

static long
ns(clockid_t c)
{
	struct timespec t;

	CHECK(clock_gettime(c, &t) == 0 && t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

int
main(void)
{
	long last = ns(CLOCK_MONOTONIC), a;
	struct timespec t;
	struct itimerval it = { { 0, 10000 }, { 0, 10000 } }, off = { { 0, 0 }, { 0, 0 } };

	for (int i = 0; i < 10000; i++) {
		a = ns(CLOCK_MONOTONIC);
		CHECK(a >= last);
		last = a;
	}
	CHECK(ns(CLOCK_REALTIME) > 1500000000L * 1000000000L);
	CHECK_ERRNO(EINVAL, clock_gettime(77, &t));
	for (int i = 0; i < 5; i++) {
		a = ns(CLOCK_MONOTONIC);
		t = (struct timespec){ 0, 3000000 * (i + 1) };
		CHECK(nanosleep(&t, NULL) == 0);
		CHECK(ns(CLOCK_MONOTONIC) - a >= 3000000L * (i + 1));
	}
	t = (struct timespec){ 0, 1000000000 };
	CHECK_ERRNO(EINVAL, nanosleep(&t, NULL));
	a = ns(CLOCK_MONOTONIC) + 20000000;
	t = (struct timespec){ a / 1000000000, a % 1000000000 };
	CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0 && ns(CLOCK_MONOTONIC) >= a);
	CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0);	/* past: at once */

	signal(SIGALRM, on_alarm);
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	while (alarms < 5)
		pause();
	CHECK(setitimer(ITIMER_REAL, &off, &it) == 0 && it.it_interval.tv_usec == 10000);
	/* An interrupted sleep says what is left. */
	it = (struct itimerval){ { 0, 0 }, { 0, 10000 } };
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	t = (struct timespec){ 10, 0 };
	CHECK_ERRNO(EINTR, nanosleep(&t, &t));
	CHECK(t.tv_sec == 9);
	/* CPU time is charged to who burns it. */
	a = ns(CLOCK_PROCESS_CPUTIME_ID);
	for (volatile long i = 0; i < 3000000; i++)
		;
	CHECK(ns(CLOCK_PROCESS_CPUTIME_ID) > a);
	return 0;
}
