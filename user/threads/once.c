/* once.c - pthread_once: however many come it is done once, all wait for its end, and a cancelled one is done over. */
#include "threads.h"

#define THREADS	6

static pthread_once_t once = PTHREAD_ONCE_INIT, cancelled = PTHREAD_ONCE_INIT;
static _Atomic int done, begun, finished;
static _Atomic pid_t tid;

static void
slowly(void)
{
	sleep_ms(10);
	done++;
}

static void *
come(void *unused)
{
	(void)unused;
	MUST(pthread_once(&once, slowly) == 0);
	MUST(done == 1);
	return NULL;
}

static void
wait_the_first_time(void)
{
	if (begun++ == 0) {
		tid = gettid();
		pause();
	}
	finished++;
}

static void *
come_and_be_cancelled(void *unused)
{
	(void)unused;
	MUST(pthread_once(&cancelled, wait_the_first_time) == 0);
	return NULL;
}

int
once_main(int argc, char **argv)
{
	pthread_t t[THREADS];

	(void)argc, (void)argv;
	for (int i = 0; i < THREADS; i++)
		t[i] = start(come, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(done);
	for (int i = 0; i < 2; i++) {
		t[i] = start(come_and_be_cancelled, NULL);
		if (i == 0)
			until_asleep(&tid);
	}
	pthread_cancel(t[0]);
	VALUE(join(t[0]) == (long)PTHREAD_CANCELED);
	VALUE(join(t[1]));
	VALUE(begun);
	VALUE(finished);
	return 0;
}
