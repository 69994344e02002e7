/* statfs.h - how full a file system is. */
#ifndef SYS_STATFS_H
#define SYS_STATFS_H

#include <bits/names.h>
#include "abi/statfs.h"

int	statfs(const char *path, struct statfs *s);
int	fstatfs(int fd, struct statfs *s);

#endif
