/*
 * signals.c - a signal to one thread is that thread's, one to the process is anybody's who takes it; masks, stacks and
 * faults are each thread's own.
 */
#include "threads.h"

#define BALLS	400

static _Atomic pid_t tid, handled_by;
static _Atomic int handled;
static _Atomic bool go, thrown;
static pthread_t players[2];

static void
note(int sig)
{
	(void)sig;
	handled_by = gettid();
	handled++;
}

static sigset_t
set_of(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	if (sig)
		sigaddset(&s, sig);
	return s;
}

static void
block(int how, int sig)
{
	sigset_t s = set_of(sig);

	MUST(pthread_sigmask(how, &s, NULL) == 0);
}

static bool
is_pending(int sig)
{
	sigset_t s;

	sigpending(&s);
	return sigismember(&s, sig);
}

/* --- whose it is --- */

static void *
wait_for_handler(void *unused)
{
	sigset_t none = set_of(0), old;

	(void)unused;
	pthread_sigmask(0, NULL, &old);
	VALUE(sigismember(&old, SIGUSR1));	/* as the thread that made us */
	tid = gettid();
	sigsuspend(&none);
	VALUE(handled_by == gettid());
	return NULL;
}

static void *
look_for_pending(void *unused)
{
	(void)unused;
	tid = gettid();
	while (!go)
		sleep_ms(1);
	VALUE(is_pending(SIGUSR1));
	VALUE(is_pending(SIGUSR2));
	return NULL;
}

static void
whose(void)
{
	pthread_t t;

	block(SIG_BLOCK, SIGUSR1);
	tid = 0;
	t = start(wait_for_handler, NULL);
	until_asleep(&tid);
	RESULT(pthread_kill(t, 0));
	MUST(pthread_kill(t, SIGUSR1) == 0);
	join(t);
	VALUE(handled);
	tid = 0;
	t = start(wait_for_handler, NULL);	/* the only one that takes it */
	until_asleep(&tid);
	MUST(kill(getpid(), SIGUSR1) == 0);
	join(t);
	VALUE(handled);

	block(SIG_BLOCK, SIGUSR2);
	t = start(look_for_pending, NULL);
	RESULT(pthread_kill(t, SIGUSR1));
	CALL(kill(getpid(), SIGUSR2));
	VALUE(is_pending(SIGUSR1));
	VALUE(is_pending(SIGUSR2));
	go = true;
	join(t);
	block(SIG_UNBLOCK, SIGUSR2);
	block(SIG_UNBLOCK, SIGUSR1);		/* went with the thread */
	VALUE(handled);
	RESULT(pthread_kill(pthread_self(), 999));
}

/* --- waiting for them --- */

static void *
take_in_order(void *unused)
{
	sigset_t s = set_of(SIGRTMIN + 1);
	struct timespec soon = { 0, 10000000 };
	siginfo_t info;
	int sig;

	(void)unused;
	sigaddset(&s, SIGRTMIN + 2);
	for (int i = 0; i < 5; i++) {
		sig = sigwaitinfo(&s, &info);
		printf("RTMIN+%d value %d\n", sig - SIGRTMIN, info.si_value.sival_int);
	}
	CALL(sigtimedwait(&s, &info, &soon));
	return NULL;
}

/* The ball is a queued signal: as many come back as were thrown. */
static void *
play(void *arg)
{
	long me = (long)arg;
	sigset_t s = set_of(SIGRTMIN + 3);
	int sig;

	while (!thrown)				/* until both are known */
		sched_yield();
	for (int i = 0; i < BALLS; i++) {
		MUST(pthread_kill(players[!me], SIGRTMIN + 3) == 0);
		MUST(sigwait(&s, &sig) == 0);
	}
	return NULL;
}

static void
waiting(void)
{
	pthread_t t;

	block(SIG_BLOCK, SIGRTMIN + 1);
	block(SIG_BLOCK, SIGRTMIN + 2);
	block(SIG_BLOCK, SIGRTMIN + 3);
	for (int i = 0; i < 5; i++)
		CALL(sigqueue(getpid(), SIGRTMIN + 1 + (i + 1) % 2, (union sigval){ .sival_int = i }));
	t = start(take_in_order, NULL);
	join(t);
	for (long i = 0; i < 2; i++)
		players[i] = start(play, (void *)i);
	thrown = true;
	for (int i = 0; i < 2; i++)
		join(players[i]);
	VALUE(is_pending(SIGRTMIN + 3));
}

/* --- calls that are interrupted --- */

static int ends[2];

static void *
read_one(void *unused)
{
	char c;

	(void)unused;
	tid = gettid();
	CALL(read(ends[0], &c, 1));
	return NULL;
}

static void
interrupted(int flags)
{
	struct sigaction sa = { .sa_handler = note, .sa_flags = flags };
	pthread_t t;

	sigaction(SIGUSR1, &sa, NULL);
	handled = tid = 0;
	t = start(read_one, NULL);
	until_asleep(&tid);
	pthread_kill(t, SIGUSR1);
	while (!handled)
		sched_yield();
	if (flags & SA_RESTART) {
		until_asleep(&tid);
		MUST(write(ends[1], "x", 1) == 1);
	}
	join(t);
}

/* --- stacks and faults --- */

static __thread char *alternate;
static _Atomic int faults, on_their_stack;

static void
fault_handler(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig, (void)context;
	faults++;
	on_their_stack += &here >= alternate && &here < alternate + 65536;
	/* Let it go on: there is something now. */
	MUST(mmap((void *)((uintptr_t)info->si_addr & ~4095UL), 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
}

static void *
fault(void *unused)
{
	stack_t s = { .ss_sp = alternate = malloc(65536), .ss_size = 65536 };
	volatile char *hole = mmap(NULL, 40960, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	MUST(alternate && hole != MAP_FAILED && sigaltstack(&s, NULL) == 0);
	for (int i = 0; i < 10; i++)
		hole[i * 4096 + i] = i;
	for (int i = 0; i < 10; i++)
		MUST(hole[i * 4096 + i] == i);
	s.ss_flags = SS_DISABLE;
	sigaltstack(&s, NULL);
	free(alternate);
	return NULL;
}

static void
faulting(void)
{
	struct sigaction sa = { .sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	pthread_t t[4];

	sigaction(SIGSEGV, &sa, NULL);
	for (int i = 0; i < 4; i++)
		t[i] = start(fault, NULL);
	for (int i = 0; i < 4; i++)
		join(t[i]);
	VALUE(faults);
	VALUE(on_their_stack);
}

static void *wait_long(void *unused) { (void)unused; for (;;) pause(); return NULL; }

/* One thread is meant; the action is the process's. */
static void
terminate(void)
{
	pthread_kill(start(wait_long, NULL), SIGTERM);
	pause();
}

int
signals_main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = note };

	(void)argc, (void)argv;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	MUST(pipe(ends) == 0);
	puts("- whose");
	whose();
	puts("- waiting");
	waiting();
	puts("- interrupted");
	interrupted(0);
	interrupted(SA_RESTART);
	puts("- faults");
	faulting();
	CHILD(terminate);
	return 0;
}
