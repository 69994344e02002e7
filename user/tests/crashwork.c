/*
 * crashwork: change a filesystem, telling the harness each step before it is taken.
 *
 *	crashwork DISK OPTIONS WORKLOAD SEED STEPS
 *
 * mounts /dev/DISK at /mnt, runs the workload and unmounts.  The harness keeps what is said here in one
 * order with what the disk is asked, so it knows of any moment which calls had returned and which could
 * have begun.  A note (crash.h) is
 *
 *	TASK NUMBER RESULT CALL ARGUMENTS...
 *
 * RESULT is that of the task's call before: 0, a count, or -errno.  Paths are below /mnt.  What a write
 * writes follows from who wrote it and where: each 16 bytes of a file are the 32-bit numbers
 * 0x5e000000 + TASK and NUMBER, then the 64-bit offset of the 16 bytes in the file, little-endian.
 *
 *	create P MODE		link A B	write P OFF LEN	   (append, syncwrite, mapwrite: likewise)
 *	mkdir P MODE		symlink TO P	truncate P SIZE
 *	chmod P MODE		rename A B	fallocate P OFF LEN
 *	unlink P		exchange A B	fsync P		fdatasync P
 *	rmdir P			sync		end
 *
 * Further: docs/crash.md; grade/crash_model.py is the other side.
 */
#include <sched.h>
#include "crash.h"

#define LONGEST	(256 << 10)		/* the longest write */

static int task;
static long number, result;
static char *data;
static uint64_t random_state;
static int quiet_sync = -1;		/* a pipe to the one who syncs now and then, promising nothing */

/* ---- what every call needs ---- */

static unsigned
random_below(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state >> 33) % n;
}

/* Say what comes next; its number. */
static long __attribute__((format(printf, 1, 2)))
step(const char *format, ...)
{
	char what[480];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof what, format, ap);
	va_end(ap);
	channel_note("%d %ld %ld %s", task, ++number, result, what);
	return number;
}

static void
done(long r)
{
	result = r < 0 ? -errno : r;
}

static const char *
full(const char *path)
{
	static char name[2][600];
	static int which;

	which = !which;
	snprintf(name[which], sizeof name[which], "/mnt/%s", path);
	return name[which];
}

/* What the write of this number puts at off. */
static void
data_make(char *to, long n, off_t off, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		off_t at = off + i;
		uint64_t word = at % 16 < 8 ? (uint64_t)n << 32 | (0x5e000000u + task) : (uint64_t)(at & ~15L);

		to[i] = word >> (at % 8 * 8);
	}
}

/* ---- the calls ---- */

static void
create(const char *path, int mode)
{
	step("create %s %o", path, mode);
	int fd = open(full(path), O_WRONLY | O_CREAT | O_EXCL, mode);

	done(fd < 0 ? -1 : 0);
	if (fd >= 0)
		close(fd);
}

/* One write(2): at an offset, or at the end, or one that is durable when it returns. */
static void
write_as(const char *call, const char *path, off_t off, size_t len)
{
	int flags = O_WRONLY | (!strcmp(call, "append") ? O_APPEND : 0) | (!strcmp(call, "syncwrite") ? O_SYNC : 0);
	struct stat st;

	if (flags & O_APPEND)
		off = stat(full(path), &st) ? 0 : st.st_size;
	data_make(data, step("%s %s %ld %ld", call, path, (long)off, (long)len), off, len);
	int fd = open(full(path), flags);

	done(fd < 0 ? -1 : pwrite(fd, data, len, off));
	if (fd >= 0)
		close(fd);
}

