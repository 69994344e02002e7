/*
 * requeue_races: one waits for a word to be moved to a lock, one moves it, one holds the lock now and then, some take
 * the word's page away and change the address space all the time, so that whoever reads the word has to wait for them.
 * However they meet, who is told that the lock is his has it, and who is told otherwise has not.
 */
#include <sys/mman.h>
#include "pi.h"

#define TURNS	400

static word_t *word;			/* in a page of its own: 0, whenever it is there */
static word_t *lock;
static volatile unsigned done, owner, got;

static void
take_over(void)
{
	CHECK((*lock & ~WAITERS) == tid() && owner == 0);
	owner = tid();
	got++;
	owner = 0;
	CHECK(unlock_pi(lock) == 0);
}

static int
waiter(void *arg)
{
	for (int i = 0; i < TURNS || !got; i++) {
		struct timespec t = after_ms(CLOCK_MONOTONIC, 1 + i % 3);

		if (futex(word, WAIT_REQUEUE_PI, 0, &t, lock, 0) == 0)
			take_over();
		else
			CHECK(errno == ETIMEDOUT || errno == EAGAIN);
	}
	done = 1;
	return 0;
}

static int
mover(void *arg)
{
	while (!done) {
		long n = futex(word, CMP_REQUEUE_PI, 1, (void *)1, lock, 0);

		CHECK(n >= 0 || errno == EAGAIN);
		if (n == 0)
			sched_yield();
	}
	return 0;
}

static int
holder(void *arg)
{
	while (!done) {
		CHECK(lock_pi(lock) == 0);
		CHECK(owner == 0);
		owner = tid();
		for (int i = 0; i < 3; i++)
			sched_yield();
		owner = 0;
		CHECK(unlock_pi(lock) == 0);
		sched_yield();
	}
	return 0;
}

static int
disturber(void *arg)
{
	while (!done) {
		void *p = map_anon(PAGE, PROT_READ | PROT_WRITE);

		CHECK(madvise((void *)word, PAGE, MADV_DONTNEED) == 0);
		CHECK(munmap(p, PAGE) == 0);
	}
	return 0;
}

static pid_t
start(int (*fn)(void *))
{
	pid_t p = clone(fn, (char *)map_anon(16 * PAGE, PROT_READ | PROT_WRITE) + 16 * PAGE, CLONE_VM | SIGCHLD, NULL);

	CHECK(p > 0);
	return p;
}

int
main(void)
{
	int (*const all[])(void *) = { waiter, mover, holder, disturber, disturber, disturber };
	pid_t p[6];

	word = map_anon(PAGE, PROT_READ | PROT_WRITE);
	lock = map_anon(PAGE, PROT_READ | PROT_WRITE);
	for (int i = 0; i < 6; i++)
		p[i] = start(all[i]);
	for (int i = 0; i < 6; i++)
		join(p[i]);
	CHECK(*lock == 0);
	return 0;
}
