/*
 * processes_memory: process_vm_readv and writev, membarrier, execveat, and a parent in vfork that a signal ends.
 */
#include <sys/uio.h>
#include "test.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#define READV(pid, l, n, r, m, f) \
	syscall(SYS_process_vm_readv, (long)(pid), l, (long)(n), r, (long)(m), (long)(f))
#define WRITEV(pid, l, n, r, m, f) \
	syscall(SYS_process_vm_writev, (long)(pid), l, (long)(n), r, (long)(m), (long)(f))

static char remote_bytes[2 * PAGE] = "the other side";

static void
peeking(void)
{
	char a[8] = "", b[8] = "";
	struct iovec local[2] = { { a, 4 }, { b, 8 } }, remote[2] = { { remote_bytes, 6 }, { remote_bytes + 10, 4 } };
	struct iovec bad[2] = { { remote_bytes, 4 }, { (void *)8, 4 } }, none = { (void *)8, 4 };
	struct iovec code = { (void *)peeking, 4 };
	int up[2], status;
	pid_t pid;
	char c;

	CHECK(pipe(up) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(read(up[0], &c, 1) == 1);
		_exit(memcmp(remote_bytes, "THE other side", 14) != 0);
	}
	CHECK(READV(pid, local, 2, remote, 2, 0) == 10);
	CHECK(!memcmp(a, "the ", 4) && !memcmp(b, "otside", 6));
	CHECK(READV(pid, local, 1, remote, 2, 0) == 4);
	CHECK(READV(pid, local, 2, bad, 2, 0) == 4);		/* as far as it goes */
	CHECK_ERRNO(EFAULT, READV(pid, local, 2, &none, 1, 0));
	CHECK_ERRNO(EFAULT, READV(pid, (void *)8, 1, remote, 1, 0));
	CHECK_ERRNO(EFAULT, READV(pid, local, 1, (void *)8, 1, 0));
	CHECK_ERRNO(EINVAL, READV(pid, local, 1, remote, 1, 1));
	CHECK_ERRNO(EINVAL, READV(pid, local, 1025, remote, 1, 0));
	CHECK_ERRNO(ESRCH, READV(0x3fffffff, local, 1, remote, 1, 0));
	CHECK(READV(pid, local, 0, remote, 1, 0) == 0 && READV(pid, local, 1, remote, 0, 0) == 0);
	memcpy(a, "THE ", 4);
	CHECK(WRITEV(pid, local, 1, remote, 1, 0) == 4);
	CHECK_ERRNO(EFAULT, WRITEV(pid, local, 1, &code, 1, 0));
	CHECK(write(up[1], "x", 1) == 1 && waitpid(pid, &status, 0) == pid && exited(status, 0));
	pid = fork();
	if (pid == 0) {
		CHECK(setgid(77) == 0 && setuid(77) == 0);
		CHECK_ERRNO(EPERM, READV(1, local, 1, remote, 1, 0));
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && exited(status, 0));
}

static void
barriers(void)
{
#define MB(cmd, flags)	syscall(SYS_membarrier, (long)(cmd), (long)(flags))
	long known = MB(0, 0);

	CHECK(known > 0 && (known & 1) && (known & 8) && (known & 16));
	CHECK(MB(1, 0) == 0);
	CHECK_ERRNO(EPERM, MB(8, 0));
	CHECK(MB(16, 0) == 0 && MB(8, 0) == 0);
	CHECK(MB(512, 0) == 16);
	CHECK(MB(2, 0) == 0 && MB(4, 0) == 0);
	CHECK_ERRNO(EINVAL, MB(0, 1));
	CHECK_ERRNO(EINVAL, MB(3, 0));
	CHECK_ERRNO(EINVAL, MB(1 << 20, 0));
}

static int
run_at(int dfd, const char *path, int flags, int code)
{
	char *argv[] = { "me", "exit", NULL }, *envp[] = { NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		syscall(SYS_execveat, (long)dfd, path, argv, envp, (long)flags);
		_exit(errno);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return exited(status, code);
}

static void
by_descriptor(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), dir = open("/tmp", O_RDONLY | O_DIRECTORY), script;

	CHECK(fd >= 0 && dir >= 0);
	CHECK(run_at(fd, "", AT_EMPTY_PATH, 33) && run_at(AT_FDCWD, "/proc/self/exe", 0, 33));
	CHECK(run_at(fd, "", 0, ENOENT) && run_at(fd, "", AT_EMPTY_PATH | 1, EINVAL) && run_at(999, "x", 0, EBADF));
	CHECK(run_at(AT_FDCWD, "/proc/self/exe", AT_SYMLINK_NOFOLLOW, ELOOP));
	CHECK(run_at(dir, "", AT_EMPTY_PATH, EACCES) && run_at(dir, "not-there", 0, ENOENT));
	symlink("/proc/self/fd", "/dev/fd");			/* a root without udev has none */
	script = open("/tmp/at.sh", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	CHECK(write(script, "#!/bin/sh\nexit 44\n", 18) == 18);
	close(script);
	CHECK(run_at(dir, "at.sh", 0, 44));
	CHECK(fcntl(dir, F_SETFD, FD_CLOEXEC) == 0 && run_at(dir, "at.sh", 0, ENOENT));
	CHECK(run_at(dir, "/tmp/at.sh", 0, 44));
	unlink("/tmp/at.sh");
}

static volatile int hits;
static void hit(int sig) { hits += sig == SIGUSR1; }

/* A parent in vfork: a signal with a handler (first, if not 0) waits, one that ends it (last) ends it. */
static void
killed_in_vfork(int first, int last)
{
	int pids[2], status;
	pid_t parent, child = 0;

	CHECK(pipe(pids) == 0);
	parent = fork();
	if (parent == 0) {
		signal(SIGUSR1, hit);
		if (syscall(SYS_clone, 0x4000L /* CLONE_VFORK */ | SIGCHLD, 0L, 0L, 0L, 0L) == 0) {
			pid_t me = getpid();

			write(pids[1], &me, sizeof me);
			for (;;)
				pause_ms(1000);
		}
		_exit(hits);
	}
	CHECK(read(pids[0], &child, sizeof child) == sizeof child);
	if (first) {
		CHECK(kill(parent, first) == 0);
		pause_ms(50);
	}
	CHECK(waitpid(parent, &status, WNOHANG) == 0);
	CHECK(kill(parent, last) == 0);
	CHECK(waitpid(parent, &status, 0) == parent && killed(status, last));
	CHECK(kill(child, SIGKILL) == 0);
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 33;
	peeking();
	barriers();
	by_descriptor();
	killed_in_vfork(0, SIGTERM);
	killed_in_vfork(SIGUSR1, SIGKILL);
	return 0;
}
