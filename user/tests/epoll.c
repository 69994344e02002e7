/*
 * epoll: by level, by edge, once; descriptors duplicated and closed; epolls in epolls, circles and chains of them; one
 * waiter of several woken; thousands of descriptors; signals and masks; bad arguments.
 */
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include "abi/event.h"
#include "test.h"

typedef struct abi_epoll_event ev_t;

static int
make(void)
{
	int ep = syscall(SYS_epoll_create1, 0);

	CHECK(ep >= 0);
	return ep;
}

static long
ctl(int ep, int op, int fd, uint32_t events)
{
	ev_t e = { events, 1000 + fd };

	return syscall(SYS_epoll_ctl, ep, op, fd, &e);
}

static long
wait_for(int ep, ev_t *e, int n, int ms)
{
	return syscall(SYS_epoll_pwait, ep, e, n, ms, NULL, 8);
}

/* The events of the only descriptor ready in ep: 0 if none. */
static uint32_t
now(int ep)
{
	ev_t e[4];
	long n = wait_for(ep, e, 4, 0);

	CHECK(n == 0 || n == 1);
	return n ? e[0].events : 0;
}

static void
put(int fd)
{
	CHECK(write(fd, "x", 1) == 1);
}

static void
get(int fd)
{
	char c;

	CHECK(read(fd, &c, 1) == 1);
}

static void
test_level(void)
{
	int ep = make(), f[2];
	ev_t e[2];

	CHECK(pipe(f) == 0);
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	CHECK_ERRNO(EEXIST, ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN));
	CHECK(now(ep) == 0);
	put(f[1]);
	CHECK(now(ep) == POLLIN && now(ep) == POLLIN);
	CHECK(wait_for(ep, e, 2, -1) == 1 && e[0].data == 1000u + f[0]);
	get(f[0]);
	CHECK(now(ep) == 0);
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[1], POLLIN | POLLOUT) == 0);
	CHECK(now(ep) == POLLOUT);
	CHECK(ctl(ep, EPOLL_CTL_MOD, f[1], 0) == 0 && now(ep) == 0);
	CHECK(ctl(ep, EPOLL_CTL_MOD, f[1], POLLOUT) == 0 && now(ep) == POLLOUT);
	put(f[1]);
	CHECK(wait_for(ep, e, 2, 0) == 2);
	CHECK(wait_for(ep, e, 1, 0) == 1);		/* in turn: nobody starves */
	uint64_t first = e[0].data;
	CHECK(wait_for(ep, e, 1, 0) == 1 && e[0].data != first);
	CHECK(ctl(ep, EPOLL_CTL_DEL, f[1], 0) == 0 && now(ep) == POLLIN);
	CHECK_ERRNO(ENOENT, ctl(ep, EPOLL_CTL_DEL, f[1], 0));
	CHECK_ERRNO(ENOENT, ctl(ep, EPOLL_CTL_MOD, f[1], 0));
	get(f[0]);
	close(f[1]);
	CHECK(now(ep) == POLLHUP);
	close(f[0]);
	CHECK(now(ep) == 0);
	close(ep);
}

static void
test_edge(void)
{
	int ep = make(), f[2];

	CHECK(pipe(f) == 0);
	put(f[1]);
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN | EPOLLET) == 0);
	CHECK(now(ep) == POLLIN && now(ep) == 0);
	put(f[1]);					/* not empty, but more has come */
	CHECK(now(ep) == POLLIN && now(ep) == 0);
	get(f[0]);
	CHECK(now(ep) == 0);
	CHECK(ctl(ep, EPOLL_CTL_MOD, f[0], POLLIN | EPOLLET) == 0);
	CHECK(now(ep) == POLLIN && now(ep) == 0);
	put(f[1]);
	get(f[0]);
	get(f[0]);
	CHECK(now(ep) == 0);				/* gone before anybody asked */
	close(f[1]);
	CHECK(now(ep) == POLLHUP && now(ep) == 0);
	close(f[0]);
	close(ep);
}

static void
test_oneshot(void)
{
	int ep = make(), f[2];

	CHECK(pipe(f) == 0);
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN | EPOLLONESHOT) == 0);
	put(f[1]);
	CHECK(now(ep) == POLLIN && now(ep) == 0);
	put(f[1]);
	CHECK(now(ep) == 0);
	CHECK(ctl(ep, EPOLL_CTL_MOD, f[0], POLLIN | EPOLLONESHOT) == 0);
	CHECK(now(ep) == POLLIN && now(ep) == 0);
	close(f[1]);
	CHECK(now(ep) == 0);				/* not even a hang-up */
	close(f[0]);
	close(ep);
}

