/*
 * futex_pi: the protocol of the lock word in LOCK_PI and its like: who gets it, with which bits, and every error;
 * owners that end; waiting for one word and waking up with the lock of another; and words that are known by their file.
 */
#include "pi.h"

struct robust_head { void *next; long offset; void *pending; };

static word_t *w;			/* shared: w[0], w[1] locks, w[2] a plain word, w[8] on: told by children */

#define SAID	(w[8])

static void
wait_said(unsigned n)
{
	while (SAID < n)
		pause_ms(1);
}

/* A child that holds `lock` until it is told to go on (w[9]), then does so by the kernel and ends. */
static pid_t
holder(word_t *lock)
{
	pid_t p;

	SAID = w[9] = 0;
	p = fork();
	if (p == 0) {
		CHECK(lock_pi(lock) == 0);
		SAID = 1;
		while (!w[9])
			pause_ms(1);
		CHECK(unlock_pi(lock) == 0);
		_exit(0);
	}
	wait_said(1);
	return p;
}

static void
alone(void)
{
	unsigned me = tid();
	char *two = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);

	CHECK(lock_pi(w) == 0 && w[0] == me);
	CHECK_ERRNO(EDEADLK, lock_pi(w));
	CHECK_ERRNO(EDEADLK, futex(w, TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK(unlock_pi(w) == 0 && w[0] == 0);
	CHECK_ERRNO(EPERM, unlock_pi(w));
	CHECK(futex(w, TRYLOCK_PI, 0, NULL, NULL, 0) == 0 && w[0] == me);
	w[0] |= WAITERS;			/* nobody does: the kernel just frees it */
	CHECK(unlock_pi(w) == 0 && w[0] == 0);
	w[0] = OWNER_DIED;
	CHECK(lock_pi(w) == 0 && w[0] == (me | OWNER_DIED));
	CHECK(unlock_pi(w) == 0 && w[0] == 0);
	CHECK(futex(w, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0 && w[0] == me);
	CHECK(futex(w, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0 && w[0] == 0);

	CHECK(munmap(two + PAGE, PAGE) == 0);
	CHECK_ERRNO(EFAULT, lock_pi((word_t *)(two + PAGE)));
	CHECK_ERRNO(EFAULT, unlock_pi((word_t *)(two + PAGE)));
	CHECK(mprotect(two, PAGE, PROT_READ) == 0);
	CHECK_ERRNO(EFAULT, lock_pi((word_t *)two));
	CHECK_ERRNO(EINVAL, lock_pi((word_t *)(two + 2)));
	CHECK(munmap(two, PAGE) == 0);
}

static void
nobody(void)
{
	pid_t p = fork();

	if (p == 0)
		_exit(0);
	join(p);
	w[0] = p;
	CHECK_ERRNO(ESRCH, lock_pi(w));
	CHECK(w[0] == (p | WAITERS));
	CHECK_ERRNO(ESRCH, futex(w, TRYLOCK_PI, 0, NULL, NULL, 0));
	w[0] = 0;
}

static void
held(void)
{
	struct timespec bad = { 0, 1000000000 }, t;
	pid_t p = holder(w);

	CHECK(w[0] == (unsigned)p);
	CHECK_ERRNO(EAGAIN, futex(w, TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK(w[0] == (p | WAITERS));
	CHECK_ERRNO(EPERM, unlock_pi(w));
	CHECK_ERRNO(EINVAL, futex(w, LOCK_PI, 0, &bad, NULL, 0));
	CHECK_ERRNO(EFAULT, futex(w, LOCK_PI, 0, (void *)8L, NULL, 0));
	CHECK_ERRNO(ENOSYS, futex(w, LOCK_PI | REALTIME, 0, NULL, NULL, 0));
	t = after_ms(CLOCK_REALTIME, 20);
	CHECK_ERRNO(ETIMEDOUT, futex(w, LOCK_PI, 0, &t, NULL, 0));
	CHECK_ERRNO(ETIMEDOUT, futex(w, LOCK_PI2 | REALTIME, 0, &t, NULL, 0));
	t = after_ms(CLOCK_MONOTONIC, 20);
	CHECK_ERRNO(ETIMEDOUT, futex(w, LOCK_PI2, 0, &t, NULL, 0));
	w[9] = 1;
	CHECK(lock_pi(w) == 0);
	join(p);
	/* Handed over, or free by then. */
	CHECK((w[0] & ~WAITERS) == tid());
	CHECK(unlock_pi(w) == 0 && w[0] == 0);
}

/* A child waits for the lock that we have; it is his at once when we unlock, and the word says so. */
static void
handed_over(void)
{
	pid_t p;

	CHECK(lock_pi(w) == 0);
	p = fork();
	if (p == 0) {
		CHECK(lock_pi(w) == 0 && w[0] == (tid() | WAITERS));
		CHECK_ERRNO(EPERM, (w[0] = getppid(), unlock_pi(w)));
		w[0] = tid();
		CHECK(unlock_pi(w) == 0);
		_exit(0);
	}
	wait_state(p, p, 'S');
	CHECK(w[0] == (tid() | WAITERS));
	CHECK_ERRNO(EINVAL, futex(w, WAKE, 1, NULL, NULL, 0));		/* he waits for a lock, not for a wake-up */
	CHECK_ERRNO(EINVAL, futex(w, REQUEUE, 1, (void *)1L, &w[2], 0));
	CHECK_ERRNO(EINVAL, futex(w, CMP_REQUEUE_PI, 1, (void *)1L, &w[1], w[0]));
	CHECK(unlock_pi(w) == 0);
	join(p);
	CHECK(w[0] == 0);
}

/* A child that sleeps for a plain word that others take for a lock. */
static void
mixed(void)
{
	pid_t p;

	w[0] = tid();
	p = fork();
	if (p == 0) {
		CHECK(futex(w, WAIT, getppid(), NULL, NULL, 0) == 0);
		_exit(0);
	}
	wait_state(p, p, 'S');
	CHECK_ERRNO(EINVAL, unlock_pi(w));
	w[0] = 0;
	CHECK_ERRNO(EINVAL, lock_pi(w));
	w[0] = p;
	CHECK_ERRNO(EINVAL, lock_pi(w));
	CHECK(futex(w, WAKE, 1, NULL, NULL, 0) == 1);
	join(p);
	w[0] = 0;
}

static volatile int handled;
static void on_usr1(int sig) { handled++; }

/* A signal's handler runs while we wait, and the wait goes on: SA_RESTART or not. */
static void
signalled(int flags)
{
	struct sigaction a = { .sa_handler = on_usr1, .sa_flags = flags };
	pid_t p, me = getpid(), teller;

	handled = 0;
	CHECK(sigaction(SIGUSR1, &a, NULL) == 0);
	p = holder(w);
	teller = fork();
	if (teller == 0) {
		wait_state(me, me, 'S');
		kill(me, SIGUSR1);
		pause_ms(20);
		wait_state(me, me, 'S');
		w[9] = 1;
		_exit(0);
	}
	CHECK(lock_pi(w) == 0 && handled == 1);
	CHECK(unlock_pi(w) == 0);
	join(p);
	join(teller);
}

/* --- owners that end --- */

enum end { EXITS, KILLED, EXECS };

static void
end(enum end how)
{
	if (how == EXECS)
		execl("/proc/self/exe", "futex_pi", "sleep", NULL);
	if (how == KILLED)
		kill(getpid(), SIGKILL);
	_exit(0);
}

static void
owner_ends(enum end how, int robust, int waited)
{
	struct { void *next; word_t *lock; } entry;
	struct robust_head head = { &entry, 8, NULL };
	word_t *lock = w;
	pid_t p;
	int status;

	SAID = w[9] = 0;
	p = fork();
	if (p == 0) {
		/* The list's entry is 8 bytes before the word, and says that it is one of ours by its low bit. */
		void **at = (void **)((char *)lock - 8);

		if (robust) {
			head.next = (char *)at + 1;
			*at = &head;
			CHECK(syscall(SYS_set_robust_list, &head, sizeof head) == 0);
		}
		CHECK(lock_pi(lock) == 0);
		SAID = 1;
		while (!w[9])
			pause_ms(1);
		if (waited)
			wait_state(getppid(), getppid(), 'S');
		end(how);
	}
	wait_said(1);
	w[9] = 1;
	if (waited) {
		CHECK(lock_pi(lock) == 0);
		CHECK(*lock == (tid() | WAITERS | OWNER_DIED));
		CHECK(unlock_pi(lock) == 0 && *lock == 0);
	}
	if (how == EXECS) {
		while (!robust && !waited && task_state(p, p) == 'R')
			pause_ms(1);
		kill(p, SIGKILL);
	}
	CHECK(waitpid(p, &status, 0) == p);
	if (waited)
		return;
	CHECK(*lock == (robust ? OWNER_DIED : (unsigned)p));
	if (robust) {
		CHECK(lock_pi(lock) == 0 && *lock == (tid() | OWNER_DIED));
		CHECK(unlock_pi(lock) == 0 && *lock == 0);
	} else {
		CHECK_ERRNO(ESRCH, lock_pi(lock));
	}
	*lock = 0;
}

/* --- WAIT_REQUEUE_PI --- */

/* A child that waits for w[2] to change, to have w[1] then. It says in w[10 + n] what it was told. */
static pid_t
requeue_waiter(int n, const struct timespec *t)
{
	pid_t p = fork();
	long r;

	if (p == 0) {
		r = futex(&w[2], WAIT_REQUEUE_PI, 7, t, &w[1], 0);
		w[10 + n] = r ? errno : 0;
		if (r == 0) {
			CHECK((w[1] & ~(WAITERS | OWNER_DIED)) == tid());
			w[20]++;			/* under the lock */
			CHECK(unlock_pi(&w[1]) == 0);
		}
		_exit(0);
	}
	wait_state(p, p, 'S');
	return p;
}

static long requeue(long nmove) { return futex(&w[2], CMP_REQUEUE_PI, 1, (void *)nmove, &w[1], 7); }

static void
requeue_errors(void)
{
	struct timespec t = after_ms(CLOCK_MONOTONIC, 20);
	pid_t p;

	CHECK_ERRNO(EINVAL, futex(&w[2], WAIT_REQUEUE_PI, 7, NULL, &w[2], 0));
	CHECK_ERRNO(EAGAIN, futex(&w[2], WAIT_REQUEUE_PI, 8, NULL, &w[1], 0));
	CHECK_ERRNO(ETIMEDOUT, futex(&w[2], WAIT_REQUEUE_PI, 7, &t, &w[1], 0));
	t = after_ms(CLOCK_REALTIME, 20);
	CHECK_ERRNO(ETIMEDOUT, futex(&w[2], WAIT_REQUEUE_PI | REALTIME, 7, &t, &w[1], 0));
	CHECK_ERRNO(EINVAL, futex(&w[2], CMP_REQUEUE_PI, 2, (void *)1L, &w[1], 7));
	CHECK_ERRNO(EINVAL, futex(&w[2], CMP_REQUEUE_PI, 1, (void *)1L, &w[2], 7));
	CHECK_ERRNO(EINVAL, futex(&w[2], CMP_REQUEUE_PI, 1, (void *)-1L, &w[1], 7));
	CHECK_ERRNO(EAGAIN, futex(&w[2], CMP_REQUEUE_PI, 1, (void *)1L, &w[1], 8));
	CHECK(requeue(1) == 0);			/* nobody waits */
	p = requeue_waiter(0, NULL);
	CHECK_ERRNO(EINVAL, futex(&w[2], CMP_REQUEUE_PI, 1, (void *)1L, &w[0], 7));	/* not what he asked for */
	CHECK_ERRNO(EINVAL, futex(&w[2], WAKE, 1, NULL, NULL, 0));
	CHECK_ERRNO(EINVAL, futex(&w[2], REQUEUE, 1, (void *)1L, &w[1], 0));
	CHECK(requeue(0) == 1);			/* the lock is free: he gets it and wakes */
	join(p);
	CHECK(w[10] == 0 && w[1] == 0);
}

static void
requeue_many(int lock_free)
{
	pid_t p[5];

	w[20] = 0;
	if (!lock_free)
		CHECK(lock_pi(&w[1]) == 0);
	for (int i = 0; i < 5; i++)
		p[i] = requeue_waiter(i, NULL);
	CHECK(requeue(1) == 2);
	CHECK(requeue(100) == 3);
	if (!lock_free) {
		CHECK(w[20] == 0 && w[1] == (tid() | WAITERS));
		CHECK(unlock_pi(&w[1]) == 0);
	}
	for (int i = 0; i < 5; i++)
		join(p[i]);
	CHECK(w[20] == 5 && w[1] == 0);
}

/* One that was moved gives up: by its time, and by a signal (which he is told as if the word had changed). */
static void
requeue_leaves(void)
{
	struct sigaction a = { .sa_handler = on_usr1 };
	struct timespec t;
	pid_t p;

	CHECK(sigaction(SIGUSR1, &a, NULL) == 0);
	CHECK(lock_pi(&w[1]) == 0);
	t = after_ms(CLOCK_MONOTONIC, 200);
	p = requeue_waiter(0, &t);
	CHECK(requeue(1) == 1);
	join(p);
	CHECK(w[10] == ETIMEDOUT);
	p = requeue_waiter(0, NULL);
	CHECK(requeue(1) == 1);
	kill(p, SIGUSR1);
	join(p);
	CHECK(w[10] == EAGAIN);
	CHECK(unlock_pi(&w[1]) == 0 && w[1] == 0);
}

/* --- a word known by its file --- */

static void
by_file(int private)
{
	char name[] = "futex_pi.XXXXXX";
	int fd = mkstemp(name);
	char *a, *b;
	pid_t p;

	CHECK(fd >= 0 && unlink(name) == 0 && ftruncate(fd, 2 * PAGE) == 0);
	a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(a != MAP_FAILED);
	p = fork();
	if (p == 0) {
		b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
		CHECK(b != MAP_FAILED && futex((word_t *)(b + 8), WAIT, 0, NULL, NULL, 0) == 0);
		_exit(0);
	}
	wait_state(p, p, 'S');
	CHECK(futex((word_t *)(a + 8), WAKE, 1, NULL, NULL, 0) == 0);
	if (private) {				/* a copy of one's own is another word */
		b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
		CHECK(b != MAP_FAILED);
		b[100] = 1;
		CHECK(futex((word_t *)(b + 8), WAKE, 1, NULL, NULL, 0) == 0);
	}
	/* Its page may go to the disk and come back elsewhere. */
	CHECK(fsync(fd) == 0 && madvise(a, 2 * PAGE, MADV_DONTNEED) == 0);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	CHECK(futex((word_t *)(a + PAGE + 8), WAKE, 1, NULL, NULL, 0) == 1);
	join(p);
	CHECK(munmap(a, 2 * PAGE) == 0 && close(fd) == 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		for (;;)
			pause_ms(1000);
	w = (word_t *)((char *)shared_page() + 64);
	w[2] = 7;
	alone();
	nobody();
	held();
	handed_over();
	mixed();
	signalled(0);
	signalled(SA_RESTART);
	for (enum end how = EXITS; how <= EXECS; how++)
		for (int robust = 0; robust < 2; robust++)
			for (int waited = 0; waited < 2; waited++)
				if (how != EXECS || robust || waited)
					owner_ends(how, robust, waited);
	requeue_errors();
	requeue_many(0);
	requeue_many(1);
	requeue_leaves();
	by_file(0);
	by_file(1);
	return 0;
}
