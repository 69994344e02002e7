/* timerfd: once and again, absolute and relative, how often it expired, poll, and what setting the wall clock does. */
#include <poll.h>
#include "abi/event.h"
#include "test.h"

#define MS	1000000L

static int
make(int clock, int flags)
{
	int fd = syscall(SYS_timerfd_create, clock, flags);

	CHECK(fd >= 0);
	return fd;
}

static long
set(int fd, int how, long value, long interval, struct itimerspec *old)
{
	struct itimerspec its = {
		{ interval / 1000000000, interval % 1000000000 }, { value / 1000000000, value % 1000000000 },
	};

	return syscall(SYS_timerfd_settime, fd, how, &its, old);
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

static uint64_t
take(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, 8) == 8 ? n : 0;
}

static int
ready(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	int n = poll(&p, 1, ms);

	CHECK(n >= 0 && (!n || p.revents == POLLIN));
	return n;
}

static void
test_once(int clock)
{
	int t = make(clock, TFD_CLOEXEC);
	struct itimerspec its;
	long start;
	char small[4];

	CHECK(fcntl(t, F_GETFD) == FD_CLOEXEC);
	CHECK(syscall(SYS_timerfd_gettime, t, &its) == 0 && !ns(its.it_value) && !ns(its.it_interval));
	CHECK(set(t, 0, 1000000 * MS, 0, NULL) == 0);
	CHECK(syscall(SYS_timerfd_gettime, t, &its) == 0);
	CHECK(ns(its.it_value) > 0 && ns(its.it_value) <= 1000000 * MS);
	start = now(clock);
	CHECK(set(t, 0, 30 * MS, 0, NULL) == 0);
	CHECK_ERRNO(EINVAL, read(t, small, 4));
	CHECK(take(t) == 1 && now(clock) - start >= 30 * MS);
	CHECK(!ready(t, 0));
	CHECK(syscall(SYS_timerfd_gettime, t, &its) == 0 && !ns(its.it_value));
	/* Absolute, and already past. */
	CHECK(set(t, TFD_TIMER_ABSTIME, now(clock) + 20 * MS, 0, NULL) == 0);
	CHECK(take(t) == 1);
	CHECK(set(t, TFD_TIMER_ABSTIME, 1, 0, NULL) == 0);
	CHECK(ready(t, 10000) == 1 && take(t) == 1);
	/* Disarmed before it expires. */
	CHECK(set(t, 0, 3600000 * MS, 5 * MS, NULL) == 0);
	CHECK(set(t, 0, 0, 0, &its) == 0);
	CHECK(ns(its.it_value) > 3500000 * MS && ns(its.it_interval) == 5 * MS);
	fcntl(t, F_SETFL, O_NONBLOCK);
	CHECK_ERRNO(EAGAIN, read(t, &its, 8));
	CHECK_ERRNO(EINVAL, write(t, &its, 8));
	close(t);
}

static void
test_interval(void)
{
	int t = make(CLOCK_MONOTONIC, 0);
	struct itimerspec its;
	uint64_t n = 0;
	long start = now(CLOCK_MONOTONIC), passed;

	CHECK(set(t, 0, 10 * MS, 10 * MS, NULL) == 0);
	pause_ms(100);
	n = take(t);
	passed = now(CLOCK_MONOTONIC) - start;
	CHECK(n >= 9 && n <= (uint64_t)(passed / (10 * MS)));
	while (n < 15)
		n += take(t);
	passed = now(CLOCK_MONOTONIC) - start;
	CHECK(passed >= 150 * MS && n <= (uint64_t)(passed / (10 * MS)));
	CHECK(syscall(SYS_timerfd_gettime, t, &its) == 0);
	CHECK(ns(its.it_value) > 0 && ns(its.it_value) <= 10 * MS && ns(its.it_interval) == 10 * MS);
	/* An absolute start long ago: all the expiries since then at once. */
	start = now(CLOCK_MONOTONIC) - 55 * MS;
	if (start > 0) {
		CHECK(set(t, TFD_TIMER_ABSTIME, start, 10 * MS, NULL) == 0);
		n = take(t);
		CHECK(n >= 6);
	}
	close(t);
}

