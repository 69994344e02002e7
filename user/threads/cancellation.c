/*
 * cancellation.c - a thread is cancelled in each call that waits, at once if it allows that, never while it forbids it;
 * its handlers run, last first, with the mutex of a condition variable held.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static int ends[2], listener;
static pthread_t sleeper;
static _Atomic pid_t tid;
static _Atomic bool go, spinning;
static _Atomic long steps;

static void say(void *what) { printf("handler: %s\n", (char *)what); }

static void
unlock(void *m)
{
	printf("handler: unlock: %s\n", error_name(pthread_mutex_unlock(m)));
}

/* --- calls that wait --- */

static void in_pause(void) { pause(); }
static void in_read(void) { char c; MUST(read(ends[0], &c, 1) == 1); }
static void in_poll(void) { struct pollfd p = { .fd = ends[0], .events = POLLIN }; poll(&p, 1, -1); }
static void in_nanosleep(void) { struct timespec t = { 1000, 0 }; nanosleep(&t, NULL); }
static void in_sem_wait(void) { sem_wait(&sem); }
static void in_join(void) { pthread_join(sleeper, NULL); }
static void in_waitpid(void) { waitpid(-1, NULL, 0); }
static void in_accept(void) { accept(listener, NULL, NULL); }

static void
in_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	select(ends[0] + 1, &set, NULL, NULL, NULL);
}

static void
in_sigwait(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigwait(&set, &sig);
}

static void
in_sigsuspend(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigsuspend(&set);
}

static void
in_write(void)
{
	static char much[1 << 20];

	while (write(ends[1], much, sizeof much) > 0)
		;
}

static void
in_cond_wait(void)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(1);
}

static void
in_cond_timedwait(void)
{
	struct timespec late = in_ms(CLOCK_REALTIME, 1000000);

	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_timedwait(&cond, &mutex, &late);
	pthread_cleanup_pop(1);
}

static void *
wait_in(void *call)
{
	pthread_cleanup_push(say, "outer");
	pthread_cleanup_push(say, "inner");
	tid = gettid();
	((void (*)(void))call)();
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void
cancel_in(const char *name, void (*call)(void))
{
	pthread_t t;

	printf("- %s\n", name);
	tid = 0;
	t = start(wait_in, call);
	until_asleep(&tid);
	MUST(pthread_cancel(t) == 0);
	VALUE(join(t) == (long)PTHREAD_CANCELED);
}

/* --- states --- */

static void *
forbid(void *unused)
{
	int old;

	(void)unused;
	RESULT(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
	VALUE(old == PTHREAD_CANCEL_ENABLE);
	RESULT(pthread_setcancelstate(99, &old));
	RESULT(pthread_setcanceltype(99, &old));
	tid = gettid();
	while (!go)
		sleep_ms(1);
	pthread_testcancel();
	puts("cancelled, and still here");
	pthread_cleanup_push(say, "when it allows it");
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
	pthread_testcancel();
	puts("not reached");
	pthread_cleanup_pop(0);
	return NULL;
}

static void *
spin(void *unused)
{
	int old;

	(void)unused;
	pthread_cleanup_push(say, "in the middle of a loop");
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	VALUE(old == PTHREAD_CANCEL_DEFERRED);
	spinning = true;
	for (;;)
		steps++;
	pthread_cleanup_pop(0);
	return NULL;
}

static void *
cancel_itself(void *unused)
{
	(void)unused;
	MUST(pthread_cancel(pthread_self()) == 0);
	steps = 7;				/* it goes on to the next call that may wait */
	pthread_testcancel();
	steps = 8;
	return NULL;
}

static void *
exit_with_handlers(void *unused)
{
	(void)unused;
	pthread_cleanup_push(say, "one");
	pthread_cleanup_push(say, "two");
	pthread_cleanup_push(say, "popped and run");
	pthread_cleanup_pop(1);
	pthread_exit((void *)42);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *sleep_long(void *unused) { (void)unused; sleep(1000); return NULL; }

int
cancellation_main(int argc, char **argv)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };	/* the kernel chooses one */
	pthread_t t;

	(void)argc, (void)argv;
	sem_init(&sem, 0, 0);
	MUST((listener = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	MUST(bind(listener, (void *)&name, sizeof(name.sun_family)) == 0 && listen(listener, 1) == 0);
	sleeper = start(sleep_long, NULL);
	MUST(pipe(ends) == 0);
	cancel_in("pause", in_pause);
	cancel_in("read", in_read);
	cancel_in("poll", in_poll);
	cancel_in("select", in_select);
	cancel_in("nanosleep", in_nanosleep);
	cancel_in("sem_wait", in_sem_wait);
	cancel_in("pthread_join", in_join);
	cancel_in("accept", in_accept);
	cancel_in("sigwait", in_sigwait);
	cancel_in("sigsuspend", in_sigsuspend);
	cancel_in("write", in_write);
	cancel_in("pthread_cond_wait", in_cond_wait);
	RESULT(pthread_mutex_trylock(&mutex));
	pthread_mutex_unlock(&mutex);
	cancel_in("pthread_cond_timedwait", in_cond_timedwait);
	pid_t child = fork();
	if (child == 0)
		for (;;)
			pause();
	cancel_in("waitpid", in_waitpid);
	kill(child, SIGKILL);
	MUST(waitpid(child, NULL, 0) == child);
	pthread_cancel(sleeper);
	join(sleeper);

	puts("- forbidden");
	tid = 0;
	t = start(forbid, NULL);
	until_asleep(&tid);
	RESULT(pthread_cancel(t));
	go = true;
	VALUE(join(t) == (long)PTHREAD_CANCELED);
	puts("- at once");
	t = start(spin, NULL);
	while (!spinning || !steps)
		sched_yield();
	MUST(pthread_cancel(t) == 0);
	VALUE(join(t) == (long)PTHREAD_CANCELED);
	puts("- itself");
	VALUE(join(start(cancel_itself, NULL)) == (long)PTHREAD_CANCELED);
	VALUE(steps);
	puts("- pthread_exit");
	VALUE(join(start(exit_with_handlers, NULL)));
	return 0;
}
