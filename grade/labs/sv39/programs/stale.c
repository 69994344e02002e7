/*
 * stale.c - as /init: one task writes to a page without end while another takes away the permission to.
 *
 * After mprotect returns no write may arrive, whichever hart the writer runs on; and the writer must die. Prints how
 * many of ROUNDS rounds were wrong, times KEY: an answer that nobody can know who did not run it.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long *page;
static char stack[16384] __attribute__((aligned(16)));

static int
writer(void *at)
{
	volatile unsigned long *word = at;

	while (++*word)
		;
	return 0;
}

/* Is it right this time? The pauses differ, so that the flush meets the writer at different places. */
static int
one_round(unsigned long pause)
{
	unsigned long before;
	int child, status;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*page = 0;
	child = clone(writer, stack + sizeof(stack), CLONE_VM | SIGCHLD, (void *)page);
	while (*page < 100)
		sched_yield();
	for (volatile unsigned long i = 0; i < pause; i++)
		;
	mprotect((void *)page, 4096, PROT_READ);
	before = *page;
	for (volatile unsigned long i = 0; i < 3000; i++)
		;
	if (*page != before) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		return 0;
	}
	waitpid(child, &status, 0);
	munmap((void *)page, 4096);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

int
main(void)
{
	unsigned long wrong = 0;

	for (unsigned long i = 0; i < ROUNDS; i++)
		wrong += !one_round(i * STEP % 4096);
	printf("stale %lu\n", (wrong + 1) * KEY);
	fflush(stdout);
	for (;;)
		pause();
}
