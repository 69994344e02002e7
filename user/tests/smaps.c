/* smaps: /proc/self/maps, smaps and statm agree with what was mapped and touched. */
#include "test.h"

static char *area;

/* The line of smaps below the area's own that begins with name, in kB. */
static long
value(const char *name)
{
	char line[512], *end;
	FILE *f = fopen("/proc/self/smaps", "r");
	long v = -1;
	int inside = 0;
	unsigned long start;

	CHECK(f);
	while (fgets(line, sizeof line, f)) {
		start = strtoul(line, &end, 16);
		if (*end == '-')
			inside = start == (unsigned long)area;
		else if (inside && !strncmp(line, name, strlen(name)))
			v = strtol(line + strlen(name), NULL, 10);
	}
	fclose(f);
	return v;
}

static long
statm(int field)
{
	long v[7];
	FILE *f = fopen("/proc/self/statm", "r");
	char line[256], *p = line;

	CHECK(f && fgets(line, sizeof line, f));
	fclose(f);
	for (int i = 0; i < 7; i++)
		v[i] = strtol(p, &p, 10);
	return v[field];
}

int
main(void)
{
	long size, rss;
	int fds[2];
	pid_t pid;
	char c = 0;

	/* Guards on both sides, so that it is joined with nothing. */
	area = map_anon(34 * PAGE, PROT_NONE);
	area += PAGE;
	CHECK(mprotect(area, 32 * PAGE, PROT_READ | PROT_WRITE) == 0);
	rss = statm(1);
	memset(area, 1, 8 * PAGE);
	CHECK(statm(1) >= rss + 8);
	CHECK(value("Size:") == 128 && value("Rss:") == 32 && value("Pss:") == 32);
	CHECK(value("Private_Dirty:") == 32 && value("Shared_Dirty:") == 0 && value("Anonymous:") == 32);
	CHECK(value("Locked:") == 0 && mlock(area, 32 * PAGE) == 0);
	CHECK(value("Rss:") == 128 && value("Locked:") == 128 && munlock(area, 32 * PAGE) == 0);
	/* A child has them too, until it writes. */
	CHECK(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		(void)!read(fds[0], &c, 1);
		_exit(0);
	}
	CHECK(value("Pss:") == 64 && value("Shared_Dirty:") == 128 && value("Private_Dirty:") == 0);
	area[0] = 2;
	CHECK(value("Private_Dirty:") == 4 && value("Shared_Dirty:") == 124);
	close(fds[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(value("Private_Dirty:") == 128 && value("Shared_Dirty:") == 0);
	size = statm(0);
	CHECK(munmap(area, 32 * PAGE) == 0 && statm(0) == size - 32);
	return 0;
}
