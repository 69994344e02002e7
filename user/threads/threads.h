/*
 * threads.h - what the programs of the threads suite share.
 *
 * Each prints what it sees, a line for each thing; on Linux and here, through glibc and through musl, the lines are the
 * same.  So they print only what is certain: results, orders that are forced, never times or numbers of tasks.
 */
#ifndef THREADS_H
#define THREADS_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The programs: one each, in the file of its name. */
#define PROGRAMS(X) \
	X(attributes) X(barriers) X(c11) X(cancellation) X(clocks) X(conditions) X(exits) X(forks) X(identity) \
	X(joins) X(local) X(mutexes) X(once) X(pi) X(robust) X(rwlocks) X(schedule) X(semaphores) X(shared) \
	X(signals) X(stress)
#define DECLARE(name)	int name##_main(int argc, char **argv);
PROGRAMS(DECLARE)

/* What a function gave that returns an error number: "lock(&m): EBUSY". */
#define RESULT(x)	printf("%s: %s\n", #x, error_name(x))
/* What a function gave that returns -1 and sets errno. */
#define CALL(x)		printf("%s: %s\n", #x, error_name((long)(x) < 0 ? errno : 0))
#define VALUE(x)	printf("%s: %ld\n", #x, (long)(x))
/* Not something under test: it must work. */
#define MUST(x) do { \
	if (!(x)) { \
		printf("%s:%d: not true: %s (%s)\n", __FILE__, __LINE__, #x, error_name(errno)); \
		_exit(1); \
	} \
} while (0)

const char *error_name(int error);
extern char program_path[PATH_MAX];	/* of this program */

static inline pthread_t
start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	MUST(pthread_create(&t, NULL, fn, arg) == 0);
	return t;
}

/* Wait for a thread; what it returned, as a number. */
static inline long
join(pthread_t t)
{
	void *result;

	MUST(pthread_join(t, &result) == 0);
	return (long)result;
}

static inline void
sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* The time by a clock, so many ms from now. */
static inline struct timespec
in_ms(clockid_t clock, long ms)
{
	struct timespec t;

	MUST(clock_gettime(clock, &t) == 0);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

/* Has a clock reached t? */
static inline bool
reached(clockid_t clock, struct timespec t)
{
	struct timespec now = in_ms(clock, 0);

	return now.tv_sec > t.tv_sec || (now.tv_sec == t.tv_sec && now.tv_nsec >= t.tv_nsec);
}

char	state_of(pid_t tid);		/* of a task of ours, as /proc says: R S Z ...; 0: there is none */
int	tasks_of_ours(void);

/* Wait until the other threads are gone: one that has been joined, or that nobody can join, still has to end. */
static inline void
until_alone(void)
{
	while (tasks_of_ours() > 1)
		sleep_ms(1);
}

/* Wait until a thread, which stores its tid when it starts, is asleep. */
static inline void
until_asleep(_Atomic pid_t *tid)
{
	while (!*tid || state_of(*tid) != 'S')
		sleep_ms(1);
}

/* Run fn in a child; say how it ended. */
void	in_child(const char *what, void (*fn)(void));
#define CHILD(fn)	in_child(#fn, fn)

/* Memory that processes share. */
void	*shared_memory(size_t size);

#endif
