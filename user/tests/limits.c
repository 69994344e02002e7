/* limits: file size, address space, processes and descriptors stop at what setrlimit said; only root raises it. */
#include <sys/resource.h>
#include "test.h"

static void
limit(int which, rlim_t soft, rlim_t hard)
{
	struct rlimit r = { soft, hard };

	CHECK(setrlimit(which, &r) == 0);
}

static void
file_size(void)
{
	static char block[8192];
	int fd = open("/tmp/limits.f", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	limit(RLIMIT_FSIZE, 5000, 5000);
	CHECK(write(fd, block, sizeof block) == 5000);	/* what still fits */
	signal(SIGXFSZ, SIG_IGN);
	CHECK_ERRNO(EFBIG, write(fd, block, 1));
	CHECK_ERRNO(EFBIG, ftruncate(fd, 6000));
	signal(SIGXFSZ, SIG_DFL);
	write(fd, block, 1);
}

static void
address_space(void)
{
	limit(RLIMIT_AS, 64 << 20, 64 << 20);
	CHECK(mmap(NULL, 65 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
	CHECK(mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void
data(void)
{
	limit(RLIMIT_DATA, 4 << 20, 4 << 20);
	CHECK(sbrk(8 << 20) == (void *)-1 && errno == ENOMEM);
}

static void
processes(void)
{
	struct rlimit r;
	pid_t p;
	int n = 0;

	limit(RLIMIT_NPROC, 5, 10);
	CHECK(syscall(SYS_setgroups, 0, NULL) == 0 && setgid(4321) == 0 && setuid(4321) == 0);
	while ((p = fork()) >= 0 && n < 100) {
		if (p == 0)
			for (;;)
				pause();
		n++;
	}
	CHECK(p == -1 && errno == EAGAIN && n == 4);
	limit(RLIMIT_NPROC, 10, 10);
	r = (struct rlimit){ 10, 20 };
	CHECK_ERRNO(EPERM, setrlimit(RLIMIT_NPROC, &r));
	kill(-1, SIGKILL);				/* all of this user's but us */
}

int
main(void)
{
	struct rlimit r = { 20, 10 };

	CHECK_ERRNO(EINVAL, setrlimit(RLIMIT_NOFILE, &r));
	CHECK_ERRNO(EINVAL, setrlimit(99, &r));
	CHECK(killed(in_child(file_size), SIGXFSZ));
	CHECK(unlink("/tmp/limits.f") == 0);
	CHECK(exited(in_child(address_space), 0));
	CHECK(exited(in_child(data), 0));
	CHECK(exited(in_child(processes), 0));
	CHECK(getrlimit(RLIMIT_STACK, &r) == 0 && r.rlim_cur == 8 << 20);
	return 0;
}
