/* file.c - system calls on open files and on names. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "sys.h"

/* ---- open files ---- */

int
openat(int dfd, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return CALL(openat, dfd, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return CALL(openat, AT_FDCWD, path, flags, mode);
}

int
fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return CALL(fcntl, fd, cmd, arg);
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	return CALL(ioctl, fd, request, arg);
}

int
dup2(int old, int new)
{
	if (old == new)			/* dup3 refuses this, dup2 checks old */
		return fcntl(old, F_GETFD, 0) < 0 ? -1 : new;
	return CALL(dup3, old, new, 0);
}

int
isatty(int fd)
{
	char settings[64];

	return ioctl(fd, TCGETS, settings) == 0;
}

char *
ttyname(int fd)
{
	static char name[64];
	char link[32];
	ssize_t n;

	if (!isatty(fd))
		return NULL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof name - 1);
	if (n < 0)
		return NULL;
	name[n] = '\0';
	return name;
}

int creat(const char *path, mode_t mode) { return CALL(openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int close(int fd) { return CALL(close, fd); }
int close_range(unsigned int first, unsigned int last, int flags) { return CALL(close_range, first, last, flags); }
ssize_t read(int fd, void *buf, size_t n) { return CALL(read, fd, buf, n); }
ssize_t write(int fd, const void *buf, size_t n) { return CALL(write, fd, buf, n); }
ssize_t pread(int fd, void *buf, size_t n, off_t off) { return CALL(pread64, fd, buf, n, off); }
ssize_t pwrite(int fd, const void *buf, size_t n, off_t off) { return CALL(pwrite64, fd, buf, n, off); }
ssize_t readv(int fd, const struct iovec *iov, int n) { return CALL(readv, fd, iov, n); }
ssize_t writev(int fd, const struct iovec *iov, int n) { return CALL(writev, fd, iov, n); }
ssize_t sendfile(int out, int in, off_t *off, size_t n) { return CALL(sendfile, out, in, off, n); }
off_t lseek(int fd, off_t off, int whence) { return CALL(lseek, fd, off, whence); }
int dup(int fd) { return CALL(dup, fd); }
int dup3(int old, int new, int flags) { return CALL(dup3, old, new, flags); }
int pipe2(int fds[2], int flags) { return CALL(pipe2, fds, flags); }
int pipe(int fds[2]) { return CALL(pipe2, fds, 0); }
int flock(int fd, int op) { return CALL(flock, fd, op); }
int fsync(int fd) { return CALL(fsync, fd); }
int fdatasync(int fd) { return CALL(fdatasync, fd); }
void sync(void) { SYS0(sync); }
int syncfs(int fd) { return CALL(syncfs, fd); }
int truncate(const char *path, off_t len) { return CALL(truncate, path, len); }
int ftruncate(int fd, off_t len) { return CALL(ftruncate, fd, len); }

int
sync_file_range(int fd, off_t off, off_t len, unsigned int flags)
{
	return CALL(sync_file_range, fd, off, len, flags);
}

int fallocate(int fd, int mode, off_t off, off_t len) { return CALL(fallocate, fd, mode, off, len); }

int
posix_fadvise(int fd, off_t off, off_t len, int advice)
{
	return -SYS(fadvise64, fd, off, len, advice);
}

int
ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const unsigned long *mask)
{
	struct timespec left;

	if (timeout)
		left = *timeout;	/* the kernel writes back what is left */
	return CALL(ppoll, fds, n, timeout ? &left : NULL, mask, 8);
}

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct timespec ts = { timeout / 1000, timeout % 1000 * 1000000L };

	return ppoll(fds, n, timeout < 0 ? NULL : &ts, NULL);
}

/* ---- names ---- */

int access(const char *path, int mode) { return CALL(faccessat, AT_FDCWD, path, mode); }
int chdir(const char *path) { return CALL(chdir, path); }
int fchdir(int fd) { return CALL(fchdir, fd); }
int chroot(const char *path) { return CALL(chroot, path); }
int link(const char *from, const char *to) { return CALL(linkat, AT_FDCWD, from, AT_FDCWD, to, 0); }

int
linkat(int odfd, const char *from, int ndfd, const char *to, int flags)
{
	return CALL(linkat, odfd, from, ndfd, to, flags);
}

