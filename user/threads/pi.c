/*
 * pi.c - mutexes with priority inheritance: locked and unlocked as others are, deadlock found, robust, with condition
 * variables, and the owner as urgent as the most urgent that waits, through chains, until it unlocks or they give up.
 */
#include "threads.h"

#define FUTEX_LOCK_PI		6	/* musl's headers do not have the kernel's */
#define FUTEX_UNLOCK_PI		7
#define FUTEX_TRYLOCK_PI	8
#define THREADS	4
#define ROUNDS	500
#define CHAIN	4

static pthread_mutex_t mutex, chain[CHAIN];
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile long counter;
static _Atomic bool unlock, awake;
static _Atomic pid_t tid[CHAIN + 1];

static void
make(pthread_mutex_t *m, int type, int robust)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	MUST(pthread_mutexattr_settype(&a, type) == 0 && pthread_mutexattr_setrobust(&a, robust) == 0);
	MUST(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT) == 0);
	RESULT(pthread_mutex_init(m, &a));
	pthread_mutexattr_destroy(&a);
}

/* --- as others are --- */

static void *
others_try(void *unused)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 20);

	(void)unused;
	RESULT(pthread_mutex_trylock(&mutex));
	RESULT(pthread_mutex_timedlock(&mutex, &soon));
	VALUE(reached(CLOCK_REALTIME, soon));
	return NULL;
}

