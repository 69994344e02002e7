/* rwlocks.c - many may read or one may write; who cannot, waits, is told, or gives up in time. */
#include "threads.h"

#define THREADS	6
#define ROUNDS	600

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static volatile long left, right;
static _Atomic long torn, readers, writers;
static pthread_barrier_t both_read;

static void *
others_try(void *unused)
{
	struct timespec past = { 1, 0 }, soon = in_ms(CLOCK_REALTIME, 20);
	int e;

	(void)unused;
	RESULT(e = pthread_rwlock_tryrdlock(&lock));
	if (!e)
		pthread_rwlock_unlock(&lock);
	RESULT(e = pthread_rwlock_timedrdlock(&lock, &past));
	if (!e)
		pthread_rwlock_unlock(&lock);
	RESULT(pthread_rwlock_trywrlock(&lock));
	RESULT(pthread_rwlock_timedwrlock(&lock, &past));
	RESULT(pthread_rwlock_timedwrlock(&lock, &soon));
	VALUE(reached(CLOCK_REALTIME, soon));
	return NULL;
}

static void *
read_together(void *unused)
{
	(void)unused;
	pthread_rwlock_rdlock(&lock);
	pthread_barrier_wait(&both_read);	/* never, if only one may */
	pthread_rwlock_unlock(&lock);
	return NULL;
}

static void *
work(void *arg)
{
	for (long i = 0; i < ROUNDS; i++) {
		if ((i + (long)arg) % 5) {
			pthread_rwlock_rdlock(&lock);
			torn += left != right;
			readers++;
			torn += writers != 0;
			readers--;
		} else {
			pthread_rwlock_wrlock(&lock);
			writers++;
			torn += readers != 0 || writers != 1;
			left = left + 1;
			sched_yield();
			right = right + 1;
			writers--;
		}
		pthread_rwlock_unlock(&lock);
	}
	return NULL;
}

int
rwlocks_main(int argc, char **argv)
{
	pthread_t t[THREADS];

	(void)argc, (void)argv;
	puts("- one reads");
	RESULT(pthread_rwlock_rdlock(&lock));
	RESULT(pthread_rwlock_rdlock(&lock));
	join(start(others_try, NULL));
	RESULT(pthread_rwlock_unlock(&lock));
	RESULT(pthread_rwlock_unlock(&lock));
	puts("- one writes");
	RESULT(pthread_rwlock_wrlock(&lock));
	RESULT(pthread_rwlock_trywrlock(&lock));
	RESULT(pthread_rwlock_tryrdlock(&lock));
	join(start(others_try, NULL));
	RESULT(pthread_rwlock_unlock(&lock));
	puts("- two read");
	pthread_barrier_init(&both_read, NULL, 2);
	t[0] = start(read_together, NULL);
	t[1] = start(read_together, NULL);
	join(t[0]);
	join(t[1]);
	puts("- all of it");
	for (long i = 0; i < THREADS; i++)
		t[i] = start(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(torn);
	VALUE(left);
	VALUE(right);
	RESULT(pthread_rwlock_destroy(&lock));
	return 0;
}
