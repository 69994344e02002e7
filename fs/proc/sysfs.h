/*
 * sysfs.h - between the files of /sys.
 */
#ifndef FS_PROC_SYSFS_H
#define FS_PROC_SYSFS_H

#include "fs/proc/proc.h"

/* --- sysfs_block.c: directories of disks; the shapes of struct pentry's members --- */
#define SYSFS_DIR(fn) \
	int sysfs_##fn##_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out); \
	int sysfs_##fn##_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e)
SYSFS_DIR(block);			/* /sys/block */
SYSFS_DIR(class_block);			/* /sys/class/block */
SYSFS_DIR(dev_block);			/* /sys/dev/block */
SYSFS_DIR(devices_block);		/* /sys/devices/virtual/block */
SYSFS_DIR(partitions);			/* in the directory of a disk */
#undef SYSFS_DIR

#endif
