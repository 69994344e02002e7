/* mremap, and rarer flags of mmap and mprotect: a second mapping, DONTUNMAP, the vDSO moved, stacks of one's own. */
#include <sys/auxv.h>
#include "test.h"

#define SHARED_VALIDATE	0x03
#define NOREPLACE	0x100000
#define DONTUNMAP	4
#define GROWSDOWN	0x0100
#define FIXED_ANON	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
#define P_GROWSDOWN	0x01000000

static volatile char *where;
static void touch(void) { *where = 1; }
static int dies(char *p, int sig) { where = p; return killed(in_child(touch), sig); }

static void
duplicate(void)
{
	char *s = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *t;
	char *p = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);

	s[PAGE] = 5;
	t = mremap(s, 0, 2 * PAGE, MREMAP_MAYMOVE);
	CHECK(t != MAP_FAILED && t != s && t[PAGE] == 5);
	t[PAGE] = 6;
	CHECK(s[PAGE] == 6);
	CHECK_ERRNO(ENOMEM, (long)mremap(s, 0, 2 * PAGE, 0));
	CHECK_ERRNO(EINVAL, (long)mremap(p, 0, PAGE, MREMAP_MAYMOVE));
	/* Beyond what the memory has there is nothing. */
	t = mremap(t, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
	CHECK(t != MAP_FAILED && dies(t + 2 * PAGE, SIGBUS));
}

