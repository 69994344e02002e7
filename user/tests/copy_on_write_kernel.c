/* copy_on_write_kernel: the kernel's own writes to user memory break sharing too. */
#include "test.h"

int
main(void)
{
	char *m = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);
	int fds[2], status;
	pid_t p;

	memset(m, 'a', 2 * PAGE);
	CHECK(pipe(fds) == 0);
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		CHECK(read(fds[0], m + PAGE - 4, 8) == 8);	/* across the page boundary */
		CHECK(!memcmp(m + PAGE - 5, "a12345678a", 10));
		_exit(0);
	}
	CHECK(write(fds[1], "12345678", 8) == 8);
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	for (long i = 0; i < 2 * PAGE; i++)
		CHECK(m[i] == 'a');
	return 0;
}
