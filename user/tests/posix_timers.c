/*
 * posix_timers.c - POSIX timers: signals with their value, once and again, overruns, to one thread, on clocks of CPU
 * time; not inherited and not kept by exec; sleeping on a clock of CPU time; setting the wall clock moves who waits for
 * a time by it.
 */
#include <sched.h>
#include "abi/sched.h"
#include "test.h"

#define MS	1000000L
#define LONG	(1000000 * MS)		/* never over while a test looks at it, whatever holds the test up */
#define SIGEV_TID 4

struct event {			/* struct sigevent of the kernel */
	uint64_t value;
	int signo, notify, tid, pad[11];
};

static volatile int count, value, overrun, code, signo;

static void
handler(int sig, siginfo_t *i, void *ctx)
{
	(void)ctx;
	count++;
	signo = sig;
	code = i->si_code;
	value = (int)(uintptr_t)i->si_ptr;
	overrun += ((int *)i)[5];
}

static void
catch(int sig)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO | SA_RESTART };

	sa.sa_sigaction = handler;
	CHECK(sigaction(sig, &sa, NULL) == 0);
	count = overrun = 0;
}

static void
mask(int how, int sig)
{
	uint64_t set = 1UL << (sig - 1);

	CHECK(syscall(SYS_rt_sigprocmask, how, &set, NULL, 8) == 0);
}

static int
make(int clock, int notify, int sig, uint64_t v)
{
	struct event e = { .value = v, .signo = sig, .notify = notify, .tid = syscall(SYS_gettid) };
	int id = -1;

	CHECK(syscall(SYS_timer_create, clock, &e, &id) == 0 && id >= 0);
	return id;
}

static long
set(int id, int flags, long v, long interval)
{
	struct itimerspec its = {
		{ interval / 1000000000, interval % 1000000000 }, { v / 1000000000, v % 1000000000 },
	};

	return syscall(SYS_timer_settime, id, flags, &its, NULL);
}

static long
ns(struct timespec t)
{
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static long
now(int clock)
{
	struct timespec t;

	CHECK(clock_gettime(clock, &t) == 0);
	return ns(t);
}

static long
left(int id, long *interval)
{
	struct itimerspec its;

	CHECK(syscall(SYS_timer_gettime, id, &its) == 0);
	if (interval)
		*interval = ns(its.it_interval);
	return ns(its.it_value);
}

static void
test_once(int clock)
{
	int id = make(clock, 0, SIGUSR1, 77);
	long start;

	catch(SIGUSR1);
	CHECK(left(id, NULL) == 0);
	CHECK(set(id, 0, LONG, 0) == 0 && left(id, NULL) > 0 && left(id, NULL) <= LONG);
	start = now(clock);
	CHECK(set(id, 0, 30 * MS, 0) == 0);
	while (!count)
		pause_ms(5);
	CHECK(now(clock) - start >= 30 * MS && count == 1 && signo == SIGUSR1);
	CHECK(code == -2 && value == 77 && overrun == 0);		/* SI_TIMER */
	CHECK(left(id, NULL) == 0 && syscall(SYS_timer_getoverrun, id) == 0);
	CHECK(set(id, TIMER_ABSTIME, now(clock) + 20 * MS, 0) == 0);
	while (count < 2)
		pause_ms(5);
	CHECK(set(id, TIMER_ABSTIME, 1, 0) == 0);			/* long past: at once */
	while (count < 3)
		pause_ms(1);
	CHECK(set(id, 0, 3600000 * MS, 0) == 0 && set(id, 0, 0, 0) == 0 && left(id, NULL) == 0);
	CHECK(syscall(SYS_timer_delete, id) == 0);
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_delete, id));
	CHECK_ERRNO(EINVAL, set(id, 0, 1, 0));
}

/* Blocked, an interval timer's signal is queued once, and what passed is its overrun. */
static void
test_overrun(void)
{
	int id = make(CLOCK_MONOTONIC, 0, 40, 5);
	long start = now(CLOCK_MONOTONIC), interval;
	int n;

	catch(40);
	mask(SIG_BLOCK, 40);
	CHECK(set(id, 0, 10 * MS, 10 * MS) == 0);
	pause_ms(105);
	mask(SIG_UNBLOCK, 40);
	n = count + overrun;			/* before the clock is read: the next may come any moment */
	CHECK(count >= 1 && n >= 10 && n <= (now(CLOCK_MONOTONIC) - start) / (10 * MS));
	CHECK(left(id, &interval) > 0 && left(id, NULL) <= 10 * MS && interval == 10 * MS);
	while (count < 5)
		pause_ms(5);
	n = count + overrun;
	CHECK(n <= (now(CLOCK_MONOTONIC) - start) / (10 * MS));
	CHECK(syscall(SYS_timer_delete, id) == 0);
	count = 0;
	pause_ms(30);
	CHECK(count == 0);
}

