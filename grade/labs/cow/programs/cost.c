/*
 * cost.c - as /init: processes of different sizes fork, and the parent writes to some of its pages.
 *
 * PAIRS are { pages, pages written after the fork }. Hints mark where fork begins (FORK), where the writing does (WRITES)
 * and where it ends (DONE): they do nothing, and are counted from outside. Prints the sum of both, times KEY, if parent
 * and child read what they should.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK(code)	__asm__ volatile("slti x0, x0, %0" : : "i"(code) : "memory")

static const struct { unsigned long pages, writes; } pairs[] = { PAIRS };

static volatile unsigned long *
word(unsigned long page)
{
	return (volatile unsigned long *)(REGION + page * 4096) + page % 512;
}

/* In the child: how many pages are as they were at the fork; ends with the difference. */
static void
child(int go, unsigned long pages)
{
	unsigned long wrong = 0;
	char c;

	read(go, &c, 1);
	for (unsigned long i = 0; i < pages; i++)
		wrong += *word(i) != KEY + i;
	_exit(wrong != 0);
}

static unsigned long
one(unsigned long pages, unsigned long writes)
{
	int fd[2], status, pid;

	if (mmap((void *)REGION, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	    (void *)REGION || pipe(fd))
		printf("refused: mmap\n");
	for (unsigned long i = 0; i < pages; i++)
		*word(i) = KEY + i;
	MARK(FORK);
	pid = fork();
	if (pid == 0)
		child(fd[0], pages);
	MARK(WRITES);
	for (unsigned long i = 0; i < writes; i++)
		*word(i) = i;
	MARK(DONE);
	write(fd[1], "", 1);
	close(fd[0]);
	close(fd[1]);
	waitpid(pid, &status, 0);
	for (unsigned long i = 0; i < pages; i++)
		if (*word(i) != (i < writes ? i : KEY + i))
			return 0;
	munmap((void *)REGION, pages * 4096);
	return status == 0 ? pages + writes : 0;
}

int
main(void)
{
	unsigned long sum = 0;

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		sum += one(pairs[i].pages, pairs[i].writes);
	printf("cost %lu\n", sum * KEY);
	fflush(stdout);
	for (;;)
		pause();
}
