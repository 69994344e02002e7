/*
 * xattr: extended attributes: names of each kind, flags, sizes, lists, who may, and every errno.
 *
 *	xattr [DIRECTORY [disk]]	/tmp if none; disk: a file system whose attributes are bounded by a block
 */
#include "test.h"
#include <sys/syscall.h>

#define CREATE	1
#define REPLACE	2

static int on_disk;
static char big[70000], list[70000];

static long set(const char *p, const char *n, const void *v, size_t size, int flags)
{
	return syscall(SYS_setxattr, p, n, v, size, flags);
}
static long lset(const char *p, const char *n, const void *v, size_t size, int flags)
{
	return syscall(SYS_lsetxattr, p, n, v, size, flags);
}
static long get(const char *p, const char *n, void *v, size_t size) { return syscall(SYS_getxattr, p, n, v, size); }
static long lget(const char *p, const char *n, void *v, size_t size) { return syscall(SYS_lgetxattr, p, n, v, size); }
static long rem(const char *p, const char *n) { return syscall(SYS_removexattr, p, n); }

/* Is name in the list of n bytes? */
static int
listed(long n, const char *name)
{
	for (char *s = list; s < list + n; s += strlen(s) + 1)
		if (!strcmp(s, name))
			return 1;
	return 0;
}

static int
has(const char *path, const char *name, const char *value)
{
	char buf[4096];
	long n = get(path, name, buf, sizeof(buf));

	return n == (long)strlen(value) && !memcmp(buf, value, n);
}

