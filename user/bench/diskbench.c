/*
 * diskbench.c - what a disk and its file system cost, beyond bench.c's single operations.
 *
 *	diskbench write|read FILE MIB	MiB one after another, by 1 MiB, with the fsync: bytes a second
 *	diskbench names DIR N		N files in a directory: cost of a look-up, of a miss, of a new name
 *	diskbench mount DEVICE DIR	cost of mount and umount, as ext4
 *	diskbench fsyncs DIR TASKS N	each task writes 4 KiB and calls fsync, N times
 *
 * The first `names` only makes the files; the second, after another mount, measures. Lines "name
 * value" on standard output. Costs are nanoseconds of this process's own, which are instructions where
 * -icount shift=0 makes them so. Only the Linux ABI is used. grade/bench_disk.py runs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB	(1L << 20)
#define SAMPLE	100			/* names looked up, missed and made */
#define MOUNTS	20

static char buffer[MIB];

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

#define MUST(x) do { if (!(x)) die(#x); } while (0)

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* What this process has had of a hart: not what it waited for the disk. */
static long
spent(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void
stream(const char *path, long mib, int writing)
{
	int fd = open(path, writing ? O_WRONLY | O_CREAT : O_RDONLY, 0644);
	long t, i;

	MUST(fd >= 0);
	for (i = 0; i < MIB; i++)
		buffer[i] = i * 7 + (i >> 12);
	t = now();
	for (i = 0; i < mib; i++)
		MUST((writing ? write(fd, buffer, MIB) : read(fd, buffer, MIB)) == MIB);
	if (writing)
		MUST(fsync(fd) == 0);
	t = now() - t;
	close(fd);
	printf("%s %ld\n", writing ? "write" : "read", mib * MIB * 1000000000 / t);
}

static void
name_into(char *path, const char *dir, const char *kind, long i)
{
	snprintf(path, 256, "%s/%s-%ld-of-the-files-here", dir, kind, i);
}

static void
create(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);

	MUST(fd >= 0);
	close(fd);
}

/* Do it for SAMPLE names, numbered from first by step, and say what one cost. */
static void
sample(const char *what, const char *dir, const char *kind, long first, long step, int (*act)(const char *path))
{
	long t = spent();
	char path[256];

	for (long i = 0; i < SAMPLE; i++) {
		name_into(path, dir, kind, first + i * step);
		MUST(act(path));
	}
	printf("%s %ld\n", what, (spent() - t) / SAMPLE);
}

static int look(const char *path) { struct stat st; return stat(path, &st) == 0; }
static int miss(const char *path) { struct stat st; return stat(path, &st) < 0 && errno == ENOENT; }
static int make(const char *path) { create(path); return 1; }
static int drop(const char *path) { return unlink(path) == 0; }

/* dir is on a file system mounted a moment ago: no name is remembered. */
static void
names(const char *dir, long n)
{
	char path[256];

	if (mkdir(dir, 0755) == 0) {		/* first call: only make them */
		for (long i = 0; i < n; i++) {
			name_into(path, dir, "n", i);
			create(path);
		}
		return;
	}
	sample("miss", dir, "absent", 0, 1, miss);
	/* Neighbours' inodes share blocks, however many there are; then some that share none. */
	sample("lookup", dir, "n", (n - SAMPLE) / 2, 1, look);
	if (n > 100 * SAMPLE)
		sample("lookup_far", dir, "n", 3, n / SAMPLE, look);
	sample("create", dir, "new", 0, 1, make);
	sample("unlink", dir, "new", 0, 1, drop);
}

static void
mounts(const char *device, const char *dir)
{
	long t = spent();

	for (int i = 0; i < MOUNTS; i++)
		MUST(mount(device, dir, "ext4", 0, NULL) == 0 && umount2(dir, 0) == 0);
	printf("mount %ld\n", (spent() - t) / MOUNTS);
}

static void
fsyncs(const char *dir, int tasks, long n)
{
	char path[256];
	long t = now();
	int status;

	for (int i = 0; i < tasks; i++) {
		pid_t p = fork();

		MUST(p >= 0);
		if (p)
			continue;
		name_into(path, dir, "fsync", i);
		int fd = open(path, O_CREAT | O_WRONLY, 0644);

		MUST(fd >= 0);
		for (long k = 0; k < n; k++)
			MUST(pwrite(fd, buffer, 4096, k * 4096) == 4096 && fsync(fd) == 0);
		exit(0);
	}
	for (int i = 0; i < tasks; i++)
		MUST(wait(&status) > 0 && status == 0);
	printf("fsyncs %ld\nfsync %ld\n", tasks * n, (now() - t) / (tasks * n));
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 4 && (!strcmp(what, "write") || !strcmp(what, "read")))
		stream(argv[2], atol(argv[3]), !strcmp(what, "write"));
	else if (argc == 4 && !strcmp(what, "names"))
		names(argv[2], atol(argv[3]));
	else if (argc == 4 && !strcmp(what, "mount"))
		mounts(argv[2], argv[3]);
	else if (argc == 5 && !strcmp(what, "fsyncs"))
		fsyncs(argv[2], atoi(argv[3]), atol(argv[4]));
	else
		return 2;
	return 0;
}
