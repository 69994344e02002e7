/*
 * devpts.h - the file systems of /dev/pts, for the driver whose terminals they name.
 *
 * Each mount is a world of its own, with its own numbers from 0 on and its own ptmx.
 */
#ifndef FS_DEV_DEVPTS_H
#define FS_DEV_DEVPTS_H

#include "fs/vfs.h"

#define DEVPTS_NUMBERS	(1 << 20)	/* minor numbers */

struct devpts;

/* Once. A name is opened with fops; forget(inode->private) when nobody can open it any more. */
void	devpts_init(const struct file_ops *fops, void (*forget)(void *private));
/*
 * The root of the instance that a ptmx belongs to: the file system it lies in, or else what is mounted on the
 * pts beside it. Counted; -ENODEV, -ENOENT.
 */
int	devpts_find(const struct path *ptmx, struct path *root);
/* The instance at that root, counted: its numbers outlive the mount. */
struct devpts *devpts_get(const struct path *root);
void	devpts_put(struct devpts *d);
/* The lowest free number, or -ENOSPC, -ENOMEM; and back. */
int	devpts_number_alloc(struct devpts *d);
void	devpts_number_free(struct devpts *d, int n);
/* The name n in the instance, counted; it takes over private. ERR_PTR: private has been forgotten. */
struct dentry *devpts_name_create(struct devpts *d, int n, u32 rdev, void *private);
void	devpts_name_remove(struct dentry *name);

extern int devpts_max;			/* /proc/sys/kernel/pty/max */
int	devpts_count(void);		/* and nr: numbers in use */

#endif
