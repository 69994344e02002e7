/*
 * wakeups.c - as /init: pairs hand a word to and fro through pipes, ROUNDS times, with pauses that shift what happens
 * against the timer's interrupts; a watchman looks whether they get on.
 *
 * Prints the sum of what was handed on, or "stuck ROUND" if there was no progress while the watchman executed PATIENCE
 * turns of his loop: a wake-up was lost, or somebody waits for what never comes.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long *shared;		/* [0...] sums, [32...] rounds, [64...] done */

static void
spin(unsigned long n)
{
	for (volatile unsigned long i = 0; i < n; i++)
		;
}

static void
hand_on(int pair, int side, int in, int out)
{
	unsigned long word = KEY + pair;

	for (unsigned long round = 0; round < ROUNDS; round++) {
		if (side == 0) {
			spin((round * STEP + pair * 77) % PHASE);
			write(out, &word, sizeof(word));
			read(in, &word, sizeof(word));
			shared[pair] += word;
			shared[32 + pair] = round + 1;
		} else {
			read(in, &word, sizeof(word));
			spin((round * STEP * 3 + pair * 31) % PHASE);
			word = word * 5 + round;
			write(out, &word, sizeof(word));
		}
	}
	if (side == 0)
		shared[64 + pair] = 1;
	_exit(0);
}

/* Who works all the time: it sees the others' rounds, and gives up when they stand still. */
static int
watch(void)
{
	unsigned long before = 0, now, done, still = 0;

	for (;;) {
		now = done = 0;
		for (int i = 0; i < PAIRS; i++) {
			now += shared[32 + i];
			done += shared[64 + i];
		}
		if (done == PAIRS)
			return 0;
		still = now == before ? still + 1 : 0;
		before = now;
		if (still > PATIENCE) {
			printf("stuck %lu\n", now);
			return 1;
		}
		if (YIELDS)
			sched_yield();
	}
}

int
main(void)
{
	unsigned long sum = 0;
	int to[2], fro[2];

	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < PAIRS; i++) {
		if (pipe(to) || pipe(fro))
			printf("refused: pipe\n");
		if (fork() == 0)
			hand_on(i, 0, fro[0], to[1]);
		if (fork() == 0)
			hand_on(i, 1, to[0], fro[1]);
	}
	if (!watch()) {
		for (int i = 0; i < PAIRS; i++)
			sum += shared[i];
		printf("wakeups %lu\n", sum);
	}
	for (;;)
		pause();
}
