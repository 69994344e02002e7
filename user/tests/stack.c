/* stack: it grows on demand to its limit, and the access past that is a fault, not a crash. */
#include <sys/resource.h>
#include "test.h"

static int
recurse(int n)
{
	volatile char frame[1000];

	memset((char *)frame, n, sizeof frame);
	return n ? recurse(n - 1) + frame[500] * 0 : 1;
}

static void deep(void) { CHECK(recurse(4000) == 1); }		/* 4 MiB of the 8 */
static void for_ever(void) { recurse(1 << 30); }

static void
limited(void)
{
	struct rlimit r = { 1 << 20, 8 << 20 };
	char *argv[] = { "/proc/self/exe", "for-ever", NULL };

	CHECK(setrlimit(RLIMIT_STACK, &r) == 0);
	execv(argv[0], argv);
	_exit(1);
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		for_ever();
	CHECK(exited(in_child(deep), 0));
	CHECK(killed(in_child(for_ever), SIGSEGV));
	CHECK(killed(in_child(limited), SIGSEGV));
	return 0;
}
