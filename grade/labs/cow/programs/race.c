/*
 * race.c - as /init: two tasks of one space write to the same page, shared with a child, at the same moment.
 *
 * Both words must be there afterwards, and neither in the child, which keeps the page as it was. Prints how many pages
 * were wrong in ROUNDS rounds, times KEY. Before that, one alone: CHILDREN that write to all pages, one after the other;
 * a frame that is not given back each time would use up memory. In the end one more child: the grader looks whether
 * pages are shared at all.
 */
#include <sched.h>
#include <stdio.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long *region, *shared;		/* shared: by the child, too */
static volatile unsigned long turn, ready[2];
static char stack[16384] __attribute__((aligned(16)));

static volatile unsigned long *
word(unsigned long page, unsigned long which)
{
	return region + page * 512 + (KEY + page + which * 97) % 512;
}

/* In each round, page by page, write one's own word when the other is about to. */
static void
write_pages(unsigned long which, unsigned long round)
{
	for (unsigned long i = 0; i < PAGES; i++) {
		unsigned long now = round * PAGES + i + 1;

		ready[which] = now;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		for (unsigned long n = 0; ready[!which] < now; n++)
			if (n % 1024 == 1023)
				sched_yield();
		*word(i, which) = now;
	}
}

static int
other(void *arg)
{
	for (unsigned long round = 0; round < ROUNDS; round++) {
		while (turn <= round)
			sched_yield();
		write_pages(1, round);
		turn = 0;
	}
	_exit(0);
}

/* The child of a round: the pages as they were at the fork, until it is told to look. */
static void
keep(unsigned long round)
{
	unsigned long wrong = 0;

	while (!shared[0])
		sched_yield();
	for (unsigned long i = 0; i < PAGES; i++)
		wrong += *word(i, 0) != ~round || *word(i, 1) != ~round;
	shared[1] += wrong;
	_exit(0);
}

static void
one_round(unsigned long round)
{
	int pid;

	for (unsigned long i = 0; i < PAGES; i++)
		*word(i, 0) = *word(i, 1) = ~round;
	shared[0] = 0;
	pid = fork();
	if (pid < 0)
		printf("refused: fork\n");
	if (pid == 0)
		keep(round);
	turn = round + 1;
	write_pages(0, round);
	while (turn)
		sched_yield();
	for (unsigned long i = 0; i < PAGES; i++)
		shared[1] += *word(i, 0) != round * PAGES + i + 1 || *word(i, 1) != round * PAGES + i + 1;
	shared[0] = 1;
	waitpid(pid, NULL, 0);
}

/* Copies, and copies of those, all of which must come back. */
static void
churn(void)
{
	for (unsigned long i = 0; i < CHILDREN; i++) {
		int pid = fork();

		if (pid < 0)
			printf("refused: fork\n");
		for (unsigned long page = 0; page < PAGES; page++)
			*word(page, i % 2) = i;
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

int
main(void)
{
	int helper;

	setvbuf(stdout, NULL, _IOLBF, 0);
	region = mmap((void *)REGION, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*(volatile unsigned long *)mmap((void *)NAME, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
					-1, 0) = TAG;
	churn();
	helper = clone(other, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	for (unsigned long round = 0; round < ROUNDS; round++)
		one_round(round);
	waitpid(helper, NULL, 0);
	if (fork() == 0)
		*(volatile unsigned long *)NAME = TAG + 1;
	else
		printf("race %lu\n", (shared[1] + 1) * KEY);
	for (;;)
		;
}
