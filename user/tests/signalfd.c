/* signalfd: signals read in order with their information; another mask; blocking, poll and epoll; bad arguments. */
#include <poll.h>
#include "abi/event.h"
#include "abi/poll.h"
#include "test.h"

typedef struct abi_signalfd_siginfo info_t;

#define BIT(sig)	(1UL << ((sig) - 1))

static long
make(int fd, uint64_t mask, int flags)
{
	return syscall(SYS_signalfd4, fd, &mask, 8L, flags);
}

static void
block(uint64_t mask)
{
	CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) == 0);
}

static int
ready(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms);
}

static void
test_read(int fd)
{
	info_t i[4];
	struct { int signo, error, code, pad, pid, uid; uint64_t value; long rest[12]; } q = { 0 };
	char small[64];

	CHECK(!ready(fd, 0));
	CHECK_ERRNO(EAGAIN, read(fd, i, sizeof i));
	CHECK_ERRNO(EINVAL, read(fd, small, sizeof small));
	CHECK(kill(getpid(), SIGUSR2) == 0 && kill(getpid(), SIGUSR1) == 0 && kill(getpid(), SIGUSR1) == 0);
	q.code = -1;		/* SI_QUEUE */
	q.pid = getpid();
	q.value = 0x123456789aUL;
	CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), 40, &q) == 0);
	q.value = 7;
	CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), 40, &q) == 0);
	CHECK(ready(fd, 0) == 1);
	CHECK(read(fd, i, sizeof i[0] + 5) == sizeof i[0]);
	CHECK(i[0].ssi_signo == SIGUSR1 && i[0].ssi_code == 0 && i[0].ssi_pid == (unsigned)getpid());
	CHECK(i[0].ssi_uid == getuid());
	CHECK(read(fd, i, sizeof i) == 3 * sizeof i[0]);
	CHECK(i[0].ssi_signo == SIGUSR2 && i[1].ssi_signo == 40 && i[2].ssi_signo == 40);
	CHECK(i[1].ssi_code == -1 && i[1].ssi_ptr == 0x123456789aUL && i[1].ssi_int == 0x3456789a);
	CHECK(i[2].ssi_ptr == 7);
	CHECK(!ready(fd, 0));
}

static void
test_child(int fd)
{
	info_t i;
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(9);
	CHECK(ready(fd, 10000) == 1 && read(fd, &i, sizeof i) == sizeof i);
	CHECK(i.ssi_signo == SIGCHLD && i.ssi_code == 1 && i.ssi_pid == (unsigned)child && i.ssi_status == 9);
	CHECK(waitpid(child, &status, 0) == child);
}

/* A reader that sleeps; a mask that changes; the signals are the reader's own, though the descriptor is shared. */
static void
test_shared(void)
{
	int fd = make(-1, BIT(SIGUSR1), 0), status;
	info_t i;
	pid_t child = fork();

	CHECK(fd >= 0);
	if (child == 0) {
		CHECK(read(fd, &i, sizeof i) == sizeof i);
		CHECK(i.ssi_signo == SIGUSR1 && i.ssi_pid == (unsigned)getppid());
		_exit(0);
	}
	pause_ms(30);
	CHECK(kill(child, SIGUSR1) == 0);
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	CHECK(make(fd, BIT(SIGUSR2) | BIT(SIGKILL), 0) == fd);
	CHECK(kill(getpid(), SIGUSR1) == 0 && !ready(fd, 0));
	CHECK(make(fd, BIT(SIGUSR1), 0) == fd && ready(fd, 0) == 1);
	CHECK(read(fd, &i, sizeof i) == sizeof i && i.ssi_signo == SIGUSR1);
	close(fd);
}

static void
test_epoll(int fd)
{
	int ep = syscall(SYS_epoll_create1, 0);
	struct abi_epoll_event e = { POLLIN, 5 };
	info_t i;

	CHECK(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd, &e) == 0);
	CHECK(syscall(SYS_epoll_pwait, ep, &e, 1, 0, NULL, 8) == 0);
	kill(getpid(), SIGUSR2);
	CHECK(syscall(SYS_epoll_pwait, ep, &e, 1, -1, NULL, 8) == 1 && e.data == 5);
	CHECK(read(fd, &i, sizeof i) == sizeof i);
	CHECK(syscall(SYS_epoll_pwait, ep, &e, 1, 0, NULL, 8) == 0);
	close(ep);
}

int
main(void)
{
	uint64_t mask = BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGCHLD) | BIT(40);
	int fd;

	block(mask);
	fd = make(-1, mask, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	test_read(fd);
	test_child(fd);
	test_epoll(fd);
	block(mask & ~BIT(SIGCHLD));
	test_shared();
	CHECK_ERRNO(EINVAL, make(-1, mask, 1));
	CHECK_ERRNO(EINVAL, syscall(SYS_signalfd4, -1, &mask, 4L, 0));
	CHECK_ERRNO(EFAULT, syscall(SYS_signalfd4, -1, NULL, 8L, 0));
	CHECK_ERRNO(EBADF, make(99, mask, 0));
	CHECK_ERRNO(EINVAL, make(1, mask, 0));
	return 0;
}
