/*
 * pidfd: readable when the process ends, told apart from who gets its number next; signals, waitid, descriptors
 * fetched; clone with CLONE_PIDFD; threads; /proc.
 */
#include <poll.h>
#include <sched.h>
#include "abi/event.h"
#include "abi/poll.h"
#include "abi/sched.h"
#include "test.h"

#ifndef P_PIDFD
#define P_PIDFD	3
#endif

static int
pidfd_open(int pid, unsigned flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static long
send(int fd, int sig)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

static int
events(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	CHECK(poll(&p, 1, ms) >= 0);
	return p.revents;
}

static long
wait_fd(int fd, siginfo_t *i, int options)
{
	memset(i, 0, sizeof *i);
	return syscall(SYS_waitid, P_PIDFD, fd, i, options, NULL);
}

/* What fdinfo says: the number after "Pid:". */
static int
fdinfo_pid(int fd)
{
	char path[64], text[512], *line;
	int f;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	f = open(path, O_RDONLY);
	n = read(f, text, sizeof text - 1);
	CHECK(n > 0);
	text[n] = 0;
	close(f);
	line = strstr(text, "\nPid:\t");
	CHECK(line && strstr(text, "\nNSpid:\t"));
	return atoi(line + 6);
}

static pid_t
sleeper(void)
{
	pid_t p = fork();

	CHECK(p >= 0);
	while (p == 0)
		pause();
	return p;
}

static void
test_process(void)
{
	pid_t child = sleeper();
	int fd = pidfd_open(child, 0), ep = syscall(SYS_epoll_create1, 0);
	struct abi_epoll_event e = { POLLIN, 3 };
	siginfo_t i;

	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(fdinfo_pid(fd) == child);
	CHECK(events(fd, 0) == 0);
	CHECK(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd, &e) == 0);
	CHECK(send(fd, 0) == 0);
	CHECK(wait_fd(fd, &i, WEXITED | WNOHANG) == 0 && i.si_pid == 0);
	CHECK(send(fd, SIGTERM) == 0);
	CHECK(events(fd, 10000) == POLLIN);
	CHECK(syscall(SYS_epoll_pwait, ep, &e, 1, -1, NULL, 8) == 1 && e.data == 3);
	CHECK(wait_fd(fd, &i, WEXITED | WNOWAIT) == 0 && i.si_pid == child);
	CHECK(send(fd, 0) == 0);				/* a zombie still is somebody */
	CHECK(wait_fd(fd, &i, WEXITED) == 0 && i.si_pid == child && i.si_code == CLD_KILLED);
	CHECK(i.si_status == SIGTERM);
	CHECK_ERRNO(ESRCH, send(fd, 0));
	CHECK_ERRNO(ECHILD, wait_fd(fd, &i, WEXITED));
	CHECK(fdinfo_pid(fd) == -1);
	CHECK(events(fd, 0) & POLLIN);
	close(fd);
	close(ep);
}

static void
test_nonblock(void)
{
	pid_t child = sleeper();
	int fd = pidfd_open(child, PIDFD_NONBLOCK);
	siginfo_t i;

	CHECK(fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK));
	CHECK_ERRNO(EAGAIN, wait_fd(fd, &i, WEXITED));
	kill(child, SIGKILL);
	CHECK(events(fd, 10000) == POLLIN);
	CHECK(wait_fd(fd, &i, WEXITED) == 0 && i.si_pid == child);
	close(fd);
}

static void
test_getfd(void)
{
	int f[2], fd, mine, go[2];
	pid_t child;
	char c;

	CHECK(pipe(go) == 0);
	child = fork();
	if (child == 0) {
		CHECK(pipe(f) == 0);
		CHECK(write(f[1], "q", 1) == 1);
		CHECK(write(go[1], &f[0], sizeof f[0]) == sizeof f[0]);
		pause();
	}
	CHECK(read(go[0], &f[0], sizeof f[0]) == sizeof f[0]);
	fd = pidfd_open(child, 0);
	mine = syscall(SYS_pidfd_getfd, fd, f[0], 0);
	CHECK(mine >= 0 && fcntl(mine, F_GETFD) == FD_CLOEXEC);
	CHECK(read(mine, &c, 1) == 1 && c == 'q');
	CHECK_ERRNO(EBADF, syscall(SYS_pidfd_getfd, fd, 1000, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_pidfd_getfd, fd, f[0], 1));
	CHECK_ERRNO(EBADF, syscall(SYS_pidfd_getfd, go[0], f[0], 0));
	if (getuid() == 0) {
		pid_t other = fork();

		if (other == 0) {
			CHECK(setuid(1000) == 0);
			CHECK_ERRNO(EPERM, syscall(SYS_pidfd_getfd, fd, f[0], 0));
			CHECK_ERRNO(EPERM, send(fd, SIGTERM));
			_exit(0);
		}
		int status;
		CHECK(waitpid(other, &status, 0) == other && exited(status, 0));
	}
	kill(child, SIGKILL);
	CHECK(waitpid(child, NULL, 0) == child);
	CHECK_ERRNO(ESRCH, syscall(SYS_pidfd_getfd, fd, f[0], 0));
	close(mine);
	close(fd);
	close(go[0]);
	close(go[1]);
}

