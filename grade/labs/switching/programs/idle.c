/*
 * idle.c - as /init: all its tasks wait, for a pipe, a child, a futex of nobody's, time. How much is executed meanwhile is
 * counted from outside, between BEGIN and END. Then they are woken in turn: each hands on what it was given, and adds.
 * Prints the sum.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK(code)	__asm__ volatile("slti x0, x0, %0" : : "i"(code) : "memory")

int
main(void)
{
	struct timespec while_ = { SECONDS, 0 };
	unsigned long word = KEY;
	int pipes[TASKS + 1][2];

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i <= TASKS; i++)
		if (pipe(pipes[i]))
			printf("refused: pipe\n");
	for (int i = 0; i < TASKS; i++) {
		if (fork() == 0) {
			if (read(pipes[i][0], &word, sizeof(word)) != sizeof(word))
				_exit(1);
			word += i + 1;
			write(pipes[i + 1][1], &word, sizeof(word));
			_exit(0);
		}
	}
	nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	MARK(BEGIN);
	nanosleep(&while_, NULL);
	MARK(END);
	write(pipes[0][1], &word, sizeof(word));
	read(pipes[TASKS][0], &word, sizeof(word));
	for (int i = 0; i < TASKS; i++)
		wait(NULL);
	printf("idle %lu\n", word);
	for (;;)
		pause();
}
