/*
 * bench.c - what one operation costs: calls, pipes, signals, processes, memory, files. See bench.h.
 */
#include "bench.h"

static int up[2], down[2];
static volatile int signals;

/* ---- bodies: do it n times ---- */

static void null_syscall(long n) { while (n--) syscall(SYS_getppid); }
static void read_zero(long n) { while (n--) MUST(read(fd, buffer, 1) == 1); }
static void write_null(long n) { while (n--) MUST(write(fd, buffer, 1) == 1); }
static void clock_call(long n) { struct timespec t; while (n--) syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t); }
static void do_fstat(long n) { struct stat s; while (n--) MUST(fstat(fd, &s) == 0); }
static void do_stat(long n) { struct stat s; while (n--) MUST(stat(path, &s) == 0); }
static void read_byte(long n) { while (n--) MUST(pread(fd, buffer, 1, 100) == 1); }
static void write_byte(long n) { while (n--) MUST(pwrite(fd, buffer, 1, 100) == 1); }
static void read_64k(long n) { while (n--) MUST(pread(fd, buffer, sizeof buffer, 0) == sizeof buffer); }

static void
open_close(long n)
{
	while (n--) {
		int f = open(path, O_RDONLY);

		MUST(f >= 0);
		close(f);
	}
}

static void
create_unlink(long n)
{
	while (n--) {
		int f = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);

		MUST(f >= 0 && write(f, buffer, 1) == 1);
		close(f);
		unlink(path);
	}
}

/* The file of 8 MiB, in the cache, by 64 KiB. */
static void
reread(long n)
{
	while (n--)
		for (long at = 0; at < 8 * MIB; at += sizeof buffer)
			MUST(pread(fd, buffer, sizeof buffer, at) == sizeof buffer);
}

/* A small file, opened, read by pages and closed. */
static void
reread_16k(long n)
{
	while (n--) {
		int f = open(path, O_RDONLY);

		for (int i = 0; i < 4; i++)
			MUST(read(f, buffer, PAGE) == PAGE);
		close(f);
	}
}

/* A new file of 256 KiB. */
static void
write_new(long n)
{
	while (n--) {
		int f = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

		for (int i = 0; i < 4; i++)
			MUST(write(f, buffer, sizeof buffer) == sizeof buffer);
		close(f);
	}
}

static void
write_fsync(long n)
{
	for (long i = 0; i < n; i++)
		MUST(pwrite(fd, buffer, PAGE, i % 16 * PAGE) == PAGE && fsync(fd) == 0);
}

/* 16 MiB and one fsync. */
static void
write_16m_fsync(long n)
{
	while (n--) {
		int f = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

		for (long at = 0; at < 16 * MIB; at += sizeof buffer)
			MUST(write(f, buffer, sizeof buffer) == sizeof buffer);
		MUST(fsync(f) == 0 && close(f) == 0);
	}
}

static void
pipe_self(long n)
{
	while (n--)
		MUST(write(down[1], buffer, 1) == 1 && read(down[0], buffer, 1) == 1);
}

static void
pipe_round_trip(long n)
{
	while (n--)
		MUST(write(down[1], buffer, 1) == 1 && read(up[0], buffer, 1) == 1);
}

static void handler(int sig) { (void)sig; signals++; }

static void
signal_install(long n)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;
	while (n--)
		MUST(sigaction(SIGUSR1, &sa, NULL) == 0);
}

static void
signal_deliver(long n)
{
	pid_t me = getpid();

	while (n--)
		kill(me, SIGUSR1);
}

static void
fork_wait(long n)
{
	while (n--) {
		pid_t p = fork();

		if (p == 0)
			_exit(0);
		MUST(p > 0 && waitpid(p, NULL, 0) == p);
	}
}

static void
fork_exec_wait(long n)
{
	char *argv[] = { (char *)self, "--exit", NULL }, *envp[] = { NULL };

	while (n--) {
		pid_t p = fork();

		if (p == 0) {
			execve(self, argv, envp);
			_exit(127);
		}
		MUST(p > 0 && waitpid(p, NULL, 0) == p);
	}
}

static char *
map_mib(void)
{
	char *m = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(m != MAP_FAILED);
	return m;
}

static void
map_unmap(long n)
{
	while (n--)
		munmap(map_mib(), MIB);
}

static void
map_touch_unmap(long n)
{
	while (n--) {
		char *m = map_mib();

		for (long i = 0; i < MIB; i += PAGE)
			((volatile char *)m)[i] = 1;
		munmap(m, MIB);
	}
}

/* ---- rows ---- */

static void
need_file(void)
{
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0644);
	MUST(fd >= 0 && write(fd, buffer, sizeof buffer) == sizeof buffer);
}

static void
need_8m(void)
{
	need_file();
	for (int i = 1; i < 128; i++)
		MUST(write(fd, buffer, sizeof buffer) == sizeof buffer);
}

static void need_zero(void) { MUST((fd = open("/dev/zero", O_RDONLY)) >= 0); }
static void need_null(void) { MUST((fd = open("/dev/null", O_WRONLY)) >= 0); }
static void need_pipe(void) { MUST(pipe(down) == 0); }
static void need_handler(void) { signal_install(1); }

static void
need_echo(void)
{
	char c;

	MUST(pipe(up) == 0 && pipe(down) == 0);
	if (fork() == 0) {
		close(down[1]);
		close(up[0]);
		while (read(down[0], &c, 1) == 1)
			if (write(up[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
}

static const struct row rows[] = {
	{ "null_syscall", NULL, null_syscall, 1, OTHER },
	{ "read1_devzero", need_zero, read_zero, 1, OTHER },
	{ "write1_devnull", need_null, write_null, 1, OTHER },
	{ "clock_gettime_call", NULL, clock_call, 1, OTHER },
	{ "pipe_self", need_pipe, pipe_self, 1, OTHER },
	{ "pipe_round_trip", need_echo, pipe_round_trip, 1, OTHER },
	{ "signal_install", NULL, signal_install, 1, OTHER },
	{ "signal_deliver", need_handler, signal_deliver, 1, OTHER },
	{ "fork_wait", NULL, fork_wait, 1, OTHER },
	{ "fork_exec_wait", NULL, fork_exec_wait, 1, OTHER },
	{ "mmap_munmap_1m", NULL, map_unmap, 1, OTHER },
	{ "mmap_touch_page", NULL, map_touch_unmap, MIB / PAGE, OTHER },
	{ "stat", need_file, do_stat, 1, FILES },
	{ "fstat", need_file, do_fstat, 1, FILES },
	{ "open_close", need_file, open_close, 1, FILES },
	{ "read_1", need_file, read_byte, 1, FILES },
	{ "write_1", need_file, write_byte, 1, FILES },
	{ "read_64k", need_file, read_64k, 1, FILES },
	{ "create_unlink", NULL, create_unlink, 1, FILES },
	{ "reread_16k", need_file, reread_16k, 1, FILES },
	{ "reread_page", need_8m, reread, 8 * MIB / PAGE, FILES },
	{ "write_new_page", NULL, write_new, 64, FILES },
	{ "write_fsync", need_file, write_fsync, 1, WAITS },
	{ "write_16m_page", NULL, write_16m_fsync, 16 * MIB / PAGE, WAITS },
};

int
main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--exit"))
		return 0;
	return bench(rows, sizeof rows / sizeof rows[0], argc, argv);
}
