/*
 * parallel.c - a fixed amount of work for several harts: processes that fork, talk through pipes and write files.
 *
 * usage: parallel WORKERS ROUNDS	in sum always the same for the same WORKERS * ROUNDS
 *
 * Before the first and after the last of it a hint instruction, `sltiu x0, x0, KIND << 8`, tells whoever looks at the
 * machine from outside (grade/sched/parallel.c). Only the Linux ABI is used.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BEGIN	__asm__ volatile (".word 0x10003013" ::: "memory")	/* kind 1 */
#define END	__asm__ volatile (".word 0x20003013" ::: "memory")	/* kind 2 */
#define BYTES	8192
#define LETTERS	32

static char block[BYTES];

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

#define MUST(x) do { if (!(x)) die(#x); } while (0)

/* A child that writes a pipe full of lines, which we read, and wait for. */
static void
fork_and_pipe(void)
{
	int p[2];
	long sum = 0;
	pid_t child;

	MUST(pipe(p) == 0);
	MUST((child = fork()) >= 0);
	if (child == 0) {
		close(p[0]);
		for (int i = 0; i < LETTERS; i++)
			MUST(write(p[1], block, 512) == 512);
		_exit(0);
	}
	close(p[1]);
	for (long n; (n = read(p[0], block, sizeof block)) > 0; )
		sum += n;
	close(p[0]);
	MUST(sum == LETTERS * 512 && waitpid(child, NULL, 0) == child);
}

/* A file made, written, read back, renamed and removed. */
static void
file(const char *dir)
{
	char name[64], other[64];
	struct stat st;
	int fd;

	snprintf(name, sizeof name, "%s/file", dir);
	snprintf(other, sizeof other, "%s/other", dir);
	MUST((fd = open(name, O_CREAT | O_RDWR, 0644)) >= 0);
	for (int i = 0; i < 4; i++)
		MUST(write(fd, block, sizeof block) == sizeof block);
	MUST(lseek(fd, 0, SEEK_SET) == 0);
	while (read(fd, block, sizeof block) > 0)
		;
	close(fd);
	MUST(stat(name, &st) == 0 && st.st_size == 4 * BYTES);
	MUST(rename(name, other) == 0 && unlink(other) == 0);
}

static void
work(int rounds)
{
	char dir[32];

	snprintf(dir, sizeof dir, "/tmp/parallel.%d", getpid());
	MUST(mkdir(dir, 0755) == 0);
	while (rounds--) {
		fork_and_pipe();
		file(dir);
	}
	MUST(rmdir(dir) == 0);
}

int
main(int argc, char **argv)
{
	int workers, rounds, status, start[2];

	if (argc != 3 || (workers = atoi(argv[1])) < 1 || (rounds = atoi(argv[2])) < 1)
		return 2;
	MUST(pipe(start) == 0);
	for (int i = 0; i < workers; i++) {
		pid_t p = fork();

		MUST(p >= 0);
		if (p == 0) {
			close(start[1]);
			read(start[0], block, 1);	/* all begin at once: at its end */
			work(rounds);
			_exit(0);
		}
	}
	close(start[0]);
	usleep(100000);
	BEGIN;
	close(start[1]);
	while (workers--)
		MUST(wait(&status) > 0 && status == 0);
	END;
	puts("parallel: done");
	return 0;
}