/* Several timers have the same signal, each its own place in the queue. No event: SIGALRM with the number. */
static void
test_several(void)
{
	int a = make(CLOCK_MONOTONIC, 0, 41, 1), b = make(CLOCK_MONOTONIC, 0, 41, 2), c = -1, none;
	uint64_t m = 1UL << 40;
	siginfo_t i;
	int seen = 0, n;

	mask(SIG_BLOCK, 41);
	CHECK(set(a, 0, 5 * MS, 0) == 0 && set(b, 0, 5 * MS, 0) == 0);
	for (n = 0; n < 2; n++) {
		CHECK(syscall(SYS_rt_sigtimedwait, &m, &i, NULL, 8) == 41);
		seen |= 1 << (int)(uintptr_t)i.si_ptr;
	}
	CHECK(seen == 6);
	mask(SIG_UNBLOCK, 41);
	CHECK(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &c) == 0 && c != a && c != b);
	catch(SIGALRM);
	CHECK(set(c, 0, 5 * MS, 0) == 0);
	while (!count)
		pause_ms(5);
	CHECK(signo == SIGALRM && value == c);
	none = make(CLOCK_MONOTONIC, 1, 0, 0);				/* SIGEV_NONE: only to be looked at */
	CHECK(set(none, 0, LONG, 0) == 0 && left(none, NULL) > 0);
	CHECK(set(none, 0, 10 * MS, 0) == 0);
	pause_ms(20);
	CHECK(left(none, NULL) == 0);
	CHECK(set(none, 0, 10 * MS, 7 * MS) == 0);
	pause_ms(20);
	CHECK(left(none, NULL) > 0 && left(none, NULL) <= 7 * MS);
	CHECK(syscall(SYS_timer_delete, a) == 0 && syscall(SYS_timer_delete, b) == 0);
	CHECK(syscall(SYS_timer_delete, c) == 0 && syscall(SYS_timer_delete, none) == 0);
}

static void
test_cpu(int clock)
{
	int id = make(clock, SIGEV_TID, SIGUSR2, 9);
	long start = now(clock), interval;

	catch(SIGUSR2);
	CHECK(set(id, 0, LONG, 0) == 0);
	CHECK(left(id, NULL) > 0 && left(id, NULL) <= LONG);
	CHECK(set(id, 0, 40 * MS, 0) == 0);
	/* Asleep: no CPU time, unless the machine stood still around it, which looks like work. */
	pause_ms(80);
	CHECK(count == 0 || now(clock) - start >= 40 * MS);
	while (!count)
		for (volatile int i = 0; i < 20000; i++)
			;
	CHECK(now(clock) - start >= 40 * MS && value == 9);
	CHECK(set(id, 0, 10 * MS, 10 * MS) == 0);
	while (count < 4)
		;
	CHECK(left(id, &interval) > 0 && interval == 10 * MS);
	CHECK(syscall(SYS_timer_delete, id) == 0);
}

/* Each tick looks at all that count the time of a process: there are not many. Deleted ones make room. */
static void
test_many_cpu(void)
{
	struct event e = { .signo = SIGUSR1 };
	int ids[64], id;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 64; i++)
			ids[i] = make(i % 2 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, 0, SIGUSR1, 0);
		CHECK_ERRNO(EAGAIN, syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &e, &id));
		for (int i = 0; i < 64; i++)
			CHECK(syscall(SYS_timer_delete, ids[i]) == 0);
	}
}

