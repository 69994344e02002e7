/* openat2: what openat overlooks is an error, and a path is walked no further than RESOLVE_* lets it. */
#include <sys/mount.h>
#include "test.h"

#define DIR_NAME	"/tmp/openat2.t"
#define NR_OPENAT2	437
#define NO_XDEV		0x01
#define NO_MAGICLINKS	0x02
#define NO_SYMLINKS	0x04
#define BENEATH		0x08
#define IN_ROOT		0x10
#define CACHED		0x20

struct how { uint64_t flags, mode, resolve, more[2]; };

static int dir;

static int
open_raw(const char *path, struct how h, size_t size)
{
	int fd = syscall(NR_OPENAT2, dir, path, &h, size);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int
flags(uint64_t f, uint64_t mode)
{
	return open_raw("f", (struct how){ .flags = f, .mode = mode }, 24);
}

/* 0, or -1 and errno. */
static int
walk(const char *path, uint64_t resolve)
{
	return open_raw(path, (struct how){ .flags = O_RDONLY, .resolve = resolve }, 24);
}

static void
structure(void)
{
	struct how h = { .flags = O_RDONLY }, more = { .flags = O_RDONLY, .more = { 0, 1 } };

	CHECK(open_raw("f", h, 24) == 0 && open_raw("f", h, sizeof h) == 0 && open_raw("f", more, 32) == 0);
	CHECK_ERRNO(E2BIG, open_raw("f", more, sizeof more));
	CHECK_ERRNO(EINVAL, open_raw("f", h, 23));
	CHECK_ERRNO(EINVAL, open_raw("f", h, 0));
	CHECK_ERRNO(E2BIG, open_raw("f", h, 4097));
	CHECK_ERRNO(EFAULT, syscall(NR_OPENAT2, dir, "f", NULL, 24));
	CHECK_ERRNO(EFAULT, syscall(NR_OPENAT2, dir, NULL, &h, 24));
	CHECK_ERRNO(EBADF, syscall(NR_OPENAT2, -1, "f", &h, 24));
	CHECK_ERRNO(ENOENT, open_raw("", h, 24));
}

static void
flags_and_mode(void)
{
	struct stat s;

	CHECK(flags(O_RDWR, 0) == 0 && flags(O_PATH | O_NOFOLLOW | O_CLOEXEC, 0) == 0);
	CHECK_ERRNO(EINVAL, flags(0x80000000, 0));
	CHECK_ERRNO(EINVAL, flags(1UL << 32, 0));
	CHECK_ERRNO(EINVAL, flags(O_RDONLY, 0600));
	CHECK_ERRNO(EINVAL, flags(O_RDWR | O_CREAT, 010600));
	CHECK_ERRNO(EINVAL, flags(O_RDWR | O_CREAT, 1UL << 32));
	CHECK_ERRNO(EINVAL, flags(O_PATH | O_RDWR, 0));
	CHECK_ERRNO(EINVAL, flags(O_PATH | O_TRUNC, 0));
	CHECK_ERRNO(EINVAL, flags(O_RDWR | O_CREAT | O_DIRECTORY, 0600));
	CHECK_ERRNO(EINVAL, flags(O_RDONLY | O_TMPFILE, 0600));
	CHECK_ERRNO(EINVAL, flags(O_RDWR | (O_TMPFILE & ~O_DIRECTORY), 0600));
	CHECK_ERRNO(EINVAL, walk("f", 0x40));
	CHECK_ERRNO(EINVAL, walk("f", BENEATH | IN_ROOT));
	CHECK(open_raw("new", (struct how){ .flags = O_RDWR | O_CREAT | O_EXCL, .mode = 0640 }, 24) == 0);
	CHECK(stat(DIR_NAME "/new", &s) == 0 && (s.st_mode & 07777) == 0640 && unlink(DIR_NAME "/new") == 0);
	CHECK(open_raw("in", (struct how){ .flags = O_RDWR | O_TMPFILE, .mode = 0600 }, 24) == 0);
}

static void
links(void)
{
	CHECK(walk("link", 0) == 0 && walk("link", NO_MAGICLINKS) == 0 && walk("f", NO_SYMLINKS) == 0);
	CHECK_ERRNO(ELOOP, walk("link", NO_SYMLINKS));
	CHECK_ERRNO(ELOOP, walk("dirlink/g", NO_SYMLINKS));
	CHECK(open_raw("link", (struct how){ .flags = O_PATH | O_NOFOLLOW, .resolve = NO_SYMLINKS }, 24) == 0);
	CHECK_ERRNO(ELOOP, open_raw("link", (struct how){ .flags = O_NOFOLLOW }, 24));
	CHECK(walk("/proc/self/exe", 0) == 0 && walk("/proc/self/status", NO_MAGICLINKS) == 0);
	CHECK_ERRNO(ELOOP, walk("/proc/self/exe", NO_MAGICLINKS));
	CHECK_ERRNO(ELOOP, walk("/proc/self/root/tmp", NO_MAGICLINKS));
	CHECK_ERRNO(ELOOP, walk("/proc/self/exe", NO_SYMLINKS));
}

static void
mounts(void)
{
	CHECK(walk("m/x", 0) == 0 && walk("f", NO_XDEV) == 0 && walk("in/../f", NO_XDEV) == 0);
	CHECK_ERRNO(EXDEV, walk("m", NO_XDEV));
	CHECK_ERRNO(EXDEV, walk("m/x", NO_XDEV));
	CHECK_ERRNO(EXDEV, walk("mlink", NO_XDEV));
	CHECK_ERRNO(EXDEV, walk("../../../../proc", NO_XDEV));
	CHECK_ERRNO(EXDEV, walk("m/new", NO_XDEV));
	CHECK_ERRNO(EXDEV, open_raw("m/new", (struct how){ .flags = O_CREAT | O_RDWR, .resolve = NO_XDEV }, 24));
	/* A path may begin at the root, whatever that is mounted from. */
	CHECK(walk("/", NO_XDEV) == 0);
	CHECK_ERRNO(EXDEV, walk("/proc/self", NO_XDEV));
	CHECK(dir >= 0 && chdir(DIR_NAME "/m") == 0);
	CHECK_ERRNO(EXDEV, syscall(NR_OPENAT2, AT_FDCWD, "..", &(struct how){ .resolve = NO_XDEV }, 24));
	CHECK(chdir("/") == 0);
}

static void
beneath(void)
{
	CHECK(walk("f", BENEATH) == 0 && walk("in/g", BENEATH) == 0 && walk("in/../f", BENEATH) == 0);
	CHECK(walk(".", BENEATH) == 0 && walk("in/./..", BENEATH) == 0 && walk("m/../f", BENEATH) == 0);
	CHECK(walk("link", BENEATH) == 0 && walk("dirlink/../f", BENEATH) == 0);
	CHECK_ERRNO(EXDEV, walk("..", BENEATH));
	CHECK_ERRNO(EXDEV, walk("in/../..", BENEATH));
	CHECK_ERRNO(EXDEV, walk("../openat2.t/f", BENEATH));
	CHECK_ERRNO(EXDEV, walk("/", BENEATH));
	CHECK_ERRNO(EXDEV, walk(DIR_NAME "/f", BENEATH));
	CHECK_ERRNO(EXDEV, walk("absolute", BENEATH));
	CHECK_ERRNO(EXDEV, walk("up", BENEATH));
	CHECK_ERRNO(EXDEV, walk("magic/self/exe", BENEATH));
	CHECK_ERRNO(ENOENT, walk("none", BENEATH));
	CHECK_ERRNO(ENOTDIR, walk("f/x", BENEATH));
	CHECK_ERRNO(EXDEV, open_raw("../new", (struct how){ .flags = O_CREAT | O_RDWR, .resolve = BENEATH }, 24));
	CHECK(open_raw("in/new", (struct how){ .flags = O_CREAT | O_RDWR, .resolve = BENEATH }, 24) == 0);
	CHECK(unlink(DIR_NAME "/in/new") == 0);
}

static void
in_root(void)
{
	CHECK(walk("f", IN_ROOT) == 0 && walk("/f", IN_ROOT) == 0 && walk("/", IN_ROOT) == 0);
	CHECK(walk("..", IN_ROOT) == 0 && walk("../../f", IN_ROOT) == 0 && walk("/../in/g", IN_ROOT) == 0);
	CHECK(walk("rooted", IN_ROOT) == 0 && walk("up", IN_ROOT) == 0);
	CHECK_ERRNO(ENOENT, walk("absolute", IN_ROOT));
	CHECK_ERRNO(ENOENT, walk("/tmp", IN_ROOT));
	CHECK_ERRNO(EXDEV, walk("magic/self/exe", IN_ROOT));
	CHECK(walk("/m/x", IN_ROOT) == 0 && walk("m/../../f", IN_ROOT) == 0);
	CHECK(open_raw("/../new", (struct how){ .flags = O_CREAT | O_RDWR, .resolve = IN_ROOT }, 24) == 0);
	CHECK(unlink(DIR_NAME "/new") == 0);
}

static void
cached(void)
{
	struct stat s;

	CHECK(stat(DIR_NAME "/in/g", &s) == 0 && walk("in/g", CACHED) == 0);
	CHECK_ERRNO(EAGAIN, open_raw("f", (struct how){ .flags = O_RDWR | O_TRUNC, .resolve = CACHED }, 24));
	CHECK_ERRNO(EAGAIN, open_raw("f", (struct how){ .flags = O_RDWR | O_CREAT, .resolve = CACHED }, 24));
	CHECK(walk("f", CACHED | BENEATH | NO_SYMLINKS | NO_XDEV) == 0);
}

int
main(void)
{
	umask(022);
	umount(DIR_NAME "/m");
	system("rm -rf " DIR_NAME);
	CHECK(mkdir(DIR_NAME, 0755) == 0 && chdir(DIR_NAME) == 0);
	CHECK(mkdir("in", 0755) == 0 && mkdir("m", 0755) == 0 && mkdir("magic", 0755) == 0);
	CHECK(mount("none", "m", "tmpfs", 0, NULL) == 0 && mount("proc", "magic", "proc", 0, NULL) == 0);
	CHECK(close(open("f", O_CREAT | O_RDWR, 0644)) == 0 && close(open("in/g", O_CREAT | O_RDWR, 0644)) == 0);
	CHECK(close(open("m/x", O_CREAT | O_RDWR, 0644)) == 0);
	CHECK(symlink("f", "link") == 0 && symlink("in", "dirlink") == 0 && symlink("m/x", "mlink") == 0);
	CHECK(symlink(DIR_NAME "/f", "absolute") == 0 && symlink("/f", "rooted") == 0 && symlink("../f", "up") == 0);
	CHECK((dir = open(".", O_RDONLY | O_DIRECTORY)) >= 0 && chdir("/") == 0);
	structure();
	flags_and_mode();
	links();
	mounts();
	beneath();
	in_root();
	cached();
	CHECK(close(dir) == 0 && umount(DIR_NAME "/m") == 0 && umount(DIR_NAME "/magic") == 0);
	system("rm -rf " DIR_NAME);
	return 0;
}
