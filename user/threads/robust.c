/*
 * robust.c - a robust mutex outlives its owner: the next one to lock it is told, whether the owner's thread ended, its
 * process was killed, or it called exec.
 */
#include "threads.h"

#define MANY	8

static pthread_mutex_t *mutexes;	/* in memory that children share */
static _Atomic pid_t waiter;

static void
make(pthread_mutex_t *m, int shared)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	MUST(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) == 0);
	MUST(pthread_mutexattr_setpshared(&a, shared) == 0);
	MUST(pthread_mutex_init(m, &a) == 0);
	pthread_mutexattr_destroy(&a);
}

static void *
lock_and_end(void *m)
{
	MUST(pthread_mutex_lock(m) == 0);
	return NULL;
}

static void *
lock_many_and_end(void *unused)
{
	(void)unused;
	for (int i = 0; i < MANY; i++)
		MUST(pthread_mutex_lock(&mutexes[i]) == 0);
	MUST(pthread_mutex_unlock(&mutexes[3]) == 0);
	return NULL;
}

static void *
wait_for_it(void *m)
{
	waiter = gettid();
	RESULT(pthread_mutex_lock(m));
	RESULT(pthread_mutex_consistent(m));
	RESULT(pthread_mutex_unlock(m));
	return NULL;
}

static void *
lock_and_end_when_wanted(void *m)
{
	pthread_t t;

	MUST(pthread_mutex_lock(m) == 0);
	t = start(wait_for_it, m);
	until_asleep(&waiter);
	return (void *)t;
}

static void
lock_and_be_killed(void)
{
	MUST(pthread_mutex_lock(&mutexes[0]) == 0);
	raise(SIGKILL);
}

static void
lock_and_exec(void)
{
	char *argv[] = { "threads", "robust", "after-exec", NULL };

	MUST(pthread_mutex_lock(&mutexes[0]) == 0);
	execv(program_path, argv);
}

static void
threads_end(pthread_mutex_t *m)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 1000);

	puts("- its thread ended");
	join(start(lock_and_end, m));
	RESULT(pthread_mutex_lock(m));
	RESULT(pthread_mutex_consistent(m));
	RESULT(pthread_mutex_unlock(m));
	RESULT(pthread_mutex_consistent(m));
	join(start(lock_and_end, m));
	RESULT(pthread_mutex_trylock(m));
	RESULT(pthread_mutex_consistent(m));
	RESULT(pthread_mutex_unlock(m));
	join(start(lock_and_end, m));
	RESULT(pthread_mutex_timedlock(m, &soon));
	puts("- and nobody repaired it");
	RESULT(pthread_mutex_unlock(m));
	RESULT(pthread_mutex_lock(m));
	RESULT(pthread_mutex_trylock(m));
	RESULT(pthread_mutex_destroy(m));
}

int
robust_main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 5;			/* after exec */
	mutexes = shared_memory(MANY * sizeof(*mutexes));

	make(&mutexes[0], PTHREAD_PROCESS_PRIVATE);
	threads_end(&mutexes[0]);

	puts("- while one waited");
	make(&mutexes[0], PTHREAD_PROCESS_PRIVATE);
	join((pthread_t)join(start(lock_and_end_when_wanted, &mutexes[0])));
	RESULT(pthread_mutex_trylock(&mutexes[0]));
	RESULT(pthread_mutex_unlock(&mutexes[0]));

	puts("- of many, all but one");
	for (int i = 0; i < MANY; i++)
		make(&mutexes[i], PTHREAD_PROCESS_PRIVATE);
	join(start(lock_many_and_end, NULL));
	for (int i = 0; i < MANY; i++)
		RESULT(pthread_mutex_lock(&mutexes[i]));

	puts("- its process ended");
	make(&mutexes[0], PTHREAD_PROCESS_SHARED);
	CHILD(lock_and_be_killed);
	RESULT(pthread_mutex_lock(&mutexes[0]));
	RESULT(pthread_mutex_consistent(&mutexes[0]));
	RESULT(pthread_mutex_unlock(&mutexes[0]));
	CHILD(lock_and_exec);
	RESULT(pthread_mutex_lock(&mutexes[0]));
	RESULT(pthread_mutex_consistent(&mutexes[0]));
	RESULT(pthread_mutex_unlock(&mutexes[0]));
	return 0;
}
