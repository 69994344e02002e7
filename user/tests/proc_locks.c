/* proc_locks: /proc/locks has a line for each lock that is held, and file-nr counts open files. */
#include <sys/file.h>
#include <sys/sysmacros.h>
#include "test.h"

#define NAME	"/tmp/proc_locks.t"

static char text[1 << 16];
static struct stat st;

static void
slurp(const char *name)
{
	int fd = open(name, O_RDONLY);
	ssize_t n, len = 0;

	CHECK(fd >= 0);
	while ((n = read(fd, text + len, sizeof text - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
}

/* Is there such a lock of the file? */
static int
shown(const char *kind, int pid, const char *range)
{
	char line[128];

	slurp("/proc/locks");
	snprintf(line, sizeof line, ": %s %d %02x:%02x:%lu %s\n", kind, pid, major(st.st_dev), minor(st.st_dev),
		 (unsigned long)st.st_ino, range);
	return strstr(text, line) != NULL;
}

#define CHECK_SHOWN(kind, pid, range) do { \
	if (!shown(kind, pid, range)) { \
		printf("%s", text); \
		CHECK(!kind); \
	} \
} while (0)

static int
lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

static long
file_nr(void)
{
	long n, unused, max;
	char *end;

	slurp("/proc/sys/fs/file-nr");
	n = strtol(text, &end, 10);
	unused = strtol(end, &end, 10);
	max = strtol(end, &end, 10);
	CHECK(n >= 0 && unused == 0 && max >= n && *end == '\n');
	return n;
}

int
main(void)
{
	int a, b, c, fds[200], me = getpid();
	long before;

	unlink(NAME);
	CHECK((a = open(NAME, O_RDWR | O_CREAT, 0600)) >= 0 && (b = open(NAME, O_RDWR)) >= 0 && fstat(a, &st) == 0);
	CHECK((c = open(NAME, O_RDWR)) >= 0);
	CHECK(lock(a, F_SETLK, F_WRLCK, 10, 10) == 0 && lock(a, F_SETLK, F_RDLCK, 100, 0) == 0);
	CHECK(lock(b, F_OFD_SETLK, F_WRLCK, 0, 5) == 0 && flock(c, LOCK_SH) == 0);
	CHECK_SHOWN("POSIX  ADVISORY  WRITE", me, "10 19");
	CHECK_SHOWN("POSIX  ADVISORY  READ", me, "100 EOF");
	CHECK_SHOWN("OFDLCK ADVISORY  WRITE", -1, "0 4");
	CHECK_SHOWN("FLOCK  ADVISORY  READ", me, "0 EOF");
	close(c);
	CHECK(!shown("FLOCK  ADVISORY  READ", me, "0 EOF") && !shown("POSIX  ADVISORY  WRITE", me, "10 19"));
	CHECK_SHOWN("OFDLCK ADVISORY  WRITE", -1, "0 4");
	CHECK(close(b) == 0);
	CHECK(!shown("OFDLCK ADVISORY  WRITE", -1, "0 4"));
	close(a);
	CHECK(unlink(NAME) == 0);

	before = file_nr();
	for (int i = 0; i < 200; i++)
		CHECK((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
	CHECK(file_nr() >= before + 100);	/* roughly: Linux counts by cpu, and others may have closed some */
	for (int i = 0; i < 200; i++)
		close(fds[i]);
	return 0;
}
