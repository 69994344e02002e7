/* mntent.h - a table of mounts, as /proc/mounts is. */
#ifndef MNTENT_H
#define MNTENT_H

#include <stdio.h>

#define MOUNTED		"/proc/mounts"

struct mntent {
	char	*mnt_fsname, *mnt_dir, *mnt_type, *mnt_opts;
	int	mnt_freq, mnt_passno;
};

FILE	*setmntent(const char *path, const char *mode);
struct mntent *getmntent(FILE *f);		/* static: the next call overwrites it */
struct mntent *getmntent_r(FILE *restrict f, struct mntent *restrict m, char *restrict buf, int n);
char	*hasmntopt(const struct mntent *m, const char *option);
int	endmntent(FILE *f);

#endif
