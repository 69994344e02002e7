/* scheduling: hogs share a hart about equally, a sleeper is served among them, affinity holds. */
#include <sched.h>
#include "test.h"

int sched_setaffinity(pid_t, size_t, const cpu_set_t *);

int
main(void)
{
	volatile long *counts = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long mask = 1;
	long lo = 1L << 62, hi = 0;
	pid_t p[4];
	struct timespec a, b, nap = { 0, 1000000 };

	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) >= 0);
	for (int i = 0; i < 4; i++)
		if ((p[i] = fork()) == 0)
			for (;;)
				counts[i]++;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 20; i++)
		nanosleep(&nap, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	/* Twenty naps of 1 ms behind four hogs: at worst one whole round of quanta each. */
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < 20 * 1000);
	pause_ms(2000);
	for (int i = 0; i < 4; i++)
		kill(p[i], SIGSTOP);
	pause_ms(50);
	for (int i = 0; i < 4; i++) {
		lo = counts[i] < lo ? counts[i] : lo;
		hi = counts[i] > hi ? counts[i] : hi;
		kill(p[i], SIGKILL);
	}
	CHECK(lo * 3 > hi);		/* loose: this only says nobody starves */
	while (wait(NULL) > 0)
		;
	return 0;
}