static void
test_clone(void)
{
	int fd = -1;
	struct abi_clone_args a = { .flags = CLONE_PIDFD, .pidfd = (uintptr_t)&fd, .exit_signal = SIGCHLD };
	siginfo_t i;
	long pid = syscall(SYS_clone3, &a, sizeof a);

	if (pid == 0)
		_exit(5);
	CHECK(pid > 0 && fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(wait_fd(fd, &i, WEXITED) == 0 && i.si_pid == pid && i.si_status == 5);
	close(fd);
	fd = -1;
	pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (pid == 0)
		_exit(6);
	CHECK(pid > 0 && fd >= 0);
	CHECK(wait_fd(fd, &i, WEXITED) == 0 && i.si_pid == pid && i.si_status == 6);
	close(fd);
	CHECK_ERRNO(EINVAL, syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
	CHECK_ERRNO(EFAULT, syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, NULL, 0, 0));
	int next = open("/dev/null", O_RDONLY);		/* the failed one has left no descriptor behind */
	CHECK(next == fd);
	close(next);
}

static volatile int handled;

static void
handler(int sig, siginfo_t *i, void *ctx)
{
	(void)ctx;
	CHECK(i->si_pid == getpid() && sig == SIGUSR1);
	handled = 100 + i->si_code;
}

static volatile int code;

static void
note_code(int sig, siginfo_t *i, void *ctx)
{
	(void)sig, (void)ctx;
	code = i->si_code;
}

/* A directory /proc/PID is a pidfd for signals, and for nothing else. */
static void
test_proc(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO };
	char name[64];
	siginfo_t i;
	int fd, thread, status;
	pid_t child;

	sa.sa_sigaction = note_code;
	sigaction(SIGUSR1, &sa, NULL);
	code = 99;
	fd = open("/proc/self", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && send(fd, 0) == 0 && code == 99);
	CHECK(send(fd, SIGUSR1) == 0 && code == 0);		/* SI_USER */
	CHECK(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 1) == 0 && code == -6);	/* the thread: SI_TKILL */
	CHECK_ERRNO(EINVAL, send(fd, 65));
	CHECK_ERRNO(EBADF, wait_fd(fd, &i, WEXITED));
	CHECK_ERRNO(EBADF, syscall(SYS_pidfd_getfd, fd, 0, 0));
	close(fd);
	thread = pidfd_open(getpid(), PIDFD_THREAD);
	CHECK(send(thread, SIGUSR1) == 0 && code == -6);
	CHECK(syscall(SYS_pidfd_send_signal, thread, SIGUSR1, NULL, 2) == 0 && code == 0);	/* its process */
	close(thread);
	for (int k = 0; k < 4; k++) {
		static const char *const names[] = { "/proc", "/proc/self/task", "/proc/self/fd", "/proc/thread-self" };

		fd = open(names[k], O_RDONLY | O_DIRECTORY);
		CHECK(fd >= 0);
		CHECK_ERRNO(EBADF, send(fd, 0));
		close(fd);
	}
	fd = open("/proc/self", O_PATH);
	CHECK_ERRNO(EBADF, send(fd, 0));
	close(fd);
	child = fork();
	if (!child)
		for (;;)
			pause();
	sprintf(name, "/proc/%d", child);
	fd = open(name, O_RDONLY | O_DIRECTORY);
	CHECK(send(fd, SIGTERM) == 0);
	CHECK(waitid(P_PID, child, &i, WEXITED | WNOWAIT) == 0);
	CHECK(send(fd, SIGTERM) == 0);				/* it has not been waited for */
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	CHECK_ERRNO(ESRCH, send(fd, SIGTERM));
	close(fd);
}

static void
test_bad(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO };
	siginfo_t i, info = { 0 };
	int fd = pidfd_open(getpid(), 0), null = open("/dev/null", O_RDONLY);

	CHECK_ERRNO(EINVAL, pidfd_open(0, 0));
	CHECK_ERRNO(EINVAL, pidfd_open(-1, 0));
	CHECK_ERRNO(EINVAL, pidfd_open(getpid(), 1));
	CHECK_ERRNO(ESRCH, pidfd_open(0x3fffffff, 0));
	CHECK_ERRNO(EBADF, send(null, 0));
	CHECK_ERRNO(EBADF, send(99, 0));
	CHECK_ERRNO(EINVAL, send(fd, 65));
	CHECK_ERRNO(EINVAL, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 8));
	CHECK_ERRNO(EINVAL, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 3));
	CHECK_ERRNO(EINVAL, syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0));
	CHECK_ERRNO(EBADF, wait_fd(null, &i, WEXITED));
	CHECK_ERRNO(EBADF, wait_fd(99, &i, WEXITED));
	CHECK_ERRNO(EINVAL, wait_fd(-1, &i, WEXITED));
	CHECK_ERRNO(ECHILD, wait_fd(fd, &i, WEXITED));
	CHECK_ERRNO(EINVAL, read(fd, &i, 8));
	sa.sa_sigaction = handler;
	sigaction(SIGUSR1, &sa, NULL);
	CHECK(send(fd, SIGUSR1) == 0 && handled == 100);
	CHECK(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, PIDFD_SIGNAL_THREAD) == 0);
	CHECK(handled == 100 - 6);				/* SI_TKILL */
	close(fd);
	fd = pidfd_open(getpid(), PIDFD_THREAD);
	CHECK(fd >= 0 && send(fd, SIGUSR1) == 0);
	close(fd);
	close(null);
}

int
main(void)
{
	test_process();
	test_nonblock();
	test_getfd();
	test_clone();
	test_proc();
	test_bad();
	return 0;
}
