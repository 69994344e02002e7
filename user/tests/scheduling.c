/* scheduling: hogs share a hart about equally, a sleeper is served among them, affinity holds. */
#include <sched.h>
#include "test.h"

int sched_setaffinity(pid_t, size_t, const cpu_set_t *);

int
main(void)
{
	volatile long *counts = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long mask = 1;
	long lo, hi;
	pid_t p[4];
	struct timespec a, b, nap = { 0, 1000000 };
	int served = 0, fair = 0;

	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) >= 0);
	for (int i = 0; i < 4; i++)
		if ((p[i] = fork()) == 0)
			for (;;)
				counts[i]++;
	/*
	 * Twenty naps of 1 ms behind four hogs: at worst one whole round of quanta each. A machine that stands still
	 * for seconds spoils a try.
	 */
	for (int try = 0; try < 3 && !served; try++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		for (int i = 0; i < 20; i++)
			nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &b);
		served = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < 20 * 1000;
	}
	/*
	 * What they have got done since they began becomes about equal. A quantum in which the machine stood still got
	 * one of them nothing, so it may take a while; who starves never catches up.
	 */
	for (int try = 0; try < 20 && !fair; try++) {
		pause_ms(2000);
		lo = 1L << 62;
		hi = 0;
		for (int i = 0; i < 4; i++) {
			long n = counts[i];

			lo = n < lo ? n : lo;
			hi = n > hi ? n : hi;
		}
		fair = lo * 3 > hi;	/* loose: this only says nobody starves */
	}
	for (int i = 0; i < 4; i++)
		kill(p[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	CHECK(served);
	if (!fair)
		printf("the least got %ld, the most %ld\n", lo, hi);
	CHECK(fair);
	return 0;
}
