/* semaphores.c - without a name, and with one that processes find; counts, timeouts, signals. */
#include "threads.h"

#define THREADS	4
#define ROUNDS	1000
#define NAME	"/threads-suite"

static sem_t items, mutex;
static volatile long counter;
static _Atomic pid_t sleeper;

static void handler(int sig) { (void)sig; }

static void *
wait_and_count(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		sem_wait(&items);
		sem_wait(&mutex);
		counter = counter + 1;
		sem_post(&mutex);
	}
	return NULL;
}

static void *
be_interrupted(void *unused)
{
	(void)unused;
	sleeper = gettid();
	CALL(sem_wait(&items));
	return NULL;
}

static void
without_a_name(void)
{
	struct timespec past = { 1, 0 }, bad = { 1, -1 }, soon = in_ms(CLOCK_REALTIME, 20);
	struct sigaction sa = { .sa_handler = handler };
	pthread_t t[THREADS];
	int value;

	CALL(sem_init(&items, 0, 1));
	CALL(sem_init(&mutex, 0, (unsigned)SEM_VALUE_MAX + 1));
	CALL(sem_trywait(&items));
	CALL(sem_trywait(&items));
	CALL(sem_timedwait(&items, &past));
	CALL(sem_timedwait(&items, &bad));
	CALL(sem_timedwait(&items, &soon));
	VALUE(reached(CLOCK_REALTIME, soon));
	CALL(sem_getvalue(&items, &value));
	VALUE(value);
	sigaction(SIGUSR1, &sa, NULL);
	t[0] = start(be_interrupted, NULL);
	until_asleep(&sleeper);
	pthread_kill(t[0], SIGUSR1);
	join(t[0]);

	CALL(sem_init(&mutex, 0, 1));
	for (int i = 0; i < THREADS; i++)
		t[i] = start(wait_and_count, NULL);
	for (int i = 0; i < THREADS * ROUNDS; i++)
		sem_post(&items);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(counter);
	CALL(sem_destroy(&items));
	CALL(sem_init(&items, 0, SEM_VALUE_MAX));
	CALL(sem_post(&items));
}

/* Opened by its name again: the same semaphore. */
static void
post_by_name(void)
{
	sem_t *s = sem_open(NAME, 0);

	MUST(s != SEM_FAILED);
	CALL(sem_post(s));
	CALL(sem_close(s));
}

static void
with_a_name(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10000);
	sem_t *s, *again;
	int value;

	sem_unlink(NAME);
	CALL(sem_open(NAME, 0) == SEM_FAILED ? -1 : 0);
	MUST((s = sem_open(NAME, O_CREAT | O_EXCL, 0600, 2)) != SEM_FAILED);
	CALL(sem_open(NAME, O_CREAT | O_EXCL, 0600, 2) == SEM_FAILED ? -1 : 0);
	again = sem_open(NAME, O_CREAT, 0600, 7);
	VALUE(again == s);
	CALL(sem_close(again));
	CALL(sem_wait(s));
	CALL(sem_wait(s));
	CALL(sem_trywait(s));
	CHILD(post_by_name);
	CALL(sem_timedwait(s, &soon));
	CALL(sem_unlink(NAME));
	CALL(sem_unlink(NAME));
	CALL(sem_post(s));
	CALL(sem_getvalue(s, &value));
	VALUE(value);
	CALL(sem_close(s));
}

int
semaphores_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("- without a name");
	without_a_name();
	puts("- with a name");
	with_a_name();
	return 0;
}
