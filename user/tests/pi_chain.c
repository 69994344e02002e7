/*
 * pi_chain: who waits for a lock lends its priority to who has it, through any number of tasks: on lock and unlock,
 * by the most urgent of several, until it gives up (by time or by its end), and as priorities change meanwhile. Waiters
 * are served by priority; a circle is refused; the lock of one who died goes on.
 */
#include "pi.h"

#define N	8			/* in the chain */

/* Shared. Task i of the chain has locks[i] and waits for locks[i - 1]; the first waits to be told. */
static struct {
	word_t	locks[N + 2];
	volatile unsigned said[N];	/* has its own lock */
	volatile unsigned go, dies;	/* for the first */
	volatile unsigned order[4], served;
} *s;

static pid_t chain[N];

static void
link_run(int i)
{
	CHECK(lock_pi(&s->locks[i]) == 0);
	s->said[i] = 1;
	if (i) {
		CHECK(lock_pi(&s->locks[i - 1]) == 0);
		CHECK(unlock_pi(&s->locks[i - 1]) == 0);
	} else {
		while (!s->go)
			pause_ms(1);
		if (s->dies)
			_exit(0);
	}
	CHECK(unlock_pi(&s->locks[i]) == 0);
	_exit(0);
}

static void
chain_begin(void)
{
	memset((void *)s, 0, sizeof *s);
	for (int i = 0; i < N; i++) {
		chain[i] = fork();
		if (chain[i] == 0)
			link_run(i);
		while (!s->said[i])
			pause_ms(1);
		if (i)
			while (!(s->locks[i - 1] & WAITERS))
				pause_ms(1);
	}
}

static void
chain_end(int dies)
{
	s->dies = dies;
	s->go = 1;
	for (int i = 0; i < N; i++)
		join(chain[i]);
}

static void
chain_has(int urgency)
{
	for (int i = N; i--; )
		wait_urgency(chain[i], urgency);
}

/* A task of this priority that waits for the chain's end, ms at most (0: as long as it takes). */
static pid_t
donor(int prio, long ms)
{
	pid_t p = fork();
	struct timespec t;

	if (p == 0) {
		set_priority(0, prio);
		t = after_ms(CLOCK_MONOTONIC, ms);
		if (futex(&s->locks[N - 1], LOCK_PI2, 0, ms ? &t : NULL, NULL, 0) == 0)
			CHECK(unlock_pi(&s->locks[N - 1]) == 0);
		else
			CHECK(errno == ETIMEDOUT);
		_exit(0);
	}
	return p;
}

static void
end_donor(pid_t p)
{
	int status;

	CHECK(kill(p, SIGKILL) == 0 && waitpid(p, &status, 0) == p && killed(status, SIGKILL));
}

static void
one_donor(void)
{
	struct sched_param own;
	pid_t p;

	chain_begin();
	chain_has(0);
	p = donor(50, 0);
	chain_has(50);
	/* It is lent: what a task was given is as it was. */
	CHECK(syscall(SYS_sched_getscheduler, chain[0]) == SCHED_OTHER);
	CHECK(syscall(SYS_sched_getparam, chain[0], &own) == 0 && own.sched_priority == 0);
	CHECK(stat_field(chain[0], 40) == 0);
	chain_end(0);
	join(p);
	for (int i = 0; i < N; i++)
		CHECK(s->locks[i] == 0);
}

static void
several_donors(void)
{
	pid_t low, mid, high;

	chain_begin();
	low = donor(20, 0);
	chain_has(20);
	high = donor(60, 0);
	chain_has(60);
	mid = donor(40, 0);
	wait_state(mid, mid, 'S');
	chain_has(60);
	end_donor(high);			/* one that gives up by a signal */
	chain_has(40);
	end_donor(low);
	chain_has(40);
	high = donor(70, 300);			/* and one by its time */
	chain_has(70);
	join(high);
	chain_has(40);
	chain_end(0);
	join(mid);
}

static void
changed_while_waiting(void)
{
	pid_t p;

	chain_begin();
	p = donor(30, 0);
	chain_has(30);
	set_priority(p, 80);
	chain_has(80);
	set_priority(p, 10);
	chain_has(10);
	set_priority(chain[N / 2], 25);		/* a link's own is more than it inherits: from there on it counts */
	for (int i = 0; i < N; i++)
		wait_urgency(chain[i], i <= N / 2 ? 25 : 10);
	set_priority(p, 40);
	chain_has(40);
	set_priority(p, 0);
	for (int i = 0; i < N; i++)
		wait_urgency(chain[i], i <= N / 2 ? 25 : 0);
	set_priority(chain[N / 2], 0);
	chain_has(0);
	chain_end(0);
	join(p);
}

