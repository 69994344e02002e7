/* poll: readiness of pipes, time-outs, bad descriptors, hang-ups, signals, and select's view of the same. */
#include <poll.h>
#include "test.h"

static void handler(int sig) { (void)sig; }

/* select() of one descriptor below 64 for reading; what it returns, or -2 if the set does not agree. */
static long
select_read(int fd, struct timespec *t)
{
	unsigned long set = 1UL << fd;
	long r = syscall(SYS_pselect6, fd + 1, &set, NULL, NULL, t, NULL);

	return r < 0 || set == (r ? 1UL << fd : 0) ? r : -2;
}

int
main(void)
{
	int f[2];
	struct pollfd p[3];
	struct timespec tick = { 0, 20000000 };
	struct sigaction sa;
	pid_t child;

	CHECK(pipe(f) == 0);
	p[0] = (struct pollfd){ f[0], POLLIN, 0 };
	CHECK(poll(p, 1, 0) == 0 && poll(p, 1, 20) == 0);
	CHECK(write(f[1], "x", 1) == 1 && poll(p, 1, -1) == 1 && p[0].revents == POLLIN);
	p[1] = (struct pollfd){ 99, POLLIN, 0 };
	p[2] = (struct pollfd){ -1, POLLIN, 7 };
	CHECK(poll(p, 3, 0) == 2 && p[1].revents == POLLNVAL && p[2].revents == 0);
	CHECK(select_read(f[0], NULL) == 1);
	char c;
	CHECK(read(f[0], &c, 1) == 1);
	CHECK(select_read(f[0], &tick) == 0);
	CHECK_ERRNO(EBADF, select_read(50, &tick));
	/* Woken by data that comes later, and by a signal. */
	child = fork();
	if (child == 0) {
		pause_ms(30);
		CHECK(write(f[1], "y", 1) == 1);
		_exit(0);
	}
	CHECK(poll(p, 1, 5000) == 1 && read(f[0], &c, 1) == 1 && c == 'y');
	waitpid(child, NULL, 0);
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	child = fork();
	if (child == 0) {
		pause_ms(30);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK_ERRNO(EINTR, poll(p, 1, 5000));		/* never restarted */
	waitpid(child, NULL, 0);
	close(f[1]);
	CHECK(poll(p, 1, 0) == 1 && p[0].revents == POLLHUP);
	return 0;
}