/* An item lives as long as the open file, whatever the number it was added by. */
static void
test_closing(void)
{
	int ep = make(), f[2], copy;
	ev_t e[2];

	CHECK(pipe(f) == 0);
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	copy = dup(f[0]);
	CHECK(ctl(ep, EPOLL_CTL_ADD, copy, POLLIN) == 0);
	put(f[1]);
	CHECK(wait_for(ep, e, 2, 0) == 2);
	CHECK(ctl(ep, EPOLL_CTL_DEL, copy, 0) == 0);
	int number = f[0];
	close(f[0]);
	CHECK(wait_for(ep, e, 2, 0) == 1 && e[0].data == 1000u + number);
	CHECK_ERRNO(EBADF, ctl(ep, EPOLL_CTL_DEL, number, 0));
	close(copy);
	CHECK(now(ep) == 0);
	close(f[1]);
	/* The epoll goes first; and one that has items when the process ends. */
	CHECK(pipe(f) == 0);
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	close(ep);
	put(f[1]);
	ep = make();
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	CHECK(now(ep) == POLLIN);
	pid_t child = fork();
	if (child == 0)
		_exit(now(ep) == POLLIN ? 0 : 1);	/* shared with the parent */
	int status;
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	close(f[0]);
	close(f[1]);
	CHECK(now(ep) == 0);
	close(ep);
}

