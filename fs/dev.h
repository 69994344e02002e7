/*
 * dev.h - device numbers, and the devtmpfs that names them.
 */
#ifndef FS_DEV_H
#define FS_DEV_H

#include "lib/types.h"

struct file_ops;
struct inode;

#define DEV(major, minor)	((u32)(major) << 8 | (minor))	/* old 8:8 encoding inside; abi/stat.h widens */
#define DEV_MAJOR(d)		((d) >> 8)
#define DEV_MINOR(d)		((d) & 255)

/*
 * Register a character device's operations and make its node /dev/NAME. May be called before vfs_init: the node
 * appears then.
 */
int	chrdev_register(const char *name, u32 dev, u32 mode, const struct file_ops *ops, void *private);
/* Operations for a device number; *private gets what was registered. NULL: -ENXIO. */
const struct file_ops *chrdev_find(u32 dev, void **private);

void	devtmpfs_init(void);		/* register the file system and the memory devices */

#endif
