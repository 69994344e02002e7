/* init.h - the first process. */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include "lib/types.h"

void	init_start(void);		/* create pid 1, which does the rest */

/*
 * In pid 1 (rootfs.c): mount what root= names, with devtmpfs on its /dev, and make it everybody's root. False: there is
 * no root= (an initramfs is all there is). Panics, saying which disks there are, if it cannot be mounted.
 */
bool	rootfs_mount(void);

#endif
