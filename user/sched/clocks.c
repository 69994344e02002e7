/*
 * clocks.c - does the clock ever step back from one hart to another?
 *
 * A worker on each hart, and one that roams, pass a lock around. Who holds it reads the clock, by the vDSO
 * and by the system call in turn, and compares with what the one before had read.
 *
 * usage: clocks ROUNDS		status 1: it stepped back
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HARTS	64

static struct {
	volatile int taken;
	long	last[2];		/* by clock */
	long	back, rounds[MAX_HARTS + 1];
} *shared;

static const clockid_t clocks[2] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME };

static void
round_of(int self, int n)
{
	struct timespec t;
	int which = n / 2 % 2;
	long ns;

	while (__atomic_exchange_n(&shared->taken, 1, __ATOMIC_ACQUIRE))
		if (n % 16 == 0)
			sched_yield();
	if (n % 2)
		clock_gettime(clocks[which], &t);
	else
		syscall(SYS_clock_gettime, clocks[which], &t);
	ns = t.tv_sec * 1000000000L + t.tv_nsec;
	if (ns < shared->last[which])
		shared->back++;
	shared->last[which] = ns;
	shared->rounds[self]++;
	__atomic_store_n(&shared->taken, 0, __ATOMIC_RELEASE);
}

int
main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0, harts = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rounds <= 0 || harts > MAX_HARTS || shared == MAP_FAILED) {
		fprintf(stderr, "usage: clocks ROUNDS\n");
		return 2;
	}
	for (int i = 0; i <= harts; i++) {
		if (fork())
			continue;
		CPU_ZERO(&set);
		CPU_SET(i, &set);
		if (i < harts && sched_setaffinity(0, sizeof(set), &set))
			_exit(1);
		for (int n = 0; n < rounds; n++)
			round_of(i, n);
		_exit(0);
	}
	for (int i = 0; i <= harts; i++)
		wait(NULL);
	for (int i = 0; i <= harts; i++)
		if (shared->rounds[i] != rounds)
			return 1;
	printf("clocks: %d harts, %d rounds each, %ld steps back\n", harts, rounds, shared->back);
	return shared->back != 0;
}
