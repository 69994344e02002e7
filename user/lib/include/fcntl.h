/* fcntl.h - opening files. */
#ifndef FCNTL_H
#define FCNTL_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/fcntl.h"

int	open(const char *path, int flags, ...);
int	openat(int dfd, const char *path, int flags, ...);
int	creat(const char *path, mode_t mode);
int	fcntl(int fd, int cmd, ...);
int	fallocate(int fd, int mode, off_t off, off_t len);
int	sync_file_range(int fd, off_t off, off_t len, unsigned int flags);
int	posix_fadvise(int fd, off_t off, off_t len, int advice);
int	close_range(unsigned int first, unsigned int last, int flags);

#endif
