/*
 * exectime.c - what a program costs from its exec to the end of its parent's wait, run by run.
 *
 * Meant for a machine where one nanosecond is one instruction (QEMU -icount shift=0), so for any kernel with the
 * Linux ABI. The child is a vfork's: what is counted is the exec, the program, and its end. The first run also
 * reads and unpacks what later ones find in the caches.
 *
 * usage: exectime RUNS PROGRAM [ARGUMENT]...		prints RUNS lines: "exec_to_exit NANOSECONDS"
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static long
run(char **argv)
{
	long start = now();
	pid_t p = vfork();
	int status;

	if (p == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (p < 0 || waitpid(p, &status, 0) != p)
		return -1;
	return status ? -1 : now() - start;
}

int
main(int argc, char **argv)
{
	long took;

	if (argc < 3) {
		fprintf(stderr, "usage: exectime RUNS PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	for (int i = atoi(argv[1]); i > 0; i--) {
		took = run(argv + 2);
		if (took < 0) {
			fprintf(stderr, "exectime: %s failed\n", argv[2]);
			return 1;
		}
		printf("exec_to_exit %ld\n", took);
		fflush(stdout);
	}
	return 0;
}
