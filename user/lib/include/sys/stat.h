/* stat.h - what a file is. */
#ifndef SYS_STAT_H
#define SYS_STAT_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/stat.h"
#include "abi/time.h"

#define st_atime st_atim.tv_sec
#define st_mtime st_mtim.tv_sec
#define st_ctime st_ctim.tv_sec

int	stat(const char *restrict path, struct stat *restrict st);
int	lstat(const char *restrict path, struct stat *restrict st);
int	fstat(int fd, struct stat *st);
int	fstatat(int dfd, const char *restrict path, struct stat *restrict st, int flags);
int	chmod(const char *path, mode_t mode);
int	fchmod(int fd, mode_t mode);
mode_t	umask(mode_t mask);
int	mkdir(const char *path, mode_t mode);
int	mkdirat(int dfd, const char *path, mode_t mode);
int	mkfifo(const char *path, mode_t mode);
int	mknod(const char *path, mode_t mode, dev_t dev);
int	utimensat(int dfd, const char *path, const struct timespec times[2], int flags);
int	futimens(int fd, const struct timespec times[2]);

#endif
