/* overcommit: vm.overcommit_memory 0, 1 and 2 are obeyed, Committed_AS counts, and comes back to where it was. */
#include <sys/resource.h>
#include "test.h"

#define NORESERVE	0x4000
#define RW		(PROT_READ | PROT_WRITE)
#define MODE		"/proc/sys/vm/overcommit_memory"

static long total;			/* bytes of RAM */

static long
meminfo(const char *name)
{
	char line[256];
	FILE *f = fopen("/proc/meminfo", "r");
	long v = -1;

	CHECK(f);
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, name, strlen(name)))
			v = strtol(line + strlen(name), NULL, 10);
	fclose(f);
	return v * 1024;
}

static void
set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, value, strlen(value)) == (long)strlen(value));
	close(fd);
}

/* Can so much be mapped? */
static int
can(long bytes, int prot, int flags)
{
	char *p = mmap(NULL, bytes, prot, MAP_ANONYMOUS | flags, -1, 0);

	CHECK(p != MAP_FAILED || errno == ENOMEM);
	return p != MAP_FAILED && munmap(p, bytes) == 0;
}

static void
guess(void)
{
	set(MODE, "0");
	CHECK(can(total / 2, RW, MAP_PRIVATE) && !can(total * 2, RW, MAP_PRIVATE));
	CHECK(can(total * 2, PROT_READ, MAP_PRIVATE) && can(total * 2, RW, MAP_PRIVATE | NORESERVE));
	CHECK(!can(total * 2, RW, MAP_SHARED) && can(total * 2, RW, MAP_SHARED | NORESERVE));
	/* Any number of what each could be had. */
	for (int i = 0; i < 8; i++)
		CHECK(mmap(NULL, total / 2, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void
nothing(void)
{
}

/* A fork is refused for an area that is too large, not for what all of them are together. */
static void
guess_fork(void)
{
	const long size = 8 << 20;

	set(MODE, "0");
	for (long n = total / size + 8; n > 0; n--) {
		char *p = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(p != MAP_FAILED);
		/* So that it is not one with the next. */
		CHECK(mprotect(p, PAGE, PROT_NONE) == 0);
	}
	CHECK(exited(in_child(nothing), 0));
}

static void
always(void)
{
	set(MODE, "1");
	CHECK(can(total * 2, RW, MAP_PRIVATE) && can(total * 2, RW, MAP_SHARED));
}

static void
never(void)
{
	long limit = meminfo("CommitLimit:"), before = meminfo("Committed_AS:");
	char *p, *q;

	CHECK(limit < total && limit > total / 4);
	set(MODE, "2");
	CHECK(!can(limit, RW, MAP_PRIVATE) && !can(limit, RW, MAP_PRIVATE | NORESERVE) && !can(limit, RW, MAP_SHARED));
	CHECK(can(limit, PROT_READ, MAP_PRIVATE));
	p = mmap(NULL, limit, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_ERRNO(ENOMEM, mprotect(p, limit, RW));
	CHECK(munmap(p, limit) == 0);
	p = mmap(NULL, 32 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	q = mmap(NULL, 8 << 20, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	CHECK(meminfo("Committed_AS:") >= before + (39L << 20));
	CHECK_ERRNO(ENOMEM, (long)mremap(p, 32 << 20, limit, MREMAP_MAYMOVE));
	/* What was promised stays promised when it may no longer be written; and a fork promises it again. */
	p[0] = 1;
	CHECK(mprotect(p, 32 << 20, PROT_READ) == 0 && meminfo("Committed_AS:") >= before + (39L << 20));
	CHECK(munmap(p, 32 << 20) == 0 && munmap(q, 8 << 20) == 0);
	for (int try = 0; try < 1000 && meminfo("Committed_AS:") > before + (2L << 20); try++)
		pause_ms(10);
	CHECK(meminfo("Committed_AS:") <= before + (2L << 20));
	p = mmap(NULL, (limit - before) / 4 * 3, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(ENOMEM, fork());
}

int
main(void)
{
	long before;

	total = meminfo("MemTotal:");
	before = meminfo("Committed_AS:");
	CHECK(exited(in_child(guess), 0));
	CHECK(exited(in_child(guess_fork), 0));
	CHECK(exited(in_child(always), 0));
	CHECK(exited(in_child(never), 0));
	set(MODE, "0");
	/* What has ended may still be giving back. */
	for (int try = 0; try < 1000 && labs(meminfo("Committed_AS:") - before) >= 4L << 20; try++)
		pause_ms(10);
	CHECK(labs(meminfo("Committed_AS:") - before) < 4L << 20);
	return 0;
}
