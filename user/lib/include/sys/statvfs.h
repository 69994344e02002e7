/* statvfs.h - how full a file system is, by POSIX's names. */
#ifndef SYS_STATVFS_H
#define SYS_STATVFS_H

#include "abi/statfs.h"

struct statvfs {
	unsigned long f_bsize, f_frsize;
	unsigned long f_blocks, f_bfree, f_bavail;	/* of f_frsize */
	unsigned long f_files, f_ffree, f_favail;
	unsigned long f_fsid, f_flag, f_namemax;
};

int	statvfs(const char *restrict path, struct statvfs *restrict v);
int	fstatvfs(int fd, struct statvfs *v);

#endif
