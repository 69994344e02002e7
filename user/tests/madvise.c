/* madvise, mincore, msync: each advice does what it says or fails with Linux's errno; what is in memory is known. */
#include "test.h"

#define POPULATE_READ	22
#define POPULATE_WRITE	23

static char *page;

static void touch_it(void) { *(volatile char *)page; }

static int
present(char *p)
{
	unsigned char v;

	CHECK(syscall(SYS_mincore, p, PAGE, &v) == 0);
	return v & 1;
}

static void
forgetting(void)
{
	char *p = map_anon(4 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 7, 4 * PAGE);
	CHECK(madvise(p, PAGE, MADV_DONTNEED) == 0 && !present(p) && p[0] == 0 && p[PAGE] == 7);
	CHECK(madvise(p + PAGE, PAGE, MADV_FREE) == 0 && (p[PAGE] == 7 || p[PAGE] == 0));
	p[PAGE] = 9;
	CHECK(p[PAGE] == 9);
	CHECK(madvise(p + 2 * PAGE, PAGE, MADV_COLD) == 0 && madvise(p + 2 * PAGE, PAGE, MADV_PAGEOUT) == 0);
	CHECK(p[2 * PAGE] == 7);
	CHECK_ERRNO(EINVAL, madvise(p + 1, PAGE, MADV_DONTNEED));
	CHECK_ERRNO(EINVAL, madvise(p, PAGE, 99));
	CHECK_ERRNO(EINVAL, madvise(p, PAGE, -1));
	CHECK_ERRNO(EINVAL, madvise(p, -1, MADV_DONTNEED));
	CHECK(madvise(p, 0, MADV_DONTNEED) == 0);
	/* Round a hole everything is done, and then it fails. */
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	CHECK_ERRNO(ENOMEM, madvise(p, 4 * PAGE, MADV_DONTNEED));
	CHECK(p[PAGE] == 0 && p[3 * PAGE] == 0);
	CHECK_ERRNO(EINVAL, madvise(p, PAGE, MADV_REMOVE));
}

static void
populating(void)
{
	char *p = map_anon(4 * PAGE, PROT_READ | PROT_WRITE), *r = map_anon(PAGE, PROT_READ), *none = map_anon(PAGE, 0);
	char *f;
	int fd = open("/tmp/madvise.f", O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(madvise(p, 2 * PAGE, POPULATE_READ) == 0 && present(p) && present(p + PAGE) && !present(p + 2 * PAGE));
	CHECK(madvise(p, 3 * PAGE, POPULATE_WRITE) == 0 && present(p + 2 * PAGE));
	CHECK_ERRNO(EINVAL, madvise(r, PAGE, POPULATE_WRITE));
	CHECK(madvise(r, PAGE, POPULATE_READ) == 0);
	CHECK_ERRNO(EINVAL, madvise(none, PAGE, POPULATE_READ));
	CHECK(munmap(p + PAGE, PAGE) == 0);
	CHECK_ERRNO(ENOMEM, madvise(p, 3 * PAGE, POPULATE_READ));
	CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0);
	f = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(madvise(f, PAGE, POPULATE_WRITE) == 0);
	CHECK_ERRNO(EFAULT, madvise(f, 2 * PAGE, POPULATE_READ));	/* past the end of the file */
	close(fd);
}

