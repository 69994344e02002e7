/*
 * wakeups.c - a thousand ways to fall asleep just as somebody wakes you.
 *
 * Worker 1 falls asleep once a phase, worker 2 wakes it, at an offset in instructions that the seed
 * chooses: before, amid or after. On one hart worker 2 is more urgent and a timer brings it, so it cuts in between
 * any two instructions of the kernel that allow it; on several harts both run at once. The ways to
 * sleep take turns: futex, pipe, eventfd, poll, a signal, epoll.
 *
 * Each says so by an event: EVENT_WAKE before it wakes, EVENT_WOKEN after it slept. A wake-up that is lost ends
 * the program with status 1 and a line that says in which phase.
 *
 * usage: wakeups SEED PHASES [spread]		spread: two harts, no priorities
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "abi/event.h"
#include "abi/futex.h"
#include "marker.h"
#include "throttle.h"

#define SPAN		15000		/* instructions: more than any way to sleep takes */

static struct {
	volatile int phase;		/* worker 1 is in, or on its way into */
	volatile int woken;		/* the last one it has left */
	volatile int word;		/* futex */
} *shared;

static int to_sleeper[2], event_fd, epoll_fd;
static pid_t sleeper;
static unsigned long random_state;
static int spread;

static unsigned int
random_below(unsigned int n)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (random_state >> 33) % n;
}

static long
futex(volatile int *word, int op, int val)
{
	return syscall(SYS_futex, word, op, val, NULL, NULL, 0);
}

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void
sleep_for(long ns)
{
	struct timespec t = { 0, ns };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* Instructions that do nothing. */
static void
spin(unsigned int n)
{
	for (unsigned int i = n / 2; i; i--)
		__asm__ volatile("");
}

/* --- ways to sleep, and to wake --- */

enum { FUTEX, PIPE, EVENTFD, POLL, SIGNAL, EPOLL, WAYS };

static void
fall_asleep(int way, int phase)
{
	struct pollfd p = { .fd = to_sleeper[0], .events = POLLIN };
	struct abi_epoll_event e;
	sigset_t usr1;
	uint64_t n;
	int seen;
	char c;

	switch (way) {
	case FUTEX:
		while ((seen = shared->word) != phase)
			futex(&shared->word, FUTEX_WAIT, seen);
		return;
	case EVENTFD:
		read(event_fd, &n, sizeof(n));
		return;
	case SIGNAL:
		sigemptyset(&usr1);
		sigaddset(&usr1, SIGUSR1);
		sigtimedwait(&usr1, NULL, NULL);
		return;
	case POLL:
		poll(&p, 1, -1);
		break;
	case EPOLL:
		syscall(SYS_epoll_pwait, epoll_fd, &e, 1, -1, NULL, 8);
		break;
	}
	read(to_sleeper[0], &c, 1);
}

static void
wake(int way, int phase)
{
	uint64_t one = 1;

	switch (way) {
	case FUTEX:
		shared->word = phase;
		futex(&shared->word, FUTEX_WAKE, 1);
		return;
	case EVENTFD:
		write(event_fd, &one, sizeof(one));
		return;
	case SIGNAL:
		kill(sleeper, SIGUSR1);
		return;
	}
	write(to_sleeper[1], "x", 1);
}

/* --- the two workers --- */

static void
priority(int prio)
{
	struct sched_param p = { .sched_priority = prio };

	if (!spread && sched_setscheduler(0, SCHED_FIFO, &p)) {
		perror("sched_setscheduler");
		_exit(1);
	}
}

static void
sleep_often(int phases)
{
	marker_init(1);
	priority(40);
	for (int phase = 1; phase <= phases; phase++) {
		shared->phase = phase;
		futex(&shared->phase, FUTEX_WAKE, 1);
		spin(random_below(SPAN));
		fall_asleep(phase % WAYS, phase);
		marker_event(EVENT_WOKEN);
		shared->woken = phase;
	}
	_exit(0);
}

/* Worker 2: for each phase, wait until worker 1 is about to sleep; wake it some instructions later. */
static void
wake_often(int phases)
{
	struct timespec t;
	long at;

	marker_init(2);
	priority(50);
	random_state ^= 0x5deece66d;
	for (int phase = 1; phase <= phases; phase++) {
		while (shared->phase < phase)
			futex(&shared->phase, FUTEX_WAIT, phase - 1);	/* the sleeper waits for us: it is not less */
		at = random_below(SPAN);
		if (spread) {
			spin(at);
		} else {
			at += now();
			t = (struct timespec){ at / 1000000000, at % 1000000000 };
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		}
		marker_event(EVENT_WAKE);
		wake(phase % WAYS, phase);
	}
	_exit(0);
}

static pid_t
start(void (*work)(int), int phases)
{
	pid_t p = fork();

	if (p == 0)
		work(phases);
	return p;
}

/* Worker 0, so that the hart never idles: then virtual time is instructions executed. */
static void
soak(int unused)
{
	struct sched_param p = { 0 };

	marker_init(0);
	sched_setscheduler(0, SCHED_IDLE, &p);
	marker_run(1L << 40);
}

/* On one hart: cut in at random as well, but wake nobody. Who is on the way to sleep, or is woken by then, stays so. */
static void
disturb(int unused)
{
	priority(60);
	random_state ^= 0x1234567;
	for (;;)
		sleep_for(random_below(SPAN));
}

/* 0: all phases went by. */
static int
watch(pid_t waker, int phases)
{
	int last = 0, stuck = 0;

	while (shared->woken < phases) {
		sleep_for(50000000);
		stuck = shared->woken == last ? stuck + 1 : 0;
		last = shared->woken;
		if (stuck == 200) {
			printf("wakeups: lost in phase %d, way %d\n", last + 1, (last + 1) % WAYS);
			return 1;
		}
	}
	waitpid(sleeper, NULL, 0);
	waitpid(waker, NULL, 0);
	printf("wakeups: %d phases\n", phases);
	return 0;
}

int
main(int argc, char **argv)
{
	struct abi_epoll_event e = { .events = POLLIN };
	struct sched_param top = { .sched_priority = 99 };
	int phases = argc > 2 ? atoi(argv[2]) : 0, status;
	sigset_t usr1;
	pid_t waker, idler = -1, disturber = -1;

	if (phases <= 0) {
		fprintf(stderr, "usage: wakeups SEED PHASES [spread]\n");
		return 2;
	}
	random_state = atol(argv[1]);
	spread = argc > 3;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	event_fd = syscall(SYS_eventfd2, 0, 0);
	epoll_fd = syscall(SYS_epoll_create1, 0);
	if (shared == MAP_FAILED || pipe(to_sleeper) || event_fd < 0 || epoll_fd < 0 || marker_init(3) ||
	    syscall(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_ADD, to_sleeper[0], &e) ||
	    sched_setscheduler(0, SCHED_FIFO, &top)) {
		perror("wakeups");
		return 1;
	}
	no_throttle();
	if (!spread) {
		idler = start(soak, 0);
		disturber = start(disturb, 0);
	}
	marker_event(EVENT_BEGIN);
	sleeper = start(sleep_often, phases);
	waker = start(wake_often, phases);
	status = watch(waker, phases);
	marker_event(EVENT_END);
	if (!spread) {
		kill(idler, SIGKILL);
		kill(disturber, SIGKILL);
	}
	return status;
}
