/* dirent.c - directories, read a buffer of entries at a time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include "sys.h"

_Static_assert(offsetof(struct dirent, d_name) == offsetof(struct abi_dirent64, d_name), "d_name");

struct dir {
	int	fd;
	int	at, end;		/* the entries not yet handed out, in buf */
	char	buf[2048] __attribute__((aligned(8)));
};

DIR *
fdopendir(int fd)
{
	DIR *d = malloc(sizeof *d);

	if (!d)
		return NULL;
	d->fd = fd;
	d->at = d->end = 0;
	return d;
}

DIR *
opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d;

	if (fd < 0)
		return NULL;
	d = fdopendir(fd);
	if (!d)
		close(fd);
	return d;
}

struct dirent *
readdir(DIR *d)
{
	struct dirent *e;

	if (d->at == d->end) {
		int n = CALL(getdents64, d->fd, d->buf, sizeof d->buf);

		if (n <= 0)
			return NULL;
		d->at = 0;
		d->end = n;
	}
	e = (struct dirent *)(d->buf + d->at);
	d->at += e->d_reclen;
	return e;
}

void
rewinddir(DIR *d)
{
	lseek(d->fd, 0, SEEK_SET);
	d->at = d->end = 0;
}

int
dirfd(DIR *d)
{
	return d->fd;
}

int
closedir(DIR *d)
{
	int r = close(d->fd);

	free(d);
	return r;
}
