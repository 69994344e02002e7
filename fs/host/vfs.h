/*
 * vfs.h - an ext4 file system on the host: mount it at /mnt, and then fs/vfs.h's calls (vfs_open,
 * vfs_rename ...).
 */
#ifndef FS_HOST_VFS_H
#define FS_HOST_VFS_H

#include "fs/vfs.h"

struct block_device;

int	host_mount(struct block_device *dev, ulong flags, const char *options);	/* 0 or -errno; options may be NULL */
int	host_umount(void);
struct super_block *host_super(void);	/* of what is at /mnt */

/* With kernel memory; bytes or -errno. */
ssize_t	host_write(struct file *f, const void *buf, size_t n, loff_t pos);
ssize_t	host_read(struct file *f, void *buf, size_t n, loff_t pos);
int	host_fsync(struct file *f);
int	host_put_file(const char *path, const void *buf, size_t n);	/* create or replace */
ssize_t	host_get_file(const char *path, void *buf, size_t n);

#endif
