/*
 * itimers.c - setitimer's three timers, RLIMIT_CPU, and what they count: user and system time, of threads, processes
 * and children.
 */
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include "test.h"

#define MS	1000L			/* in us */

static volatile int count;
static void handler(int sig) { (void)sig; count++; }

static long
us(struct timeval t)
{
	return t.tv_sec * 1000000 + t.tv_usec;
}

static long
user_us(int who)
{
	struct rusage ru;

	CHECK(getrusage(who, &ru) == 0);
	return us(ru.ru_utime);
}

static long
system_us(int who)
{
	struct rusage ru;

	CHECK(getrusage(who, &ru) == 0);
	return us(ru.ru_stime);
}

/* What a timer of CPU time counts. */
static long
used_us(int which)
{
	return user_us(RUSAGE_SELF) + (which == ITIMER_PROF ? system_us(RUSAGE_SELF) : 0);
}

static long
set(int which, long value, long interval, struct itimerval *old)
{
	struct itimerval v = { { interval / 1000000, interval % 1000000 }, { value / 1000000, value % 1000000 } };

	return syscall(SYS_setitimer, which, &v, old);
}

static void
catch(int sig)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	CHECK(sigaction(sig, &sa, NULL) == 0);
	count = 0;
}

static void
burn(void)
{
	for (volatile int i = 0; i < 20000; i++)
		;
}

/* A timer of CPU time: not sooner than asked, in user mode again and again, and its rest is told. */
static void
test_cpu(int which, int sig)
{
	struct itimerval v;
	long start = used_us(which);

	catch(sig);
	CHECK(set(which, 1000000 * MS, 0, NULL) == 0);
	CHECK(syscall(SYS_getitimer, which, &v) == 0);
	CHECK(us(v.it_value) > 900000 * MS && us(v.it_value) <= 1000008 * MS && us(v.it_interval) == 0);
	CHECK(set(which, 60 * MS, 0, NULL) == 0);
	/* This takes no CPU time, unless the machine stood still around it: it cannot tell that from work. */
	pause_ms(100);
	CHECK(count == 0 || used_us(which) - start >= 55 * MS);
	while (!count)
		burn();
	CHECK(count == 1 && used_us(which) - start >= 55 * MS);
	CHECK(syscall(SYS_getitimer, which, &v) == 0 && us(v.it_value) == 0);
	CHECK(set(which, 10 * MS, 10 * MS, NULL) == 0);
	while (count < 4)
		burn();
	CHECK(set(which, 0, 0, &v) == 0);
	CHECK(us(v.it_value) > 0 && us(v.it_interval) == 10 * MS);
}

static void
test_real(void)
{
	struct itimerval v;

	catch(SIGALRM);
	CHECK(set(ITIMER_REAL, 20 * MS, 10 * MS, NULL) == 0);
	while (count < 3)
		pause();
	CHECK(set(ITIMER_REAL, 3000000 * MS, 0, &v) == 0);
	CHECK(us(v.it_interval) == 10 * MS);
	/* A child has none of its parent's. */
	pid_t child = fork();
	if (child == 0) {
		for (int which = 0; which < 3; which++)
			CHECK(syscall(SYS_getitimer, which, &v) == 0 && us(v.it_value) == 0);
		_exit(0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	CHECK(set(ITIMER_REAL, 0, 0, &v) == 0 && us(v.it_value) > 2900000 * MS);
	CHECK_ERRNO(EINVAL, set(3, 1, 0, NULL));
	CHECK_ERRNO(EINVAL, set(-1, 1, 0, NULL));
	CHECK_ERRNO(EINVAL, syscall(SYS_getitimer, 3, &v));
	CHECK_ERRNO(EFAULT, syscall(SYS_getitimer, ITIMER_PROF, NULL));
	v.it_value.tv_usec = 1000000;
	CHECK_ERRNO(EINVAL, syscall(SYS_setitimer, ITIMER_PROF, &v, NULL));
}

/*
 * Time in a loop is user time, time in a system call that does much is system time: each grows to what is asked for.
 * Neither is bounded from above: time for which the machine stood still goes to whatever ran.
 */
static void
test_modes(void)
{
	static char buf[1 << 20];
	int zero = open("/dev/zero", O_RDONLY);
	long u0 = user_us(RUSAGE_SELF), s0;
	struct tms tms;

	do {
		for (int i = 0; i < 50; i++)
			burn();
	} while (user_us(RUSAGE_SELF) - u0 < 200 * MS);
	s0 = system_us(RUSAGE_SELF);
	do {
		CHECK(read(zero, buf, sizeof buf) == sizeof buf);
	} while (system_us(RUSAGE_SELF) - s0 < 300 * MS);
	CHECK(user_us(RUSAGE_THREAD) > 80 * MS && system_us(RUSAGE_THREAD) > 100 * MS);
	CHECK(times(&tms) != -1 && tms.tms_utime >= 8 && tms.tms_stime >= 9);
	close(zero);
}

/* They never go back, whoever asks and when. */
static void
test_monotonic(void)
{
	long u = 0, s = 0;

	for (int i = 0; i < 3000; i++) {
		long u1 = user_us(RUSAGE_SELF), s1 = system_us(RUSAGE_SELF);

		CHECK(u1 >= u && s1 >= s);
		u = u1;
		s = s1;
	}
}

static void
spin(void)
{
	long start = user_us(RUSAGE_SELF);

	while (user_us(RUSAGE_SELF) + system_us(RUSAGE_SELF) - start < 100 * MS)
		burn();
}

static void
test_children(void)
{
	long before = user_us(RUSAGE_CHILDREN) + system_us(RUSAGE_CHILDREN);
	struct rusage ru;
	pid_t child = fork();
	int status;

	if (child == 0) {
		spin();
		_exit(0);
	}
	CHECK(wait4(child, &status, 0, &ru) == child && exited(status, 0));
	CHECK(us(ru.ru_utime) + us(ru.ru_stime) >= 95 * MS);
	CHECK(user_us(RUSAGE_CHILDREN) + system_us(RUSAGE_CHILDREN) - before >= 95 * MS);
}

/* SIGXCPU after the soft limit, once a second; the hard one kills. */
static void
overrun(void)
{
	struct rlimit l = { 1, 2 };

	catch(SIGXCPU);
	CHECK(setrlimit(RLIMIT_CPU, &l) == 0);
	while (!count)
		burn();
	CHECK(user_us(RUSAGE_SELF) + system_us(RUSAGE_SELF) >= 990 * MS);
	CHECK(getrlimit(RLIMIT_CPU, &l) == 0 && l.rlim_cur == 2 && l.rlim_max == 2);
	for (;;)
		burn();
}

/* An interval longer than the kernel counts: once. */
static void
test_never(void)
{
	static const int signals[] = { SIGALRM, SIGVTALRM, SIGPROF };
	struct itimerval v = { { INT64_MAX, 0 }, { 0, 1 } }, was;

	for (int which = 0; which < 3; which++) {
		catch(signals[which]);
		CHECK(setitimer(which, &v, NULL) == 0);
		while (!count)
			burn();
		for (int i = 0; i < 5; i++)
			burn();
		CHECK(count == 1);
		CHECK(set(which, 0, 0, &was) == 0 && was.it_interval.tv_sec > 0);
	}
}

int
main(void)
{
	test_cpu(ITIMER_VIRTUAL, SIGVTALRM);
	test_cpu(ITIMER_PROF, SIGPROF);
	test_real();
	test_never();
	test_modes();
	test_monotonic();
	test_children();
	CHECK(killed(in_child(overrun), SIGKILL));
	return 0;
}
