/*
 * family.c - as /init: a family of processes that writes, reads, forks and ends, one step at a time.
 *
 * The steps, in /SCRIPT, are everybody's; each process does its own, when the clock, a word that all share, shows the
 * step's number. So whatever runs when, memory must be what a model says that does one step after the other. At the
 * end each process has its number in the page at NAME, process 0 says that all have come to the end, and all spin: the
 * grader stops the machine and looks.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITE, WRITE_BY_CALL, READ, FORK, END };

struct step {
	unsigned int who, verb;
	unsigned long a, b;		/* an address and a word; FORK: the child's number; END: the parent's */
};

static struct step steps[4096];
static int pids[64];
static unsigned me;
static volatile unsigned long *clock_, *arrived;

/* Frames that the kernel gets back are not zeros: it is to make them so. */
static void
soil(void)
{
	unsigned long size = 16UL << 20;
	unsigned long *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (unsigned long i = 0; i < size / sizeof(*at); i += 64)
		at[i] = TAG + i;
	munmap(at, size);
}

/* The kernel writes the word, not we. */
static void
write_by_call(unsigned long addr, unsigned long word)
{
	int fd[2];

	if (pipe(fd) || write(fd[1], &word, sizeof(word)) != sizeof(word) ||
	    read(fd[0], (void *)addr, sizeof(word)) != sizeof(word))
		printf("refused: read into %#lx\n", addr);
	close(fd[0]);
	close(fd[1]);
}

static void
fork_one(unsigned child)
{
	int pid = fork();

	if (pid < 0)
		printf("refused: fork\n");
	if (pid == 0)
		me = child;
	else
		pids[child] = pid;
}

static void
do_step(const struct step *s)
{
	switch (s->verb) {
	case WRITE:
		*(volatile unsigned long *)s->a = s->b;
		break;
	case WRITE_BY_CALL:
		write_by_call(s->a, s->b);
		break;
	case READ:
		if (*(volatile unsigned long *)s->a != s->b)
			printf("wrong: process %u reads %lx at %lx, not %lx\n", me, *(volatile unsigned long *)s->a, s->a, s->b);
		break;
	case END:
		if (s->who == me)
			_exit(0);
		waitpid(pids[s->who], NULL, 0);
		break;
	}
}

int
main(void)
{
	int fd = open("/" SCRIPT, O_RDONLY), n = read(fd, steps, sizeof(steps)) / sizeof(steps[0]);
	unsigned parent;

	setvbuf(stdout, NULL, _IOLBF, 0);
	soil();
	clock_ = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	arrived = clock_ + 1;
	if (mmap((void *)NAME, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void *)NAME ||
	    mmap((void *)REGION, PAGES * 4096UL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	    (void *)REGION)
		printf("refused: mmap\n");
	for (int i = 0; i < n; i++) {
		const struct step *s = &steps[i];

		parent = s->verb == END ? s->b : s->who;
		if (s->who != me && parent != me)
			continue;
		while (*clock_ != (unsigned long)i)
			sched_yield();
		if (s->verb == FORK) {
			fork_one(s->a);
			if (me == s->a)
				continue;
		} else {
			do_step(s);
		}
		*clock_ = i + 1;
	}
	*(volatile unsigned long *)NAME = TAG + me;
	__atomic_fetch_add(arrived, 1, __ATOMIC_SEQ_CST);
	if (me == 0) {
		while (*arrived != ALIVE)
			sched_yield();
		printf("%s\n", WORD);
	}
	for (;;)
		;
}
