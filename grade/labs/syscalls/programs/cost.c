/* cost.c - as /init: how long calls take that copy so many bytes through a pipe; the clock is the instruction counter. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS	100

static char buf[4096];

static unsigned long
ticks(void)
{
	unsigned long t;

	asm volatile("rdtime %0" : "=r"(t));
	return t;
}

int
main(void)
{
	static const int sizes[] = { 1, 64, 256, 512, 1024, 2048, 4096 };
	unsigned long begun;
	int fds[2];

	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = i * KEY;
	if (pipe(fds))
		return 1;
	begun = ticks();
	for (int i = 0; i < ROUNDS; i++)
		syscall(SYS_getppid);
	printf("0 %lu\n", ticks() - begun);
	for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		begun = ticks();
		for (int i = 0; i < ROUNDS; i++)
			if (write(fds[1], buf, sizes[s]) != sizes[s] || read(fds[0], buf, sizes[s]) != sizes[s])
				return 1;
		printf("%d %lu\n", sizes[s], ticks() - begun);
	}
	printf(WORD "\n");
	fflush(stdout);
	for (;;)
		pause();
}
