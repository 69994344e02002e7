/* floating_point: many tasks with live FP registers on few harts never see one another's. */
#include "test.h"

static void
worker(int seed)
{
	register double a = seed, b = seed * 2, c = seed * 3;

	for (int i = 0; i < 200; i++) {
		asm volatile("" : "+f"(a), "+f"(b), "+f"(c));
		for (volatile int k = 0; k < 2000; k++)
			;
		if (i % 16 == 0)
			syscall(SYS_sched_yield);
		CHECK(a == seed && b == seed * 2 && c == seed * 3);
	}
	_exit(0);
}

int
main(void)
{
	int status;
	double before = 1.5;

	asm volatile("" : "+f"(before));
	for (int i = 1; i <= 8; i++)
		if (fork() == 0) {
			CHECK(before == 1.5);
			worker(i);
		}
	for (int i = 1; i <= 8; i++)
		CHECK(wait(&status) > 0 && exited(status, 0));
	CHECK(before == 1.5);
	return 0;
}
