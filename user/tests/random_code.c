/* random_code: programs of random bytes, at random entry points, kill themselves and nobody else. */
#include <sys/resource.h>
#include <sys/time.h>
#include "test.h"

#define CASES	300

static unsigned long seed;

static unsigned int
rnd(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed >> 33;
}

static void
run(void)
{
	struct rlimit cpu = { 1, 1 }, files = { 4, 4 };
	struct itimerval soon = { { 0, 0 }, { 0, 50000 } };
	unsigned int *code = map_anon(4 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);

	for (unsigned i = 0; i < 4 * PAGE / sizeof *code; i++)
		code[i] = rnd() << 16 ^ rnd();
	if (rnd() % 2)			/* often valid: real instructions with random operands */
		for (unsigned i = 0; i < 4 * PAGE / sizeof *code; i++)
			code[i] = (code[i] & ~0x7fU) |
				  (unsigned char[]){ 0x13, 0x33, 0x03, 0x23, 0x63, 0x6f, 0x73, 0x2f }[rnd() % 8];
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_NOFILE, &files);
	setitimer(ITIMER_REAL, &soon, NULL);
	CHECK(setgid(65534) == 0 && setuid(65534) == 0);
	asm volatile("fence.i");
	((void (*)(void))((char *)code + (rnd() % (2 * PAGE) & ~1U)))();
}

int
main(int argc, char **argv)
{
	seed = argc > 1 ? atol(argv[1]) : 1;
	for (int i = 0; i < CASES; i++) {
		pid_t p, got;
		int status, left = 500;

		rnd();
		p = fork();
		CHECK(p >= 0);
		if (p == 0) {
			run();
			_exit(0);
		}
		while ((got = waitpid(p, &status, WNOHANG)) == 0 && left-- > 0)
			pause_ms(2);
		if (got == 0) {		/* it sleeps or blocks everything: allowed, but it must die when told */
			CHECK(kill(p, SIGKILL) == 0);
			CHECK(waitpid(p, &status, 0) == p);
		}
	}
	return 0;
}
