/*
 * stack.c - as /init: touches addresses below its stack, each in a child that may die of it; then some itself.
 *
 * PROBES are { limit, depth, below, prot }: with RLIMIT_STACK at limit, and, if below, a page of protection prot that many
 * pages below the stack's top, a byte is written depth pages below the top. Prints a word made of who lived and KEY.
 * DEPTHS are the pages that it touches itself, before it spins.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { unsigned long limit, depth, below; int prot; } probes[] = { PROBES };
static const unsigned long depths[] = { DEPTHS };

/* The page after the stack, as /proc/self/maps would say: the strings at its top end in it. */
static unsigned long
top(char **envp, char **argv)
{
	unsigned long at = (unsigned long)argv[0];

	for (char **p = envp; *p; p++)
		at = (unsigned long)*p;
	return (at | 4095) + 1;
}

static int
lives(unsigned long end, int i)
{
	struct rlimit r = { probes[i].limit, probes[i].limit };
	int status, pid = fork();

	if (pid == 0) {
		if (probes[i].below)
			mmap((void *)(end - probes[i].below * 4096), 4096, probes[i].prot,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		setrlimit(RLIMIT_STACK, &r);
		*(volatile char *)(end - probes[i].depth * 4096) = 1;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
main(int argc, char **argv, char **envp)
{
	unsigned long end = top(envp, argv), answer = 0;

	for (unsigned i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		answer |= (unsigned long)lives(end, i) << i;
	for (unsigned i = 0; i < sizeof(depths) / sizeof(depths[0]); i++)
		*(volatile unsigned long *)(end - depths[i] * 4096 + 8) = KEY + depths[i];
	printf("stack %lx %lx\n", end, (answer + 1) * KEY);
	fflush(stdout);
	for (;;)
		;
}
