/* barriers.c - all come to a barrier before any leaves it, and one of them is told that it is the one. */
#include "threads.h"

#define THREADS	5
#define ROUNDS	100

static pthread_barrier_t barrier;
static _Atomic long came, serial, early;

static void *
walk(void *unused)
{
	(void)unused;
	for (int round = 1; round <= ROUNDS; round++) {
		came++;
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		early += came < round * THREADS;
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

/* The one destroys it, and makes another there, while the rest may still be leaving it. */
static void *
leave(void *unused)
{
	(void)unused;
	if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
		MUST(pthread_barrier_destroy(&barrier) == 0);
		memset(&barrier, 0x5a, sizeof barrier);
	}
	return NULL;
}

static void
all(void *(*fn)(void *))
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		t[i] = start(fn, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
}

int
barriers_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	RESULT(pthread_barrier_init(&barrier, NULL, 0));
	RESULT(pthread_barrier_init(&barrier, NULL, 1));
	VALUE(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD);
	RESULT(pthread_barrier_destroy(&barrier));
	RESULT(pthread_barrier_init(&barrier, NULL, THREADS));
	all(walk);
	VALUE(came);
	VALUE(serial);
	VALUE(early);
	RESULT(pthread_barrier_destroy(&barrier));
	for (int i = 0; i < 50; i++) {
		MUST(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
		all(leave);
	}
	return 0;
}
