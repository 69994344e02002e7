/*
 * taskbench.c - what maps of memory, signals, timers and threads cost. See bench.h.
 */
#include <sched.h>
#include <sys/time.h>
#include "abi/event.h"
#include "abi/futex.h"
#include "abi/signal.h"
#include "bench.h"

#define FAR	{ 1000000, 0 }		/* seconds: no timer of these goes off */
#define CROWD	10000

static char *map;
static int pair[2], other[2];
static volatile int signals, word[2];
static char stack[16384] __attribute__((aligned(16)));
static char crowd_stack[CROWD][1024] __attribute__((aligned(16)));

/* ---- memory ---- */

static char *
map_anon(size_t n)
{
	char *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(m != MAP_FAILED);
	return m;
}

static void
touch(volatile char *m, size_t n)
{
	for (size_t i = 0; i < n; i += PAGE)
		m[i] = 1;
}

/* 64 KiB of a file: mapped, each page written to, and unmapped. */
static void
map_file(long n)
{
	while (n--) {
		char *m = mmap(NULL, sizeof buffer, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		MUST(m != MAP_FAILED);
		touch(m, sizeof buffer);
		MUST(munmap(m, sizeof buffer) == 0);
	}
}

/* 1 MiB in use, moved to another place. */
static void
mremap_1m(long n)
{
	char *to = map_anon(2 * MIB), *place[2] = { to, to + MIB };
	int in = 0;

	MUST(munmap(to, 2 * MIB) == 0);
	MUST(mremap(map, MIB, MIB, MREMAP_MAYMOVE | MREMAP_FIXED, place[0]) == place[0]);
	while (n--) {
		MUST(mremap(place[in], MIB, MIB, MREMAP_MAYMOVE | MREMAP_FIXED, place[!in]) == place[!in]);
		in = !in;
	}
	map = place[in];
}

static void
dontneed(long n)
{
	while (n--) {
		touch(map, MIB);
		MUST(madvise(map, MIB, MADV_DONTNEED) == 0);
	}
}

/* One page in the middle, read-only and back: the area is cut and joined again. */
static void
mprotect_page(long n)
{
	while (n--) {
		MUST(mprotect(map + MIB / 2, PAGE, PROT_READ) == 0);
		MUST(mprotect(map + MIB / 2, PAGE, PROT_READ | PROT_WRITE) == 0);
	}
}

static void
need_map(void)
{
	map = map_anon(MIB);
	touch(map, MIB);
}

static void
need_file(void)
{
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0644);
	MUST(fd >= 0 && write(fd, buffer, sizeof buffer) == sizeof buffer);
}

/* ---- signals ---- */

static void
on_signal(int sig, siginfo_t *i, void *context)
{
	(void)sig, (void)i, (void)context;
	signals++;
}

static void
catch(int sig, int flags)
{
	struct sigaction sa = { .sa_flags = flags };

	sa.sa_sigaction = on_signal;
	MUST(sigaction(sig, &sa, NULL) == 0);
}

static void sigqueue_rt(long n) { union sigval v = { 1 }; while (n--) MUST(sigqueue(getpid(), 40, v) == 0); }
static void kill_self(long n) { while (n--) MUST(kill(getpid(), SIGUSR1) == 0); }

static void
sigtimedwait_pending(long n)
{
	sigset_t set = 1UL << (SIGUSR1 - 1);
	struct timespec t = { 1, 0 };
	siginfo_t i;

	while (n--)
		MUST(kill(getpid(), SIGUSR1) == 0 && sigtimedwait(&set, &i, &t) == SIGUSR1);
}

static void need_rt_handler(void) { catch(40, SA_SIGINFO); }

static void
need_altstack(void)
{
	stack_t s = { .ss_sp = stack, .ss_size = sizeof stack };

	MUST(sigaltstack(&s, NULL) == 0);
	catch(SIGUSR1, SA_SIGINFO | SA_ONSTACK);
}

static void
need_blocked(void)
{
	sigset_t set = 1UL << (SIGUSR1 - 1);

	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}

/* ---- timers ---- */

static void
setitimer_arm(long n)
{
	struct itimerval far = { { 0, 0 }, FAR }, off = { { 0, 0 }, { 0, 0 } };

	while (n--)
		MUST(setitimer(ITIMER_REAL, &far, NULL) == 0 && setitimer(ITIMER_REAL, &off, NULL) == 0);
}

static void
timer_cycle(long n)
{
	struct itimerspec far = { { 0, 0 }, FAR };
	struct abi_sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	int id;

	while (n--) {
		MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id) == 0);
		MUST(syscall(SYS_timer_settime, id, 0, &far, NULL) == 0);
		MUST(syscall(SYS_timer_delete, id) == 0);
	}
}

