/*
 * reuse.c - as /init: its pages were shared with children that have ended; it writes them again.
 *
 * It stops twice for the grader, who looks at its page table: before, and after. A newline on the console lets it go on.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Say where we are, and spin until there is a line to read. */
static void
stop(const char *word)
{
	char c;

	printf("%s\n", word);
	do {
		for (volatile int i = 0; i < 300000; i++)
			;
	} while (read(0, &c, 1) != 1);
}

static void
write_all(unsigned long value)
{
	for (unsigned long i = 0; i < PAGES; i++)
		((volatile unsigned long *)(REGION + i * STRIDE))[i % 512] = value + i;
}

int
main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	fcntl(0, F_SETFL, O_NONBLOCK);
	if (mmap((void *)REGION, PAGES * STRIDE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	    (void *)REGION)
		printf("refused: mmap\n");
	write_all(KEY);
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0)
			_exit(0);
		wait(NULL);
	}
	stop(BEFORE);
	write_all(~KEY);
	stop(AFTER);
	return 0;
}
