/*
 * bench.h - what the benchmarks of single operations share: how a row is measured and said.
 *
 * Meant for a machine where one nanosecond is one instruction (QEMU -icount shift=0); elsewhere the figures are plain
 * nanoseconds.  Each row, in a process of its own, doubles its count until a run lasts 2 ms, then prints the smallest
 * of five runs (of three, where somebody waits): "name value".  Only the Linux ABI is used, so the same binary
 * measures Linux.  grade/bench.py runs the programs and draws the table.
 *
 * A row that waits for a disk or a timer leaves out the time in which the hart idled, by /proc/stat, whose grain of
 * 10 ms asks for longer runs.
 *
 * usage: PROGRAM [-f] [-d DIR] [-s SUFFIX] [ROW]...
 *	-f  only rows about files	-d  where those are (/tmp)	-s  put behind their names
 */
#ifndef BENCH_H
#define BENCH_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIN_RUN_NS	2000000
#define MIN_WAIT_NS	200000000	/* of a run that waits */
#define RUNS		5
#define PAGE		4096
#define MIB		(1L << 20)

struct row {
	const char *name;
	void	(*prepare)(void);
	void	(*body)(long n);	/* do it n times */
	long	per;			/* operations in one round of body */
	enum { OTHER, FILES, WAITS, IDLES } kind;	/* FILES: of files; WAITS: on a disk; IDLES: for a timer */
};

static const char *self;
static char path[128] = "/tmp";
static const char *suffix = "";
static char buffer[65536];
static int fd;

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

#define MUST(x) do { if (!(x)) die(#x); } while (0)

/* Fork; in the child, which ends with its parent: 1. */
static inline int
child(void)
{
	pid_t parent = getpid(), p = fork();

	MUST(p >= 0);
	if (p)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	return 1;
}

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* Nanoseconds that this machine has idled, or waited for its disks, to 10 ms. */
static long
idle(void)
{
	char line[256] = "";
	long user, nice_, system, idle_ = 0, wait_ = 0;
	FILE *f = fopen("/proc/stat", "r");

	if (!f)
		return 0;
	if (fgets(line, sizeof line, f))
		sscanf(line, "cpu %ld %ld %ld %ld %ld", &user, &nice_, &system, &idle_, &wait_);
	fclose(f);
	return (idle_ + wait_) * 10000000;
}

static long
timed(const struct row *row, long n)
{
	long idled = row->kind >= WAITS ? idle() : 0, t = now();

	row->body(n);
	t = now() - t;
	return row->kind >= WAITS ? t - (idle() - idled) : t;
}

static void
measure(const struct row *row)
{
	long n = 1, best = 0, enough = row->kind >= WAITS ? MIN_WAIT_NS : MIN_RUN_NS;
	int files = row->kind == FILES || row->kind == WAITS;

	if (row->prepare)
		row->prepare();
	timed(row, 1);
	while (timed(row, n) < enough)
		n *= 2;
	for (int i = row->kind >= WAITS ? 2 : 0; i < RUNS; i++) {
		long t = timed(row, n);

		if (!best || t < best)
			best = t;
	}
	printf("%s%-*s %ld\n", row->name, 24 - (int)strlen(row->name), files ? suffix : "", best / (n * row->per));
	fflush(stdout);
	unlink(path);
}

static int
wanted(const char *name, int argc, char **argv)
{
	if (argc == 0)
		return 1;
	while (argc--)
		if (!strcmp(*argv++, name))
			return 1;
	return 0;
}

/* Of the program's rows those that were asked for. */
static int
bench(const struct row *rows, size_t n, int argc, char **argv)
{
	int only_files = 0, c;
	pid_t p;

	self = argv[0];
	while ((c = getopt(argc, argv, "fd:s:")) != -1) {
		only_files |= c == 'f';
		if (c == 'd')
			strncpy(path, optarg, sizeof path - 10);
		if (c == 's')
			suffix = optarg;
	}
	strcat(path, "/bench.f");
	for (; n--; rows++) {
		if (only_files && (rows->kind == OTHER || rows->kind == IDLES))
			continue;
		if (!wanted(rows->name, argc - optind, argv + optind))
			continue;
		fflush(stdout);
		p = fork();		/* each row starts from a clean process */
		if (p == 0) {
			measure(rows);
			exit(0);
		}
		waitpid(p, NULL, 0);
	}
	return 0;
}

#endif
