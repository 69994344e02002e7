/* getdents: an entry's d_off is where reading goes on, also after lseek; no room is EINVAL, the end is 0. */
#include "test.h"

#define FILES	50

struct entry {				/* linux_dirent64 */
	uint64_t ino;
	int64_t	 off;
	uint16_t reclen;
	uint8_t	 type;
	char	 name[];
};

static char buf[4096] __attribute__((aligned(8)));

static long
dents(int fd, size_t n)
{
	return syscall(SYS_getdents64, fd, buf, n);
}

static void
check_directory(const char *where)
{
	static char names[FILES + 2][32];
	static int64_t offs[FILES + 2];
	char name[64];
	int fd, count = 0;
	long n;

	snprintf(name, sizeof name, "%s/getdents.t", where);
	CHECK(mkdir(name, 0755) == 0 && chdir(name) == 0);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "f%d", i);
		CHECK((fd = open(name, O_WRONLY | O_CREAT, 0644)) >= 0 && close(fd) == 0);
	}
	fd = open(".", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_ERRNO(EINVAL, dents(fd, 4));
	while ((n = dents(fd, 128)) > 0)
		for (long at = 0; at < n; ) {
			struct entry *e = (struct entry *)(buf + at);

			CHECK(e->reclen % 8 == 0 && e->reclen >= 24 && at + e->reclen <= n && e->ino);
			CHECK(e->type == (e->name[0] == '.' ? 4 : 8) && count < FILES + 2 && strlen(e->name) < 32);
			strcpy(names[count], e->name);
			offs[count++] = e->off;
			at += e->reclen;
		}
	CHECK(n == 0 && count == FILES + 2 && dents(fd, sizeof buf) == 0);
	/* Back to after the entry i: the next is i + 1. */
	for (int i = 0; i + 1 < count; i += 7) {
		CHECK(lseek(fd, offs[i], SEEK_SET) == offs[i] && dents(fd, sizeof buf) > 0);
		CHECK(!strcmp(((struct entry *)buf)->name, names[i + 1]));
	}
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && dents(fd, sizeof buf) > 0);
	CHECK(!strcmp(((struct entry *)buf)->name, names[0]));
	CHECK(!strcmp(names[0], ".") && !strcmp(names[1], ".."));
	/* A directory that was removed is empty. */
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "f%d", i);
		CHECK(unlink(name) == 0);
	}
	snprintf(name, sizeof name, "%s/getdents.t", where);
	CHECK(chdir("/") == 0 && rmdir(name) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK_ERRNO(ENOENT, dents(fd, sizeof buf));
	close(fd);
}

int
main(void)
{
	int fd = open("/dev/null", O_RDONLY);

	CHECK_ERRNO(ENOTDIR, dents(fd, sizeof buf));
	CHECK_ERRNO(EBADF, dents(99, sizeof buf));
	check_directory("/tmp");
	fd = open("/proc", O_RDONLY | O_DIRECTORY);
	CHECK(dents(fd, sizeof buf) > 0);
	fd = open("/dev", O_RDONLY | O_DIRECTORY);
	CHECK(dents(fd, sizeof buf) > 0);
	return 0;
}
