/*
 * shared.c - a mutex, a condition variable, a barrier, a read-write lock and a semaphore between processes, in a file
 * that each maps at an address of its own.
 */
#include "threads.h"

#define PROCESSES	3
#define ROUNDS		300
#define FILE_NAME	"/dev/shm/threads-shared"

struct room {
	pthread_mutex_t mutex;
	pthread_cond_t turn;
	pthread_barrier_t barrier;
	pthread_rwlock_t rwlock;
	sem_t	sem;
	volatile long counter, whose, left, right;
	_Atomic long serial, torn;
};

static struct room *
map_room(void)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT, 0600);
	struct room *r;

	MUST(fd >= 0 && ftruncate(fd, sizeof(*r)) == 0);
	r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(r != MAP_FAILED);
	close(fd);
	return r;
}

static void
furnish(struct room *r)
{
	pthread_mutexattr_t m;
	pthread_condattr_t c;
	pthread_barrierattr_t b;
	pthread_rwlockattr_t w;

	pthread_mutexattr_init(&m);
	RESULT(pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED));
	RESULT(pthread_mutex_init(&r->mutex, &m));
	pthread_condattr_init(&c);
	RESULT(pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED));
	RESULT(pthread_cond_init(&r->turn, &c));
	pthread_barrierattr_init(&b);
	RESULT(pthread_barrierattr_setpshared(&b, PTHREAD_PROCESS_SHARED));
	RESULT(pthread_barrier_init(&r->barrier, &b, PROCESSES));
	pthread_rwlockattr_init(&w);
	RESULT(pthread_rwlockattr_setpshared(&w, PTHREAD_PROCESS_SHARED));
	RESULT(pthread_rwlock_init(&r->rwlock, &w));
	CALL(sem_init(&r->sem, 1, 1));
}

/* Each process takes its turn, ROUNDS times. */
static void
take_turns(struct room *r, int me)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&r->mutex);
		while (r->whose != me)
			pthread_cond_wait(&r->turn, &r->mutex);
		r->counter = r->counter * 3 % 1000003 + me;
		r->whose = (me + 1) % PROCESSES;
		pthread_cond_broadcast(&r->turn);
		pthread_mutex_unlock(&r->mutex);
	}
}

static void
read_and_write(struct room *r)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 4) {
			pthread_rwlock_rdlock(&r->rwlock);
			r->torn += r->left != r->right;
		} else {
			pthread_rwlock_wrlock(&r->rwlock);
			r->left = r->left + 1;
			r->right = r->right + 1;
		}
		pthread_rwlock_unlock(&r->rwlock);
	}
}

static void
life(int me)
{
	char *gap = mmap(NULL, (me + 1) * 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct room *r = map_room();		/* so not where the others have it */

	MUST(gap != MAP_FAILED);
	take_turns(r, me);
	for (int i = 0; i < ROUNDS / 10; i++)
		r->serial += pthread_barrier_wait(&r->barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
	read_and_write(r);
	for (int i = 0; i < ROUNDS; i++) {
		sem_wait(&r->sem);
		r->counter = r->counter + 1;
		sem_post(&r->sem);
	}
}

int
shared_main(int argc, char **argv)
{
	struct room *r = map_room();
	int status, value;

	(void)argc, (void)argv;
	furnish(r);
	for (int me = 0; me < PROCESSES; me++) {
		pid_t pid = fork();

		MUST(pid >= 0);
		if (pid == 0) {
			life(me);
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++)
		MUST(wait(&status) > 0 && status == 0);
	VALUE(r->counter);
	VALUE(r->serial);
	VALUE(r->left);
	VALUE(r->torn);
	CALL(sem_getvalue(&r->sem, &value));
	VALUE(value);
	CALL(unlink(FILE_NAME));
	return 0;
}
