/*
 * recover.c - as /init: the kernel writes into memory that is not there yet, and into memory shared with a parent.
 *
 * Prints a digest of what the child reads there, of what the parent still has, and of what came into fresh pages: KEY
 * makes the bytes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE	(8 * 4096)

static unsigned char shared[SIZE], fresh[SIZE + 4096] __attribute__((aligned(4096)));
static unsigned long state = KEY;

static unsigned char
next(void)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return state >> 56;
}

static unsigned long
digest(const unsigned char *p, unsigned long n)
{
	unsigned long h = 14695981039346656037UL;

	while (n--)
		h = (h ^ *p++) * 1099511628211UL;
	return h;
}

/* n bytes through a pipe, read to p in pieces of the sizes of a small sequence. */
static void
through_pipe(unsigned char *p, unsigned long n)
{
	static unsigned char source[4096];
	unsigned long step, done;
	int fds[2];
	long got;

	if (pipe(fds))
		return;
	for (done = 0; done < n; done += step) {
		step = n - done < 3000 ? n - done : 3000;
		for (unsigned long i = 0; i < step; i++)
			source[i] = next();
		if (write(fds[1], source, step) != (long)step)
			return;
		for (unsigned long at = 0; at < step; at += got)
			if ((got = read(fds[0], p + done + at, step - at)) <= 0)
				return;
	}
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	int status;

	for (unsigned long i = 0; i < SIZE; i++)
		shared[i] = next();
	fflush(stdout);
	if (fork() == 0) {
		through_pipe(shared + 5, SIZE - 4096);
		printf("child %lx\n", digest(shared, SIZE));
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	printf("parent %lx\n", digest(shared, SIZE));
	through_pipe(fresh + 4091, SIZE);
	printf("fresh %lx\n", digest(fresh, sizeof(fresh)));
	fflush(stdout);
	for (;;)
		pause();
}
