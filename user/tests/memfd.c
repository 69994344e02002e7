/* memfd: memfd_create, and seals: what each forbids, to writes, sizes and mappings; when they may be set. */
#include "test.h"

#define CLOEXEC		1
#define SEALING		2
enum { SEAL = 1, SHRINK = 2, GROW = 4, WRITE = 8, FUTURE = 16, EXEC = 32 };
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#endif

static int
make(unsigned flags)
{
	int fd = syscall(SYS_memfd_create, "name", flags);

	CHECK(fd >= 0 && ftruncate(fd, 3 * PAGE) == 0);
	return fd;
}

static void *
map(int fd, int prot)
{
	return mmap(NULL, PAGE, prot, MAP_SHARED, fd, 0);
}

static void
plain(void)
{
	char name[300], buf[64];
	int fd = make(CLOEXEC), again;
	struct stat s;
	ssize_t n;

	CHECK(fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && (s.st_mode & 0777) == 0777 && s.st_size == 3 * PAGE);
	CHECK(s.st_nlink == 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK(pwrite(fd, "data", 4, 5000) == 4 && pread(fd, buf, 4, 5000) == 4 && !memcmp(buf, "data", 4));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, buf, sizeof(buf));
	CHECK(n == 21 && !memcmp(buf, "/memfd:name (deleted)", 21));
	again = open(name, O_RDONLY);
	CHECK(again >= 0 && pread(again, buf, 4, 5000) == 4 && !memcmp(buf, "data", 4));
	CHECK(fcntl(fd, F_GET_SEALS) == SEAL);
	CHECK_ERRNO(EPERM, fcntl(fd, F_ADD_SEALS, GROW));
	CHECK_ERRNO(EPERM, fcntl(again, F_ADD_SEALS, GROW));		/* read-only */
	CHECK_ERRNO(EINVAL, fcntl(fd, F_ADD_SEALS, 0x100));
	close(again);
	close(fd);
	CHECK_ERRNO(EINVAL, syscall(SYS_memfd_create, "x", 0x8000));
	CHECK_ERRNO(EFAULT, syscall(SYS_memfd_create, (void *)1, 0));
	memset(name, 'n', sizeof(name));
	name[249] = 0;
	fd = syscall(SYS_memfd_create, name, 0);
	CHECK(fd >= 0 && close(fd) == 0);
	name[249] = 'n';
	name[250] = 0;
	CHECK_ERRNO(EINVAL, syscall(SYS_memfd_create, name, 0));
	fd = open("/tmp/memfd.t", O_RDWR | O_CREAT, 0600);
	CHECK(fcntl(fd, F_GET_SEALS) == SEAL && unlink("/tmp/memfd.t") == 0 && close(fd) == 0);
	fd = open("/proc/version", O_RDONLY);
	CHECK_ERRNO(EINVAL, fcntl(fd, F_GET_SEALS));
	close(fd);
}

static void
sizes(void)
{
	static char big[2 * PAGE];
	int fd = make(SEALING);

	CHECK(fcntl(fd, F_GET_SEALS) == 0 && fcntl(fd, F_ADD_SEALS, SHRINK) == 0 && fcntl(fd, F_GET_SEALS) == SHRINK);
	CHECK_ERRNO(EPERM, ftruncate(fd, PAGE));
	CHECK(ftruncate(fd, 3 * PAGE + 100) == 0 && fcntl(fd, F_ADD_SEALS, GROW) == 0);
	CHECK_ERRNO(EPERM, ftruncate(fd, 4 * PAGE));
	CHECK_ERRNO(EPERM, fallocate(fd, 0, 0, 4 * PAGE));
	CHECK(pwrite(fd, big, 50, 3 * PAGE) == 50);
	CHECK_ERRNO(EPERM, pwrite(fd, big, 200, 3 * PAGE));
	CHECK(fcntl(fd, F_ADD_SEALS, SEAL) == 0);
	CHECK_ERRNO(EPERM, fcntl(fd, F_ADD_SEALS, WRITE));
	close(fd);
}

static void
writes(void)
{
	int fd = make(SEALING);
	char *p = map(fd, PROT_READ | PROT_WRITE), *q;

	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(EBUSY, fcntl(fd, F_ADD_SEALS, WRITE));
	CHECK(fcntl(fd, F_ADD_SEALS, FUTURE) == 0);
	*p = 1;
	CHECK_ERRNO(EPERM, pwrite(fd, "x", 1, 0));
	CHECK_ERRNO(EPERM, (long)map(fd, PROT_READ | PROT_WRITE));
	CHECK(munmap(p, PAGE) == 0 && fcntl(fd, F_ADD_SEALS, WRITE) == 0 && fcntl(fd, F_GET_SEALS) == (WRITE | FUTURE));
	CHECK_ERRNO(EPERM, pwrite(fd, "x", 1, 0));
	CHECK_ERRNO(EPERM, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
	CHECK_ERRNO(EPERM, (long)map(fd, PROT_READ | PROT_WRITE));
	q = map(fd, PROT_READ);
	CHECK(q != MAP_FAILED && *q == 1);
	CHECK_ERRNO(EACCES, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && (*p = 5) == 5 && *q == 1);
	munmap(p, PAGE);
	munmap(q, PAGE);
	CHECK(ftruncate(fd, 0) == 0);
	close(fd);
}

static void
executable(void)
{
	int fd = make(8);						/* MFD_NOEXEC_SEAL */
	struct stat s;

	CHECK(fcntl(fd, F_GET_SEALS) == EXEC && fstat(fd, &s) == 0 && (s.st_mode & 0777) == 0666);
	CHECK_ERRNO(EPERM, fchmod(fd, 0700));
	CHECK(fchmod(fd, 0600) == 0);
	close(fd);
	fd = make(SEALING | 16);					/* MFD_EXEC */
	CHECK(fcntl(fd, F_ADD_SEALS, EXEC) == 0 && fcntl(fd, F_GET_SEALS) == (EXEC | SHRINK | GROW | WRITE | FUTURE));
	close(fd);
	CHECK_ERRNO(EINVAL, syscall(SYS_memfd_create, "x", 24));
}

int
main(void)
{
	plain();
	sizes();
	writes();
	executable();
	return 0;
}
