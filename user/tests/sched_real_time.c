/*
 * sched_real_time: priorities decide who runs, on any hart it may use; time sharing is not starved; RLIMIT_RTTIME.
 *
 * Whatever must be so by a time is tried again if the machine stood still just then.
 */
#include <sched.h>
#include <sys/resource.h>
#include "test.h"

static struct {
	volatile int go, order[8], n;
	volatile int ready, spins, ran, over, warned;
} *shared;

static void
become(int policy, int prio)
{
	struct sched_param p = { prio };

	CHECK(syscall(SYS_sched_setscheduler, 0, policy, &p) == 0);
}

static void
use_harts(unsigned long mask)
{
	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) == 0);
}

static long long
thread_ms(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void
spin_ms(long ms)
{
	long long end = thread_ms() + ms;

	while (thread_ms() < end)
		;
}

static pid_t
start(void (*fn)(int), int arg)
{
	pid_t p = fork();

	CHECK(p >= 0);
	if (p == 0) {
		fn(arg);
		_exit(0);
	}
	return p;
}

static void
wait_all(int n)
{
	int status;

	while (n-- > 0)
		CHECK(wait(&status) > 0 && exited(status, 0));
}

/* --- of those on one hart the highest goes first, and of equals who came first --- */

static int gate[2];

static void
runner(int prio)
{
	char c;

	become(SCHED_FIFO, prio);
	__atomic_fetch_add(&shared->ready, 1, __ATOMIC_SEQ_CST);
	CHECK(read(gate[0], &c, 1) == 1);
	spin_ms(2);
	shared->order[shared->n++] = prio;
}

static void
by_priority(void)
{
	static const int prios[] = { 10, 30, 20, 40 };

	CHECK(pipe(gate) == 0);
	use_harts(1);
	become(SCHED_FIFO, 50);
	shared->n = shared->ready = 0;
	for (int i = 0; i < 4; i++)
		start(runner, prios[i]);
	while (shared->ready < 4)
		pause_ms(1);
	CHECK(write(gate[1], "abcd", 4) == 4);
	CHECK(shared->n == 0);			/* we go first */
	wait_all(4);
	for (int i = 0; i < 4; i++)
		CHECK(shared->order[i] == 40 - 10 * i);
	become(SCHED_OTHER, 0);
}

/* --- a loop in real time leaves a little --- */

static void
rt_loop(int prio)
{
	become(SCHED_FIFO, prio);
	for (;;)
		;
}

static void
modest(int arg)
{
	shared->ready = 1;
	spin_ms(arg);
	shared->over = 1;
}

static void
not_starved(void)
{
	pid_t hog;

	use_harts(1);
	become(SCHED_FIFO, 50);
	shared->ready = shared->over = 0;
	hog = start(rt_loop, 1);
	become(SCHED_OTHER, 0);			/* and come second ourselves from now on */
	modest(30);
	kill(hog, SIGKILL);
	CHECK(waitpid(hog, NULL, 0) == hog);
}

/* --- RLIMIT_RTTIME --- */

static void
warned(int sig)
{
	(void)sig;
	shared->warned++;
}

static void
too_long(void)
{
	struct rlimit r = { 150000, 400000 };

	signal(SIGXCPU, warned);
	CHECK(setrlimit(RLIMIT_RTTIME, &r) == 0);
	become(SCHED_FIFO, 1);
	for (int i = 0; i < 10; i++) {		/* a sleep begins anew */
		spin_ms(20);
		pause_ms(10);
	}
	CHECK(shared->warned == 0);
	for (;;)
		;
}

/* --- many harts --- */

static int harts;

static void
spinner(int hart)
{
	use_harts(1UL << hart);
	become(SCHED_FIFO, hart ? 30 : 20);
	__atomic_fetch_add(&shared->spins, 1, __ATOMIC_SEQ_CST);	/* on several harts at once */
	while (!shared->go)
		;
	spin_ms(hart ? 50 : 1000);
	if (hart == 0)
		shared->over = 1;
}

static void
wanderer(int arg)
{
	char c;

	use_harts(1);
	become(SCHED_FIFO, 10);
	shared->ready = 1;
	CHECK(read(gate[0], &c, 1) == 1);
	shared->ran = shared->over ? 2 : 1;
}

/*
 * A task that slept on hart 0, where something more urgent runs for a second, is woken. It runs on another hart at
 * once, or, if all are busy with more urgent things, as soon as one of them is not.
 */
static int
elsewhere(int busy)
{
	unsigned long all = (1UL << harts) - 1;
	pid_t p;

	memset((void *)shared, 0, sizeof *shared);
	use_harts(all);
	become(SCHED_FIFO, 60);
	p = start(wanderer, 0);
	while (!shared->ready || task_state(p, p) != 'S')
		pause_ms(1);
	CHECK(syscall(SYS_sched_setaffinity, p, sizeof all, &all) == 0);
	for (int i = 0; i < (busy ? harts : 1); i++)
		start(spinner, i);
	while (shared->spins < (busy ? harts : 1))
		pause_ms(1);
	CHECK(write(gate[1], "x", 1) == 1);
	pause_ms(10);
	shared->go = 1;
	wait_all(1 + (busy ? harts : 1));
	become(SCHED_OTHER, 0);
	return shared->ran == 1;
}

int
main(void)
{
	int good;

	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	harts = sysconf(_SC_NPROCESSORS_ONLN);
	by_priority();
	not_starved();
	CHECK(killed(in_child(too_long), SIGKILL));
	CHECK(shared->warned == 1);
	for (int busy = 0; busy < 2 && harts > 1; busy++) {
		good = 0;
		for (int try = 0; try < 3 && !good; try++)
			good = elsewhere(busy);
		CHECK(good);
	}
	return 0;
}
