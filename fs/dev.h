/*
 * dev.h - device numbers, and the devtmpfs that names them.
 */
#ifndef FS_DEV_H
#define FS_DEV_H

#include "abi/stat.h"
#include "lib/types.h"

struct file_ops;
struct inode;

/* As programs see them: 12 bits of major, 20 of minor. */
#define DEV(major, minor)	ABI_DEV(major, minor)
#define DEV_MAJOR(d)		ABI_DEV_MAJOR(d)
#define DEV_MINOR(d)		ABI_DEV_MINOR(d)

/*
 * Register a character device's operations and make its node /dev/NAME. May be called before vfs_init: the node
 * appears then.
 */
int	chrdev_register(const char *name, u32 dev, u32 mode, const struct file_ops *ops, void *private);
/* Operations for a device number; *private gets what was registered. NULL: -ENXIO. */
const struct file_ops *chrdev_find(u32 dev, void **private);

/* Make or remove a node of root's in /dev: not before devtmpfs_init. 0 or -errno. */
int	devtmpfs_add_node(const char *name, u32 mode, u32 dev);
void	devtmpfs_remove_node(const char *name);

void	devtmpfs_init(void);		/* register the file system and the memory devices */

#endif
