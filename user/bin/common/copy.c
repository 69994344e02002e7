/* copy.c - copying trees, for cp, and for mv between file systems. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "copy.h"
#include "cmd.h"

static int
copy_attributes(const char *to, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (lchown(to, st->st_uid, st->st_gid) && errno != EPERM)
		return -1;
	if (!S_ISLNK(st->st_mode) && chmod(to, st->st_mode & 07777))
		return -1;
	return utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW);
}

static int
copy_regular(const char *from, const char *to, const struct stat *st, int flags)
{
	int in = open(from, O_RDONLY), out, r;

	if (in < 0) {
		warn_errno(from);
		return 1;
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st->st_mode & 0777);
	if (out < 0 && flags & COPY_FORCE && unlink(to) == 0)
		out = open(to, O_WRONLY | O_CREAT | O_EXCL, st->st_mode & 0777);
	if (out < 0) {
		warn_errno(to);
		close(in);
		return 1;
	}
	r = copy_fd(in, from, out, to);
	close(in);
	if (close(out)) {
		warn_errno(to);
		r = 1;
	}
	return r ? 1 : 0;
}

static int
copy_link(const char *from, const char *to)
{
	char target[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof target - 1);

	if (n < 0) {
		warn_errno(from);
		return 1;
	}
	target[n] = '\0';
	unlink(to);
	if (symlink(target, to)) {
		warn_errno(to);
		return 1;
	}
	return 0;
}

static int
copy_directory(const char *from, const char *to, const struct stat *st, int flags)
{
	struct stat there;
	struct dirent *e;
	int status = 0, made = 0;
	DIR *d;

	if (stat(to, &there)) {
		if (mkdir(to, st->st_mode | 0700)) {
			warn_errno(to);
			return 1;
		}
		made = 1;
		if (stat(to, &there))
			return 1;
	} else if (!S_ISDIR(there.st_mode)) {
		errno = ENOTDIR;
		warn_errno(to);
		return 1;
	}
	d = opendir(from);
	if (!d) {
		warn_errno(from);
		return 1;
	}
	while ((e = readdir(d))) {
		char *a, *b;
		struct stat in;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		a = path_join(from, e->d_name);
		b = path_join(to, e->d_name);
		if (!stat(a, &in) && in.st_dev == there.st_dev && in.st_ino == there.st_ino) {
			warn_text("%s: cannot copy a directory into itself", a);
			status = 1;
		} else {
			status |= copy_tree(a, b, flags & ~COPY_TOP);
		}
		free(a);
		free(b);
	}
	closedir(d);
	if (made && !(flags & COPY_KEEP) && !(st->st_mode & 0200)) {
		mode_t mask = umask(0);

		umask(mask);
		chmod(to, st->st_mode & 07777 & ~mask);
	}
	return status;
}

int
copy_tree(const char *from, const char *to, int flags)
{
	struct stat st, there;
	int status;

	if ((flags & COPY_RECURSIVE && !(flags & COPY_FOLLOW) ? lstat : stat)(from, &st)) {
		warn_errno(from);
		return 1;
	}
	if (!stat(to, &there) && there.st_dev == st.st_dev && there.st_ino == st.st_ino) {
		warn_text("%s and %s are the same file", from, to);
		return 1;
	}
	if (S_ISDIR(st.st_mode)) {
		if (!(flags & COPY_RECURSIVE)) {
			warn_text("%s: is a directory (use -r)", from);
			return 1;
		}
		status = copy_directory(from, to, &st, flags);
	} else if (S_ISLNK(st.st_mode)) {
		status = copy_link(from, to);
	} else if (S_ISREG(st.st_mode) || !(flags & COPY_RECURSIVE)) {
		status = copy_regular(from, to, &st, flags);
	} else if ((status = mknod(to, st.st_mode, st.st_rdev) ? 1 : 0)) {
		warn_errno(to);
	}
	if (!status && flags & COPY_KEEP && copy_attributes(to, &st)) {
		warn_errno(to);
		return 1;
	}
	return status;
}