static void
errors(void)
{
	char *p = map_anon(8 * PAGE, PROT_READ | PROT_WRITE), *to = map_anon(8 * PAGE, PROT_READ);

	CHECK_ERRNO(EINVAL, (long)mremap(p + 1, PAGE, PAGE, 0));
	CHECK_ERRNO(EINVAL, (long)mremap(p, PAGE, 0, 0));
	CHECK_ERRNO(EINVAL, (long)mremap(p, PAGE, PAGE, 8));
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, PAGE, PAGE, MREMAP_FIXED, to));
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, 2 * PAGE, 2 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, p + PAGE));
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, to + 1));
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, PAGE, 2 * PAGE, DONTUNMAP | MREMAP_MAYMOVE, 0));
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	CHECK_ERRNO(EFAULT, (long)mremap(p + 2 * PAGE, PAGE, PAGE, 0));
	CHECK_ERRNO(EFAULT, (long)mremap(p, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
	CHECK_ERRNO(ENOMEM, (long)mremap(p, 2 * PAGE, 4 * PAGE, 0));
	CHECK_ERRNO(ENOMEM, (long)mremap(p, 2 * PAGE, 1L << 50, MREMAP_MAYMOVE));
}

static void
dontunmap(void)
{
	char *p = map_anon(2 * PAGE, PROT_READ | PROT_WRITE), *q;

	p[0] = 1;
	p[PAGE] = 2;
	q = (char *)syscall(SYS_mremap, p, 2 * PAGE, 2 * PAGE, DONTUNMAP | MREMAP_MAYMOVE, 0);
	CHECK(q != MAP_FAILED && q != p && q[0] == 1 && q[PAGE] == 2 && p[0] == 0 && p[PAGE] == 0);
	p[0] = 3;
	CHECK(q[0] == 1);
	char *to = map_anon(2 * PAGE, PROT_READ);

	CHECK((char *)syscall(SYS_mremap, q, PAGE, PAGE, DONTUNMAP | MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	CHECK(to[0] == 1 && q[0] == 0 && q[PAGE] == 2);
}

static volatile int got;
static void handler(int sig) { got = sig; }

static void
move_vdso(void)
{
	unsigned long pair[2], vdso = 0;
	int fd = open("/proc/self/auxv", O_RDONLY);
	char *to;

	while (read(fd, pair, sizeof pair) == sizeof pair && pair[0])
		if (pair[0] == AT_SYSINFO_EHDR)
			vdso = pair[1];
	close(fd);
	CHECK(vdso);
	to = map_anon(PAGE, PROT_READ);
	CHECK((char *)syscall(SYS_mremap, vdso, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	CHECK(!memcmp(to, "\177ELF", 4));
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	CHECK(got == SIGUSR1);
	CHECK_ERRNO(EFAULT, syscall(SYS_mremap, to, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
}

/* Lengths with which the sum of address and length wraps, or the length when it is rounded up. */
static void
wraps(void)
{
	char *p = map_anon(2 * PAGE, PROT_READ);
	unsigned long at = (unsigned long)p;
	unsigned long lengths[] = { -at, -at - PAGE, -at + PAGE, -at + 2 * PAGE, -2 * PAGE, 1UL << 63 };
	unsigned char vec[2];

	for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		unsigned long n = lengths[i];

		CHECK_ERRNO(ENOMEM, syscall(SYS_mremap, p, PAGE, n, 0));
		CHECK_ERRNO(ENOMEM, syscall(SYS_mremap, p, 2 * PAGE, n, 0));
		CHECK_ERRNO(ENOMEM, syscall(SYS_mremap, p, 2 * PAGE, n, MREMAP_MAYMOVE));
		CHECK_ERRNO(EINVAL, syscall(SYS_munmap, p, n));
		CHECK_ERRNO(ENOMEM, syscall(SYS_mmap, p, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		CHECK_ERRNO(ENOMEM, syscall(SYS_mmap, p, n, PROT_READ, FIXED_ANON, -1, 0));
		CHECK_ERRNO(ENOMEM, syscall(SYS_mprotect, p, n, PROT_READ));
		CHECK(syscall(SYS_msync, p, n, MS_ASYNC) == -1 && errno == ENOMEM);
		CHECK(syscall(SYS_mlock, p, n) == -1 && (errno == EINVAL || errno == ENOMEM));
		CHECK(syscall(SYS_madvise, p, n, MADV_NORMAL) == -1 && (errno == EINVAL || errno == ENOMEM));
		CHECK_ERRNO(ENOMEM, syscall(SYS_mincore, p, n, vec));
	}
	CHECK_ERRNO(EINVAL, syscall(SYS_mremap, p, PAGE, -1UL, MREMAP_MAYMOVE));
	CHECK_ERRNO(EINVAL, syscall(SYS_munmap, p, -1UL));
	CHECK_ERRNO(ENOMEM, syscall(SYS_mprotect, p, -1UL, PROT_NONE));
	CHECK_ERRNO(EINVAL, syscall(SYS_madvise, p, -1UL, MADV_NORMAL));
	CHECK(p[0] == 0 && p[2 * PAGE - 1] == 0);
	CHECK(munmap(p, 2 * PAGE) == 0);
}

static void
flags(void)
{
	int fd = open("/tmp/mremap.f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *p;

#define MAP(prot, flags, fd) ((long)mmap(NULL, PAGE, prot, flags, fd, 0))
	CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0);
	CHECK(MAP(PROT_READ | PROT_WRITE, SHARED_VALIDATE, fd) > 0);
	CHECK_ERRNO(EOPNOTSUPP, MAP(PROT_READ, SHARED_VALIDATE | 0x080000 /* SYNC */, fd));
	CHECK_ERRNO(EOPNOTSUPP, MAP(PROT_READ, SHARED_VALIDATE | 0x800000, fd));
	CHECK_ERRNO(EINVAL, MAP(PROT_READ, SHARED_VALIDATE | MAP_ANONYMOUS, -1));
	CHECK(MAP(PROT_READ, MAP_SHARED | 0x800000, fd) > 0);
	CHECK_ERRNO(EINVAL, MAP(PROT_READ, MAP_PRIVATE | GROWSDOWN, fd));
	CHECK_ERRNO(EINVAL, MAP(PROT_READ, MAP_SHARED | MAP_ANONYMOUS | GROWSDOWN, -1));
	close(fd);
	unlink("/tmp/mremap.f");
	p = map_anon(3 * PAGE, PROT_READ);
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	CHECK_ERRNO(EEXIST, (long)mmap(p + PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | NOREPLACE, -1, 0));
	CHECK(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | NOREPLACE, -1, 0) == p + 2 * PAGE);
}

/* A stack of one's own: it grows where it is touched, keeps away from what is below, and PROT_GROWSDOWN finds it. */
static void
grows_down(void)
{
	char *room = map_anon(2048 * PAGE, PROT_NONE), *s = room + 2000 * PAGE;

	CHECK(munmap(room, 2048 * PAGE) == 0);
	CHECK(mmap(s, 2 * PAGE, PROT_READ | PROT_WRITE, FIXED_ANON | GROWSDOWN, -1, 0) == s);
	s[0] = 1;
	s[-100 * PAGE] = 2;
	CHECK(s[-50 * PAGE] == 0);
	CHECK(mprotect(s, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC | P_GROWSDOWN) == 0);
	CHECK_ERRNO(EINVAL, mprotect(map_anon(PAGE, PROT_READ), PAGE, PROT_READ | P_GROWSDOWN));
	CHECK_ERRNO(EINVAL, mprotect(s, PAGE, PROT_READ | 0x100));
	CHECK_ERRNO(EINVAL, mprotect(s, PAGE, PROT_READ | 0x03000000));
	CHECK(mprotect(s, 0, PROT_READ | 0x100) == 0);
	CHECK(mmap(room + 1000 * PAGE, PAGE, PROT_READ | PROT_WRITE, FIXED_ANON, -1, 0) != MAP_FAILED);
	CHECK(dies(room + 1001 * PAGE, SIGSEGV) && dies(room + 1256 * PAGE, SIGSEGV));
	room[1258 * PAGE] = 1;
}

int
main(void)
{
	duplicate();
	errors();
	wraps();
	dontunmap();
	CHECK(exited(in_child(move_vdso), 0));
	flags();
	grows_down();
	return 0;
}
