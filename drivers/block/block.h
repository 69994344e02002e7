/*
 * block.h - disks: what a file system asks of one, and what a driver gives.
 *
 *	file system, page cache, journal      struct bio: some memory, one run of sectors, a callback
 *	        |  bio_submit
 *	        v
 *	queue of the disk (queue.c)           struct request: neighbouring bios merged
 *	        |  ops->start
 *	        v
 *	driver (virtio_blk.c, ramdisk.c)      request_done() when the device is, often from its interrupt
 *
 * There is no order between bios in flight, as on real disks.  A write is durable once a BIO_FLUSH submitted
 * after the write was done is done itself; or when it carried BIO_FUA and is done.
 */
#ifndef DRIVERS_BLOCK_BLOCK_H
#define DRIVERS_BLOCK_BLOCK_H

#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/waitq.h"
#include "lib/list.h"
#include "lib/types.h"
#include "mm/frame.h"

#define SECTOR_SHIFT	9
#define SECTOR_SIZE	512U

struct block_device;
struct block_queue;
struct file_ops;
struct inode;

enum bio_op { BIO_READ, BIO_WRITE, BIO_FLUSH, BIO_DISCARD };

#define BIO_PREFLUSH	BIT(0)		/* flush the disk's cache before this write */
#define BIO_FUA		BIT(1)		/* durable when done; emulated by a flush after it where the disk cannot */
#define BIO_SYNC	BIT(2)		/* somebody waits for it */

struct bio_vec {
	struct frame *frame;
	u32	off, len;		/* bytes in the frame's block of memory; len in whole dev->block_size */
};

struct bio {				/* owned by who submits it, until done() is called */
	struct list link;
	struct block_device *dev;
	u64	sector;			/* first, from the start of dev (a partition: of the partition) */
	u8	op;			/* enum bio_op */
	u8	flags;			/* BIO_* */
	u16	nvecs, maxvecs;
	u32	bytes;			/* sum of the vecs; BIO_DISCARD: set by the caller */
	int	error;			/* valid in done(): 0, -EIO, -ENOSPC, -EOPNOTSUPP */
	/* From interrupt or any context, interrupts off: may not sleep; may bio_free(b). */
	void	(*done)(struct bio *b);
	void	*private;		/* the submitter's */
	/* The queue's, from bio_submit to done() (queue.c). */
	u8	phase;			/* enum bio_phase */
	u16	next_vec;		/* the first piece that is in no request yet, */
	u32	next_off;		/* and how far into it: a bio may be too big for one request */
	uint	requests;		/* that hold a part of it and are not done */
	struct bio_vec vec[];
};
#define BIO_MAX_VECS	256

/*
 * A bio for up to nvecs pieces (at most BIO_MAX_VECS). Without GFP_ATOMIC it does not fail: a reserve answers when
 * memory does not, after waiting for another bio to end (so at most one such wait with bios of your own unsubmitted).
 */
struct bio *bio_alloc(struct block_device *dev, enum bio_op op, uint nvecs, uint gfp);
void	bio_free(struct bio *b);
/* One of the caller's own memory, with room for maxvecs behind it; not for bio_free. */
void	bio_init(struct bio *b, struct block_device *dev, enum bio_op op, uint maxvecs);
/* Append a piece; false: full. */
bool	bio_add(struct bio *b, struct frame *f, uint off, uint len);
/* Pieces of at most a page that one request to dev takes: a bio of more is taken apart. */
uint	bio_best_vecs(const struct block_device *dev);
/* Start it. Never sleeps on the disk itself; done() may be called before this returns. */
void	bio_submit(struct bio *b);
/* Submit and sleep until done: b->error. b->done and b->private are overwritten; b is still the caller's. */
int	bio_submit_wait(struct bio *b);

/*
 * Between these, bios of this task are held back so that neighbours can merge; sleeping lets them go. Nests.
 */
void	block_plug_begin(void);
void	block_plug_end(void);
void	block_plug_flush(void);		/* let current's go now; schedule() does, of a task that has a plug */

/* ---- whole-call helpers ---- */
int	block_flush(struct block_device *dev);		/* the disk's write cache: 0 or -EIO */
int	block_discard(struct block_device *dev, u64 sector, u64 nsectors);	/* -EOPNOTSUPP */

/* ---- devices ---- */
struct block_stats {			/* since boot, for /proc/diskstats; changed under the queue's lock */
	ulong	ios[4], merges[4], sectors[4];	/* by enum bio_op; ios: requests, after merging */
	u64	ns[4];			/* summed, from submission to completion */
	ulong	in_flight;		/* requests */
	u64	busy_ns;		/* time with in_flight not 0 */
	u64	busy_since;
};

