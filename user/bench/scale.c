/*
 * scale.c - what switching, futexes, pipes, threads and clocks cost among so many tasks. See bench.h.
 *
 * usage: scale TASKS [ROW]...	grade/scaling.py runs it for 10 to 10,000, and draws the curves
 *
 * The crowd are threads of the row's own process. They sleep: a third in pause, a third each on a futex of its own, a
 * third until a time of its own; but that of `switch` wants to run, each of them.
 */
#include <sched.h>
#include <sys/resource.h>
#include "abi/futex.h"
#include "bench.h"

#define MOST	10000
#define STACK	1024
#define THREAD	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static int tasks;
static char stacks[MOST][STACK] __attribute__((aligned(16)));
static int own_word[MOST];
static volatile int word[2];
static int to[2], from[2];

static void
thread(int n, int (*fn)(void *))
{
	MUST(clone(fn, stacks[n] + STACK, THREAD, (void *)(long)n) > 0);
}

/* ---- the crowd ---- */

static int
asleep(void *arg)
{
	long n = (long)arg;
	struct timespec far = { 1000000 + n * 7919 % MOST, 0 };

	for (;;)
		switch (n % 3) {
		case 0:
			pause();
			break;
		case 1:
			syscall(SYS_futex, &own_word[n], FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
			break;
		case 2:
			nanosleep(&far, NULL);
		}
	return 0;
}

static int
yielder(void *arg)
{
	for (;;)
		sched_yield();
	return arg != NULL;
}

/* All but `more` of them, and they sleep before anybody is measured. */
static void
crowd(int more)
{
	for (int i = more; i < tasks; i++)
		thread(i, asleep);
	for (int i = 0; i < 100; i++)
		sched_yield();
}

/* ---- what is measured ---- */

static void
need_yielders(void)
{
	for (int i = 1; i < tasks; i++)
		thread(i, yielder);
}

/* All of them, n times each: who yields is behind all others. */
static void
switching(long n)
{
	while (n--)
		sched_yield();
}

static void
wait_while(volatile int *at, int value)
{
	while (*at == value)
		syscall(SYS_futex, at, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void
tell(volatile int *at)
{
	++*at;
	syscall(SYS_futex, at, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

static int
answer(void *arg)
{
	for (int i = 0;; i++) {
		wait_while(&word[0], i);
		tell(&word[1]);
	}
	return arg != NULL;
}

static void
need_answer(void)
{
	thread(1, answer);
	crowd(2);
}

static void
futex_round_trip(long n)
{
	while (n--) {
		int was = word[1];

		tell(&word[0]);
		wait_while(&word[1], was);
	}
}

static int
echo(void *arg)
{
	static char c;

	while (read(to[0], &c, 1) == 1 && write(from[1], &c, 1) == 1)
		;
	return arg != NULL;
}

static void
need_echo(void)
{
	MUST(pipe(to) == 0 && pipe(from) == 0);
	thread(1, echo);
	crowd(2);
}

static void
pipe_round_trip(long n)
{
	while (n--)
		MUST(write(to[1], buffer, 1) == 1 && read(from[0], buffer, 1) == 1);
}

static int nothing(void *arg) { return arg != NULL; }

static void
thread_create_join(long n)
{
	static volatile int tid;
	int flags = THREAD | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	while (n--) {
		tid = 0;
		MUST(clone(nothing, stacks[1] + STACK, flags, NULL, &tid, NULL, &tid) > 0);
		for (int t; (t = tid); )
			syscall(SYS_futex, &tid, FUTEX_WAIT, t, NULL, NULL, 0);
	}
}

static void need_crowd(void) { crowd(2); }

/* A timer that comes between those of the crowd, set and taken back; and what time it is. */
static void
clocks(long n)
{
	struct itimerspec soon = { { 0, 0 }, { 1005000, 0 } }, off = { { 0, 0 }, { 0, 0 } };
	struct timespec t;

	while (n--) {
		MUST(syscall(SYS_timerfd_settime, fd, 0, &soon, NULL) == 0);
		MUST(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) == 0);
		MUST(syscall(SYS_timerfd_settime, fd, 0, &off, NULL) == 0);
	}
}

static void
need_timer(void)
{
	MUST((fd = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0)) >= 0);
	crowd(1);
}

static struct row rows[] = {
	{ "switch", need_yielders, switching, 1, OTHER },
	{ "futex", need_answer, futex_round_trip, 1, OTHER },
	{ "pipe", need_echo, pipe_round_trip, 1, OTHER },
	{ "thread", need_crowd, thread_create_join, 1, OTHER },
	{ "clock", need_timer, clocks, 1, OTHER },
};

int
main(int argc, char **argv)
{
	if (argc < 2 || (tasks = atoi(argv[1])) < 2 || tasks > MOST)
		return 2;
	rows[0].per = tasks;		/* switch */
	return bench(rows, sizeof rows / sizeof rows[0], argc - 1, argv + 1);
}
