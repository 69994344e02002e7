/* fork_memory: after fork each side sees its own writes only; shared mappings are seen by both. */
#include <sys/time.h>
#include "test.h"

#define N	64

static volatile int ticks;

static void
on_tick(int sig)
{
	(void)sig;
	ticks++;
}

/* A timer that is faster than a fork: this one has much to copy. */
static void
timer_while_forking(void)
{
	const long size = 16 << 20;
	struct itimerval every = { { 0, 200 }, { 0, 200 } }, off = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child;

	CHECK(p != MAP_FAILED);
	memset(p, 1, size);
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0);
	for (int i = 0; i < 5 || !ticks; i++) {	/* an emulated timer may be late */
		child = fork();
		CHECK(child >= 0);
		if (child == 0)
			_exit(p[size - 1]);
		while (waitpid(child, &status, 0) != child)
			;
		CHECK(exited(status, 1));
	}
	CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
	CHECK(munmap(p, size) == 0);
}

int
main(void)
{
	unsigned char *priv = map_anon(N * PAGE, PROT_READ | PROT_WRITE);
	volatile int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t p;

	CHECK(shared != MAP_FAILED);
	for (int i = 0; i < N; i += 2)		/* odd pages stay untouched */
		priv[i * PAGE] = i + 1;
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		for (int i = 0; i < N; i++) {
			CHECK(priv[i * PAGE] == (i % 2 ? 0 : i + 1));
			priv[i * PAGE] = 200;
		}
		*shared = 77;
		_exit(0);
	}
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	for (int i = 0; i < N; i++)
		CHECK(priv[i * PAGE] == (i % 2 ? 0 : i + 1));
	CHECK(*shared == 77);

	timer_while_forking();

	/* A deep chain: each generation adds one and passes it on. */
	int depth = 0;
	while (depth < 20) {
		p = fork();
		CHECK(p >= 0);
		if (p) {
			CHECK(waitpid(p, &status, 0) == p);
			CHECK(WIFEXITED(status));
			if (depth == 0)
				CHECK(WEXITSTATUS(status) == 20);
			if (depth)
				_exit(WEXITSTATUS(status));
			return 0;
		}
		depth++;
		priv[0] = depth;
	}
	_exit(priv[0]);
}
