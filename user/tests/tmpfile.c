/* tmpfile: O_TMPFILE: a file without a name, which may get one by linkat, unless O_EXCL said it never will. */
#include "test.h"

static char fd_name[64];

static int
make(int flags)
{
	int fd = open(".", O_TMPFILE | flags, 0640);

	snprintf(fd_name, sizeof(fd_name), "/proc/self/fd/%d", fd);
	return fd;
}

static void
named(void)
{
	char buf[128];
	struct stat s, t;
	int fd = make(O_RDWR);
	ssize_t n;

	if (fd < 0 && errno == EOPNOTSUPP)
		exit(0);
	CHECK(fd >= 0 && fstat(fd, &s) == 0 && s.st_nlink == 0 && S_ISREG(s.st_mode) && (s.st_mode & 0777) == 0640);
	CHECK(write(fd, "unnamed", 7) == 7);
	n = readlink(fd_name, buf, sizeof(buf));
	CHECK(n > 11 && !memcmp(buf + n - 10, " (deleted)", 10) && memchr(buf, '#', n));
	CHECK((fcntl(fd, F_GETFL) & O_TMPFILE) == O_TMPFILE);
	CHECK(linkat(AT_FDCWD, fd_name, AT_FDCWD, "name", AT_SYMLINK_FOLLOW) == 0);
	CHECK(stat("name", &t) == 0 && t.st_ino == s.st_ino && t.st_nlink == 1 && t.st_size == 7);
	CHECK(linkat(AT_FDCWD, fd_name, AT_FDCWD, "second", AT_SYMLINK_FOLLOW) == 0 && stat("name", &t) == 0);
	CHECK(t.st_nlink == 2 && unlink("name") == 0 && unlink("second") == 0);
	CHECK_ERRNO(ENOENT, linkat(AT_FDCWD, fd_name, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));	/* no second chance */
	close(fd);
	fd = make(O_WRONLY);
	CHECK(linkat(fd, "", AT_FDCWD, "name", AT_EMPTY_PATH) == 0 && stat("name", &t) == 0 && unlink("name") == 0);
	close(fd);
}

static void
as_nobody(void)
{
	CHECK(setuid(65534) == 0);
	CHECK_ERRNO(EACCES, make(O_RDWR));
}

static void
refused(void)
{
	int fd = make(O_RDWR | O_EXCL);

	CHECK(fd >= 0);
	CHECK_ERRNO(ENOENT, linkat(AT_FDCWD, fd_name, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
	close(fd);
	CHECK_ERRNO(EINVAL, make(O_RDONLY));
	CHECK_ERRNO(EINVAL, make(O_RDWR | O_CREAT));
	CHECK_ERRNO(ENOENT, open("none", O_TMPFILE | O_RDWR, 0600));
	CHECK_ERRNO(EINVAL, open(".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600));
	close(open("file", O_CREAT | O_WRONLY, 0600));
	CHECK_ERRNO(ENOTDIR, open("file", O_TMPFILE | O_RDWR, 0600));
	CHECK(unlink("file") == 0 && exited(in_child(as_nobody), 0));
}

/* Many at once, some named, some not: what is left without a name costs nothing. */
static void
many(void)
{
	int fd[20];
	char name[16], byte[1000] = "";

	for (int i = 0; i < 20; i++) {
		fd[i] = make(O_RDWR);
		CHECK(fd[i] >= 0 && write(fd[i], byte, sizeof(byte)) == sizeof(byte));
		snprintf(name, sizeof(name), "n%d", i);
		if (i % 3 == 0)
			CHECK(linkat(AT_FDCWD, fd_name, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0);
	}
	for (int i = 0; i < 20; i++)
		close(fd[(i * 7) % 20]);
	for (int i = 0; i < 20; i += 3) {
		snprintf(name, sizeof(name), "n%d", i);
		CHECK(unlink(name) == 0);
	}
}

int
main(int argc, char **argv)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/tmpfile.t", argc > 1 ? argv[1] : "/tmp");
	CHECK(mkdir(dir, 0755) == 0 && chdir(dir) == 0);
	named();
	refused();
	many();
	CHECK(chdir("/") == 0 && rmdir(dir) == 0);
	return 0;
}
