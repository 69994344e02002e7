/* private.h - what the files of fs/dev/ share. */
#ifndef FS_DEV_PRIVATE_H
#define FS_DEV_PRIVATE_H

#include "fs/dev.h"
#include "fs/internal.h"

struct chrdev {			/* Guarded by: i immutable  l chrdev_lock */
	struct list link;		/* [l] */
	const char *name;		/* [i] below /dev, without a slash */
	u32	dev, mode;		/* [i] */
	const struct file_ops *ops;	/* [i] */
	void	*private;		/* [i] */
};
extern struct list chrdevs;

int	devtmpfs_add(struct chrdev *c);		/* make its node; 0 if there is no devtmpfs yet */
void	memdev_init(void);			/* register null, zero, full, random, urandom */
void	kmsg_init(void);			/* register kmsg */
void	latency_init(void);			/* register cpu_dma_latency */

#endif
