/* proc: what /proc says of this process is true. */
#include <dirent.h>
#include "test.h"

static char text[65536];

static char *
slurp(const char *name)
{
	int fd = open(name, O_RDONLY), n, done = 0;

	CHECK(fd >= 0);
	while ((n = read(fd, text + done, sizeof text - 1 - done)) > 0)
		done += n;
	CHECK(n == 0);
	text[done] = 0;
	close(fd);
	return text;
}

int
main(int argc, char **argv)
{
	char name[64], link[256], want[256];
	unsigned long lo, hi;
	int found = 0, n;
	char *line, *m;

	CHECK(argc >= 1);
	snprintf(name, sizeof name, "/proc/%d/stat", getpid());
	CHECK(atoi(slurp(name)) == getpid() && strstr(text, "(proc) R"));
	slurp("/proc/self/status");
	snprintf(want, sizeof want, "\nPid:\t%d\n", getpid());
	CHECK(strstr(text, want));
	snprintf(want, sizeof want, "\nPPid:\t%d\n", getppid());
	CHECK(strstr(text, want) && strstr(text, "Name:\tproc\n"));
	slurp("/proc/self/cmdline");
	CHECK(!strcmp(text, argv[0]));
	CHECK(chdir("/tmp") == 0 && readlink("/proc/self/cwd", link, sizeof link) == 4 && !memcmp(link, "/tmp", 4));
	CHECK((n = readlink("/proc/self", link, sizeof link)) > 0);
	link[n] = 0;
	CHECK(atoi(link) == getpid());

	/* The mapping of a page we own is listed with its permissions. */
	m = map_anon(3 * PAGE, PROT_READ | PROT_WRITE);
	CHECK(mprotect(m + PAGE, PAGE, PROT_NONE) == 0);
	slurp("/proc/self/maps");
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char perms[8];

		CHECK(sscanf(line, "%lx-%lx %7s", &lo, &hi, perms) == 3 && lo < hi);
		if ((unsigned long)m + PAGE >= lo && (unsigned long)m + PAGE < hi)
			found += !strcmp(perms, "---p");
		if ((unsigned long)&found >= lo && (unsigned long)&found < hi)
			found += strstr(line, "[stack]") != NULL;
	}
	CHECK(found == 2);

	int fd = open("/dev/zero", O_RDONLY);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	n = readlink(name, link, sizeof link);
	CHECK(n == 9 && !memcmp(link, "/dev/zero", 9));
	CHECK(open(name, O_RDONLY) >= 0);		/* opens the thing itself */
	CHECK_ERRNO(ENOENT, open("/proc/999999/stat", O_RDONLY));
	DIR *d = opendir("/proc");
	struct dirent *e;
	for (found = 0; (e = readdir(d)); )
		found += atoi(e->d_name) == getpid();
	CHECK(found == 1);
	closedir(d);
	return 0;
}
