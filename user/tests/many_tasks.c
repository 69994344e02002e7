/* many_tasks: 10,000 processes exist at once (in 1 GiB), each answers, all are reaped. */
#include <sys/resource.h>
#include "test.h"

int
main(int argc, char **argv)
{
	int want = argc > 1 ? atoi(argv[1]) : 1000, hold[2], up[2], status;
	struct rlimit r = { 32000, 32000 };
	char c;

	setrlimit(RLIMIT_NPROC, &r);
	CHECK(pipe(hold) == 0 && pipe(up) == 0);
	for (int i = 0; i < want; i++) {
		pid_t p = fork();

		CHECK(p >= 0);
		if (p == 0) {
			close(hold[1]);
			CHECK(write(up[1], "r", 1) == 1);
			read(hold[0], &c, 1);
			_exit(i & 127);
		}
		CHECK(read(up[0], &c, 1) == 1);		/* it ran */
	}
	close(hold[1]);
	for (int i = 0; i < want; i++)
		CHECK(wait(&status) > 0 && WIFEXITED(status));
	return 0;
}
