/* mutexes.c - normal, recursive and error-checking mutexes and spin locks: who may do what, and never two at a time. */
#include "threads.h"

#define THREADS	4
#define ROUNDS	2000

static pthread_mutex_t mutex;
static pthread_spinlock_t spin;
static volatile long counter;		/* of no type that counts by itself */

static void *
others_try(void *unused)
{
	struct timespec past = { 1, 0 }, soon = in_ms(CLOCK_REALTIME, 20);

	(void)unused;
	RESULT(pthread_mutex_trylock(&mutex));
	RESULT(pthread_mutex_timedlock(&mutex, &past));
	RESULT(pthread_mutex_timedlock(&mutex, &soon));
	VALUE(reached(CLOCK_REALTIME, soon));
	return NULL;
}

static void *
others_unlock(void *unused)
{
	(void)unused;
	RESULT(pthread_mutex_unlock(&mutex));
	return NULL;
}

static void *
add_locked(void *unused)
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
add_spinning(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_spin_lock(&spin);
		counter = counter + 1;
		pthread_spin_unlock(&spin);
	}
	return NULL;
}

static void
count(void *(*add)(void *))
{
	pthread_t t[THREADS];

	counter = 0;
	for (int i = 0; i < THREADS; i++)
		t[i] = start(add, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(counter);
}

static void
a_kind(const char *name, int type)
{
	struct timespec past = { 1, 0 };
	pthread_mutexattr_t a;
	int got;

	printf("- %s\n", name);
	pthread_mutexattr_init(&a);
	RESULT(pthread_mutexattr_settype(&a, type));
	RESULT(pthread_mutexattr_gettype(&a, &got));
	VALUE(got == type);
	RESULT(pthread_mutex_init(&mutex, &a));
	pthread_mutexattr_destroy(&a);

	RESULT(pthread_mutex_lock(&mutex));
	RESULT(pthread_mutex_trylock(&mutex));
	join(start(others_try, NULL));
	if (type != PTHREAD_MUTEX_NORMAL) {	/* that would wait for ever, or is nobody's to say */
		RESULT(pthread_mutex_lock(&mutex));
		join(start(others_unlock, NULL));
	}
	RESULT(pthread_mutex_timedlock(&mutex, &past));
	RESULT(pthread_mutex_unlock(&mutex));
	if (type == PTHREAD_MUTEX_RECURSIVE) {	/* one for each lock */
		for (int i = 0; i < 2; i++)
			RESULT(pthread_mutex_unlock(&mutex));
		join(start(others_unlock, NULL));
		RESULT(pthread_mutex_trylock(&mutex));
		RESULT(pthread_mutex_unlock(&mutex));
		RESULT(pthread_mutex_unlock(&mutex));
	}
	if (type != PTHREAD_MUTEX_NORMAL)
		RESULT(pthread_mutex_unlock(&mutex));
	count(add_locked);
	RESULT(pthread_mutex_destroy(&mutex));
}

int
mutexes_main(int argc, char **argv)
{
	pthread_mutexattr_t a;

	(void)argc, (void)argv;
	a_kind("normal", PTHREAD_MUTEX_NORMAL);
	a_kind("recursive", PTHREAD_MUTEX_RECURSIVE);
	a_kind("error-checking", PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutexattr_init(&a);
	RESULT(pthread_mutexattr_settype(&a, 99));

	puts("- spinning");
	RESULT(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE));
	RESULT(pthread_spin_lock(&spin));
	RESULT(pthread_spin_trylock(&spin));
	RESULT(pthread_spin_unlock(&spin));
	count(add_spinning);
	RESULT(pthread_spin_destroy(&spin));
	return 0;
}
