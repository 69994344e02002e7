/* out_of_memory: eating all of it kills the eater, or gives ENOMEM; others live, and it all comes back. */
#include "test.h"

static long
free_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	CHECK(f);
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, "MemFree:", 8))
			kib = atol(line + 8);
	fclose(f);
	return kib;
}

static void
eat(void)
{
	for (;;) {
		char *m = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (m == MAP_FAILED)
			_exit(5);
		for (long i = 0; i < 16 << 20; i += PAGE)
			m[i] = 1;
	}
}

int
main(void)
{
	int status, p[2];
	pid_t bystander;
	char c;
	long before, after;

	CHECK(pipe(p) == 0);
	bystander = fork();
	if (bystander == 0) {		/* sleeps through it, then must still work */
		CHECK(read(p[0], &c, 1) == 1);
		_exit(9);
	}
	in_child(eat);
	before = free_kib();
	for (int i = 0; i < 2; i++) {
		status = in_child(eat);
		CHECK(killed(status, SIGKILL) || exited(status, 5));
	}
	after = free_kib();
	CHECK(after > before - before / 20);
	CHECK(write(p[1], "x", 1) == 1 && waitpid(bystander, &status, 0) == bystander && exited(status, 9));
	return 0;
}
