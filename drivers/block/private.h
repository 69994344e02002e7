/* private.h - what the files of drivers/block/ share. */
#ifndef DRIVERS_BLOCK_PRIVATE_H
#define DRIVERS_BLOCK_PRIVATE_H

#include "drivers/block/block.h"

struct task;

#define QUEUE_REQUESTS	64		/* given to the driver, or waiting for it, at most */

struct block_queue {			/* Guarded by: i immutable  q lock */
	struct spinlock lock;		/* RANK_BLOCK, taken with interrupts off */
	const struct block_ops *ops;	/* [i] */
	void	*driver;		/* [i] */
	struct block_limits limits;	/* [i] */
	struct block_device *disk;	/* [i] the whole one */
	bool	read_only;		/* [i] by its hardware */
	bool	failed;			/* [q] */
	struct list bios;		/* [q] in no request yet, or not wholly: the first waits for a free one */
	struct list pending;		/* [q] requests that the driver has not taken, oldest first */
	struct list free;		/* [q] requests */
	struct list finished;		/* [q] requests done, to be ended */
	struct list flushes;		/* [q] bios that wait for a flush to start after them */
	bool	flushing;		/* [q] the flush request is in use */
	struct task *starter;		/* [q] who is inside ops->start: a request done there is ended later */
	struct request flush;		/* [q] */
	struct request requests[QUEUE_REQUESTS];	/* [q] */
};

/* ---- queue.c ---- */
struct block_queue *queue_create(const struct block_limits *limits, const struct block_ops *ops, void *driver);
void	queue_submit(struct block_queue *q, struct list *bios);	/* of this queue; the list is empty afterwards */

/* ---- plug.c ---- */
bool	plug_add(struct bio *b);	/* false: current has none, submit it now */
void	plug_init(void);

/* ---- bio.c ---- */
void	bio_init_caches(void);
void	bios_done(struct list *bios);	/* call done() of each; interrupts off */

/* ---- partition.c ---- */
/* Make disk's partitions known, or bring them up to date. 0, -EIO, -EBUSY (one is in use), -ENOMEM. */
int	partitions_scan(struct block_device *disk);
void	partitions_init(void);

/* ---- device.c ---- */
/* A device and its inode, known to nobody. NULL: no memory. */
struct block_device *device_create(const char *name, u32 dev, struct block_device *whole, u64 start, u64 sectors);
int	device_publish(struct block_device *dev);	/* on the list, node in /dev. 0 or -errno */
void	device_resize(struct block_device *dev, u64 start, u64 sectors);	/* a partition that nobody uses */
bool	device_busy(struct block_device *dev);		/* open or claimed */
/* block_claim without writing out: 0 or -EBUSY. no_writers: and none may come. */
int	device_claim(struct block_device *dev, void *who, bool no_writers);
void	device_unclaim(struct block_device *dev, void *who);
int	device_open(struct block_device *dev, bool write);	/* counts. 0 or -EBUSY */
bool	device_close(struct block_device *dev, bool write);	/* true: it was the last */

/* ---- blkdev.c ---- */
extern const struct mapping_ops blkdev_mapping_ops;
int	blkdev_write_out(struct block_device *dev);	/* dirty pages to the disk, and wait: 0 or the first error */

#endif