/* Who has two locks that are waited for runs at the higher, and after giving that one back at the other. */
static void
two_locks(void)
{
	word_t *l = s->locks;
	pid_t p[2];

	memset((void *)s, 0, sizeof *s);
	CHECK(lock_pi(&l[0]) == 0 && lock_pi(&l[1]) == 0);
	for (int i = 0; i < 2; i++) {
		p[i] = fork();
		if (p[i] == 0) {
			set_priority(0, i ? 15 : 35);
			CHECK(lock_pi(&l[i]) == 0 && unlock_pi(&l[i]) == 0);
			_exit(0);
		}
		while (!(l[i] & WAITERS))
			pause_ms(1);
	}
	wait_urgency(getpid(), 35);
	CHECK(unlock_pi(&l[0]) == 0);
	CHECK(urgency(getpid()) == 15);
	CHECK(unlock_pi(&l[1]) == 0);
	CHECK(urgency(getpid()) == 0);
	join(p[0]);
	join(p[1]);
}

/* A child made by one who inherits does not. */
static void
not_by_children(void)
{
	pid_t p, child;

	memset((void *)s, 0, sizeof *s);
	CHECK(lock_pi(s->locks) == 0);
	p = fork();
	if (p == 0) {
		set_priority(0, 35);
		CHECK(lock_pi(s->locks) == 0 && unlock_pi(s->locks) == 0);
		_exit(0);
	}
	wait_urgency(getpid(), 35);
	child = fork();
	if (child == 0) {
		CHECK(urgency(getpid()) == 0);
		_exit(0);
	}
	join(child);
	CHECK(unlock_pi(s->locks) == 0);
	join(p);
}

static void
served_by_priority(void)
{
	static const int prio[4] = { 10, 30, 0, 20 };
	static const unsigned want[4] = { 30, 20, 10, 0 };
	pid_t p[4];

	memset((void *)s, 0, sizeof *s);
	CHECK(lock_pi(s->locks) == 0);
	for (int i = 0; i < 4; i++) {
		p[i] = fork();
		if (p[i] == 0) {
			set_priority(0, prio[i]);
			CHECK(lock_pi(s->locks) == 0);
			s->order[s->served++] = prio[i];
			CHECK(unlock_pi(s->locks) == 0);
			_exit(0);
		}
		while (task_state(p[i], p[i]) != 'S' || urgency(p[i]) != prio[i])
			pause_ms(1);
	}
	CHECK(unlock_pi(s->locks) == 0);
	for (int i = 0; i < 4; i++)
		join(p[i]);
	for (int i = 0; i < 4; i++)
		CHECK(s->order[i] == want[i]);
}

/* We have the lock that the chain's first task would have to wait for; to wait for the last one's would close it. */
static void
circle(void)
{
	chain_begin();
	CHECK(lock_pi(&s->locks[N]) == 0);
	pid_t p = fork();
	if (p == 0) {				/* one more link: has N + 1, waits for N */
		CHECK(lock_pi(&s->locks[N + 1]) == 0);
		CHECK(lock_pi(&s->locks[N]) == 0);
		CHECK(unlock_pi(&s->locks[N]) == 0 && unlock_pi(&s->locks[N + 1]) == 0);
		_exit(0);
	}
	while (!(s->locks[N] & WAITERS))
		pause_ms(1);
	wait_state(p, p, 'S');
	CHECK_ERRNO(EDEADLK, lock_pi(&s->locks[N + 1]));
	CHECK_ERRNO(EAGAIN, futex(&s->locks[N + 1], TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK(unlock_pi(&s->locks[N]) == 0);
	join(p);
	chain_end(0);
}

/* The first link ends with its lock: the next has it then, and what is lent goes to him. */
static void
owner_dies(void)
{
	pid_t p;

	chain_begin();
	p = donor(50, 0);
	chain_has(50);
	chain_end(1);
	join(p);
	for (int i = 1; i < N; i++)
		CHECK(s->locks[i] == 0);
}

int
main(void)
{
	s = shared_page();
	one_donor();
	several_donors();
	changed_while_waiting();
	two_locks();
	not_by_children();
	served_by_priority();
	circle();
	owner_dies();
	return 0;
}
