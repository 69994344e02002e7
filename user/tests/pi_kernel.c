/*
 * pi_kernel: the Mars Pathfinder scene inside the kernel, on one hart. A task that shares time is in the middle of a
 * pipe, and so has the kernel's lock of it; an urgent task needs the pipe; one in between never sleeps. The one with
 * the lock inherits, so the one in between does not run while the urgent one waits. On Linux, whose mutexes do not
 * inherit, it does.
 */
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include "pi.h"

#define ROUNDS	20
#define HOG_MS	100			/* how long the one in between then keeps the others out */

static struct {
	volatile unsigned hog;		/* the one in between runs */
	volatile unsigned needs;	/* the urgent one has asked for the pipe */
	volatile unsigned late;		/* how often the one in between ran all the same */
} *s;

static int
inherits(void)
{
	struct utsname u;

	return uname(&u) == 0 && strstr(u.version, "Sextant");
}

/* Fills the pipe and empties it: nearly always in the middle of a copy. */
static void
low(int *pipe)
{
	static char buf[65536];

	for (;;) {
		CHECK(write(pipe[1], buf, sizeof buf) > 0);
		CHECK(read(pipe[0], buf, sizeof buf) > 0);
	}
}

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
middle(void)
{
	long end;

	set_priority(0, 20);
	for (;;) {
		while (!s->hog)
			pause_ms(1);
		for (end = 0; s->hog && (!end || now_ms() < end); ) {
			if (s->needs && !end) {
				s->late++;
				end = now_ms() + HOG_MS;
			}
		}
		s->hog = 0;
	}
}

int
main(void)
{
	unsigned long mask = 1;
	int p[2], busy;
	pid_t child[2];

	CHECK(syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) >= 0);
	s = shared_page();
	CHECK(pipe(p) == 0);
	for (int i = 0; i < 2; i++)
		if ((child[i] = fork()) == 0) {
			if (i)
				middle();
			low(p);
		}
	set_priority(0, 50);
	for (int i = 0; i < ROUNDS; i++) {
		pause_ms(5);			/* low runs, and is in the middle of something when we wake */
		s->hog = 1;
		pause_ms(3);			/* the one in between has seen it */
		s->needs = 1;
		CHECK(ioctl(p[0], FIONREAD, &busy) == 0);
		s->needs = 0;
		s->hog = 0;
	}
	for (int i = 0; i < 2; i++)
		CHECK(kill(child[i], SIGKILL) == 0 && waitpid(child[i], NULL, 0) == child[i]);
	if (s->late)
		printf("late %u times in %d\n", s->late, ROUNDS);
	CHECK(!inherits() || s->late == 0);
	return 0;
}
