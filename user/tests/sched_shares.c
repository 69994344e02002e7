/*
 * sched_shares: who gets how much of the harts' time, by the tasks' own CPU clocks.
 *
 * usage: sched_shares [fair|rr|equal]
 *	fair	(default) shares go by nice value, a change of it counts at once, SCHED_IDLE takes what is left
 *	rr	for a kernel whose time sharing is round-robin: by the slices' lengths
 *	equal	one equal task more than there are harts: Jain's index of their shares is at least 0.99
 *
 * What a machine that stands still does to one measurement is made good by a longer one: each goes on until it is in
 * order, or for too long.
 */
#include <sched.h>
#include <sys/resource.h>
#include "test.h"

#define MOST	16
#define TRIES	12

static pid_t hogs[MOST];
static long long since[MOST];
static int n;

static long long
cpu_ns(pid_t pid)
{
	struct timespec t;

	CHECK(clock_gettime((clockid_t)(~(unsigned)pid << 3 | 2), &t) == 0);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Another hog, which has begun when this returns. */
static void
hog(int policy, int nice)
{
	struct sched_param none = { 0 };
	pid_t p = fork();

	CHECK(p >= 0);
	if (p == 0) {
		CHECK(setpriority(PRIO_PROCESS, 0, nice) == 0);
		CHECK(syscall(SYS_sched_setscheduler, 0, policy, &none) == 0);
		for (;;)
			;
	}
	hogs[n++] = p;
}

static void
end_hogs(void)
{
	while (n > 0) {
		kill(hogs[--n], SIGKILL);
		CHECK(waitpid(hogs[n], NULL, 0) == hogs[n]);
	}
}

static void
begin(void)
{
	for (int i = 0; i < n; i++)
		since[i] = cpu_ns(hogs[i]);
}

/* From now on the i-th gets part[i] of the sum of all parts, to a fifth of that. */
static void
expect(const char *what, const long *part)
{
	long long got[MOST], all, off;
	long parts = 0;
	int good = 0;

	for (int i = 0; i < n; i++)
		parts += part[i];
	begin();
	for (int try = 0; try < TRIES && !good; try++) {
		pause_ms(400);
		all = 0;
		for (int i = 0; i < n; i++)
			all += got[i] = cpu_ns(hogs[i]) - since[i];
		good = all > 200000000;
		for (int i = 0; i < n; i++) {
			off = got[i] * parts - all * part[i];
			good &= off <= all * part[i] / 5 && -off <= all * part[i] / 5;
		}
	}
	for (int i = 0; i < n && !good; i++)
		printf("%s: %d got %lld of %lld us, not %ld of %ld\n", what, i, got[i] / 1000, all / 1000,
		       part[i], parts);
	CHECK(good);
}

/* Jain's index of the shares, in thousandths: 1000 if all are equal. */
static long
jain(void)
{
	double sum = 0, squares = 0;

	for (int i = 0; i < n; i++) {
		double x = cpu_ns(hogs[i]) - since[i];

		sum += x;
		squares += x * x;
	}
	return sum * sum * 1000 / (n * squares);
}

static void
equal_shares(void)
{
	long best = 0, harts = sysconf(_SC_NPROCESSORS_ONLN);

	for (int i = 0; i <= harts; i++)
		hog(SCHED_OTHER, 0);
	pause_ms(200);
	begin();
	for (int try = 0; try < TRIES && best < 990; try++) {
		pause_ms(1000);
		best = jain();
	}
	end_hogs();
	printf("%ld harts, one task more: %ld/1000\n", harts, best);
	CHECK(best >= 990);
}

int
main(int argc, char **argv)
{
	static const long equal[] = { 1, 1, 1 }, by_slice[] = { 1000, 526 }, by_weight[] = { 1024, 335, 110 },
			  changed[] = { 335, 335, 110 };
	const char *mode = argc > 1 ? argv[1] : "fair";
	unsigned long one = 1;

	if (!strcmp(mode, "equal")) {
		equal_shares();
		return 0;
	}
	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof one, &one) == 0);
	CHECK(setpriority(PRIO_PROCESS, 0, -10) == 0);	/* we are to see what happens */
	hog(SCHED_OTHER, 0);
	hog(SCHED_OTHER, 0);
	hog(SCHED_BATCH, 0);
	expect("equal", equal);
	end_hogs();
	if (!strcmp(mode, "rr")) {
		hog(SCHED_OTHER, 0);
		hog(SCHED_OTHER, 10);
		expect("slices", by_slice);
		end_hogs();
		return 0;
	}
	hog(SCHED_OTHER, 0);
	hog(SCHED_OTHER, 5);
	hog(SCHED_OTHER, 10);
	expect("weights", by_weight);
	CHECK(setpriority(PRIO_PROCESS, hogs[0], 5) == 0);
	expect("changed", changed);
	end_hogs();

	hog(SCHED_OTHER, 0);
	hog(SCHED_IDLE, 0);
	pause_ms(50);				/* until they are what they want to be */
	begin();
	for (int try = 0; try < TRIES; try++) {
		pause_ms(200);
		if ((cpu_ns(hogs[1]) - since[1]) * 20 < cpu_ns(hogs[0]) - since[0])
			break;
	}
	CHECK((cpu_ns(hogs[1]) - since[1]) * 20 < cpu_ns(hogs[0]) - since[0]);
	kill(hogs[0], SIGSTOP);
	since[1] = cpu_ns(hogs[1]);
	for (int try = 0; try < 50 && cpu_ns(hogs[1]) - since[1] < 20000000; try++)
		pause_ms(20);
	CHECK(cpu_ns(hogs[1]) - since[1] >= 20000000);
	end_hogs();
	return 0;
}