static void
basics(void)
{
	struct stat before, after;
	char buf[16];
	long n;

	CHECK(stat("f", &before) == 0);
	CHECK_ERRNO(ENODATA, get("f", "user.a", buf, sizeof(buf)));
	CHECK(syscall(SYS_listxattr, "f", list, sizeof(list)) == 0);
	pause_ms(30);
	CHECK(set("f", "user.a", "one", 3, 0) == 0 && has("f", "user.a", "one"));
	CHECK(stat("f", &after) == 0);
	CHECK(after.st_ctim.tv_sec != before.st_ctim.tv_sec || after.st_ctim.tv_nsec != before.st_ctim.tv_nsec);
	CHECK(after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
	CHECK(get("f", "user.a", NULL, 0) == 3);
	CHECK_ERRNO(ERANGE, get("f", "user.a", buf, 2));
	CHECK_ERRNO(EEXIST, set("f", "user.a", "two", 3, CREATE));
	CHECK_ERRNO(EEXIST, set("f", "user.a", "two", 3, CREATE | REPLACE));
	CHECK_ERRNO(ENODATA, set("f", "user.b", "two", 3, REPLACE));
	CHECK_ERRNO(ENODATA, set("f", "user.b", "two", 3, CREATE | REPLACE));
	CHECK(set("f", "user.a", "other", 5, REPLACE) == 0 && has("f", "user.a", "other"));
	CHECK(set("f", "user.b", "", 0, CREATE) == 0 && has("f", "user.b", ""));	/* empty, not removed */
	CHECK(set("f", "user.c", NULL, 0, CREATE) == 0 && has("f", "user.c", ""));
	n = syscall(SYS_listxattr, "f", list, sizeof(list));
	CHECK(n == 21 && listed(n, "user.a") && listed(n, "user.b") && listed(n, "user.c"));
	CHECK(syscall(SYS_listxattr, "f", NULL, 0) == 21);
	CHECK_ERRNO(ERANGE, syscall(SYS_listxattr, "f", list, 20));
	CHECK(rem("f", "user.b") == 0);
	CHECK_ERRNO(ENODATA, rem("f", "user.b"));
	CHECK_ERRNO(ENODATA, get("f", "user.b", buf, sizeof(buf)));
	CHECK(rem("f", "user.c") == 0 && rem("f", "user.a") == 0);
	CHECK(syscall(SYS_listxattr, "f", list, sizeof(list)) == 0);
}

static void
bad_arguments(void)
{
	char name[300], buf[16];

	memset(name, 'n', sizeof(name));
	memcpy(name, "user.", 5);
	name[255] = 0;
	CHECK(set("f", name, "long", 4, 0) == 0 && has("f", name, "long") && rem("f", name) == 0);
	name[255] = 'n';
	name[256] = 0;
	CHECK_ERRNO(ERANGE, set("f", name, "x", 1, 0));
	CHECK_ERRNO(ERANGE, get("f", name, buf, 1));
	CHECK_ERRNO(ERANGE, rem("f", ""));
	CHECK_ERRNO(EINVAL, set("f", "user.a", "x", 1, 4));
	CHECK_ERRNO(E2BIG, set("f", "user.a", big, 65537, 0));
	CHECK_ERRNO(EFAULT, set("f", "user.a", (void *)1, 5, 0));
	CHECK_ERRNO(EFAULT, set("f", (void *)1, "x", 1, 0));
	CHECK_ERRNO(ENOENT, set("none", "user.a", "x", 1, 0));
	CHECK_ERRNO(EBADF, syscall(SYS_fsetxattr, -1, "user.a", "x", 1, 0));
	CHECK_ERRNO(EBADF, syscall(SYS_fgetxattr, -1, "user.a", buf, 1));
	CHECK_ERRNO(EBADF, syscall(SYS_flistxattr, -1, buf, 1));
	CHECK_ERRNO(EBADF, syscall(SYS_fremovexattr, -1, "user.a"));
	CHECK_ERRNO(EINVAL, set("f", "user.", "x", 1, 0));
	CHECK_ERRNO(EINVAL, get("f", "trusted.", buf, 1));
	CHECK_ERRNO(EOPNOTSUPP, set("f", "nothing", "x", 1, 0));
	CHECK_ERRNO(EOPNOTSUPP, get("f", "nothing.at.all", buf, 1));
	CHECK_ERRNO(EOPNOTSUPP, rem("f", "system.unknown"));
	CHECK(set("f", "user.a", "here", 4, 0) == 0);
	CHECK_ERRNO(EFAULT, get("f", "user.a", (void *)1, 4));
	CHECK_ERRNO(EFAULT, syscall(SYS_listxattr, "f", (void *)1, 100));
	CHECK(rem("f", "user.a") == 0);
}

/* The three forms, and what links, directories and other kinds of files have. */
static void
kinds(void)
{
	int fd = open("f", O_RDONLY), path = open("f", O_PATH);
	char buf[16];

	CHECK(syscall(SYS_fsetxattr, fd, "user.fd", "x", 1, 0) == 0 && has("f", "user.fd", "x"));
	CHECK(syscall(SYS_fgetxattr, fd, "user.fd", buf, 1) == 1 && buf[0] == 'x');
	CHECK(syscall(SYS_flistxattr, fd, list, sizeof(list)) == 8 && listed(8, "user.fd"));
	CHECK_ERRNO(EBADF, syscall(SYS_fgetxattr, path, "user.fd", buf, 1));
	CHECK(syscall(SYS_fremovexattr, fd, "user.fd") == 0);
	close(path);
	close(fd);
	CHECK(symlink("f", "link") == 0);
	CHECK(set("link", "user.t", "through", 7, 0) == 0 && has("f", "user.t", "through"));
	CHECK_ERRNO(EPERM, lset("link", "user.t", "x", 1, 0));
	CHECK_ERRNO(ENODATA, lget("link", "user.t", buf, 1));
	CHECK(lset("link", "trusted.l", "link", 4, 0) == 0 && lget("link", "trusted.l", buf, 16) == 4);
	CHECK(syscall(SYS_llistxattr, "link", list, sizeof(list)) == 10 && listed(10, "trusted.l"));
	CHECK(lset("link", "trusted.m", big, 1000, 0) == 0);		/* too much for an inode */
	CHECK(readlink("link", buf, 16) == 1 && buf[0] == 'f');
	CHECK(syscall(SYS_lremovexattr, "link", "trusted.l") == 0);
	CHECK(readlink("link", buf, 16) == 1 && buf[0] == 'f');
	CHECK(syscall(SYS_lremovexattr, "link", "trusted.m") == 0 && readlink("link", buf, 16) == 1);
	CHECK(rem("f", "user.t") == 0 && unlink("link") == 0);
	CHECK(mkdir("d", 0755) == 0 && set("d", "user.dir", "d", 1, 0) == 0 && has("d", "user.dir", "d"));
	CHECK(rmdir("d") == 0);
	CHECK(mknod("p", S_IFIFO | 0666, 0) == 0);
	CHECK_ERRNO(EPERM, set("p", "user.a", "x", 1, 0));
	CHECK(set("p", "security.test", "x", 1, 0) == 0 && unlink("p") == 0);
	CHECK_ERRNO(EOPNOTSUPP, set("/proc/version", "user.a", "x", 1, 0));
	CHECK_ERRNO(EOPNOTSUPP, get("/proc/version", "user.a", buf, 1));
	CHECK(syscall(SYS_listxattr, "/proc/version", list, sizeof(list)) == 0);
}

static void
as_nobody(void)
{
	char buf[16];
	long n;

	CHECK(setgid(65534) == 0 && setuid(65534) == 0);
	CHECK(has("f", "user.u", "u"));
	CHECK_ERRNO(EACCES, set("f", "user.u", "x", 1, 0));
	CHECK_ERRNO(EACCES, rem("f", "user.u"));
	CHECK_ERRNO(EPERM, set("f", "trusted.t", "x", 1, 0));
	CHECK_ERRNO(ENODATA, get("f", "trusted.t", buf, 16));
	CHECK_ERRNO(EPERM, set("f", "security.s", "x", 1, 0));
	CHECK_ERRNO(EPERM, rem("f", "security.s"));
	CHECK_ERRNO(EPERM, rem("f", "security.capability"));
	CHECK(has("f", "security.s", "s"));
	n = syscall(SYS_listxattr, "f", list, sizeof(list));
	CHECK(n == 18 && listed(n, "user.u") && listed(n, "security.s"));
	CHECK_ERRNO(EACCES, get("secret", "user.u", buf, 16));
	CHECK_ERRNO(EPERM, set("sticky", "user.u", "x", 1, 0));
}

static void
permissions(void)
{
	static const unsigned char caps[20] = { 0, 0, 0, 2, 1 };

	CHECK(set("f", "user.u", "u", 1, 0) == 0 && set("f", "trusted.t", "t", 1, 0) == 0);
	CHECK(set("f", "security.s", "s", 1, 0) == 0);
	close(open("secret", O_CREAT | O_WRONLY, 0600));
	CHECK(set("secret", "user.u", "u", 1, 0) == 0);
	CHECK(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0);
	CHECK(exited(in_child(as_nobody), 0));
	CHECK(rem("f", "user.u") == 0 && rem("f", "trusted.t") == 0 && rem("f", "security.s") == 0);
	CHECK_ERRNO(EINVAL, set("f", "security.capability", "x", 1, 0));
	CHECK(set("f", "security.capability", caps, 20, 0) == 0);
	CHECK(get("f", "security.capability", big, 20) == 20 && !memcmp(big, caps, 20));
	CHECK(rem("f", "security.capability") == 0);
	CHECK(unlink("secret") == 0 && rmdir("sticky") == 0);
}

static void
attribute(char *name, int i)
{
	snprintf(name, 32, "%s.attribute%.*s", i % 2 ? "trusted" : "user", i + 1, "abcdefghijkl");
}

/* Many, growing and shrinking, so that they move between inode and block; the model is an array. */
static void
many(void)
{
	static char value[12][300];
	static int size[12];
	char name[32], buf[300];
	unsigned x = 7;

	memset(size, -1, sizeof(size));
	for (int step = 0; step < 600; step++) {
		x = x * 1103515245 + 12345;
		int i = x / 65536 % 12, want = x / 7000000 % 5 ? (int)(x / 1000 % (step % 3 ? 40 : 280)) : -1;

		attribute(name, i);
		if (want < 0) {
			CHECK(rem("f", name) == (size[i] < 0 ? -1 : 0));
		} else {
			memset(value[i], 'a' + x / 65536 % 26, want);
			CHECK(set("f", name, value[i], want, size[i] < 0 ? CREATE : REPLACE) == 0);
		}
		size[i] = want;
		for (int k = 0; k < 12; k++) {
			attribute(name, k);
			long n = get("f", name, buf, sizeof(buf));

			CHECK(n == size[k] && (n <= 0 || !memcmp(buf, value[k], n)));
		}
	}
	for (int k = 0; k < 12; k++) {
		attribute(name, k);
		if (size[k] >= 0)
			CHECK(rem("f", name) == 0);
	}
	CHECK(syscall(SYS_listxattr, "f", list, sizeof(list)) == 0);
}

static void
sizes(void)
{
	char name[32];
	int i;

	memset(big, 'b', sizeof(big));
	if (on_disk) {
		CHECK_ERRNO(ENOSPC, set("f", "user.big", big, 65536, 0));
		CHECK_ERRNO(ENOSPC, set("f", "user.big", big, 4096, 0));
		CHECK(set("f", "user.big", big, 900, 0) == 0);
		for (i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "user.%d", i);
			if (set("f", name, big, 100, 0) < 0)
				break;
		}
		CHECK(errno == ENOSPC && i < 100);
		CHECK(get("f", "user.big", big, sizeof(big)) == 900);
		while (i-- > 0) {
			snprintf(name, sizeof(name), "user.%d", i);
			CHECK(rem("f", name) == 0);
		}
	} else {
		CHECK(set("f", "user.big", big, 65536, 0) == 0);
		CHECK(get("f", "user.big", big, 65536) == 65536 && get("f", "user.big", big, 70000) == 65536);
	}
	CHECK(rem("f", "user.big") == 0);
}

int
main(int argc, char **argv)
{
	char dir[256];

	on_disk = argc > 2;
	snprintf(dir, sizeof(dir), "%s/xattr.t", argc > 1 ? argv[1] : "/tmp");
	CHECK(mkdir(dir, 0755) == 0 && chdir(dir) == 0);
	close(open("f", O_CREAT | O_WRONLY, 0644));
	basics();
	bad_arguments();
	kinds();
	permissions();
	many();
	sizes();
	CHECK(unlink("f") == 0 && chdir("/") == 0 && rmdir(dir) == 0);
	return 0;
}