static void
timerfd_arm(long n)
{
	struct itimerspec far = { { 0, 0 }, FAR }, off = { { 0, 0 }, { 0, 0 } };

	while (n--)
		MUST(syscall(SYS_timerfd_settime, fd, 0, &far, NULL) == 0 &&
		     syscall(SYS_timerfd_settime, fd, 0, &off, NULL) == 0);
}

/* A moment, slept until it is over: what the hart does meanwhile but idle. */
static void
timerfd_read(long n)
{
	struct itimerspec soon = { { 0, 0 }, { 0, 100000 } };
	unsigned long v;

	while (n--)
		MUST(syscall(SYS_timerfd_settime, fd, 0, &soon, NULL) == 0 && read(fd, &v, 8) == 8);
}

static void
nanosleep_0(long n)
{
	struct timespec t = { 0, 0 };

	while (n--)
		MUST(nanosleep(&t, NULL) == 0);
}

static void need_timerfd(void) { MUST((fd = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0)) >= 0); }

/* ---- threads, and who runs ---- */

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static void
wait_while(volatile int *at, int value)
{
	while (*at == value)
		syscall(SYS_futex, at, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void
tell(volatile int *at)
{
	++*at;
	syscall(SYS_futex, at, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

static int
answer(void *arg)
{
	for (int i = 0;; i++) {
		wait_while(&word[0], i);
		tell(&word[1]);
	}
	return arg != NULL;
}

static void
futex_round_trip(long n)
{
	while (n--) {
		int was = word[1];

		tell(&word[0]);
		wait_while(&word[1], was);
	}
}

static void need_answer(void) { MUST(clone(answer, stack + sizeof stack, THREAD, NULL) > 0); }

static int nothing(void *arg) { return arg != NULL; }

static void
thread_create_join(long n)
{
	static volatile int tid;
	int flags = THREAD | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	while (n--) {
		tid = 0;
		MUST(clone(nothing, stack + sizeof stack, flags, NULL, &tid, NULL, &tid) > 0);
		for (int t; (t = tid); )
			syscall(SYS_futex, &tid, FUTEX_WAIT, t, NULL, NULL, 0);
	}
}

static void yield(long n) { while (n--) sched_yield(); }

static void
need_yielder(void)
{
	if (child())
		yield(1L << 62);
}

static void
pipe_round_trip(long n)
{
	while (n--)
		MUST(write(pair[1], buffer, 1) == 1 && read(other[0], buffer, 1) == 1);
}

static int
asleep(void *arg)
{
	for (;;)
		pause();
	return arg != NULL;
}

/* Two that pass a byte to and fro, among so many that sleep. */
static void
crowd(int n)
{
	char c;

	MUST(pipe(pair) == 0 && pipe(other) == 0);
	if (child()) {
		while (read(pair[0], &c, 1) == 1 && write(other[1], &c, 1) == 1)
			;
		_exit(0);
	}
	for (int i = 2; i < n; i++)
		MUST(clone(asleep, crowd_stack[i] + sizeof crowd_stack[i], THREAD, NULL) > 0);
}

static void crowd_10(void) { crowd(10); }
static void crowd_1000(void) { crowd(1000); }
static void crowd_10000(void) { crowd(CROWD); }

static const struct row rows[] = {
	{ "mmap_file_64k", need_file, map_file, 1, FILES },
	{ "mremap_1m", need_map, mremap_1m, 1, OTHER },
	{ "madvise_touch_page", need_map, dontneed, MIB / PAGE, OTHER },
	{ "mprotect_page", need_map, mprotect_page, 2, OTHER },
	{ "sigqueue_rt", need_rt_handler, sigqueue_rt, 1, OTHER },
	{ "sigaltstack_handler", need_altstack, kill_self, 1, OTHER },
	{ "sigtimedwait", need_blocked, sigtimedwait_pending, 1, OTHER },
	{ "setitimer_arm_off", NULL, setitimer_arm, 1, OTHER },
	{ "timer_cycle", NULL, timer_cycle, 1, OTHER },
	{ "timerfd_arm_off", need_timerfd, timerfd_arm, 1, OTHER },
	{ "timerfd_read", need_timerfd, timerfd_read, 1, IDLES },
	{ "nanosleep_0", NULL, nanosleep_0, 1, IDLES },
	{ "futex_round_trip", need_answer, futex_round_trip, 1, OTHER },
	{ "thread_create_join", NULL, thread_create_join, 1, OTHER },
	{ "yield_2", need_yielder, yield, 2, OTHER },
	{ "round_trip_10", crowd_10, pipe_round_trip, 1, OTHER },
	{ "round_trip_1000", crowd_1000, pipe_round_trip, 1, OTHER },
	{ "round_trip_10000", crowd_10000, pipe_round_trip, 1, OTHER },
};

int
main(int argc, char **argv)
{
	return bench(rows, sizeof rows / sizeof rows[0], argc, argv);
}