int symlink(const char *target, const char *path) { return CALL(symlinkat, target, AT_FDCWD, path); }
int symlinkat(const char *target, int dfd, const char *path) { return CALL(symlinkat, target, dfd, path); }
int unlink(const char *path) { return CALL(unlinkat, AT_FDCWD, path, 0); }
int unlinkat(int dfd, const char *path, int flags) { return CALL(unlinkat, dfd, path, flags); }
int rmdir(const char *path) { return CALL(unlinkat, AT_FDCWD, path, AT_REMOVEDIR); }
int rename(const char *from, const char *to) { return CALL(renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); }

int
renameat2(int odfd, const char *from, int ndfd, const char *to, unsigned int flags)
{
	return CALL(renameat2, odfd, from, ndfd, to, flags);
}

int chown(const char *path, uid_t uid, gid_t gid) { return CALL(fchownat, AT_FDCWD, path, uid, gid, 0); }

int
lchown(const char *path, uid_t uid, gid_t gid)
{
	return CALL(fchownat, AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

int fchown(int fd, uid_t uid, gid_t gid) { return CALL(fchown, fd, uid, gid); }
int chmod(const char *path, mode_t mode) { return CALL(fchmodat, AT_FDCWD, path, mode); }
int fchmod(int fd, mode_t mode) { return CALL(fchmod, fd, mode); }
mode_t umask(mode_t mask) { return SYS(umask, mask); }
int mkdir(const char *path, mode_t mode) { return CALL(mkdirat, AT_FDCWD, path, mode); }
int mkdirat(int dfd, const char *path, mode_t mode) { return CALL(mkdirat, dfd, path, mode); }
int mknod(const char *path, mode_t mode, dev_t dev) { return CALL(mknodat, AT_FDCWD, path, mode, dev); }
int mkfifo(const char *path, mode_t mode) { return mknod(path, mode | S_IFIFO, 0); }

int
fstatat(int dfd, const char *restrict path, struct stat *restrict st, int flags)
{
	return CALL(newfstatat, dfd, path, st, flags);
}

int stat(const char *restrict path, struct stat *restrict st) { return fstatat(AT_FDCWD, path, st, 0); }

int
lstat(const char *restrict path, struct stat *restrict st)
{
	return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int fstat(int fd, struct stat *st) { return CALL(fstat, fd, st); }
int statfs(const char *path, struct statfs *s) { return CALL(statfs, path, s); }
int fstatfs(int fd, struct statfs *s) { return CALL(fstatfs, fd, s); }

static int
to_statvfs(int r, const struct statfs *s, struct statvfs *v)
{
	if (r)
		return r;
	*v = (struct statvfs){
		.f_bsize = s->f_bsize, .f_frsize = s->f_frsize, .f_blocks = s->f_blocks, .f_bfree = s->f_bfree,
		.f_bavail = s->f_bavail, .f_files = s->f_files, .f_ffree = s->f_ffree, .f_favail = s->f_ffree,
		.f_fsid = (uint32_t)s->f_fsid[0] | (unsigned long)(uint32_t)s->f_fsid[1] << 32,
		.f_flag = s->f_flags & ~ST_VALID, .f_namemax = s->f_namelen,
	};
	return 0;
}

int
statvfs(const char *restrict path, struct statvfs *restrict v)
{
	struct statfs s;

	return to_statvfs(statfs(path, &s), &s, v);
}

int
fstatvfs(int fd, struct statvfs *v)
{
	struct statfs s;

	return to_statvfs(fstatfs(fd, &s), &s, v);
}

int
utimensat(int dfd, const char *path, const struct timespec times[2], int flags)
{
	return CALL(utimensat, dfd, path, times, flags);
}

int futimens(int fd, const struct timespec times[2]) { return CALL(utimensat, fd, NULL, times, 0); }

int
faccessat(int dfd, const char *path, int mode, int flags)
{
	if (!flags)
		return CALL(faccessat, dfd, path, mode);
	return CALL(faccessat2, dfd, path, mode, flags);
}

ssize_t
readlinkat(int dfd, const char *restrict path, char *restrict buf, size_t n)
{
	return CALL(readlinkat, dfd, path, buf, n);
}

ssize_t
readlink(const char *restrict path, char *restrict buf, size_t n)
{
	return CALL(readlinkat, AT_FDCWD, path, buf, n);
}

int
remove(const char *path)
{
	if (!unlink(path))
		return 0;
	return errno == EISDIR ? rmdir(path) : -1;
}

char *
getcwd(char *buf, size_t n)
{
	char *mine = NULL;

	if (!buf) {
		if (!n)
			n = 4096;
		buf = mine = malloc(n);
		if (!buf)
			return NULL;
	}
	if (CALL(getcwd, buf, n) < 0) {
		free(mine);
		return NULL;
	}
	return buf;
}
