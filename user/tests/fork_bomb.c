/* fork_bomb: forking without end runs into an errno; the kernel and its other programs go on. */
#include <sys/resource.h>
#include "test.h"

int
main(void)
{
	int n = 0, status, failed = 0;
	int hold[2];
	pid_t p;

	CHECK(pipe(hold) == 0);
	for (n = 0; n < 40000; n++) {
		p = fork();
		if (p < 0) {
			failed = errno;
			break;
		}
		if (p == 0) {
			char c;

			close(hold[1]);
			read(hold[0], &c, 1);
			_exit(0);
		}
	}
	CHECK(!failed || failed == EAGAIN || failed == ENOMEM);
	CHECK(n > 500);
	close(hold[1]);
	for (int i = 0; i < n; i++)
		CHECK(wait(&status) > 0);
	CHECK_ERRNO(ECHILD, wait(&status));
	p = fork();				/* and there is room again */
	CHECK(p >= 0);
	if (p == 0)
		_exit(3);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 3));
	return 0;
}
