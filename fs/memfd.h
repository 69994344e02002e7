/*
 * memfd.h - seals of files in memory, for those who change such files. inode->lock held where not said otherwise.
 */
#ifndef FS_MEMFD_H
#define FS_MEMFD_H

#include "fs/vfs.h"

/* May the file get this size? 0, -EPERM. */
int	seals_check_size(const struct inode *i, u64 size);
/* May bytes up to `end` be written? */
int	seals_check_write(const struct inode *i, u64 end);
/* May it be mapped so? 0, and then perhaps never be made writable; -EPERM. Without the lock. */
int	seals_check_map(const struct inode *i, struct area *a);
long	fcntl_seals(struct file *f, uint cmd, ulong arg);

#endif