static void
test_nesting(void)
{
	int f[2], ep[7], i;
	struct pollfd p;

	CHECK(pipe(f) == 0);
	for (i = 0; i < 7; i++)
		ep[i] = make();
	CHECK(ctl(ep[0], EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	for (i = 1; i < 5; i++)
		CHECK(ctl(ep[i], EPOLL_CTL_ADD, ep[i - 1], POLLIN) == 0);
	CHECK(now(ep[4]) == 0);
	p = (struct pollfd){ ep[4], POLLIN, 0 };
	CHECK(poll(&p, 1, 0) == 0);
	put(f[1]);
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
	CHECK(now(ep[4]) == POLLIN && now(ep[0]) == POLLIN);
	get(f[0]);
	CHECK(poll(&p, 1, 0) == 0 && now(ep[2]) == 0);
	/* Circles. */
	CHECK_ERRNO(EINVAL, ctl(ep[0], EPOLL_CTL_ADD, ep[0], POLLIN));
	CHECK_ERRNO(ELOOP, ctl(ep[0], EPOLL_CTL_ADD, ep[1], POLLIN));
	CHECK_ERRNO(ELOOP, ctl(ep[0], EPOLL_CTL_ADD, ep[4], POLLIN));
	/* Six in a row. */
	CHECK_ERRNO(ELOOP, ctl(ep[5], EPOLL_CTL_ADD, ep[4], POLLIN));
	CHECK(ctl(ep[6], EPOLL_CTL_ADD, ep[5], POLLIN) == 0);
	/* A waiter at the top is woken through all of them. */
	pid_t child = fork();
	if (child == 0) {
		ev_t e;

		_exit(wait_for(ep[4], &e, 1, 10000) == 1 ? 0 : 1);
	}
	pause_ms(30);
	put(f[1]);
	int status;
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	/* By edge: one report, though those below stay ready. */
	CHECK(ctl(ep[1], EPOLL_CTL_MOD, ep[0], POLLIN | EPOLLET) == 0);
	CHECK(now(ep[1]) == POLLIN && now(ep[1]) == 0);
	close(ep[0]);
	CHECK(now(ep[4]) == 0);
	for (i = 1; i < 7; i++)
		close(ep[i]);
	close(f[0]);
	close(f[1]);
}

/* Layers of epolls, each watched by all of the next: refused before one write would go thousands of ways. */
static void
test_wide(void)
{
	int f[2], ep[5][16], i, j, k, n = 0, refused = 0;

	CHECK(pipe(f) == 0);
	for (i = 0; i < 5; i++)
		for (j = 0; j < 16; j++)
			ep[i][j] = make();
	for (j = 0; j < 16; j++)
		CHECK(ctl(ep[0][j], EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	for (i = 1; i < 5; i++)
		for (j = 0; j < 16; j++)
			for (k = 0; k < 16; k++, n++)
				if (ctl(ep[i][j], EPOLL_CTL_ADD, ep[i - 1][k], POLLIN) < 0) {
					CHECK(errno == EINVAL);
					refused++;
				}
	CHECK(refused && n - refused >= 16);
	put(f[1]);
	CHECK(now(ep[0][15]) == POLLIN);
	for (i = 0; i < 5; i++)
		for (j = 0; j < 16; j++)
			close(ep[i][j]);
	/* From the top: the nest comes first, what wakes it last; and one epoll by many numbers. */
	for (i = 0; i < 4; i++)
		ep[i][0] = make();
	for (i = 3; i > 1; i--)
		for (j = 0; j < 8; j++) {
			k = dup(ep[i - 1][0]);
			CHECK(ctl(ep[i][0], EPOLL_CTL_ADD, k, POLLIN) == 0);
		}
	CHECK(ctl(ep[0][0], EPOLL_CTL_ADD, ep[1][0], POLLIN) == 0);
	CHECK(ctl(ep[1][0], EPOLL_CTL_ADD, f[0], POLLIN) == 0 && now(ep[0][0]) == POLLIN);
	for (j = 0; j < 16 && ctl(ep[1][0], EPOLL_CTL_ADD, dup(f[0]), POLLIN) == 0; j++)
		;
	CHECK(j < 16 && errno == EINVAL);
	CHECK(syscall(SYS_close_range, 3, 4000, 0) == 0 && pipe(f) == 0);
	/* Hundreds that watch one other, and a file directly, are nothing unusual. */
	ep[0][0] = make();
	CHECK(ctl(ep[0][0], EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	for (i = 0; i < 400; i++) {
		j = make();
		CHECK(ctl(j, EPOLL_CTL_ADD, ep[0][0], POLLIN) == 0 && ctl(j, EPOLL_CTL_ADD, f[0], POLLIN) == 0);
	}
	put(f[1]);
	CHECK(wait_for(j, (ev_t[2]){ 0 }, 2, 0) == 2);
	CHECK(syscall(SYS_close_range, 3, 4000, 0) == 0);
}

/* Of several tasks in epoll_wait on one epoll one write wakes one; so it does of several exclusive epolls. */
static void
wake_children(int exclusive)
{
	int f[2], done[2], ep = make(), i, status;
	pid_t child[3];
	struct pollfd p;
	char c;

	CHECK(pipe(f) == 0 && pipe(done) == 0);
	if (!exclusive)
		CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN | EPOLLET) == 0);
	for (i = 0; i < 3; i++) {
		child[i] = fork();
		if (child[i])
			continue;
		ev_t e;
		int mine = exclusive ? make() : ep;

		if (exclusive)
			CHECK(ctl(mine, EPOLL_CTL_ADD, f[0], POLLIN | EPOLLEXCLUSIVE) == 0);
		put(done[1]);
		CHECK(wait_for(mine, &e, 1, -1) == 1);
		put(done[1]);
		pause();
	}
	for (i = 0; i < 3; i++)
		get(done[0]);
	for (i = 0; i < 3; i++)
		wait_state(child[i], child[i], 'S');
	put(f[1]);
	get(done[0]);
	p = (struct pollfd){ done[0], POLLIN, 0 };
	CHECK(poll(&p, 1, 100) == 0);
	for (i = 0; i < 3; i++) {
		kill(child[i], SIGKILL);
		CHECK(waitpid(child[i], &status, 0) == child[i]);
	}
	(void)c;
	close(f[0]);
	close(f[1]);
	close(done[0]);
	close(done[1]);
	close(ep);
}

#define MANY	1500

static void
test_many(void)
{
	static int r[MANY], w[MANY];
	struct rlimit limit = { 4000, 4000 };
	int ep = make(), i, f[2];
	ev_t e[16];

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (i = 0; i < MANY; i++) {
		CHECK(pipe(f) == 0);
		r[i] = f[0];
		w[i] = f[1];
		CHECK(ctl(ep, EPOLL_CTL_ADD, r[i], POLLIN) == 0);
	}
	CHECK(wait_for(ep, e, 16, 0) == 0);
	for (i = 7; i < MANY; i += 200)
		put(w[i]);
	CHECK(wait_for(ep, e, 16, 0) == (MANY - 7 + 199) / 200);
	for (i = 0; i < (MANY - 7 + 199) / 200; i++)
		CHECK(e[i].data == 1000u + r[7 + 200 * i]);	/* in the order of the writes */
	for (i = 0; i < MANY; i++) {
		close(r[i]);
		close(w[i]);
	}
	CHECK(wait_for(ep, e, 16, 0) == 0);
	close(ep);
}

static volatile int handled;
static void handler(int sig) { handled = sig; }

static void
test_signals(void)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct timespec t = { 0, 20000000 };
	uint64_t none = 0, usr1 = 1UL << (SIGUSR1 - 1);
	int ep = make(), f[2];
	ev_t e;

	sigaction(SIGUSR1, &sa, NULL);
	CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &usr1, NULL, 8) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(wait_for(ep, &e, 1, 20) == 0 && !handled);
	CHECK_ERRNO(EINTR, syscall(SYS_epoll_pwait, ep, &e, 1, 10000, &none, 8));
	CHECK(handled == SIGUSR1);
	uint64_t mask = 0;
	CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8) == 0 && mask == usr1);
	/* An event that is there is told before the signal. */
	CHECK(pipe(f) == 0 && ctl(ep, EPOLL_CTL_ADD, f[1], POLLOUT) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	handled = 0;
	CHECK(syscall(SYS_epoll_pwait, ep, &e, 1, 10000, &none, 8) == 1);
	CHECK(ctl(ep, EPOLL_CTL_DEL, f[1], 0) == 0);
	CHECK(syscall(SYS_epoll_pwait2, ep, &e, 1, &t, NULL, 8) == 0);
	t.tv_nsec = 1000000000;
	CHECK_ERRNO(EINVAL, syscall(SYS_epoll_pwait2, ep, &e, 1, &t, NULL, 8));
	CHECK_ERRNO(EINVAL, syscall(SYS_epoll_pwait, ep, &e, 1, 0, &none, 4));
	CHECK(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &usr1, NULL, 8) == 0);
	close(f[0]);
	close(f[1]);
	close(ep);
}

