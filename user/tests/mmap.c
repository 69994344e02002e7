/* mmap: placement, protection, splitting, files private and shared, mremap, brk, errors. */
#include "test.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static volatile char *where;
static void touch(void) { *where = 1; }
static int faults(char *p) { where = p; return killed(in_child(touch), SIGSEGV); }

int
main(void)
{
	char *m = map_anon(8 * PAGE, PROT_READ | PROT_WRITE), *n, *file;
	char buf[16];
	int fd;

	for (int i = 0; i < 8; i++) {
		CHECK(m[i * PAGE] == 0);
		m[i * PAGE] = i;
	}
	CHECK(munmap(m + 2 * PAGE, 2 * PAGE) == 0 && faults(m + 2 * PAGE) && faults(m + 3 * PAGE));
	CHECK(m[PAGE] == 1 && m[4 * PAGE] == 4);
	CHECK(mprotect(m + 5 * PAGE, PAGE, PROT_READ) == 0 && faults(m + 5 * PAGE) && m[5 * PAGE] == 5);
	CHECK(mprotect(m + 5 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
	m[5 * PAGE] = 55;
	CHECK(m[5 * PAGE] == 55);
	CHECK_ERRNO(ENOMEM, mprotect(m, 4 * PAGE, PROT_READ));		/* a hole inside */
	CHECK_ERRNO(EINVAL, munmap(m + 1, PAGE));
	CHECK_ERRNO(EINVAL, munmap(m, 0));
	CHECK((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 && errno == EINVAL);
	CHECK((long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == -1 && errno == EINVAL);
	CHECK((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0) == -1 && errno == EBADF);
	CHECK((long)mmap(NULL, 1UL << 46, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 && errno == ENOMEM);
	n = mmap(m + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(n == m + 2 * PAGE && *n == 0);
	CHECK_ERRNO(EEXIST, (long)mmap(n, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	CHECK(mmap(n, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == n);
	n[1] = 9;
	CHECK(madvise(n, PAGE, MADV_DONTNEED) == 0 && n[1] == 0);

	/* mremap keeps contents, moved or not. */
	n = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);
	n[0] = 7;
	n[PAGE] = 8;
	n = mremap(n, 2 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
	CHECK(n != MAP_FAILED && n[0] == 7 && n[PAGE] == 8 && n[599 * PAGE] == 0);
	CHECK(mremap(n, 600 * PAGE, PAGE, 0) == n && n[0] == 7 && faults(n + PAGE));

	/* Files. */
	fd = open("/tmp/mmap.f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, "hello, mapped world", 19) == 19);
	file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(file != MAP_FAILED && !memcmp(file, "hello", 5) && file[19] == 0 && file[PAGE - 1] == 0);
	file[0] = 'J';
	CHECK(pread(fd, buf, 5, 0) == 5 && !memcmp(buf, "hello", 5));
	n = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(n != MAP_FAILED && n[0] == 'h');
	n[0] = 'C';
	CHECK(pread(fd, buf, 5, 0) == 5 && !memcmp(buf, "Cello", 5) && file[0] == 'J');
	CHECK(pwrite(fd, "B", 1, 0) == 1 && n[0] == 'B');
	CHECK(msync(n, PAGE, MS_SYNC) == 0);
	CHECK((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100) == -1 && errno == EINVAL);
	close(fd);
	CHECK(n[1] == 'e' && munmap(n, PAGE) == 0);
	fd = open("/tmp/mmap.f", O_RDONLY);
	CHECK((long)mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) == -1 && errno == EACCES);
	unlink("/tmp/mmap.f");

	/* brk both ways; what comes back is zero. */
	char *b = sbrk(0);
	CHECK(sbrk(10 * PAGE) == b);
	b[5 * PAGE] = 1;
	CHECK(sbrk(-10 * PAGE) == b + 10 * PAGE && sbrk(10 * PAGE) == b && b[5 * PAGE] == 0);
	return 0;
}
