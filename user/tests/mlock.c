/*
 * mlock: what is locked is counted in VmLck and against RLIMIT_MEMLOCK, over the whole space; MLOCK_ONFAULT and
 * MCL_FUTURE; who may not lock at all.
 */
#include <sys/resource.h>
#include "test.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static long
status(const char *name)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	long v = -1;

	CHECK(f);
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, name, strlen(name)))
			v = strtol(line + strlen(name) + 1, NULL, 10);
	fclose(f);
	return v;
}

static int
present(char *p, int page)
{
	unsigned char v;

	CHECK(syscall(SYS_mincore, p + page * PAGE, PAGE, &v) == 0);
	return v & 1;
}

static void
as_root(void)
{
	char *p = map_anon(16 * PAGE, PROT_READ | PROT_WRITE), *q;

	CHECK(status("VmLck:") == 0);
	CHECK(syscall(SYS_mlock, p + 100, 2 * PAGE) == 0);	/* touches pages 0, 1 and 2 */
	CHECK(status("VmLck:") == 12 && present(p, 0) && present(p, 2) && !present(p, 3));
	CHECK(syscall(SYS_mlock, p + PAGE, PAGE) == 0 && status("VmLck:") == 12);
	CHECK_ERRNO(EINVAL, madvise(p, PAGE, MADV_DONTNEED));
	CHECK(madvise(p, PAGE, 24 /* MADV_DONTNEED_LOCKED */) == 0 && !present(p, 0));
	CHECK(syscall(SYS_munlock, p + PAGE, PAGE) == 0 && status("VmLck:") == 8);
	CHECK(syscall(SYS_mlock2, p + 8 * PAGE, 2 * PAGE, MLOCK_ONFAULT) == 0 && status("VmLck:") == 16);
	CHECK(!present(p, 8));
	p[8 * PAGE] = 1;
	CHECK(present(p, 8) && !present(p, 9));
	CHECK_ERRNO(EINVAL, syscall(SYS_mlock2, p, PAGE, 2));
	/* Up to the first hole things are locked, and the call fails. */
	CHECK(syscall(SYS_munlockall) == 0 && status("VmLck:") == 0);
	CHECK(munmap(p + 5 * PAGE, PAGE) == 0);
	CHECK_ERRNO(ENOMEM, syscall(SYS_mlock, p + 4 * PAGE, 3 * PAGE));
	CHECK(status("VmLck:") == 4);
	CHECK_ERRNO(ENOMEM, syscall(SYS_munlock, p + 5 * PAGE, PAGE));
	CHECK_ERRNO(EINVAL, syscall(SYS_mlock, p, -2 * PAGE));
	CHECK(munmap(p + 4 * PAGE, PAGE) == 0 && status("VmLck:") == 0);
	/* What may not be touched cannot be locked in; it is locked all the same. */
	q = map_anon(PAGE, PROT_NONE);
	CHECK_ERRNO(ENOMEM, syscall(SYS_mlock, q, PAGE));
	CHECK(status("VmLck:") == 4 && munmap(q, PAGE) == 0);

	CHECK_ERRNO(EINVAL, syscall(SYS_mlockall, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_mlockall, MCL_ONFAULT));
	CHECK_ERRNO(EINVAL, syscall(SYS_mlockall, 8));
	CHECK(syscall(SYS_mlockall, MCL_FUTURE) == 0 && status("VmLck:") == 0);
	q = map_anon(3 * PAGE, PROT_READ | PROT_WRITE);
	CHECK(status("VmLck:") == 12 && present(q, 2));
	CHECK(syscall(SYS_mlockall, MCL_FUTURE | MCL_ONFAULT) == 0);
	q = map_anon(3 * PAGE, PROT_READ);
	CHECK(!present(q, 0));
	CHECK(syscall(SYS_mlockall, MCL_CURRENT) == 0 && present(q, 0));	/* and no more future */
	CHECK(status("VmLck:") > 24);
	q = map_anon(3 * PAGE, PROT_READ | PROT_WRITE);
	CHECK(!present(q, 0));
	/* Not for the child. */
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		CHECK(status("VmLck:") == 0);
		_exit(0);
	}
	CHECK(waitpid(pid, &st, 0) == pid && exited(st, 0));
}

static void
limit(rlim_t bytes)
{
	struct rlimit r = { bytes, bytes };

	CHECK(setrlimit(RLIMIT_MEMLOCK, &r) == 0);
}

static void
as_user(void)
{
	char *p = map_anon(16 * PAGE, PROT_READ | PROT_WRITE), *brk;

	limit(4 * PAGE);
	CHECK(setgid(1234) == 0 && setuid(1234) == 0);
	CHECK(syscall(SYS_mlock, p, 3 * PAGE) == 0);
	CHECK_ERRNO(ENOMEM, syscall(SYS_mlock, p + 8 * PAGE, 2 * PAGE));	/* five in all */
	CHECK(syscall(SYS_mlock, p + PAGE, 3 * PAGE) == 0);			/* two of them again */
	CHECK(status("VmLck:") == 16);
	CHECK((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | 0x2000 /* LOCKED */, -1, 0) == -1 &&
	      errno == EAGAIN);
	CHECK_ERRNO(EAGAIN, (long)mremap(p + 3 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	CHECK_ERRNO(ENOMEM, syscall(SYS_mlockall, MCL_CURRENT));
	CHECK(syscall(SYS_munlock, p, 4 * PAGE) == 0);
	CHECK(syscall(SYS_mlockall, MCL_FUTURE) == 0);
	CHECK(mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	CHECK((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 && errno == EAGAIN);
	brk = (char *)syscall(SYS_brk, 0);
	CHECK((char *)syscall(SYS_brk, brk + 4 * PAGE) == brk);
	CHECK(syscall(SYS_munlockall) == 0);
	limit(0);
	CHECK_ERRNO(EPERM, syscall(SYS_mlock, p, PAGE));
	CHECK_ERRNO(EPERM, syscall(SYS_mlockall, MCL_CURRENT));
	CHECK((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | 0x2000, -1, 0) == -1 && errno == EPERM);
	CHECK(syscall(SYS_munlock, p, PAGE) == 0);
}

int
main(void)
{
	CHECK(exited(in_child(as_root), 0));
	CHECK(exited(in_child(as_user), 0));
	return 0;
}
