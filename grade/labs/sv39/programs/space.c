/*
 * space.c - as /init: maps, unmaps, protects, writes and reads the pages a script says, then spins for ever.
 *
 * The script, /SCRIPT, is records of struct step. What the pages must be then is the grader's to know: it stops the
 * machine and walks the tables. The only word printed means that the script is over.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAP, UNMAP, PROTECT, WRITE, READ };

struct step {
	unsigned long verb, addr, len, arg;	/* arg: protection, or what to write */
};

static const char ready[] = WORD "\n", bad[] = "refused\n";

static int
do_step(const struct step *s)
{
	void *at = (void *)s->addr;

	switch (s->verb) {
	case MAP:
		return mmap(at, s->len, s->arg, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at ? 0 : -1;
	case UNMAP:
		return munmap(at, s->len);
	case PROTECT:
		return mprotect(at, s->len, s->arg);
	case WRITE:
		*(volatile unsigned long *)at = s->arg;
		return 0;
	default:
		return *(volatile unsigned long *)at == s->arg ? 0 : -1;
	}
}

int
main(void)
{
	static struct step steps[64];
	int fd = open("/" SCRIPT, O_RDONLY);
	long n;

	while ((n = read(fd, steps, sizeof(steps))) > 0)
		for (long i = 0; i < n / (long)sizeof(steps[0]); i++)
			if (do_step(&steps[i])) {
				write(1, bad, sizeof(bad) - 1);
				return 1;
			}
	write(1, ready, sizeof(ready) - 1);
	for (;;)
		;
}
