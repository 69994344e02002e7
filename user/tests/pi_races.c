/*
 * pi_races: workers take inheriting locks, one or two at a time, with and without a time limit, while a tormentor
 * signals them and changes their priorities, and some end with a lock in their hands. A lock never has two owners, none
 * is lost, and in the end nobody runs at a priority that is not his.
 */
#include "pi.h"

#define WORKERS	6
#define LOCKS	3
#define TURNS	100			/* how often each worker gets a lock: many a time limit passes before */
#define DIES	77			/* the exit status of one that ends with a lock */

static struct {
	word_t	locks[LOCKS][16];	/* the entry of the robust list 8 bytes before [2] */
	volatile unsigned owner[LOCKS], taken, died, turns[WORKERS];
} *s;

static struct { void *next; long offset; void *pending; } robust;
static unsigned seed;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static word_t *word(int i) { return &s->locks[i][2]; }
static void *entry(int i) { return (void *)&s->locks[i][0]; }

/* Say that we are about to take or give back lock i; and that it is done. At most two are on the list. */
static void pend(int i) { robust.pending = (char *)entry(i) + 1; }

static void
link_in(int i)
{
	*(void **)entry(i) = robust.next;
	robust.next = (char *)entry(i) + 1;
	robust.pending = NULL;
}

static void
link_out(int i)
{
	void **at = &robust.next;

	while (*at != (char *)entry(i) + 1)
		at = (void **)((long)*at & ~1L);
	*at = *(void **)entry(i);
}

static int
take(int i)
{
	struct timespec t = after_ms(CLOCK_MONOTONIC, 1 + random_below(3));
	unsigned free = 0;
	long r = 0;

	pend(i);
	if (!__atomic_compare_exchange_n(word(i), &free, tid(), 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		switch (random_below(3)) {
		case 0:
			r = futex(word(i), TRYLOCK_PI, 0, NULL, NULL, 0);
			break;
		case 1:
			r = futex(word(i), LOCK_PI2, 0, &t, NULL, 0);
			break;
		default:
			r = lock_pi(word(i));
		}
	}
	if (r) {
		CHECK(errno == EAGAIN || errno == ETIMEDOUT);
		robust.pending = NULL;
		return 0;
	}
	link_in(i);
	CHECK((*word(i) & ~(WAITERS | OWNER_DIED)) == tid());
	if (*word(i) & OWNER_DIED) {
		__atomic_fetch_and(word(i), ~OWNER_DIED, __ATOMIC_RELAXED);
		s->owner[i] = 0;
	}
	CHECK(s->owner[i] == 0);
	s->owner[i] = tid();
	__atomic_fetch_add(&s->taken, 1, __ATOMIC_RELAXED);
	return 1;
}

static void
give(int i)
{
	unsigned mine = tid();

	CHECK(s->owner[i] == mine);
	s->owner[i] = 0;
	pend(i);
	link_out(i);
	if (!__atomic_compare_exchange_n(word(i), &mine, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		CHECK(unlock_pi(word(i)) == 0);
	robust.pending = NULL;
}

static void on_usr1(int sig) { }

static void
worker(int n, int turn, int dies)
{
	int a, b;

	robust.next = &robust;
	robust.offset = 8;
	CHECK(syscall(SYS_set_robust_list, &robust, sizeof robust) == 0);
	seed = n * 1000 + turn + 1;
	while (turn < TURNS) {
		a = random_below(LOCKS);
		b = random_below(LOCKS);
		if (take(a)) {
			if (a < b && take(b)) {		/* in order, or there would be circles */
				if (random_below(2))
					pause_ms(1);
				give(b);
			}
			s->turns[n] = ++turn;
			if (dies && random_below(20) == 0)
				_exit(DIES);
			if (random_below(4) == 0)
				pause_ms(1);
			give(a);
		}
	}
	_exit(0);
}

int
main(void)
{
	static const int prio[4] = { 0, 10, 20, 30 };
	struct sigaction act = { .sa_handler = on_usr1 };
	pid_t p[WORKERS];
	int left = WORKERS, status, i;
	pid_t gone;

	s = shared_page();
	CHECK(sigaction(SIGUSR1, &act, NULL) == 0);
	for (i = 0; i < WORKERS; i++)
		if ((p[i] = fork()) == 0)
			worker(i, 0, i & 1);
	seed = 7;
	set_priority(0, 40);
	while (left) {
		pause_ms(1);
		i = random_below(WORKERS);
		if (p[i]) {
			set_priority(p[i], prio[random_below(4)]);
			kill(p[i], SIGUSR1);
		}
		gone = waitpid(-1, &status, WNOHANG);
		if (gone <= 0)
			continue;
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 1);
		for (i = 0; p[i] != gone; i++)
			;
		p[i] = 0;
		if (WEXITSTATUS(status) == 0 || s->turns[i] >= TURNS) {
			left--;
			continue;
		}
		s->died++;
		if ((p[i] = fork()) == 0) {
			set_priority(0, 0);
			worker(i, s->turns[i], 1);
		}
	}
	set_priority(0, 0);
	CHECK(s->died && s->taken >= WORKERS * TURNS);
	for (i = 0; i < LOCKS; i++) {
		CHECK(lock_pi(word(i)) == 0);
		CHECK(urgency(getpid()) == 0);
		CHECK(unlock_pi(word(i)) == 0 && *word(i) == 0);
	}
	return 0;
}
