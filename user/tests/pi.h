/* pi.h - what the tests of inheriting locks share: the calls, and how urgent a task is now. */
#ifndef PI_H
#define PI_H

#include <sched.h>
#include "test.h"

#define WAIT		0
#define WAKE		1
#define REQUEUE		3
#define LOCK_PI		6
#define UNLOCK_PI	7
#define TRYLOCK_PI	8
#define WAIT_REQUEUE_PI	11
#define CMP_REQUEUE_PI	12
#define LOCK_PI2	13
#define PRIVATE		128
#define REALTIME	256

#define WAITERS		0x80000000U
#define OWNER_DIED	0x40000000U

typedef volatile unsigned word_t;

static inline long
futex(word_t *a, int op, unsigned v, const void *t, word_t *b, unsigned v3)
{
	return syscall(SYS_futex, a, op, v, t, b, v3);
}

static inline long lock_pi(word_t *a) { return futex(a, LOCK_PI, 0, NULL, NULL, 0); }
static inline long unlock_pi(word_t *a) { return futex(a, UNLOCK_PI, 0, NULL, NULL, 0); }
static inline unsigned tid(void) { return syscall(SYS_gettid); }

/* ms from now, on a clock. */
static inline struct timespec
after_ms(clockid_t clock, long ms)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* The n-th field of /proc/PID/stat, from 3 on. */
static inline long
stat_field(pid_t pid, int n)
{
	char path[64], line[1024] = "", *p;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0 && read(fd, line, sizeof line - 1) > 0);
	close(fd);
	p = strrchr(line, ')');
	CHECK(p);
	for (p += 2; n > 3; n--) {
		p = strchr(p, ' ');
		CHECK(p);
		p++;
	}
	return strtol(p, NULL, 10);
}

/* The real-time priority at which a task runs now, its own or inherited; 0: it shares time. */
static inline int
urgency(pid_t pid)
{
	long prio = stat_field(pid, 18);

	return prio < 0 ? -1 - prio : 0;
}

/* It takes a moment until a task that waits has said so; so wait, and fail if it never comes. */
static inline void
wait_urgency(pid_t pid, int want)
{
	for (int i = 0; i < 5000 && urgency(pid) != want; i++)
		pause_ms(1);
	if (urgency(pid) != want)
		printf("task %d runs at %d, not at %d\n", (int)pid, urgency(pid), want);
	CHECK(urgency(pid) == want);
}

static inline void
set_priority(pid_t pid, int prio)
{
	struct sched_param p = { .sched_priority = prio };

	CHECK(syscall(SYS_sched_setscheduler, pid, prio ? SCHED_FIFO : SCHED_OTHER, &p) == 0);
}

static inline void *
shared_page(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static inline void
join(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(exited(status, 0));
}

#endif