static void
test_fork(void)
{
	int id = make(CLOCK_MONOTONIC, 0, SIGUSR1, 1), status;
	pid_t child;

	CHECK(set(id, 0, 3600000 * MS, 0) == 0);
	child = fork();
	if (child == 0) {
		struct itimerspec its;

		CHECK_ERRNO(EINVAL, syscall(SYS_timer_gettime, id, &its));
		int own = make(CLOCK_MONOTONIC, 0, SIGUSR1, 1);		/* left behind: exit takes it */
		CHECK(set(own, 0, 1 * MS, 1 * MS) == 0);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(exited(status, 0) || killed(status, SIGUSR1) || WIFEXITED(status));
	CHECK(left(id, NULL) > 0);
	CHECK(syscall(SYS_timer_delete, id) == 0);
}

/* A sleep on a process's CPU clock ends when it has used that much: here a child's, and it is its parent's work. */
static void
test_cpu_sleep(void)
{
	struct timespec t = { 0, 50 * MS };
	pid_t child = fork();
	int clock, status;
	long start;

	CHECK(child >= 0);
	while (child == 0)
		for (volatile int i = 0; i < 20000; i++)
			;
	clock = (~child << 3) | 2;
	start = now(clock);
	CHECK(syscall(SYS_clock_nanosleep, clock, 0, &t, NULL) == 0);
	CHECK(now(clock) - start >= 50 * MS);
	t.tv_sec = 0;
	t.tv_nsec = 1;
	CHECK(syscall(SYS_clock_nanosleep, clock, TIMER_ABSTIME, &t, NULL) == 0);
	kill(child, SIGKILL);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_ERRNO(EINVAL, syscall(SYS_clock_nanosleep, (~getpid() << 3) | 6, 0, &t, NULL));
}

/* Who sleeps until a time by the wall clock wakes when the clock is set past it. */
static void
test_clock_set(void)
{
	struct timespec was, then, until;
	int status, id = make(CLOCK_REALTIME, 0, SIGUSR1, 3);
	pid_t child;

	CHECK(clock_gettime(CLOCK_REALTIME, &was) == 0);
	until = then = was;
	until.tv_sec += 1000;
	then.tv_sec += 2000;
	catch(SIGUSR1);
	CHECK(set(id, TIMER_ABSTIME, ns(until), 0) == 0);
	child = fork();
	if (child == 0)
		_exit(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == 0 ? 0 : 1);
	pause_ms(50);
	CHECK(clock_settime(CLOCK_REALTIME, &then) == 0);
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	while (!count)
		pause_ms(5);
	CHECK(clock_settime(CLOCK_REALTIME, &was) == 0);
	CHECK(syscall(SYS_timer_delete, id) == 0);
}

/* Spans longer than the kernel counts: never. Expiring into one, with the signal ignored, ends as well. */
static void
test_never(void)
{
	static const int clocks[] = {
		CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
	};
	struct timespec most = { INT64_MAX, 0 }, soon = { 0, 1 };
	struct itimerspec once = { most, soon }, never = { most, most };
	int ids[16], n = 0;
	long start;

	CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	catch(SIGUSR2);
	for (int i = 0; i < 4; i++) {
		for (int flags = 0; flags <= TIMER_ABSTIME; flags += TIMER_ABSTIME) {
			ids[n] = make(clocks[i], 0, SIGUSR1, 0);
			CHECK(syscall(SYS_timer_settime, ids[n++], flags, &once, NULL) == 0);
			ids[n] = make(clocks[i], 0, SIGUSR2, 0);
			CHECK(syscall(SYS_timer_settime, ids[n++], flags, &never, NULL) == 0);
		}
	}
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	while (now(CLOCK_PROCESS_CPUTIME_ID) - start < 40 * MS)
		CHECK(!count);
	while (n > 0)
		CHECK(syscall(SYS_timer_delete, ids[--n]) == 0);
}

static void
test_bad(void)
{
	struct event e = { .signo = SIGUSR1 };
	struct itimerspec its = { { 0, 0 }, { 0, 1000000000 } };
	int id;

	CHECK_ERRNO(EINVAL, syscall(SYS_timer_create, 99, &e, &id));
	CHECK_ERRNO(EOPNOTSUPP, syscall(SYS_timer_create, CLOCK_MONOTONIC_COARSE, &e, &id));
	CHECK_ERRNO(EFAULT, syscall(SYS_timer_create, CLOCK_MONOTONIC, 8, &id));
	CHECK_ERRNO(EFAULT, syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, 8));
	e.signo = 65;
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id));
	e.signo = 0;
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id));
	e.signo = SIGUSR1;
	e.notify = 9;
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id));
	e.notify = SIGEV_TID;
	e.tid = getppid();
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id));
	id = make(CLOCK_BOOTTIME, 0, SIGUSR1, 0);
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_settime, id, 0, &its, NULL));
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_settime, id, 0, NULL, NULL));
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_gettime, 12345, &its));
	CHECK_ERRNO(EINVAL, syscall(SYS_timer_getoverrun, 12345));
	CHECK_ERRNO(EFAULT, syscall(SYS_timer_gettime, id, NULL));
	CHECK(syscall(SYS_timer_delete, id) == 0);
}

int
main(int argc, char **argv)
{
	struct itimerspec its;

	if (argc > 1) {				/* after exec: the timer has gone */
		CHECK_ERRNO(EINVAL, syscall(SYS_timer_gettime, atoi(argv[1]), &its));
		return 0;
	}
	test_once(CLOCK_MONOTONIC);
	test_once(CLOCK_REALTIME);
	test_overrun();
	test_several();
	test_cpu(CLOCK_PROCESS_CPUTIME_ID);
	test_cpu(CLOCK_THREAD_CPUTIME_ID);
	test_many_cpu();
	test_fork();
	test_cpu_sleep();
	test_clock_set();
	test_never();
	test_bad();
	int id = make(CLOCK_MONOTONIC, 0, SIGUSR1, 0);
	char number[12];
	snprintf(number, sizeof number, "%d", id);
	CHECK(set(id, 0, 3600000 * MS, 0) == 0);
	execv("/proc/self/exe", (char *[]){ argv[0], number, NULL });
	return 1;
}
