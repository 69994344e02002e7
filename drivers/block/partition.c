/*
 * partition.c - the partitions of a disk as devices of their own: vda1, vda2, ...
 *
 * A partition once known stays known: its struct is kept when a new table leaves it out (then it has no sectors and
 * no node in /dev), and used again when it comes back.
 * Locks       one scan at a time, by scan_lock.
 * Not here    what the tables look like (lib/parttable.c).
 */
#include "abi/stat.h"
#include "drivers/block/private.h"
#include "fs/dev.h"
#include "fs/vfs.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "lib/fmt.h"
#include "lib/parttable.h"
#include "lib/string.h"
#include "mm/slab.h"

#define EXTRA_MAJOR	259		/* partitions for which the disk has no number left; "blkext" on Linux */

static struct mutex scan_lock;
static uint next_extra;			/* minor of EXTRA_MAJOR */

struct scan {
	struct block_device *disk;
	struct frame *frame;		/* what read() reads into, before it is copied */
	struct place { u64 start, sectors; } parts[PARTTABLE_MAX + 1];	/* by number; no sectors: none */
};

static int
scan_read(void *arg, u64 block, void *buf)
{
	struct scan *s = arg;
	u32 size = s->disk->block_size;
	struct bio *b = bio_alloc(s->disk, BIO_READ, 1, GFP_KERNEL);
	int err;

	b->sector = block * (size >> SECTOR_SHIFT);
	bio_add(b, s->frame, 0, size);
	err = bio_submit_wait(b);
	bio_free(b);
	if (!err)
		memcpy(buf, frame_va(s->frame), size);
	return err;
}

static void
scan_found(void *arg, int number, u64 start, u64 sectors)
{
	struct scan *s = arg;

	s->parts[number] = (struct place){ start, sectors };
}

static void
scan_complain(void *arg, const char *what)
{
	struct scan *s = arg;

	pr_warn("%s: partitions: %s\n", s->disk->name, what);
}

/* ---- what is known against what was found ---- */

/* "vda" 1: vda1; "ram0" 1: ram0p1. False: too long. */
static bool
partition_name(char *name, size_t size, const struct block_device *disk, int number)
{
	char last = disk->name[strlen(disk->name) - 1];

	return snprintf(name, size, "%s%s%d", disk->name, last >= '0' && last <= '9' ? "p" : "", number) < (int)size;
}

static struct block_device *
partition_find(const struct block_device *disk, int number)
{
	char name[sizeof(disk->name)];

	return partition_name(name, sizeof(name), disk, number) ? block_by_name(name) : NULL;
}

static int
partition_add(struct block_device *disk, int number, const struct place *p)
{
	struct block_device *dev;
	char name[sizeof(disk->name)];
	u32 dev_number;

	if (!partition_name(name, sizeof(name), disk, number))
		return -ENAMETOOLONG;
	if ((uint)number < disk->queue->limits.minors)
		dev_number = DEV(DEV_MAJOR(disk->dev), DEV_MINOR(disk->dev) + number);
	else
		dev_number = DEV(EXTRA_MAJOR, next_extra);
	dev = device_create(name, dev_number, disk, p->start, p->sectors);
	if (!dev)
		return -ENOMEM;
	next_extra += DEV_MAJOR(dev_number) == EXTRA_MAJOR;
	dev->partition = number;
	return device_publish(dev);
}

/* Is a partition of disk that would change in use? */
static bool
anything_busy(struct block_device *disk, const struct scan *s)
{
	struct block_device *dev;
	int n;

	for (n = 1; n <= PARTTABLE_MAX; n++) {
		dev = partition_find(disk, n);
		if (dev && (dev->start != s->parts[n].start || dev->sectors != s->parts[n].sectors) && device_busy(dev))
			return true;
	}
	return false;
}

static int
partitions_apply(struct block_device *disk, const struct scan *s)
{
	struct block_device *dev;
	int n, err = 0;
	bool was;

	for (n = 1; n <= PARTTABLE_MAX && !err; n++) {
		const struct place *p = &s->parts[n];

		dev = partition_find(disk, n);
		if (!dev) {
			if (p->sectors)
				err = partition_add(disk, n, p);
			continue;
		}
		was = dev->sectors;
		mapping_invalidate(&dev->inode->mapping, 0, ~0UL);
		device_resize(dev, p->sectors ? p->start : 0, p->sectors);
		if (was && !p->sectors)
			devtmpfs_remove_node(dev->name);
		if (!was && p->sectors)
			err = devtmpfs_add_node(dev->name, S_IFBLK | 0600, dev->dev);
	}
	return err;
}

static int
scan_locked(struct block_device *disk, struct scan *s, void *buf)
{
	const struct parttable_disk d = {
		.sectors = disk->sectors, .block_size = disk->block_size, .read = scan_read, .found = scan_found,
		.complain = scan_complain, .arg = s,
	};
	int kind;

	kind = parttable_scan(&d, buf);
	if (kind < 0) {
		pr_err("%s: cannot read the partition table: error %d\n", disk->name, -kind);
		return kind;
	}
	if (anything_busy(disk, s))
		return -EBUSY;
	return partitions_apply(disk, s);
}

int
partitions_scan(struct block_device *disk)
{
	struct scan *s = kzalloc(sizeof(*s), GFP_KERNEL);
	void *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	int err = -ENOMEM;

	if (s)
		s->frame = frame_alloc(0, GFP_KERNEL);
	if (s && buf && s->frame) {
		s->disk = disk;
		mutex_lock(&scan_lock);
		err = scan_locked(disk, s, buf);
		mutex_unlock(&scan_lock);
	}
	if (s && s->frame)
		frame_put(s->frame);
	kfree(s);
	kfree(buf);
	return err;
}

void
partitions_init(void)
{
	mutex_init(&scan_lock, RANK_MOUNT);
}