struct block_device {			/* Guarded by: i immutable  c claim_lock (device.c)  q queue's lock */
	struct list link;		/* [c] all devices, in the order found; never taken off */
	char	name[16];		/* [i] "vda", "vda1" */
	u32	dev;			/* [i] device number, DEV(major, minor) */
	/* [i] size in 512-byte units. Of a partition that nobody uses, a new partition table changes size and start. */
	u64	sectors;
	u32	block_size;		/* [i] logical sector of the device: a bio is a multiple of it */
	bool	read_only;		/* [i] but for BLKROSET */
	struct block_device *whole;	/* [i] the disk of a partition; itself for a disk */
	u64	start;			/* [i] first sector on whole */
	int	partition;		/* [i] its number; 0: a disk */
	struct block_queue *queue;	/* [i] shared with the partitions */
	/* The page cache of the raw device and of the file system's metadata (fs/buffer.c): inode->mapping. */
	struct inode *inode;		/* [i] */
	int	openers, writers;	/* [c] open files: all, and those for writing */
	void	*claimed;		/* [c] who has it for himself (super block, file opened O_EXCL) */
	bool	no_writers;		/* [c] and nobody else may open it for writing */
	struct mutex closing;		/* open files close one after the other */
	int	claimed_parts;		/* [c] of a disk: partitions claimed, so that the disk cannot be */
	struct block_stats stats;	/* [q] */
};

/*
 * By device number, or by the path of a device node (mount's source). Counted nowhere: devices do not go away.
 * NULL / ERR_PTR(-ENOENT, -ENOTBLK, -ENXIO).
 */
struct block_device *block_find(u32 dev);
struct block_device *block_by_name(const char *name);	/* "vda1", without /dev/ */
struct block_device *block_by_path(const char *path);
/*
 * Have dev for oneself: -EBUSY if claimed by another, or open for writing. Its dirty pages are written out, and its
 * cached ones dropped, first: what was written to /dev/vda is what gets mounted. While claimed, opening it for
 * writing is -EBUSY.  (As Linux with CONFIG_BLK_DEV_WRITE_MOUNTED off.)
 */
int	block_claim(struct block_device *dev, void *who);
void	block_release(struct block_device *dev, void *who);	/* drops the cached pages */
void	block_for_each(void (*fn)(void *arg, struct block_device *dev), void *arg);

/* ---- for drivers ---- */
struct request {			/* neighbouring bios of one direction, or a part of a big one */
	struct list link;		/* the driver's, while it has the request */
	struct block_queue *queue;
	struct block_device *dev;
	struct list bios;		/* in order of sectors; empty for a part */
	struct bio *part;		/* the bio it is a part of, from piece part_vec, byte part_off on; else NULL */
	u16	part_vec;
	u32	part_off;
	u8	op;
	u8	flags;			/* BIO_FUA only to a disk that has it */
	uint	nvecs;			/* pieces that request_step finds: at most limits.max_vecs */
	u64	sector;			/* on the whole disk */
	u32	sectors;
	int	error;
	u64	start_ns;
	void	*driver;		/* the driver's, while it has the request */
};

/* for (struct request_iter it = request_first(rq); it.len; request_step(&it)) ... it.frame, it.off, it.len */
struct request_iter {
	struct frame *frame;
	u32	off, len;		/* len at most limits.max_vec_bytes; 0 at the end */
	/* request_step's own */
	struct request *rq;
	struct bio *bio;
	uint	vec;
	u32	vec_off;		/* of the next piece in it */
	u32	left;			/* bytes after this piece */
};
struct request_iter request_first(struct request *rq);
void	request_step(struct request_iter *it);

struct block_limits {
	uint	max_vecs;		/* pieces in one request */
	u32	max_vec_bytes;		/* in one piece; a multiple of the device's block size; 0: any */
	u32	max_sectors;		/* 0: any */
	u32	max_discard;		/* sectors in one discard; 0: any */
	uint	minors;			/* device numbers from the disk's own on that are for its partitions */
	bool	flush;			/* has a write cache that a flush empties */
	bool	fua;
	bool	discard;
};

struct block_ops {
	/*
	 * Give rq to the device; queue lock held, interrupts off. 0, or -EBUSY: full, ask again after request_done
	 * or block_queue_kick(). Another -errno: the request has failed.
	 */
	int	(*start)(void *driver, struct request *rq);
	/* All that start() queued is to go now (one doorbell for several). May be NULL. */
	void	(*commit)(void *driver);
};

/* In done(): from interrupt, or from start() itself for a disk that answers at once. error 0 or -errno. */
void	request_done(struct request *rq, int error);
void	block_queue_kick(struct block_queue *q);

/*
 * Make a disk known as `name`, /dev/NAME, with its partitions (MBR, GPT). major 254 is virtio's. 0 or -errno.
 * Called at boot or later, from a context that can sleep; reads the partition table.
 */
int	block_register(const char *name, u32 dev, u64 sectors, u32 block_size, bool read_only,
		       const struct block_limits *limits, const struct block_ops *ops, void *driver);
/* Before pid 1 nobody can wait for a disk: the partitions of the disks found at boot are looked for by this call. */
void	block_scan_partitions(void);
/*
 * A disk that takes a while to find: pid 1 does not go on before as many of these have ended as begun. A driver begins
 * in its probe, and ends once the disk is registered, or is not there.
 */
void	block_probe_begin(void);
void	block_probe_end(void);
/* Name of the index-th disk of a kind: prefix, then a..z, aa, ab... */
void	block_disk_name(char *buf, size_t size, const char *prefix, uint index);
/* The device is gone: every request from now on is -EIO. The driver ends those that it has. */
void	block_queue_fail(struct block_queue *q);

extern const struct file_ops blkdev_fops;	/* open() of a block device node (blkdev.c) */
void	block_init(void);			/* before any driver */
void	ramdisk_init(void);			/* ramdisk= on the command line: /dev/ram0 */

#endif
