/* rename: every POSIX corner and the renameat2 flags. */
#include "test.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif

static void
put(const char *n, char c)
{
	int fd = open(n, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, &c, 1) == 1);
	close(fd);
}

static char
get(const char *n)
{
	char c = 0;
	int fd = open(n, O_RDONLY);

	if (fd < 0)
		return 0;
	CHECK(read(fd, &c, 1) == 1);
	close(fd);
	return c;
}

static long
ren(const char *a, const char *b, int flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

int
main(void)
{
	struct stat s;

	system("rm -rf /tmp/rename.t");
	CHECK(mkdir("/tmp/rename.t", 0755) == 0 && chdir("/tmp/rename.t") == 0);
	put("a", 'a');
	CHECK(ren("a", "b", 0) == 0 && get("b") == 'b' - 1 && get("a") == 0);
	put("c", 'c');
	CHECK(ren("b", "c", 0) == 0 && get("c") == 'a');		/* replaced */
	put("d", 'd');
	CHECK_ERRNO(EEXIST, ren("c", "d", RENAME_NOREPLACE));
	CHECK(get("c") == 'a' && get("d") == 'd');
	CHECK(ren("c", "d", RENAME_EXCHANGE) == 0 && get("c") == 'd' && get("d") == 'a');
	CHECK_ERRNO(EINVAL, ren("c", "d", 64));
	CHECK_ERRNO(ENOENT, ren("none", "x", 0));
	CHECK_ERRNO(ENOENT, ren("c", "none", RENAME_EXCHANGE));
	CHECK(link("c", "c2") == 0 && ren("c", "c2", 0) == 0 && get("c") == 'd');	/* same file: nothing happens */

	CHECK(mkdir("p", 0755) == 0 && mkdir("p/q", 0755) == 0 && mkdir("e", 0755) == 0);
	put("p/f", 'f');
	CHECK_ERRNO(EINVAL, ren("p", "p/q/r", 0));			/* into itself */
	CHECK_ERRNO(EISDIR, ren("c", "e", 0));
	CHECK_ERRNO(ENOTDIR, ren("e", "c", 0));
	CHECK(errno == ENOTDIR && ren("e", "p", 0) == -1 && (errno == ENOTEMPTY || errno == EEXIST));
	CHECK(ren("p", "e", 0) == 0 && get("e/f") == 'f');		/* over an empty directory */
	CHECK(stat("e", &s) == 0 && s.st_nlink == 3);
	CHECK(stat(".", &s) == 0 && s.st_nlink == 3);
	CHECK(mkdir("o", 0755) == 0 && ren("e/q", "o/q", 0) == 0);
	CHECK(stat("e", &s) == 0 && s.st_nlink == 2 && stat("o", &s) == 0 && s.st_nlink == 3);
	CHECK(chdir("o/q") == 0);
	CHECK(stat("../../o", &s) == 0);				/* .. follows the move */
	CHECK(chdir("/tmp") == 0);
	CHECK(ren("/tmp/rename.t/c", "/proc/x", 0) == -1 && errno == EXDEV);
	system("rm -rf /tmp/rename.t");
	return 0;
}
