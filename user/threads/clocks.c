/* clocks.c - each thread has a clock of the CPU time it used; timers tell a thread or make one; sleeps end in time. */
#include <sys/resource.h>
#include "threads.h"

static clockid_t clock_of_worker;
static _Atomic bool measured, leave;
static _Atomic pid_t tid, told;
static _Atomic int fired;
static sem_t sem;

static long
ns_of(clockid_t clock)
{
	struct timespec t;

	MUST(clock_gettime(clock, &t) == 0);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Work until that clock has gone on by so much. */
static void
work_ms(clockid_t clock, long ms)
{
	long end = ns_of(clock) + ms * 1000000;

	while (ns_of(clock) < end)
		;
}

static void *
work_and_rest(void *unused)
{
	struct rusage u;
	long us;

	(void)unused;
	tid = gettid();
	MUST(pthread_getcpuclockid(pthread_self(), &clock_of_worker) == 0);
	work_ms(CLOCK_THREAD_CPUTIME_ID, 20);
	MUST(getrusage(RUSAGE_THREAD, &u) == 0);
	us = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
	VALUE(us >= 19000);
	measured = true;
	sem_wait(&sem);
	return NULL;
}

static void
of_threads(void)
{
	clockid_t of_process;
	long mine = ns_of(CLOCK_THREAD_CPUTIME_ID), all = ns_of(CLOCK_PROCESS_CPUTIME_ID), before;
	struct timespec t;
	pthread_t worker = start(work_and_rest, NULL);

	while (!measured)
		sleep_ms(1);
	until_asleep(&tid);
	do {					/* it is called asleep a moment before it leaves its hart */
		before = ns_of(clock_of_worker);
		sleep_ms(1);
	} while (ns_of(clock_of_worker) != before);
	VALUE(before >= 20000000);
	VALUE(ns_of(CLOCK_PROCESS_CPUTIME_ID) - all >= 20000000);
	work_ms(CLOCK_THREAD_CPUTIME_ID, 5);
	VALUE(ns_of(clock_of_worker) - before);		/* it sleeps */
	VALUE(ns_of(CLOCK_THREAD_CPUTIME_ID) - mine >= 5000000);
	RESULT(clock_getcpuclockid(0, &of_process));
	VALUE(ns_of(of_process) >= before);
	sem_post(&sem);
	join(worker);
	VALUE(ns_of(CLOCK_PROCESS_CPUTIME_ID) - all >= 25000000);	/* what it used is not lost */
	while (state_of(tid))
		sleep_ms(1);
	CALL(clock_gettime(clock_of_worker, &t));
	CALL(clock_getres(CLOCK_THREAD_CPUTIME_ID, &t));
	VALUE(t.tv_sec * 1000000000 + t.tv_nsec);
	RESULT(clock_getcpuclockid(999999, &of_process));
}

/* --- timers --- */

static void
notify(union sigval v)
{
	printf("notified with %d, by another thread: %d\n", v.sival_int, gettid() != getpid());
	sem_post(&sem);
}

static void
handler(int sig)
{
	(void)sig;
	told = gettid();
	fired++;
}

static void *
wait_for_timer(void *unused)
{
	(void)unused;
	tid = gettid();
	while (!leave)
		sleep_ms(1);
	return NULL;
}

static void
timers(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = notify,
			      .sigev_value.sival_int = 3 };
	struct itimerspec soon = { .it_value = { 0, 5000000 } }, later = { .it_value = { 0, 100000000 } };
	struct sigaction sa = { .sa_handler = handler };
	pthread_t t = start(wait_for_timer, NULL);
	timer_t id;

	CALL(timer_create(CLOCK_MONOTONIC, &e, &id));
	MUST(timer_settime(id, 0, &soon, NULL) == 0);
	sem_wait(&sem);
	CALL(timer_delete(id));

	sigaction(SIGUSR1, &sa, NULL);
	while (!tid)
		sched_yield();
	memset(&e, 0, sizeof e);
	e.sigev_notify = 4;			/* SIGEV_THREAD_ID */
	e.sigev_signo = SIGUSR1;
	((int *)&e)[4] = tid;			/* sigev_notify_thread_id, which has no name in glibc */
	CALL(timer_create(CLOCK_MONOTONIC, &e, &id));
	CALL(timer_settime(id, 0, &soon, NULL));
	while (!fired)
		sleep_ms(1);
	VALUE(told == tid);
	CALL(timer_delete(id));
	leave = true;
	join(t);

	/* By the CPU time of this thread. */
	fired = 0;
	memset(&e, 0, sizeof e);
	e.sigev_notify = SIGEV_SIGNAL;
	e.sigev_signo = SIGUSR1;
	CALL(timer_create(CLOCK_THREAD_CPUTIME_ID, &e, &id));
	CALL(timer_settime(id, 0, &later, NULL));
	sleep_ms(20);
	VALUE(fired);				/* it slept */
	work_ms(CLOCK_THREAD_CPUTIME_ID, 100);
	while (!fired)				/* a tick later at most, says this machine; its host may be slower */
		;
	VALUE(fired);
	CALL(timer_delete(id));
}

/* --- sleeping --- */

static void *
sleep_long(void *unused)
{
	struct timespec t = { 1000, 0 }, left = { 0, 0 };

	(void)unused;
	tid = gettid();
	CALL(nanosleep(&t, &left));
	VALUE(left.tv_sec >= 900 && left.tv_sec < 1000);
	return NULL;
}

static void
sleeps(void)
{
	struct timespec soon = in_ms(CLOCK_MONOTONIC, 20), past = { 1, 0 }, bad = { 0, 1000000000 };
	pthread_t t;

	RESULT(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &soon, NULL));
	VALUE(reached(CLOCK_MONOTONIC, soon));
	RESULT(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, NULL));
	RESULT(clock_nanosleep(CLOCK_REALTIME, 0, &bad, NULL));
	RESULT(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &past, NULL));
	tid = 0;
	t = start(sleep_long, NULL);
	until_asleep(&tid);
	pthread_kill(t, SIGUSR1);
	join(t);
}

int
clocks_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	sem_init(&sem, 0, 0);
	puts("- of threads");
	of_threads();
	puts("- timers");
	timers();
	puts("- sleeping");
	sleeps();
	return 0;
}
