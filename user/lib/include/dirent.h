/* dirent.h - reading directories. */
#ifndef DIRENT_H
#define DIRENT_H

#include <bits/types.h>
#include "abi/dirent.h"

struct dirent {
	ino_t	d_ino;
	off_t	d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char	d_name[256];
};

typedef struct dir DIR;

DIR	*opendir(const char *path);
DIR	*fdopendir(int fd);
struct dirent *readdir(DIR *d);
void	rewinddir(DIR *d);
int	closedir(DIR *d);
int	dirfd(DIR *d);

#endif
