/*
 * conditions.c - condition variables: signals and broadcasts lose nobody, timeouts by both clocks are not early, and
 * who returns has the mutex.
 */
#include "threads.h"

#define THREADS	6
#define ITEMS	3000
#define ROOM	4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int waiting, generation, queued, made;
static long taken;

static void
times_out(const char *name, clockid_t clock)
{
	struct timespec past = { 1, 0 }, bad = { 1, 1000000000 }, soon;
	pthread_condattr_t a;
	pthread_cond_t c;
	clockid_t got;

	printf("- timeouts by %s\n", name);
	pthread_condattr_init(&a);
	RESULT(pthread_condattr_setclock(&a, clock));
	RESULT(pthread_condattr_getclock(&a, &got));
	VALUE(got == clock);
	RESULT(pthread_cond_init(&c, &a));
	pthread_condattr_destroy(&a);
	pthread_mutex_lock(&mutex);
	RESULT(pthread_cond_timedwait(&c, &mutex, &past));
	RESULT(pthread_cond_timedwait(&c, &mutex, &bad));
	soon = in_ms(clock, 20);
	RESULT(pthread_cond_timedwait(&c, &mutex, &soon));
	VALUE(reached(clock, soon));
	RESULT(pthread_mutex_trylock(&mutex));
	RESULT(pthread_mutex_unlock(&mutex));
	RESULT(pthread_cond_destroy(&c));
}

static void *
wait_for_generation(void *unused)
{
	int mine;

	(void)unused;
	pthread_mutex_lock(&mutex);
	mine = generation;
	waiting++;
	while (generation == mine)
		pthread_cond_wait(&cond, &mutex);
	waiting--;
	pthread_mutex_unlock(&mutex);
	return NULL;
}

/* All must be waiting before it: then all must return. With the mutex held, those woken have another wait for it. */
static void
broadcast(bool holding)
{
	pthread_t t[THREADS];

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < THREADS; i++)
			t[i] = start(wait_for_generation, NULL);
		for (pthread_mutex_lock(&mutex); waiting < THREADS; pthread_mutex_lock(&mutex)) {
			pthread_mutex_unlock(&mutex);
			sched_yield();
		}
		generation++;
		if (!holding)
			pthread_mutex_unlock(&mutex);
		pthread_cond_broadcast(&cond);
		if (holding)
			pthread_mutex_unlock(&mutex);
		for (int i = 0; i < THREADS; i++)
			join(t[i]);
	}
	VALUE(waiting);
	VALUE(generation);
}

static void *
make_items(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&mutex);
		while (queued == ROOM && made < ITEMS)
			pthread_cond_wait(&not_full, &mutex);
		if (made == ITEMS)
			break;
		made++;
		queued++;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&mutex);
	}
	pthread_cond_broadcast(&cond);
	pthread_cond_broadcast(&not_full);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void *
take_items(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&mutex);
		while (!queued && made < ITEMS)
			pthread_cond_wait(&cond, &mutex);
		if (!queued)
			break;
		queued--;
		taken++;
		pthread_cond_signal(&not_full);
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

/* A shelf with little room: each item that is made is taken once. */
static void
shelf(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		t[i] = start(i % 2 ? make_items : take_items, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(made);
	VALUE(taken);
	VALUE(queued);
}

int
conditions_main(int argc, char **argv)
{
	pthread_condattr_t a;

	(void)argc, (void)argv;
	pthread_condattr_init(&a);
	RESULT(pthread_condattr_setclock(&a, CLOCK_PROCESS_CPUTIME_ID));
	times_out("the wall clock", CLOCK_REALTIME);
	times_out("the monotonic clock", CLOCK_MONOTONIC);
	puts("- nobody waits");
	RESULT(pthread_cond_signal(&cond));
	RESULT(pthread_cond_broadcast(&cond));
	puts("- broadcast");
	broadcast(false);
	broadcast(true);
	puts("- a shelf");
	shelf();
	return 0;
}
