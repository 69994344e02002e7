/* sched_proc: /proc/PID/stat tells how a task is scheduled and where; schedstat, how long it ran and waited. */
#include <sched.h>
#include "test.h"

static char text[4096];

static const char *
slurp(const char *name)
{
	int fd = open(name, O_RDONLY), n;

	CHECK(fd >= 0);
	n = read(fd, text, sizeof text - 1);
	CHECK(n > 0);
	text[n] = '\0';
	close(fd);
	return text;
}

/* Field n of our own stat, proc(5). */
static long
field(int n)
{
	const char *s = strrchr(slurp("/proc/self/stat"), ')') + 2;

	for (int i = 3; i < n; i++)
		s = strchr(s, ' ') + 1;
	return strtol(s, NULL, 10);
}

static void
expect(long priority, long nice, long rt_priority, long policy)
{
	CHECK(field(18) == priority);
	CHECK(field(19) == nice);
	CHECK(field(40) == rt_priority);
	CHECK(field(41) == policy);
}

static void
policies(void)
{
	int param = 0;

	expect(20, 0, 0, SCHED_OTHER);
	CHECK(syscall(SYS_setpriority, 0, 0, 7) == 0);
	expect(27, 7, 0, SCHED_OTHER);
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &param) == 0);
	expect(27, 7, 0, SCHED_BATCH);
	param = 40;
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &param) == 0);
	expect(-41, 7, 40, SCHED_RR);
	param = 99;
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) == 0);
	expect(-100, 7, 99, SCHED_FIFO);
	param = 0;
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &param) == 0);
	CHECK(syscall(SYS_setpriority, 0, 0, -20) == 0);
	expect(0, -20, 0, SCHED_OTHER);
}

/* On the last hart that there is, and on the first. */
static void
harts(void)
{
	unsigned long all, mask;
	int last = 0;

	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof all, &all) > 0);
	for (int i = 0; i < 64; i++)
		if (all >> i & 1)
			last = i;
	mask = 1UL << last;
	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) == 0);
	CHECK(field(39) == last);
	mask = 1;
	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) == 0);
	CHECK(field(39) == 0);
	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof all, &all) == 0);
}

static void
times(const char *name, unsigned long long *ran, unsigned long long *waited, unsigned long *often)
{
	CHECK(sscanf(slurp(name), "%llu %llu %lu", ran, waited, often) == 3);
}

/* Time that was run, and time that was waited, is counted; and how often it was put on a hart. */
static void
stretches(void)
{
	unsigned long long ran, waited, ran2, waited2;
	unsigned long often, often2;
	volatile long n = 0;

	times("/proc/self/schedstat", &ran, &waited, &often);
	CHECK(often > 0);
	while (n < 3000000)
		n++;
	often2 = often;
	/* On a slow machine a short nap is over before it has begun. */
	for (long ms = 1; often2 < often + 3 && ms < 4000; ms *= 2) {
		pause_ms(ms);
		times("/proc/self/schedstat", &ran2, &waited2, &often2);
	}
	CHECK(ran2 > ran && waited2 >= waited && often2 >= often + 3);
	times("/proc/thread-self/schedstat", &ran, &waited, &often);
	CHECK(ran >= ran2);
	CHECK(!strncmp(slurp("/proc/schedstat"), "version ", 8) && strstr(text, "\ncpu0 "));
}

int
main(void)
{
	CHECK(exited(in_child(policies), 0));
	CHECK(exited(in_child(harts), 0));
	CHECK(exited(in_child(stretches), 0));
	return 0;
}
