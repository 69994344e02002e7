/*
 * slices.c - as /init: WORKERS tasks that never stop, each with a mark of its own in its loop; and SLEEPERS that work a
 * little and sleep. Who ran when is seen from outside.
 *
 * LIST has for each worker CODE(number, code). All wait for a word that they share, so that they begin together, and end
 * when the parent says so; each leaves there how often it went round. Prints the number of those who did, times KEY.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK(code)	__asm__ volatile("slti x0, x0, %0" : : "i"(code) : "memory")

static volatile unsigned long *shared;		/* [0] go, [1] stop, [2...] rounds */

/* 500 instructions, one of them the mark. */
#define WORK(code) do {									\
	MARK(code);									\
	for (long i_ = 249; i_ > 0; i_--)						\
		__asm__ volatile("" : "+r"(i_));					\
	shared[2 + number]++;								\
} while (!shared[1])

static void
worker(int number)
{
	while (!shared[0])
		sched_yield();
	switch (number) {
#define CODE(n, code)	case n: WORK(code); break;
	LIST
#undef CODE
	}
	_exit(0);
}

int
main(void)
{
	struct timespec all = { LENGTH / 1000000000, LENGTH % 1000000000 };
	unsigned long ran = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			worker(i);
	MARK(BEGIN);
	shared[0] = 1;
	nanosleep(&all, NULL);
	shared[1] = 1;
	MARK(END);
	for (int i = 0; i < WORKERS; i++) {
		wait(NULL);
		ran += shared[2 + i] != 0;
	}
	printf("slices %lu\n", ran * KEY);
	for (;;)
		pause();
}
