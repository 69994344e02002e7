/*
 * local.c - what each thread has of its own: __thread variables as they were initialized and aligned, errno, and keys,
 * whose destructors run until there is nothing left to destroy.
 */
#include "threads.h"

#define THREADS	4

static __thread int number = 17, zero;
static __thread char text[32] = "everybody's";
static __thread _Alignas(64) char aligned[64];

static pthread_key_t first, second, again;
static int runs;
static void *addresses[THREADS];
static pthread_barrier_t barrier;

static void *
look(void *arg)
{
	long me = (long)arg;

	MUST(number == 17 && zero == 0 && strcmp(text, "everybody's") == 0 && (uintptr_t)aligned % 64 == 0);
	number += me;
	snprintf(text, sizeof text, "of %ld", me);
	addresses[me] = &number;
	errno = 100 + me;
	pthread_barrier_wait(&barrier);
	MUST(number == 17 + me && errno == 100 + me);
	return NULL;
}

static void destroy_first(void *value) { printf("first: %s\n", (char *)value); }

/* Makes work for the next round. */
static void
destroy_second(void *value)
{
	VALUE(pthread_getspecific(second) == NULL);
	printf("second: %s\n", (char *)value);
	MUST(pthread_setspecific(first, "set by second's destructor") == 0);
}

/* Never content: it is given up after some rounds. */
static void
destroy_again(void *value)
{
	runs++;
	MUST(pthread_setspecific(again, value) == 0);
}

static void *
set_second(void *unused)
{
	(void)unused;
	VALUE(pthread_getspecific(second) == NULL);
	RESULT(pthread_setspecific(second, "mine"));
	return NULL;
}

static void *
set_again(void *unused)
{
	(void)unused;
	RESULT(pthread_setspecific(again, "for ever"));
	return NULL;
}

static void *
set_deleted(void *unused)
{
	pthread_key_t k;

	(void)unused;
	RESULT(pthread_key_create(&k, destroy_first));
	RESULT(pthread_setspecific(k, "not seen: the key is deleted"));
	RESULT(pthread_key_delete(k));
	return NULL;
}

int
local_main(int argc, char **argv)
{
	pthread_t t[THREADS];
	pthread_key_t k[64];

	(void)argc, (void)argv;
	puts("- variables");
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (long i = 0; i < THREADS; i++)
		t[i] = start(look, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	for (int i = 0; i < THREADS; i++)
		MUST(addresses[i] != &number);
	VALUE(number);
	printf("%s\n", text);

	puts("- keys");
	RESULT(pthread_key_create(&first, destroy_first));
	RESULT(pthread_key_create(&second, destroy_second));
	RESULT(pthread_key_create(&again, destroy_again));
	join(start(set_second, NULL));
	VALUE(pthread_getspecific(second) == NULL);
	join(start(set_again, NULL));
	VALUE(runs == PTHREAD_DESTRUCTOR_ITERATIONS);
	join(start(set_deleted, NULL));
	for (int i = 0; i < 64; i++)
		MUST(pthread_key_create(&k[i], NULL) == 0 && pthread_setspecific(k[i], &k[i]) == 0);
	for (int i = 0; i < 64; i++)
		MUST(pthread_getspecific(k[i]) == &k[i] && pthread_key_delete(k[i]) == 0);
	return 0;
}
