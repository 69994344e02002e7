/*
 * unimplemented: a system call that is not there fails with ENOSYS, and /proc/unimplemented says who asked for it.
 * Linux has no such file: there only the errno is looked at.
 */
#include <sys/prctl.h>
#include "test.h"

/* How often does the file say that program made call nr? 0: no such line. */
static long
count(long nr, const char *program)
{
	long n, found = 0, number;
	char line[256], *p, *end;
	FILE *f = fopen("/proc/unimplemented", "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		n = strtol(line, &p, 10);
		number = strtol(p, &end, 10);
		p = strrchr(line, ' ');
		line[strcspn(line, "\n")] = '\0';
		if (end != p && number == nr && p && !strcmp(p + 1, program))
			found = n;
	}
	fclose(f);
	return found;
}

int
main(void)
{
	static const long absent[] = { 244, 500, 511, 512, 100000 };
	long before, n;

	CHECK(prctl(PR_SET_NAME, "asks-for-much") == 0);
	for (unsigned i = 0; i < sizeof absent / sizeof absent[0]; i++) {
		before = count(absent[i], "asks-for-much");
		for (int k = 0; k < 3; k++)
			CHECK_ERRNO(ENOSYS, syscall(absent[i]));
		n = count(absent[i], "asks-for-much");
		CHECK(n == -1 || n == before + 3);
	}
	return 0;
}