static void *
add(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter = counter + 1;
		if (i % 64 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *
lock_and_end(void *m)
{
	MUST(pthread_mutex_lock(m) == 0);
	return NULL;
}

static void *
wait_for_cond(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&mutex);
	while (!awake)
		pthread_cond_wait(&cond, &mutex);
	counter = counter + 1;
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void
as_others(void)
{
	pthread_t t[THREADS];

	make(&mutex, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
	RESULT(pthread_mutex_lock(&mutex));
	RESULT(pthread_mutex_lock(&mutex));
	join(start(others_try, NULL));
	RESULT(pthread_mutex_unlock(&mutex));
	RESULT(pthread_mutex_unlock(&mutex));
	for (int i = 0; i < THREADS; i++)
		t[i] = start(add, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(counter);
	counter = 0;
	for (int i = 0; i < THREADS; i++)
		t[i] = start(wait_for_cond, NULL);
	sleep_ms(10);
	pthread_mutex_lock(&mutex);
	awake = true;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(counter);
	RESULT(pthread_mutex_destroy(&mutex));

	puts("- robust");
	make(&mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
	join(start(lock_and_end, &mutex));
	RESULT(pthread_mutex_lock(&mutex));
	RESULT(pthread_mutex_consistent(&mutex));
	RESULT(pthread_mutex_unlock(&mutex));
	RESULT(pthread_mutex_lock(&mutex));
	RESULT(pthread_mutex_unlock(&mutex));
}

/* --- inheritance --- */

/* The priority a task of ours runs with, as /proc says: -1 - that of real time. */
static long
priority_of(pid_t t)
{
	char path[64], line[256] = "", *at;
	int fd;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", t);
	MUST((fd = open(path, O_RDONLY)) >= 0 && read(fd, line, sizeof line - 1) > 0);
	close(fd);
	at = strrchr(line, ')') + 1;
	for (int field = 3; field < 18; field++)
		at = strchr(at + 1, ' ');
	return -1 - atol(at);
}

/* Thread i has chain[i] and wants chain[i - 1]; the first has what it wants. */
static void *
link_chain(void *arg)
{
	long i = (long)arg;

	MUST(pthread_mutex_lock(&chain[i]) == 0);
	tid[i] = gettid();
	if (i == 0) {
		while (!unlock)
			sleep_ms(1);
	} else {
		MUST(pthread_mutex_lock(&chain[i - 1]) == 0);
		pthread_mutex_unlock(&chain[i - 1]);
	}
	pthread_mutex_unlock(&chain[i]);
	return NULL;
}

static void *
want_the_last(void *timeout_ms)
{
	struct timespec late = in_ms(CLOCK_REALTIME, (long)timeout_ms);
	int err;

	tid[CHAIN] = gettid();
	err = pthread_mutex_timedlock(&chain[CHAIN - 1], &late);
	if (!err)
		pthread_mutex_unlock(&chain[CHAIN - 1]);
	printf("the donor: %s\n", error_name(err));
	return NULL;
}

static pthread_t
start_fifo(void *(*fn)(void *), void *arg, int priority)
{
	struct sched_param p = { .sched_priority = priority };
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&a, SCHED_FIFO);
	pthread_attr_setschedparam(&a, &p);
	MUST(pthread_create(&t, &a, fn, arg) == 0);
	pthread_attr_destroy(&a);
	return t;
}

static void
say_priorities(const char *when)
{
	printf("%s:", when);
	for (int i = 0; i < CHAIN; i++)
		printf(" %ld", priority_of(tid[i]));
	puts("");
}

static void
inherit(void)
{
	pthread_t t[CHAIN], donor;
	struct sched_param p = { .sched_priority = 20 };

	for (long i = 0; i < CHAIN; i++) {
		make(&chain[i], PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
		t[i] = start_fifo(link_chain, (void *)i, 2 + i);
		while (!tid[i] || (i && state_of(tid[i]) != 'S'))
			sleep_ms(1);
	}
	say_priorities("linked");
	donor = start_fifo(want_the_last, (void *)200L, 30);
	until_asleep(&tid[CHAIN]);
	say_priorities("with a donor");
	join(donor);				/* it gives up */
	say_priorities("without");
	tid[CHAIN] = 0;
	donor = start_fifo(want_the_last, (void *)100000L, 10);
	until_asleep(&tid[CHAIN]);
	say_priorities("with another");
	RESULT(pthread_setschedparam(donor, SCHED_FIFO, &p));
	say_priorities("that is more urgent now");
	unlock = true;
	for (int i = 0; i < CHAIN; i++)
		join(t[i]);
	join(donor);
}

/* --- deadlock --- */

static unsigned words[2];

static int futex(unsigned *word, int op) { return syscall(SYS_futex, word, op, 0, NULL, NULL, 0); }

static void *
lock_1_then_0(void *unused)
{
	(void)unused;
	MUST(futex(&words[1], FUTEX_LOCK_PI) == 0);
	tid[0] = gettid();
	MUST(futex(&words[0], FUTEX_LOCK_PI) == 0);
	MUST(futex(&words[0], FUTEX_UNLOCK_PI) == 0);
	MUST(futex(&words[1], FUTEX_UNLOCK_PI) == 0);
	return NULL;
}

/* The calls themselves: glibc has no good answer to EDEADLK. */
static void
deadlock(void)
{
	pthread_t t;

	tid[0] = 0;
	CALL(futex(&words[0], FUTEX_LOCK_PI));
	VALUE(words[0] == (unsigned)gettid());
	CALL(futex(&words[0], FUTEX_LOCK_PI));
	CALL(futex(&words[0], FUTEX_TRYLOCK_PI));
	t = start(lock_1_then_0, NULL);
	until_asleep(&tid[0]);
	CALL(futex(&words[1], FUTEX_LOCK_PI));
	CALL(futex(&words[1], FUTEX_TRYLOCK_PI));
	CALL(futex(&words[1], FUTEX_UNLOCK_PI));
	CALL(futex(&words[0], FUTEX_UNLOCK_PI));
	join(t);
	VALUE(words[0]);
	CALL(futex(&words[0], FUTEX_UNLOCK_PI));
	words[0] = 999999;			/* nobody */
	CALL(futex(&words[0], FUTEX_LOCK_PI));
}

int
pi_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("- as others are");
	as_others();
	puts("- inheritance");
	inherit();
	puts("- deadlock");
	deadlock();
	return 0;
}
