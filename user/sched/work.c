/*
 * work.c - task sets for the scheduler: workers that run, sleep, yield, lock and wake by a script.
 *
 * One set after another, from a file:
 *
 *	set NAME LENGTH				LENGTH ns, from time 0 to the end of all
 *	task ID POLICY PRIO NICE MASK ARRIVAL ACTION...	  from ARRIVAL ns on; -1: before time 0 already
 *	end
 *
 * An action is a letter and numbers with ':' between:
 *
 *	b UNITS		run (marker.h)			y		sched_yield
 *	s NS		sleep so long			a NS		sleep until that time of the set
 *	p PRIO		change the own priority		q ID:PRIO	another's
 *	m MASK		change the own affinity		n NICE		the own nice value
 *	l N, u N	lock and unlock mutex N		L N, U N	the same with priority inheritance
 *	T N:NS		lock with inheritance, give up after NS: EVENT_GAVE_UP
 *	v N, w N	post semaphore N; wait for it	e KIND		an event
 *	c ID		a child runs as worker ID	r		from the start again
 *
 * The master, above all of them, sleeps from time 0 to the end. Then it ends the workers, whatever they do:
 * nobody but the set's own tasks has anything to say meanwhile.  Meant to be watched by grade/sched/plugin.c, but
 * any kernel with the Linux ABI can run it.
 *
 * usage: work FILE
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "abi/futex.h"
#include "marker.h"
#include "throttle.h"

#define MAX_TASKS	64
#define MAX_OBJECTS	32
#define LEAD		30000000L	/* ns from the start of the workers to time 0 */

struct action {
	char	what;
	long	a, b;
};

struct worker {
	int	id, policy, prio, nice;
	unsigned long mask;
	long	arrival;
	int	nactions;
	struct action *actions;
	pid_t	pid;
};

static struct worker workers[MAX_TASKS];
static int nworkers;

static struct {
	volatile int go, ready;
	long	zero;			/* CLOCK_MONOTONIC at time 0 of the set */
	pid_t	pid_of[MAX_TASKS];
	volatile int lock[MAX_OBJECTS];
	volatile int count[MAX_OBJECTS];
} *shared;

static void
fail(const char *what)
{
	perror(what);
	_exit(1);
}

static long
futex(volatile int *word, int op, int val, const struct timespec *until)
{
	return syscall(SYS_futex, word, op, val, until, NULL, FUTEX_BITSET_MATCH_ANY);
}

static struct timespec
timespec_of(long ns)
{
	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

static long
now(int clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* --- locks --- */

static int
swap_if(volatile int *word, int from, int to)
{
	__atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return from;
}

/* 0 free, 1 taken, 2 taken and somebody may wait. */
static void
mutex_lock(volatile int *word)
{
	if (swap_if(word, 0, 1) == 0)
		return;
	while (__atomic_exchange_n(word, 2, __ATOMIC_SEQ_CST) != 0)
		futex(word, FUTEX_WAIT, 2, NULL);
}

static void
mutex_unlock(volatile int *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) == 2)
		futex(word, FUTEX_WAKE, 1, NULL);
}

/* Whether it was had; ns 0: as long as it takes. */
static int
pi_lock(volatile int *word, long ns)
{
	struct timespec until = timespec_of(now(CLOCK_REALTIME) + ns);

	if (swap_if(word, 0, getpid()) == 0 || futex(word, FUTEX_LOCK_PI, 0, ns ? &until : NULL) == 0)
		return 1;
	if (errno != ETIMEDOUT || !ns)
		fail("FUTEX_LOCK_PI");
	return 0;
}

static void
pi_unlock(volatile int *word)
{
	int me = getpid();

	if (swap_if(word, me, 0) != me && futex(word, FUTEX_UNLOCK_PI, 0, NULL))
		fail("FUTEX_UNLOCK_PI");
}

static void
semaphore_wait(volatile int *count)
{
	int n;

	for (;;) {
		n = *count;
		if (n == 0)
			futex(count, FUTEX_WAIT, 0, NULL);
		else if (swap_if(count, n, n - 1) == n)
			return;
	}
}

static void
semaphore_post(volatile int *count)
{
	__atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
	futex(count, FUTEX_WAKE, 1, NULL);
}

/* --- a worker --- */

