/*
 * fail_nth_files: whichever allocation of a system call fails, the call reports it or gets by, the kernel lives, and
 * what the call had taken until then is given back: files, pipes, terminals.
 */
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <termios.h>
#include "fail_nth.h"

static int
do_pipe(void)
{
	int p[2];

	TRY(pipe(p));
	TRY(write(p[1], buf, 3 * PAGE));
	TRY(read(p[0], buf, 2 * PAGE));
	TRY(fcntl(p[1], F_SETPIPE_SZ, 128 << 10));
	TRY(close(p[0]));
	TRY(close(p[1]));
	return 0;
}

static int
do_sendfile(void)
{
	int p[2], fd;

	TRY(pipe(p));
	TRY(fd = open(self, O_RDONLY));
	TRY(syscall(SYS_sendfile, p[1], fd, NULL, 3 * PAGE));
	return 0;
}

static int
do_fifo(void)
{
	int fd;

	TRY(mknod("fifo", S_IFIFO | 0600, 0));
	TRY(fd = open("fifo", O_RDWR));
	TRY(write(fd, buf, 10));
	TRY(read(fd, buf, 10));
	return 0;
}

static int
do_names(void)
{
	char c[64];
	int fd;

	TRY(fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0600));
	TRY(close(fd));
	TRY(rename("a", "b"));
	TRY(link("b", "a"));
	TRY(mkdir("d", 0700));
	TRY(symlink("a-rather-long-text-so-that-it-must-be-kept-outside-of-the-inode", "s"));
	TRY(readlink("s", c, sizeof c));
	TRY(rename("a", "d/x"));
	TRY(rename("b", "d/x"));
	TRY(unlink("d/x"));
	TRY(rmdir("d"));
	TRY(chdir("/proc/self/fd"));
	TRY(chdir(DIR_NAME));
	return 0;
}

/* Names that have to be kept outside of the kernel's entries for them. */
static int
do_long_names(void)
{
	char a[201], b[201], path[4096];
	int fd;

	memset(a, 'a', 200);
	memset(b, 'b', 200);
	a[200] = b[200] = '\0';
	TRY(fd = open(a, O_RDWR | O_CREAT, 0600));
	TRY(mkdir(b, 0700));
	TRY(syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* exchange */));
	TRY(chdir(a));
	TRY(getcwd(path, sizeof path));
	TRY(chdir(".."));
	TRY(rename(b, "b"));
	TRY(rmdir(a));
	return 0;
}

static int
do_tmpfs(void)
{
	struct stat st;
	int fd;

	TRY(mkdir("m", 0700));
	TRY(mount("none", "m", "tmpfs", 0, "size=1m,nr_inodes=20"));
	TRY(fd = open("m/f", O_RDWR | O_CREAT, 0600));
	TRY(write(fd, buf, 2 * PAGE));
	TRY(close(fd));
	TRY(mkdir("m/d", 0700));
	TRY(mount("m", "m/d", NULL, MS_BIND, NULL));
	TRY(stat("m/d/f", &st));
	TRY(umount("m/d"));
	TRY(umount("m"));
	return 0;
}

static int
do_file(void)
{
	int fd;

	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(write(fd, buf, 5 * PAGE));
	TRY(pwrite(fd, buf, 100, 1L << 30));
	TRY(ftruncate(fd, PAGE + 1));
	TRY(fallocate(fd, 0, 4 * PAGE, 4 * PAGE));
	TRY(lseek(fd, 0, SEEK_SET));
	TRY(read(fd, buf, sizeof buf));
	TRY(ftruncate(fd, 1L << 20));
	return 0;
}

static int
do_iovecs(void)
{
	static struct iovec v[100];
	int fd;

	for (int i = 0; i < 100; i++)
		v[i] = (struct iovec){ buf + i * 100, 99 };
	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(writev(fd, v, 100));
	TRY(lseek(fd, 0, SEEK_SET));
	TRY(readv(fd, v, 100));
	return 0;
}

static int
do_locks(void)
{
	struct flock a = { .l_type = F_WRLCK, .l_start = 0, .l_len = 100 };
	struct flock b = { .l_type = F_UNLCK, .l_start = 10, .l_len = 10 };
	int fd;

	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(fcntl(fd, F_SETLK, &a));
	TRY(fcntl(fd, F_SETLK, &b));
	a.l_type = F_RDLCK;
	TRY(fcntl(fd, F_SETLK, &a));
	return 0;
}

static int
read_directory(const char *name)
{
	int fd;
	long n;

	TRY(fd = open(name, O_RDONLY | O_DIRECTORY));
	do {
		TRY(n = syscall(SYS_getdents64, fd, buf, sizeof buf));
	} while (n > 0);
	return 0;
}

static int
read_file(const char *name)
{
	int fd;
	long n;

	TRY(fd = open(name, O_RDONLY));
	do {
		TRY(n = read(fd, buf, sizeof buf));
	} while (n > 0);
	return 0;
}

static int
do_readdir(void)
{
	int err = read_directory("/proc");

	return err ? err : read_directory("/proc/self/fd");
}

static int
do_maps(void)
{
	static const char *const names[] = { "/proc/self/maps", "/proc/self/status", "/proc/self/cmdline",
					     "/proc/self/mounts", "/proc/self/environ", "/proc/stat", "/proc/meminfo" };
	int err = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names && !err; i++)
		err = read_file(names[i]);
	return err;
}

