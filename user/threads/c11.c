/* c11.c - the threads of the C language: threads.h of the library. */
#include "threads.h"
#include <threads.h>

#define THREADS	4
#define ROUNDS	1000

static mtx_t mutex;
static cnd_t cond;
static tss_t key;
static once_flag once = ONCE_FLAG_INIT;
static int inits, ready, destroyed;
static long counter;

static void init(void) { inits++; }

static void
destroy(void *value)
{
	(void)value;
	mtx_lock(&mutex);
	destroyed++;
	mtx_unlock(&mutex);
}

static const char *
name_of(int result)
{
	return result == thrd_success ? "success" : result == thrd_busy ? "busy" :
	       result == thrd_timedout ? "timed out" : result == thrd_nomem ? "no memory" : "error";
}
#define SHOW(x)	printf("%s: %s\n", #x, name_of(x))

static int
work(void *arg)
{
	call_once(&once, init);
	tss_set(key, arg);
	mtx_lock(&mutex);
	while (!ready)
		cnd_wait(&cond, &mutex);
	mtx_unlock(&mutex);
	for (int i = 0; i < ROUNDS; i++) {
		mtx_lock(&mutex);
		counter++;
		mtx_unlock(&mutex);
	}
	return 10 + (int)(tss_get(key) - (void *)&counter);
}

int
c11_main(int argc, char **argv)
{
	struct timespec past = { 1, 0 }, soon = { 0, 5000000 };
	thrd_t t[THREADS];
	int result, sum = 0;
	mtx_t timed;

	(void)argc, (void)argv;
	SHOW(mtx_init(&mutex, mtx_plain));
	SHOW(cnd_init(&cond));
	SHOW(tss_create(&key, destroy));
	for (int i = 0; i < THREADS; i++)
		MUST(thrd_create(&t[i], work, (char *)&counter + i) == thrd_success);
	mtx_lock(&mutex);
	ready = 1;
	cnd_broadcast(&cond);
	SHOW(mtx_trylock(&mutex));
	SHOW(mtx_unlock(&mutex));
	for (int i = 0; i < THREADS; i++) {
		MUST(thrd_join(t[i], &result) == thrd_success);
		sum += result;
	}
	VALUE(sum);
	VALUE(counter);
	VALUE(inits);
	VALUE(destroyed);
	SHOW(mtx_init(&timed, mtx_timed | mtx_recursive));
	SHOW(mtx_lock(&timed));
	SHOW(mtx_lock(&timed));
	mtx_lock(&mutex);
	SHOW(cnd_timedwait(&cond, &mutex, &past));
	mtx_unlock(&mutex);
	VALUE(thrd_sleep(&soon, NULL));
	VALUE(thrd_equal(thrd_current(), thrd_current()) != 0);
	return 0;
}