/* A relative timer does not care about the wall clock; an absolute one goes with it; one may be told. */
static void
test_clock_set(void)
{
	int rel = make(CLOCK_REALTIME, TFD_NONBLOCK), abs = make(CLOCK_REALTIME, TFD_NONBLOCK);
	int told = make(CLOCK_REALTIME, TFD_NONBLOCK);
	struct timespec was, then;
	struct itimerspec its;
	long start = now(CLOCK_REALTIME);
	uint64_t n;

	CHECK(set(rel, 0, 3600000 * MS, 0, NULL) == 0);
	CHECK(set(abs, TFD_TIMER_ABSTIME, start + 1000000 * MS, 0, NULL) == 0);
	CHECK(set(told, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, start + 3600000 * MS, 0, NULL) == 0);
	CHECK(!ready(rel, 0) && !ready(abs, 0) && !ready(told, 0));
	CHECK(clock_gettime(CLOCK_REALTIME, &was) == 0);
	then = was;
	then.tv_sec += 1100;
	CHECK(clock_settime(CLOCK_REALTIME, &then) == 0);
	CHECK(ready(abs, 10000) == 1 && take(abs) == 1);
	CHECK(ready(told, 10000) == 1);
	CHECK_ERRNO(ECANCELED, read(told, &n, 8));
	CHECK(!ready(told, 0));
	CHECK(!ready(rel, 0));
	CHECK(syscall(SYS_timerfd_gettime, rel, &its) == 0 && its.it_value.tv_sec >= 3500);
	CHECK(syscall(SYS_timerfd_gettime, told, &its) == 0);
	CHECK(its.it_value.tv_sec <= 2500 && its.it_value.tv_sec > 2400);
	CHECK(clock_settime(CLOCK_REALTIME, &was) == 0);
	close(rel);
	close(abs);
	close(told);
}

/* Spans longer than the kernel counts: never again, or not at all. */
static void
test_never(void)
{
	struct timespec most = { INT64_MAX, 0 }, soon = { 0, 1 };
	struct itimerspec once = { most, soon }, never = { most, most };
	int t = make(CLOCK_MONOTONIC, TFD_NONBLOCK);

	for (int how = 0; how <= TFD_TIMER_ABSTIME; how += TFD_TIMER_ABSTIME) {
		CHECK(syscall(SYS_timerfd_settime, t, how, &once, NULL) == 0);
		CHECK(ready(t, 10000) == 1 && take(t) == 1);
		CHECK(!ready(t, 20));
		CHECK(syscall(SYS_timerfd_settime, t, how, &never, NULL) == 0);
		CHECK(!ready(t, 20));
	}
	close(t);
}

static void
test_bad(void)
{
	int t = make(CLOCK_BOOTTIME, 0), null = open("/dev/null", O_RDONLY);
	struct itimerspec its = { { 0, 0 }, { 0, 1000000000 } };

	CHECK_ERRNO(EINVAL, syscall(SYS_timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 1));
	CHECK_ERRNO(EINVAL, syscall(SYS_timerfd_settime, t, 0, &its, NULL));
	CHECK_ERRNO(EINVAL, set(t, 4, MS, 0, NULL));
	CHECK_ERRNO(EINVAL, set(null, 0, MS, 0, NULL));
	CHECK_ERRNO(EBADF, set(99, 0, MS, 0, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_timerfd_settime, t, 0, NULL, NULL));
	CHECK_ERRNO(EFAULT, syscall(SYS_timerfd_gettime, t, NULL));
	close(t);
	close(null);
}

int
main(void)
{
	test_once(CLOCK_MONOTONIC);
	test_once(CLOCK_REALTIME);
	test_once(CLOCK_BOOTTIME);
	test_interval();
	test_clock_set();
	test_never();
	test_bad();
	return 0;
}
