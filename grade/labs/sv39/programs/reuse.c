/* reuse.c - as /init: maps a page in one block of 2 MiB after the other, writes to it and unmaps it, ROUNDS times. */
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK	(1UL << 21)
#define FIRST	(1UL << 36)

static const char done[] = WORD "\n", bad[] = "refused\n";

int
main(void)
{
	for (unsigned long i = 0; i < ROUNDS; i++) {
		char *at = (char *)FIRST + (i * STRIDE % 65536) * BLOCK;

		if (mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at) {
			write(1, bad, sizeof(bad) - 1);
			return 1;
		}
		*at = 1;
		munmap(at, 4096);
	}
	write(1, done, sizeof(done) - 1);
	for (;;)
		;
}