static void
sleep_until(long at)
{
	struct timespec t = timespec_of(at);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void
set_prio(pid_t pid, int prio)
{
	struct sched_param p = { .sched_priority = prio };

	if (syscall(SYS_sched_setparam, pid, &p))
		fail("sched_setparam");
}

static void
set_mask(unsigned long mask)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	set.bits[0] = mask;
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

static void
act(const struct action *x)
{
	struct timespec t;

	switch (x->what) {
	case 'b':
		marker_run(x->a);
		break;
	case 's':
		t = timespec_of(x->a);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
		break;
	case 'a':
		sleep_until(shared->zero + x->a);
		break;
	case 'y':
		sched_yield();
		break;
	case 'p':
		set_prio(0, x->a);
		break;
	case 'q':
		set_prio(shared->pid_of[x->a], x->b);
		break;
	case 'm':
		set_mask(x->a);
		break;
	case 'n':
		setpriority(PRIO_PROCESS, 0, x->a);
		break;
	case 'l':
		mutex_lock(&shared->lock[x->a]);
		break;
	case 'u':
		mutex_unlock(&shared->lock[x->a]);
		break;
	case 'L':
		pi_lock(&shared->lock[x->a], 0);
		break;
	case 'U':
		pi_unlock(&shared->lock[x->a]);
		break;
	case 'T':
		if (!pi_lock(&shared->lock[x->a], x->b))
			marker_event(EVENT_GAVE_UP);
		break;
	case 'w':
		semaphore_wait(&shared->count[x->a]);
		break;
	case 'v':
		semaphore_post(&shared->count[x->a]);
		break;
	case 'e':
		marker_event(x->a);
		break;
	case 'c':
		shared->pid_of[x->a] = fork();
		if (shared->pid_of[x->a] == 0 && marker_init(x->a) == 0)
			marker_run(1L << 40);
		break;
	}
}

static void
work(const struct worker *w)
{
	struct sched_param p = { .sched_priority = w->prio };

	if (marker_init(w->id))
		fail("marker page");
	set_mask(w->mask);
	__atomic_fetch_add(&shared->ready, 1, __ATOMIC_SEQ_CST);
	if (setpriority(PRIO_PROCESS, 0, w->nice) || sched_setscheduler(0, w->policy, &p))
		fail("sched_setscheduler");
	while (!shared->go)
		futex(&shared->go, FUTEX_WAIT, 0, NULL);
	if (w->arrival >= 0)
		sleep_until(shared->zero + w->arrival);
	for (int i = 0; i < w->nactions; i++)
		if (w->actions[i].what == 'r')
			i = -1;
		else
			act(&w->actions[i]);
	marker_event(EVENT_DONE);
	for (;;)
		pause();
}

/* --- the master --- */

static void
run_set(long length)
{
	int status;

	memset((void *)shared, 0, sizeof(*shared));
	for (struct worker *w = workers; w < workers + nworkers; w++) {
		w->pid = fork();
		if (w->pid < 0)
			fail("fork");
		if (w->pid == 0)
			work(w);
		shared->pid_of[w->id] = w->pid;
	}
	while (shared->ready < nworkers)
		sleep_until(now(CLOCK_MONOTONIC) + 1000000);
	shared->zero = now(CLOCK_MONOTONIC) + LEAD;
	marker_event(EVENT_BEGIN);
	shared->go = 1;
	futex(&shared->go, FUTEX_WAKE, MAX_TASKS, NULL);
	sleep_until(shared->zero + length);
	marker_event(EVENT_END);
	for (int i = 0; i < MAX_TASKS; i++)
		if (shared->pid_of[i] > 0)
			kill(shared->pid_of[i], SIGKILL);
	for (int i = 0; i < nworkers; i++) {
		if (waitpid(workers[i].pid, &status, 0) < 0)
			fail("waitpid");
		if (WIFEXITED(status)) {
			fprintf(stderr, "work: worker %d failed\n", workers[i].id);
			exit(1);
		}
		free(workers[i].actions);
	}
}

/* --- the file --- */

static void
parse_actions(struct worker *w, char *text)
{
	char *save, *word, *end;
	int room = 0;

	w->nactions = 0;
	w->actions = NULL;
	for (word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		if (w->nactions == room) {
			room = room ? 2 * room : 8;
			w->actions = realloc(w->actions, room * sizeof(struct action));
			if (!w->actions)
				fail("realloc");
		}
		w->actions[w->nactions].what = word[0];
		w->actions[w->nactions].a = strtol(word + 1, &end, 10);
		w->actions[w->nactions++].b = *end == ':' ? strtol(end + 1, NULL, 10) : 0;
	}
}

static void
parse_task(char *line)
{
	struct worker *w = &workers[nworkers++];

	if (nworkers > MAX_TASKS)
		fail("too many tasks");
	w->id = strtol(line + 5, &line, 10);
	w->policy = strtol(line, &line, 10);
	w->prio = strtol(line, &line, 10);
	w->nice = strtol(line, &line, 10);
	w->mask = strtol(line, &line, 10);
	w->arrival = strtol(line, &line, 10);
	if (w->id >= MAX_TASKS)
		fail("too high an id");
	parse_actions(w, line);
}

int
main(int argc, char **argv)
{
	struct sched_param top = { .sched_priority = 99 };
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t size = 0;
	long length = 0;

	if (!f) {
		fprintf(stderr, "usage: work FILE\n");
		return 2;
	}
	no_throttle();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || marker_init(0) || sched_setscheduler(0, SCHED_FIFO, &top))
		fail("work");
	while (getline(&line, &size, f) > 0)
		if (!strncmp(line, "set ", 4)) {
			nworkers = 0;
			length = strtol(strchr(line + 4, ' '), NULL, 10);
		} else if (!strncmp(line, "task ", 5)) {
			parse_task(line);
		} else if (!strncmp(line, "end", 3)) {
			run_set(length);
		}
	puts("work: all done");
	return 0;
}