static void
test_bad(void)
{
	int ep = make(), f[2], file = open("/proc/self/exe", O_RDONLY);
	ev_t e;

	CHECK(pipe(f) == 0);
	CHECK_ERRNO(EINVAL, syscall(SYS_epoll_create1, 1));
	CHECK_ERRNO(EBADF, ctl(99, EPOLL_CTL_ADD, f[0], POLLIN));
	CHECK_ERRNO(EBADF, ctl(ep, EPOLL_CTL_ADD, 99, POLLIN));
	CHECK_ERRNO(EINVAL, ctl(f[1], EPOLL_CTL_ADD, f[0], POLLIN));
	CHECK_ERRNO(EINVAL, ctl(ep, 7, f[0], POLLIN));
	CHECK_ERRNO(EPERM, ctl(ep, EPOLL_CTL_ADD, file, POLLIN));
	CHECK_ERRNO(EFAULT, syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, f[0], NULL));
	CHECK_ERRNO(EINVAL, wait_for(ep, &e, 0, 0));
	CHECK_ERRNO(EINVAL, wait_for(ep, &e, -1, 0));
	CHECK_ERRNO(EINVAL, wait_for(f[0], &e, 1, 0));
	CHECK_ERRNO(EBADF, wait_for(99, &e, 1, 0));
	CHECK_ERRNO(EFAULT, wait_for(ep, (ev_t *)-64L, 1, 0));
	CHECK_ERRNO(EINVAL, read(ep, &e, sizeof e));
	/* Exclusive. */
	CHECK_ERRNO(EINVAL, ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN | POLLPRI | EPOLLEXCLUSIVE));
	CHECK_ERRNO(EINVAL, ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE));
	CHECK(ctl(ep, EPOLL_CTL_ADD, f[0], POLLIN | EPOLLEXCLUSIVE) == 0);
	CHECK_ERRNO(EINVAL, ctl(ep, EPOLL_CTL_MOD, f[0], POLLIN));
	CHECK_ERRNO(EINVAL, ctl(ep, EPOLL_CTL_MOD, f[0], POLLIN | EPOLLEXCLUSIVE));
	int other = make();
	CHECK_ERRNO(EINVAL, ctl(ep, EPOLL_CTL_ADD, other, POLLIN | EPOLLEXCLUSIVE));
	/* The event stays if it could not be told. */
	put(f[1]);
	CHECK_ERRNO(EFAULT, wait_for(ep, (ev_t *)16, 1, 0));
	CHECK(now(ep) == POLLIN);
	close(other);
	close(file);
	close(f[0]);
	close(f[1]);
	close(ep);
}

int
main(void)
{
	test_level();
	test_edge();
	test_oneshot();
	test_closing();
	test_nesting();
	test_wide();
	wake_children(0);
	wake_children(1);
	test_many();
	test_signals();
	test_bad();
	return 0;
}