/* The same by a shared mapping: only what the file already has. */
static void
write_mapped(const char *path, off_t off, size_t len)
{
	struct stat st;
	char *map;
	int fd = open(full(path), O_RDWR);

	if (fd >= 0 && !fstat(fd, &st) && st.st_size >= off + (off_t)len && len) {
		map = mmap(NULL, off + len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		CHECK(map != MAP_FAILED);
		data_make(map + off, step("mapwrite %s %ld %ld", path, (long)off, (long)len), off, len);
		done(len);
		munmap(map, off + len);
	}
	if (fd >= 0)
		close(fd);
}

static void
sync_file(const char *call, const char *path)
{
	step("%s %s", call, path);
	int fd = open(full(path), O_RDONLY);

	done(fd < 0 ? -1 : *call == 'f' && call[1] == 's' ? fsync(fd) : fdatasync(fd));
	if (fd >= 0)
		close(fd);
}

static void
sync_all(void)
{
	step("sync");
	sync();
	done(0);
}

static void
change_size(const char *path, off_t size)
{
	step("truncate %s %ld", path, (long)size);
	done(truncate(full(path), size));
}

static void
reserve(const char *path, off_t off, off_t len)
{
	step("fallocate %s %ld %ld", path, (long)off, (long)len);
	int fd = open(full(path), O_WRONLY);

	done(fd < 0 ? -1 : fallocate(fd, 0, off, len));
	if (fd >= 0)
		close(fd);
}

static void
rename_as(const char *call, const char *a, const char *b)
{
	step("%s %s %s", call, a, b);
	done(syscall(SYS_renameat2, AT_FDCWD, full(a), AT_FDCWD, full(b), *call == 'e' ? 2 : 0));
}

#define CALL1(call, path)	(step(#call " %s", path), done(call(full(path))))
#define CALL_MODE(call, path, mode) (step(#call " %s %o", path, mode), done(call(full(path), mode)))
#define LINK(a, b)		(step("link %s %s", a, b), done(link(full(a), full(b))))
#define SYMLINK(to, path)	(step("symlink %s %s", to, path), done(symlink(to, full(path))))

/* Ask for a sync that is not waited for and promises nothing: commits happen at odd moments. */
static void
sync_quietly(void)
{
	if (quiet_sync >= 0)
		CHECK(write(quiet_sync, "s", 1) == 1);
}

static void
quiet_sync_start(void)
{
	int fds[2];
	char c;

	CHECK(pipe(fds) == 0);
	if (fork() == 0) {
		close(fds[1]);
		while (read(fds[0], &c, 1) == 1)
			sync();
		_exit(0);
	}
	close(fds[0]);
	quiet_sync = fds[1];
}

/* ---- workloads ---- */

static char prefix[16];			/* a task's own folder and a slash, or nothing */

static const char *
name_random(void)
{
	static const char *const dirs[] = { "", "", "d0/", "d1/", "d0/deep/" };
	static char name[4][300];
	static int which;
	char *s = name[which = (which + 1) % 4];

	snprintf(s, 300, "%s%s%c%u", prefix, dirs[random_below(5)], random_below(8) ? 'f' : 'd', random_below(8));
	return s;
}

static size_t
length_random(void)
{
	switch (random_below(6)) {
	case 0:
		return 1 + random_below(20);
	case 1:
		return 1 + random_below(300);
	case 2:
		return 1024 * (1 + random_below(8));
	case 3:
		return 4096 * (1 + random_below(6));
	case 4:
		return 1 + random_below(5000);
	default:
		return 1 + random_below(20000);
	}
}

static off_t
offset_random(void)
{
	if (random_below(3) == 0)
		return random_below(40) * 1024;
	return random_below(random_below(3) ? 3000 : 60000);
}

/* One call chosen at random that changes names. */
static void
names_random(void)
{
	const char *a = name_random(), *b = name_random();
	char dir[300], long_target[100];
	mode_t mode = 0600 | random_below(0100);

	switch (random_below(12)) {
	case 0 ... 2:
		rename_as("rename", a, b);
		break;
	case 3:
		rename_as("exchange", a, b);
		break;
	case 4:
		LINK(a, b);
		break;
	case 5:
		snprintf(dir, sizeof dir, "%s%s", prefix, random_below(2) ? "d0" : random_below(2) ? "d1" : "d0/deep");
		CALL_MODE(mkdir, dir, 0755);
		break;
	case 6:
		CALL_MODE(mkdir, a, 0700);
		break;
	case 7:
		CALL1(rmdir, a);
		break;
	case 8:
		memset(long_target, 'x', sizeof long_target);
		long_target[random_below(2) ? 10 : 90] = 0;
		SYMLINK(long_target, a);
		break;
	case 9:
		CALL_MODE(chmod, a, mode);
		break;
	default:
		CALL1(unlink, a);
	}
}

static void
work_random(long steps)
{
	while (number < steps) {
		const char *p = name_random();

		switch (random_below(16)) {
		case 0 ... 2:
			create(p, 0644);
			write_as("write", p, 0, length_random());
			break;
		case 3 ... 4:
			write_as("append", p, 0, length_random());
			break;
		case 5:
			write_as("write", p, offset_random(), length_random());
			break;
		case 6:
			write_mapped(p, random_below(3000), length_random() % 9000);
			break;
		case 7:
			write_as("syncwrite", p, offset_random(), length_random());
			break;
		case 8:
			change_size(p, random_below(2) ? offset_random() : 0);
			break;
		case 9:
			if (random_below(4) == 0)
				sync_all();
			else
				sync_file(random_below(2) ? "fsync" : "fdatasync", p);
			break;
		case 10:
			if (random_below(3) == 0)
				reserve(p, offset_random(), length_random());
			else
				sync_quietly();
			break;
		default:
			names_random();
		}
	}
}

/* Rows of files made, grown, synced, renamed over each other, linked and removed. */
static void
work_storm(long steps)
{
	char a[100], b[100], d[100];

	for (unsigned i = 0; number < steps; i++) {
		snprintf(a, sizeof a, "%snew%u", prefix, i % 7);
		snprintf(b, sizeof b, "%sold%u", prefix, i % 5);
		snprintf(d, sizeof d, "%sdir%u", prefix, i % 3);
		create(a, 0644);
		write_as("append", a, 0, length_random());
		write_as("append", a, 0, length_random());
		if (i % 2)
			sync_file("fsync", a);
		rename_as("rename", a, b);
		CALL_MODE(mkdir, d, 0755);
		strcat(d, "/hard-link-with-a-longer-name");
		LINK(b, d);
		if (i % 3 == 0)
			change_size(b, random_below(6000));
		if (i % 4 == 0)
			sync_file("fdatasync", b);
		if (i % 3 == 1)
			CALL1(unlink, d);
		if (i % 5 == 4) {
			CALL1(unlink, b);
			sync_quietly();
		}
		*strrchr(d, '/') = 0;
		CALL1(rmdir, d);
		if (i % 11 == 10)
			sync_all();
	}
}

/* A database with a rollback journal: old pages to the journal, fsync, pages in place, fsync, unlink. */
static void
work_database(long steps)
{
	char db[100], log[100], dir[100];
	const off_t page = 1024;

	snprintf(db, sizeof db, "%sdb", prefix);
	snprintf(log, sizeof log, "%sdb-journal", prefix);
	snprintf(dir, sizeof dir, "%s.", prefix);
	create(db, 0644);
	write_as("write", db, 0, 40 * page);
	sync_file("fsync", db);
	sync_file("fsync", dir);
	while (number < steps) {
		unsigned changed = 1 + random_below(6);

		create(log, 0600);
		write_as("append", log, 0, 28 + changed * (page + 8));
		sync_file("fsync", log);
		sync_file("fsync", dir);
		for (unsigned i = 0; i < changed; i++)
			write_as("write", db, random_below(44) * page, page);
		sync_file(random_below(2) ? "fsync" : "fdatasync", db);
		CALL1(unlink, log);
		if (random_below(2))
			sync_file("fsync", dir);
	}
}

/* The careful way to replace a file: a new one, fsync, rename.  The file is always old or new. */
static void
work_replace(long steps)
{
	char target[100], fresh[100];

	snprintf(fresh, sizeof fresh, "%stemporary", prefix);
	while (number < steps) {
		snprintf(target, sizeof target, "%sconfig%u", prefix, random_below(3));
		create(fresh, 0600);
		write_as("write", fresh, 0, length_random());
		sync_file("fsync", fresh);
		CALL_MODE(chmod, fresh, 0640);
		rename_as("rename", fresh, target);
		if (random_below(3) == 0)
			sync_file("fsync", target);
	}
}

/* A log file: small appends, now and then made durable, rotated. */
static void
work_append(long steps)
{
	char log[100], old[100];

	snprintf(log, sizeof log, "%slog", prefix);
	snprintf(old, sizeof old, "%slog.1", prefix);
	while (number < steps) {
		unsigned lines = 10 + random_below(60);

		create(log, 0644);
		for (unsigned i = 0; i < lines; i++) {
			write_as("append", log, 0, 20 + random_below(200));
			if (i % 8 == 7)
				sync_file("fdatasync", log);
			if (i % 16 == 5)
				sync_quietly();
		}
		rename_as("rename", log, old);
	}
}

/* A folder that needs an index and splits, and empties again. */
static void
work_folder(long steps)
{
	char name[300];
	long half;

	snprintf(name, sizeof name, "%sbig", prefix);
	CALL_MODE(mkdir, name, 0755);
	while (number < steps) {
		half = (steps - number) / 2;
		for (long i = 0; i < half; i++) {
			snprintf(name, sizeof name, "%sbig/a-name-that-takes-some-room-in-its-block-%ld-%u", prefix, i,
				 random_below(10));
			create(name, 0644);
			if (i % 50 == 49)
				sync_file("fsync", name);
			if (i % 40 == 20)
				sync_quietly();
			if (random_below(3) == 0)
				CALL1(unlink, name);
		}
		snprintf(name, sizeof name, "%sbig", prefix);
		sync_file("fsync", name);
		break;
	}
}

/* Files that lose their last name, or most of their blocks, while they are long and open. */
static void
work_orphans(long steps)
{
	char name[100];
	int fd[4] = { -1, -1, -1, -1 };

	for (unsigned i = 0; number < steps; i++) {
		snprintf(name, sizeof name, "%slong%u", prefix, i % 4);
		create(name, 0644);
		for (unsigned j = 0; j < 6; j++)
			write_as("write", name, j * 50000 + random_below(8) * 1024, 3000 + random_below(30000));
		if (random_below(2))
			sync_file("fsync", name);
		else
			sync_quietly();
		if (fd[i % 4] >= 0)
			close(fd[i % 4]);
		fd[i % 4] = open(full(name), O_RDWR);
		change_size(name, random_below(200000));
		if (i % 2)
			sync_quietly();
		CALL1(unlink, name);
		if (random_below(3) == 0)
			sync_quietly();
	}
	for (unsigned i = 0; i < 4; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* Until nothing fits, then room again: calls fail half way, and what failed leaves nothing behind. */
static void
work_full(long steps)
{
	char name[100];

	for (unsigned i = 0; number < steps; i++) {
		snprintf(name, sizeof name, "%sfill%u", prefix, i % 50);
		create(name, 0644);
		write_as("append", name, 0, 150000 + random_below(100000));
		if (i % 3 == 0)
			sync_file("fsync", name);
		if (result == -ENOSPC || random_below(6) == 0) {
			snprintf(name, sizeof name, "%sfill%u", prefix, random_below(50));
			CALL1(unlink, name);
			if (random_below(2))
				sync_all();
		}
	}
}

static const struct workload {
	const char *name;
	void (*run)(long steps);
} workloads[] = {
	{ "random", work_random }, { "storm", work_storm }, { "database", work_database },
	{ "replace", work_replace }, { "append", work_append }, { "folder", work_folder },
	{ "orphans", work_orphans }, { "full", work_full },
};

static void
work(const char *name, uint64_t seed, long steps)
{
	random_state = seed * 0x9e3779b97f4a7c15u + task;
	random_below(2);
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
		if (!strcmp(workloads[i].name, name)) {
			workloads[i].run(steps);
			step("end");
			return;
		}
	CHECK(!"such a workload");
}

/* "tasks": four tasks at once, each at random in a folder of its own. */
static void
work_tasks(uint64_t seed, long steps)
{
	for (int i = 1; i <= 4; i++) {
		snprintf(prefix, sizeof prefix, "task%d", i);
		CALL_MODE(mkdir, prefix, 0755);
	}
	step("end");
	for (int i = 1; i <= 4; i++)
		if (fork() == 0) {
			task = i;
			number = result = 0;
			snprintf(prefix, sizeof prefix, "task%d/", i);
			work(i == 2 ? "database" : i == 3 ? "replace" : "random", seed, steps / 4);
			_exit(0);
		}
}

int
main(int argc, char **argv)
{
	char path[32];
	int status;

	if (argc != 6) {
		fprintf(stderr, "usage: crashwork DISK OPTIONS WORKLOAD SEED STEPS\n");
		return 2;
	}
	umask(0);
	channel_open();
	data = buffer_make(LONGEST);
	snprintf(path, sizeof path, "/dev/%s", argv[1]);
	disk_forget(path);
	errno = -disk_mount(path, argv[2]);
	CHECK(errno == 0);
	channel_note("mounted");
	quiet_sync_start();
	if (strcmp(argv[3], "tasks"))
		work(argv[3], atol(argv[4]), atol(argv[5]));
	else
		work_tasks(atol(argv[4]), atol(argv[5]));
	close(quiet_sync);
	while (wait(&status) > 0)
		CHECK(status == 0);
	channel_note("unmounting");
	CHECK(umount("/mnt") == 0);
	channel_note("unmounted");
	return 0;
}
