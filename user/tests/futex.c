/* futex: wait, wake, time-outs, requeue, and waiting for several, between processes that share a page. */
#include "test.h"

#define WAIT 0
#define WAKE 1
#define REQUEUE 3
#define CMP_REQUEUE 4
#define WAIT_BITSET 9
#define PRIVATE 128

static long
futex(volatile int *a, int op, int v, void *t, volatile int *b, int v3)
{
	return syscall(SYS_futex, a, op, v, t, b, v3);
}

struct waitv { uint64_t val, addr; uint32_t flags, reserved; };

#define U32 2

static long
waitv(struct waitv *v, unsigned n, unsigned flags, struct timespec *t, clockid_t clock)
{
	return syscall(449, v, n, flags, t, clock);	/* futex_waitv */
}

/* Wait for several words at once: any wakes us, and we are told which. */
static void
several(volatile int *w)
{
	static struct waitv v[129];
	struct timespec past = { 0, 0 };
	int status;
	pid_t p;

	for (int i = 0; i < 129; i++)
		v[i] = (struct waitv){ 0, (long)&w[i], U32, 0 };
	CHECK_ERRNO(EINVAL, waitv(v, 0, 0, NULL, 0));
	CHECK_ERRNO(EINVAL, waitv(v, 129, 0, NULL, 0));
	CHECK_ERRNO(EINVAL, waitv(NULL, 1, 0, NULL, 0));
	CHECK_ERRNO(EINVAL, waitv(v, 3, 1, NULL, 0));
	CHECK_ERRNO(EINVAL, waitv(v, 3, 0, &past, CLOCK_BOOTTIME));
	CHECK_ERRNO(EFAULT, waitv((struct waitv *)8, 3, 0, NULL, 0));
	CHECK_ERRNO(ETIMEDOUT, waitv(v, 128, 0, &past, CLOCK_MONOTONIC));
	CHECK_ERRNO(ETIMEDOUT, waitv(v, 1, 0, &past, CLOCK_REALTIME));
	v[2].val = 1;
	CHECK_ERRNO(EAGAIN, waitv(v, 3, 0, NULL, 0));
	v[2].val = 0;
	v[1].flags = 0;
	CHECK_ERRNO(EINVAL, waitv(v, 3, 0, NULL, 0));
	v[1].flags = U32 | 64;
	CHECK_ERRNO(EINVAL, waitv(v, 3, 0, NULL, 0));
	v[1].flags = U32;
	v[1].reserved = 1;
	CHECK_ERRNO(EINVAL, waitv(v, 3, 0, NULL, 0));
	v[1].reserved = 0;
	v[2].addr++;
	CHECK_ERRNO(EINVAL, waitv(v, 3, 0, NULL, 0));
	v[2].addr = 0;
	CHECK_ERRNO(EFAULT, waitv(v, 3, 0, NULL, 0));
	v[2].addr = (long)&w[2];
	for (int i = 0; i < 3; i++) {
		p = fork();
		if (p == 0) {
			CHECK(waitv(v, 3, 0, NULL, 0) == i);
			_exit(0);
		}
		wait_state(p, p, 'S');
		CHECK(futex(&w[i], WAKE, 10, NULL, NULL, 0) == 1);
		CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
		CHECK(futex(&w[i], WAKE, 10, NULL, NULL, 0) == 0);
	}
}

int
main(void)
{
	volatile int *w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec t = { 0, 20000000 }, before, after;
	pid_t p;
	int status;

	CHECK(w != MAP_FAILED);
	several(w);
	CHECK_ERRNO(EAGAIN, futex(w, WAIT, 1, NULL, NULL, 0));
	clock_gettime(CLOCK_MONOTONIC, &before);
	CHECK_ERRNO(ETIMEDOUT, futex(w, WAIT, 0, &t, NULL, 0));
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 20000000);
	CHECK_ERRNO(ETIMEDOUT, futex(w, WAIT_BITSET, 0, &before, NULL, -1));	/* absolute, past */
	CHECK_ERRNO(EINVAL, futex((volatile int *)((char *)w + 1), WAIT, 0, NULL, NULL, 0));
	CHECK_ERRNO(EFAULT, futex(NULL, WAIT, 0, NULL, NULL, 0));
	CHECK_ERRNO(EINVAL, futex(w, WAIT_BITSET, 0, NULL, NULL, 0));
	CHECK(futex(w, WAKE, 10, NULL, NULL, 0) == 0);

	/* Ping-pong between two processes, 1000 times, no lost wake-up. */
	p = fork();
	if (p == 0) {
		for (int i = 0; i < 1000; i++) {
			while (w[0] == 0)
				futex(w, WAIT, 0, NULL, NULL, 0);
			w[0] = 0;
			futex(w, WAKE, 1, NULL, NULL, 0);
		}
		_exit(0);
	}
	for (int i = 0; i < 1000; i++) {
		w[0] = 1;
		futex(w, WAKE, 1, NULL, NULL, 0);
		while (w[0] == 1)
			futex(w, WAIT, 1, NULL, NULL, 0);
	}
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));

	/* Requeue: five wait on one word, one is woken, four move to the other. */
	w[0] = 0;
	w[1] = 0;
	w[2] = 0;
	for (int i = 0; i < 5; i++)
		if (fork() == 0) {
			__atomic_fetch_add(&w[2], 1, __ATOMIC_SEQ_CST);
			CHECK(futex(&w[0], WAIT, 0, NULL, NULL, 0) == 0);
			_exit(0);
		}
	while (w[2] < 5)
		pause_ms(1);
	pause_ms(50);
	CHECK_ERRNO(EAGAIN, futex(&w[0], CMP_REQUEUE, 1, (void *)10L, &w[1], 99));
	CHECK(futex(&w[0], CMP_REQUEUE, 1, (void *)10L, &w[1], 0) == 5);
	CHECK(futex(&w[0], WAKE, 10, NULL, NULL, 0) == 0);
	CHECK(futex(&w[1], WAKE, 10, NULL, NULL, 0) == 4);
	for (int i = 0; i < 5; i++)
		CHECK(wait(&status) > 0 && exited(status, 0));
	return 0;
}
