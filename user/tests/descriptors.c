/* descriptors: lowest number, limits, duplication, close-on-exec, ranges. */
#include <sys/resource.h>
#include "test.h"

int
main(void)
{
	struct rlimit r = { 64, 64 }, old;
	int fd = open("/dev/null", O_RDWR), n, status;
	pid_t child;

	CHECK(fd == 3);
	CHECK(dup(fd) == 4 && close(3) == 0 && open("/dev/null", O_RDWR) == 3);
	CHECK(fcntl(3, F_DUPFD, 40) == 40 && fcntl(3, F_DUPFD_CLOEXEC, 40) == 41);
	CHECK(fcntl(41, F_GETFD) == FD_CLOEXEC && fcntl(40, F_GETFD) == 0 && fcntl(40, F_SETFD, FD_CLOEXEC) == 0);
	CHECK_ERRNO(EINVAL, syscall(SYS_dup3, 3, 3, 0));
	CHECK_ERRNO(EBADF, dup2(99, 5));
	CHECK(dup2(3, 3) == 3);
	CHECK_ERRNO(EBADF, close(99));
	CHECK_ERRNO(EBADF, close(-1));
	CHECK((fcntl(3, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK(fcntl(3, F_SETFL, O_NONBLOCK) == 0 && fcntl(3, F_GETFL) & O_NONBLOCK);
	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0 && setrlimit(RLIMIT_NOFILE, &r) == 0);
	for (n = 0; open("/dev/null", O_RDONLY) >= 0; n++)
		;
	CHECK(errno == EMFILE && n > 50 && n < 64);
	CHECK_ERRNO(EMFILE, dup(3));
	CHECK_ERRNO(EBADF, dup2(3, 64));
	CHECK_ERRNO(EINVAL, fcntl(3, F_DUPFD, 64));
	CHECK(syscall(SYS_close_range, 5, 1000, 0) == 0 && fcntl(40, F_GETFD) == -1 && dup(3) == 5);
	/* A thousand open at once, after the limit is raised. */
	r.rlim_cur = r.rlim_max = 1024;
	if (setrlimit(RLIMIT_NOFILE, &r) == 0)
		for (n = 6; n < 1024; n++)
			CHECK(dup(3) == n);
	/* A copy of a table, whatever its length, holds as many as any. */
	r.rlim_cur = r.rlim_max = 1 << 20;
	if (setrlimit(RLIMIT_NOFILE, &r) == 0) {
		CHECK(syscall(SYS_close_range, 129, 2000, 0) == 0);
		child = fork();
		if (child == 0)
			_exit(dup2(3, (1 << 20) - 1) == (1 << 20) - 1 ? 0 : errno);
		CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
	}
	return 0;
}
