/* bad_pointers: a bad address to any call is EFAULT, never worse. */
#include <poll.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include "test.h"

int
main(void)
{
	char *hole = map_anon(3 * PAGE, PROT_READ | PROT_WRITE);
	char *bad[4];
	int fds[2], zero = open("/dev/zero", O_RDONLY);

	CHECK(munmap(hole + PAGE, PAGE) == 0);
	bad[0] = NULL;
	bad[1] = hole + PAGE;
	bad[2] = (char *)-4096L;		/* the kernel's half */
	bad[3] = (char *)0x4000000000L;		/* the first address past user space on Sv39 */
	CHECK(pipe(fds) == 0 && write(fds[1], "data", 4) == 4 && zero >= 0);

	for (int i = 0; i < 4; i++) {
		char *p = bad[i];

		CHECK_ERRNO(EFAULT, syscall(SYS_read, zero, p, 8));
		CHECK_ERRNO(EFAULT, syscall(SYS_read, fds[0], p, 4));
		CHECK_ERRNO(EFAULT, syscall(SYS_write, fds[1], p, 8));
		CHECK_ERRNO(EFAULT, syscall(SYS_openat, AT_FDCWD, p, O_RDONLY));
		CHECK_ERRNO(EFAULT, syscall(SYS_newfstatat, AT_FDCWD, "/", p, 0));
		CHECK_ERRNO(EFAULT, syscall(SYS_newfstatat, AT_FDCWD, p, hole, 0));
		CHECK_ERRNO(EFAULT, syscall(SYS_fstat, zero, p));
		CHECK_ERRNO(EFAULT, syscall(SYS_pipe2, p, 0));
		CHECK_ERRNO(EFAULT, syscall(SYS_execve, p, NULL, NULL));
		CHECK_ERRNO(EFAULT, syscall(SYS_uname, p));
		CHECK_ERRNO(EFAULT, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p));
		CHECK_ERRNO(EFAULT, syscall(SYS_sysinfo, p));
		CHECK_ERRNO(EFAULT, syscall(SYS_getrandom, p, 16, 0));
		CHECK_ERRNO(EFAULT, syscall(SYS_getcwd, p, 100));
		CHECK_ERRNO(EFAULT, syscall(SYS_writev, 1, p, 1));
		CHECK_ERRNO(EFAULT, syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", p, 100));
		if (p) {
			CHECK_ERRNO(EFAULT, syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8));
			CHECK_ERRNO(EFAULT, syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8));
			CHECK_ERRNO(EFAULT, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, p));
			CHECK_ERRNO(EFAULT, syscall(SYS_times, p));
		}
		CHECK_ERRNO(EFAULT, syscall(SYS_nanosleep, p, NULL));
		CHECK_ERRNO(EFAULT, syscall(SYS_getrusage, RUSAGE_SELF, p));
	}
	/* A read that reaches a hole gives what came before it, as on Linux, or EFAULT; nothing is invented. */
	{
		ssize_t n = read(zero, hole, 2 * PAGE);

		CHECK(n == PAGE || (n == -1 && errno == EFAULT));
	}
	/* Read-only memory is no place for results. */
	CHECK(mprotect(hole, PAGE, PROT_READ) == 0);
	CHECK_ERRNO(EFAULT, read(zero, hole, 8));
	CHECK_ERRNO(EFAULT, syscall(SYS_uname, hole));
	return 0;
}
