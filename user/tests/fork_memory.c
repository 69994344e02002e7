/* fork_memory: after fork each side sees its own writes only; shared mappings are seen by both. */
#include "test.h"

#define N	64

int
main(void)
{
	unsigned char *priv = map_anon(N * PAGE, PROT_READ | PROT_WRITE);
	volatile int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t p;

	CHECK(shared != MAP_FAILED);
	for (int i = 0; i < N; i += 2)		/* odd pages stay untouched */
		priv[i * PAGE] = i + 1;
	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		for (int i = 0; i < N; i++) {
			CHECK(priv[i * PAGE] == (i % 2 ? 0 : i + 1));
			priv[i * PAGE] = 200;
		}
		*shared = 77;
		_exit(0);
	}
	CHECK(waitpid(p, &status, 0) == p && exited(status, 0));
	for (int i = 0; i < N; i++)
		CHECK(priv[i * PAGE] == (i % 2 ? 0 : i + 1));
	CHECK(*shared == 77);

	/* A deep chain: each generation adds one and passes it on. */
	int depth = 0;
	while (depth < 20) {
		p = fork();
		CHECK(p >= 0);
		if (p) {
			CHECK(waitpid(p, &status, 0) == p);
			CHECK(WIFEXITED(status));
			if (depth == 0)
				CHECK(WEXITSTATUS(status) == 20);
			if (depth)
				_exit(WEXITSTATUS(status));
			return 0;
		}
		depth++;
		priv[0] = depth;
	}
	_exit(priv[0]);
}