static void
removing(void)
{
	int fd = open("/tmp/madvise.f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *s, *r, *p, c = 1;

	CHECK(fd >= 0 && ftruncate(fd, 4 * PAGE) == 0);
	s = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memset(s, 5, 4 * PAGE);
	CHECK(madvise(s + PAGE, PAGE, MADV_REMOVE) == 0);
	CHECK(s[0] == 5 && s[PAGE] == 0 && s[2 * PAGE] == 5 && pread(fd, &c, 1, PAGE) == 1 && c == 0);
	CHECK_ERRNO(EACCES, madvise(p, PAGE, MADV_REMOVE));
	close(fd);
	fd = open("/tmp/madvise.f", O_RDONLY);
	r = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_ERRNO(EACCES, madvise(r, PAGE, MADV_REMOVE));
	CHECK_ERRNO(EINVAL, madvise(r, PAGE, MADV_FREE));
	CHECK(mlock(s, PAGE) == 0);
	CHECK_ERRNO(EINVAL, madvise(s, PAGE, MADV_REMOVE));
	CHECK_ERRNO(EBUSY, msync(s, PAGE, MS_INVALIDATE | MS_SYNC));
	CHECK(munlock(s, PAGE) == 0 && msync(s, 4 * PAGE, MS_INVALIDATE | MS_SYNC) == 0);
	/* A shared mapping without a name. */
	s = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s[0] = s[PAGE] = 3;
	CHECK(madvise(s, PAGE, MADV_REMOVE) == 0 && s[0] == 0 && s[PAGE] == 3);
	CHECK_ERRNO(EINVAL, msync(s, PAGE, MS_SYNC | MS_ASYNC));
	CHECK_ERRNO(EINVAL, msync(s, PAGE, 8));
	CHECK_ERRNO(EINVAL, msync(s + 1, PAGE, MS_SYNC));
	CHECK(msync(s, 0, MS_SYNC) == 0);
	CHECK(munmap(s + PAGE, PAGE) == 0);
	CHECK_ERRNO(ENOMEM, msync(s, 2 * PAGE, MS_ASYNC));
	unlink("/tmp/madvise.f");
}

static void
forking(void)
{
	char *p = map_anon(4 * PAGE, PROT_READ | PROT_WRITE), *s;
	int status;
	pid_t pid;

	memset(p, 7, 4 * PAGE);
	CHECK(madvise(p, PAGE, MADV_WIPEONFORK) == 0 && madvise(p + PAGE, PAGE, MADV_DONTFORK) == 0);
	CHECK(madvise(p + 2 * PAGE, PAGE, MADV_DONTFORK) == 0 && madvise(p + 2 * PAGE, PAGE, MADV_DOFORK) == 0);
	CHECK(madvise(p + 3 * PAGE, PAGE, MADV_WIPEONFORK) == 0 && madvise(p + 3 * PAGE, PAGE, MADV_KEEPONFORK) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(p[0] == 0 && p[2 * PAGE] == 7 && p[3 * PAGE] == 7);
		page = p + PAGE;
		touch_it();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && killed(status, SIGSEGV));
	CHECK(p[0] == 7 && p[PAGE] == 7);
	s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK_ERRNO(EINVAL, madvise(s, PAGE, MADV_WIPEONFORK));
}

static void
what_is_there(void)
{
	char *p = map_anon(4 * PAGE, PROT_READ | PROT_WRITE);
	unsigned char v[4] = { 0xaa, 0xaa, 0xaa, 0xaa };
	int fd = open("/tmp/madvise.f", O_RDWR | O_CREAT | O_TRUNC, 0600);

	p[PAGE] = 1;
	(void)*(volatile char *)(p + 2 * PAGE);		/* the zero page is a page */
	CHECK(syscall(SYS_mincore, p, 4 * PAGE, v) == 0 && !v[0] && v[1] == 1 && v[2] == 1 && !v[3]);
	CHECK(syscall(SYS_mincore, p, 1, v + 3) == 0 && !v[3]);
	CHECK_ERRNO(EINVAL, syscall(SYS_mincore, p + 1, PAGE, v));
	CHECK_ERRNO(EFAULT, syscall(SYS_mincore, p, PAGE, 8));
	CHECK_ERRNO(ENOMEM, syscall(SYS_mincore, p, -1L, v));
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	CHECK_ERRNO(ENOMEM, syscall(SYS_mincore, p, 4 * PAGE, v));
	/* A file's page counts when it is cached, mapped or not. */
	CHECK(pwrite(fd, "x", 1, PAGE) == 1);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(syscall(SYS_mincore, p, 2 * PAGE, v) == 0 && v[0] == 0 && v[1] == 1);
	close(fd);
	unlink("/tmp/madvise.f");
}

int
main(void)
{
	forgetting();
	populating();
	removing();
	forking();
	what_is_there();
	return 0;
}
