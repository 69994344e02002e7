/*
 * stress.c [SEED [ROUNDS]] - threads that do everything at once, each what its seed says, and in the end what was
 * counted is right.
 *
 * Each act locks, waits, signals, makes or ends something; the two counters of a pair are changed together under their
 * lock, so they differ only if two had it. What is printed does not depend on who came first.
 */
#include "threads.h"

#define THREADS	12
#define LOCKS	4

static struct {
	pthread_mutex_t mutex;
	volatile long pair[2];
} locks[LOCKS];
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static volatile long rw_pair[2];
static pthread_cond_t cond;
static pthread_barrier_t barrier;
static sem_t sem;
static _Atomic long torn, failed, taken, acts, rounds = 60;
static unsigned first_seed = 1;
static pthread_t threads[THREADS];

static void handler(int sig) { (void)sig; }
static void *give_back(void *arg) { return arg; }
static void *sleep_long(void *arg) { sleep(1000); return arg; }

static void
change(volatile long *pair)
{
	torn += pair[0] != pair[1];
	pair[0] = pair[0] + 1;
	if (pair[0] % 16 == 0)
		sched_yield();
	pair[1] = pair[1] + 1;
}

static void
lock_one(unsigned r)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 1);
	int i = r % LOCKS;

	if (r & 64 ? pthread_mutex_timedlock(&locks[i].mutex, &soon) : pthread_mutex_lock(&locks[i].mutex))
		return;
	change(locks[i].pair);
	pthread_mutex_unlock(&locks[i].mutex);
}

static void
lock_two(unsigned r)
{
	int i = r % (LOCKS - 1), j = i + 1;

	pthread_mutex_lock(&locks[i].mutex);
	pthread_mutex_lock(&locks[j].mutex);
	change(locks[i].pair);
	change(locks[j].pair);
	pthread_mutex_unlock(&locks[i].mutex);
	pthread_mutex_unlock(&locks[j].mutex);
}

static void
read_or_write(unsigned r)
{
	if (r % 4) {
		pthread_rwlock_rdlock(&rwlock);
		torn += rw_pair[0] != rw_pair[1];
	} else {
		pthread_rwlock_wrlock(&rwlock);
		change(rw_pair);
	}
	pthread_rwlock_unlock(&rwlock);
}

static void
wait_or_signal(unsigned r)
{
	struct timespec soon = in_ms(CLOCK_MONOTONIC, 2);

	pthread_mutex_lock(&locks[0].mutex);
	change(locks[0].pair);
	if (r % 3 == 0)
		pthread_cond_timedwait(&cond, &locks[0].mutex, &soon);
	else if (r % 3 == 1)
		pthread_cond_signal(&cond);
	else
		pthread_cond_broadcast(&cond);
	change(locks[0].pair);
	pthread_mutex_unlock(&locks[0].mutex);
}

static void
take_a_seat(unsigned r)
{
	(void)r;
	while (sem_wait(&sem) < 0)
		;				/* a signal */
	taken++;
	failed += taken > THREADS / 2;
	sched_yield();
	taken--;
	sem_post(&sem);
}

static void
bear_one(unsigned r)
{
	pthread_t t;
	void *result;

	if (pthread_create(&t, NULL, r % 2 ? give_back : sleep_long, (void *)3))
		return;				/* no memory: not what is looked for */
	if (r % 2 == 0)
		pthread_cancel(t);
	failed += pthread_join(t, &result) || result != (r % 2 ? (void *)3 : PTHREAD_CANCELED);
}

static void
fork_one(unsigned r)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(r % 100);
	if (pid < 0)
		return;
	while (waitpid(pid, &status, 0) < 0)
		;
	failed += !WIFEXITED(status) || WEXITSTATUS(status) != (int)(r % 100);
}

static void
move(unsigned r)
{
	cpu_set_t one, all;
	struct sched_param p = { .sched_priority = r % 3 ? 0 : 1 + r % 5 };

	CPU_ZERO(&one);
	CPU_SET(r % sysconf(_SC_NPROCESSORS_ONLN), &one);
	memset(&all, 0xff, sizeof all);
	failed += pthread_setaffinity_np(pthread_self(), sizeof one, &one) != 0;
	failed += pthread_setschedparam(pthread_self(), r % 3 ? SCHED_OTHER : SCHED_RR, &p) != 0;
	sched_yield();
	failed += pthread_setaffinity_np(pthread_self(), sizeof all, &all) != 0;
}

static void
map_and_unmap(unsigned r)
{
	size_t size = (r % 8 + 1) * 4096;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	for (size_t at = 0; at < size; at += 4096)
		p[at] = 1;
	munmap(p, size);
}

static void kick(unsigned r) { pthread_kill(threads[r % THREADS], SIGUSR1); }

static void (*const act[])(unsigned) = {
	lock_one, lock_one, lock_one, lock_two, lock_two, read_or_write, read_or_write, wait_or_signal, wait_or_signal,
	take_a_seat, take_a_seat, bear_one, fork_one, move, map_and_unmap, kick, kick,
};

static void *
live(void *arg)
{
	unsigned seed = first_seed * 1000003 + (long)arg;

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < rounds; i++) {
		unsigned r = rand_r(&seed);

		act[r / 256 % (sizeof(act) / sizeof(act[0]))](r % 256);
		acts++;
	}
	pthread_barrier_wait(&barrier);		/* nobody is kicked that has gone */
	return NULL;
}

static void
make_locks(void)
{
	static const int type[LOCKS] = { PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
					 PTHREAD_MUTEX_NORMAL };
	pthread_mutexattr_t a;
	pthread_condattr_t c;

	for (int i = 0; i < LOCKS; i++) {
		pthread_mutexattr_init(&a);
		pthread_mutexattr_settype(&a, type[i]);
		if (i == LOCKS - 1)
			pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
		MUST(pthread_mutex_init(&locks[i].mutex, &a) == 0);
	}
	pthread_condattr_init(&c);
	pthread_condattr_setclock(&c, CLOCK_MONOTONIC);
	MUST(pthread_cond_init(&cond, &c) == 0);
	MUST(pthread_barrier_init(&barrier, NULL, THREADS + 1) == 0 && sem_init(&sem, 0, THREADS / 2) == 0);
}

int
stress_main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = handler };
	long differ = 0;

	first_seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	if (argc > 2)
		rounds = atol(argv[2]);
	sigaction(SIGUSR1, &sa, NULL);
	make_locks();
	for (long i = 0; i < THREADS; i++)
		threads[i] = start(live, (void *)i);
	pthread_barrier_wait(&barrier);		/* all of threads[] is written */
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		join(threads[i]);
	for (int i = 0; i < LOCKS; i++)
		differ += locks[i].pair[0] != locks[i].pair[1];
	differ += rw_pair[0] != rw_pair[1];
	VALUE(acts == THREADS * rounds);
	VALUE(torn);
	VALUE(failed);
	VALUE(differ);
	return 0;
}
