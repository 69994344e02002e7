/* mounts.h - what is mounted where. */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <mntent.h>

/* /proc/mounts, in its order, or die. *n: how many. Each entry's strings stay. */
struct mntent *mounts_read(size_t *n);
/* The mount that path is in, or of the block device that path is; NULL after a message. */
const struct mntent *mount_of(const char *path, const struct mntent *table, size_t n);

#endif