static int
do_proc_links(void)
{
	char to[300];
	int fd;

	TRY(readlink("/proc/self/exe", to, sizeof to));
	TRY(readlink("/proc/self/fd/0", to, sizeof to));
	TRY(fd = open("/proc/self/exe", O_RDONLY));
	TRY(getcwd(to, sizeof to));
	return 0;
}

static int
do_devices(void)
{
	int fd;

	TRY(fd = open("/dev/urandom", O_RDONLY));
	TRY(read(fd, buf, 3 * PAGE));
	TRY(fd = open("/dev/zero", O_RDWR));
	TRY(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	return 0;
}

/* Attributes of a file in memory: a few, one replaced, one large. */
static int
do_xattrs(void)
{
	int fd;

	TRY(fd = open("a", O_RDWR | O_CREAT, 0600));
	TRY(syscall(SYS_fsetxattr, fd, "user.one", buf, 10, 0));
	TRY(syscall(SYS_fsetxattr, fd, "user.two", buf, 60000, 0));
	TRY(syscall(SYS_fsetxattr, fd, "user.one", buf, 300, 2 /* replace */));
	TRY(syscall(SYS_fgetxattr, fd, "user.one", buf, sizeof buf));
	TRY(syscall(SYS_getxattr, "a", "user.two", buf, sizeof buf));
	TRY(syscall(SYS_flistxattr, fd, buf, sizeof buf));
	TRY(syscall(SYS_fremovexattr, fd, "user.two"));
	return 0;
}

static int
do_memfd(void)
{
	char *m;
	int fd;

	TRY(fd = syscall(SYS_memfd_create, "a name that is longer than what an entry holds itself", 2 /* sealing */));
	TRY(write(fd, buf, 3 * PAGE));
	TRY(ftruncate(fd, 8 * PAGE));
	TRY(m = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	m[7 * PAGE] = 1;
	TRY(munmap(m, 8 * PAGE));
	TRY(fcntl(fd, 1033 /* F_ADD_SEALS */, 0xf));
	return 0;
}

static int
do_splice(void)
{
	struct iovec v = { buf, 3 * PAGE };
	int p[2], q[2], in, out;
	off_t at = 0;

	TRY(in = open("a", O_RDWR | O_CREAT, 0600));
	TRY(write(in, buf, 3 * PAGE));
	TRY(out = open("b", O_RDWR | O_CREAT, 0600));
	TRY(pipe(p));
	TRY(pipe(q));
	TRY(syscall(SYS_splice, in, &at, p[1], NULL, 2 * PAGE, 0));
	TRY(syscall(SYS_tee, p[0], q[1], PAGE, 0));
	TRY(syscall(SYS_vmsplice, p[1], &v, 1, 0));
	TRY(syscall(SYS_splice, p[0], NULL, out, NULL, 2 * PAGE, 0));
	TRY(syscall(SYS_splice, p[0], NULL, q[1], NULL, PAGE, 0));
	TRY(lseek(in, 0, SEEK_SET));
	TRY(syscall(SYS_copy_file_range, in, NULL, out, NULL, 3 * PAGE, 0));
	return 0;
}

static int
do_inotify(void)
{
	int fd, f, wd;

	TRY(fd = syscall(SYS_inotify_init1, O_NONBLOCK));
	TRY(wd = syscall(SYS_inotify_add_watch, fd, ".", 0xfff));
	TRY(f = open("a", O_RDWR | O_CREAT, 0600));
	TRY(syscall(SYS_inotify_add_watch, fd, "a", 0xfff));
	TRY(write(f, buf, 10));
	TRY(rename("a", "b"));
	TRY(unlink("b"));
	TRY(close(f));
	TRY(read(fd, buf, sizeof buf));
	TRY(syscall(SYS_inotify_rm_watch, fd, wd));
	return 0;
}

/* A pair, a line through it, and both ends closed with bytes under way. */
static int
do_pty(void)
{
	int m, s, n, zero = 0;
	char name[32];

	TRY(m = open("/dev/ptmx", O_RDWR | O_NOCTTY));
	TRY(ioctl(m, TIOCSPTLCK, &zero));
	TRY(ioctl(m, TIOCGPTN, &n));
	snprintf(name, sizeof name, "/dev/pts/%d", n);
	TRY(s = open(name, O_RDWR | O_NOCTTY));
	TRY(write(m, "a line\n", 7));
	TRY(read(s, buf, 100));
	TRY(write(s, buf, 2000));
	TRY(read(m, buf, 100));
	TRY(close(m));
	TRY(close(s));
	return 0;
}

static const struct scenario scenarios[] = {
	{ "pipe", do_pipe }, { "sendfile", do_sendfile }, { "splice", do_splice }, { "fifo", do_fifo },
	{ "names", do_names }, { "long names", do_long_names }, { "tmpfs", do_tmpfs }, { "file", do_file },
	{ "iovecs", do_iovecs }, { "locks", do_locks }, { "extended attributes", do_xattrs },
	{ "memfd", do_memfd }, { "inotify", do_inotify }, { "readdir", do_readdir }, { "proc", do_maps },
	{ "proc links", do_proc_links }, { "devices", do_devices }, { "pseudo-terminal", do_pty },
};

int
main(void)
{
	return fail_each(scenarios, sizeof scenarios / sizeof *scenarios);
}
