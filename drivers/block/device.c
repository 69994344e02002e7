/*
 * device.c - which disks and partitions there are, and who uses each.
 *
 *	openers   open files; the last to close has its pages written out (blkdev.c)
 *	claimed   one user for himself: a mounted file system (then nobody may write to it), a file opened O_EXCL
 *
 * A disk and its partitions share a queue, but each has pages of its own.  Whoever claims a partition keeps others
 * from claiming the disk, and the other way round.
 *
 * Data        devices: every struct block_device.  Its inode, which holds the page cache, is in a file system that
 *             is mounted nowhere, so that sync(2) finds it.
 * Locks       claim_lock for the list and what is marked [c].
 * Not here    the tables on disks (partition.c); files (blkdev.c).
 */
#include "abi/mount.h"
#include "abi/stat.h"
#include "drivers/block/private.h"
#include "fs/dev.h"
#include "fs/internal.h"
#include "kernel/printk.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

#define BDEV_MAGIC	0x62646576	/* Linux's */

static struct spinlock claim_lock = SPINLOCK_INIT(RANK_SB);
static struct list devices = LIST_INIT(devices);
static struct super_block *bdev_sb;
static struct waitq probed = WAITQ_INIT(probed);
static atomic_t probing;			/* disks that are not found yet: changed atomically */
static bool may_wait;			/* tasks run: a disk can be read while it registers */

/* ---- finding ---- */

struct block_device *
block_find(u32 number)
{
	struct block_device *dev, *found = NULL;

	spin_lock(&claim_lock);
	list_for_each(dev, &devices, link)
		if (dev->dev == number && (dev->sectors || !dev->partition))
			found = dev;
	spin_unlock(&claim_lock);
	return found;
}

struct block_device *
block_by_name(const char *name)
{
	struct block_device *dev, *found = NULL;

	spin_lock(&claim_lock);
	list_for_each(dev, &devices, link)
		if (!strcmp(dev->name, name))
			found = dev;
	spin_unlock(&claim_lock);
	return found;
}

struct block_device *
block_by_path(const char *path)
{
	struct block_device *dev;
	struct path p;
	int err = path_lookup(AT_FDCWD, path, LOOKUP_FOLLOW, &p);

	if (err)
		return ERR_PTR(err);
	dev = ERR_PTR(-ENOTBLK);
	if (S_ISBLK(p.dentry->inode->mode)) {
		dev = block_find(p.dentry->inode->rdev);
		if (!dev)
			dev = ERR_PTR(-ENXIO);
		else if (p.mnt->flags & MS_NODEV)
			dev = ERR_PTR(-EACCES);
	}
	path_put(&p);
	return dev;
}

/* The list only grows, so that fn may sleep between two of its members. */
void
block_for_each(void (*fn)(void *arg, struct block_device *dev), void *arg)
{
	struct list *at = &devices;
	struct block_device *dev;

	for (;;) {
		spin_lock(&claim_lock);
		at = at->next;
		spin_unlock(&claim_lock);
		if (at == &devices)
			return;
		dev = list_entry(at, struct block_device, link);
		if (dev->sectors || !dev->partition)
			fn(arg, dev);
	}
}

/* ---- who uses it ---- */

int
device_open(struct block_device *dev, bool write)
{
	int err = 0;

	spin_lock(&claim_lock);
	if (write && dev->no_writers) {
		err = -EBUSY;
	} else {
		dev->openers++;
		dev->writers += write;
	}
	spin_unlock(&claim_lock);
	return err;
}

bool
device_close(struct block_device *dev, bool write)
{
	bool last;

	spin_lock(&claim_lock);
	dev->writers -= write;
	last = !--dev->openers;
	spin_unlock(&claim_lock);
	return last;
}

bool
device_busy(struct block_device *dev)
{
	bool busy;

	spin_lock(&claim_lock);
	busy = dev->openers || dev->claimed;
	spin_unlock(&claim_lock);
	return busy;
}

int
device_claim(struct block_device *dev, void *who, bool no_writers)
{
	bool part = dev->whole != dev;
	int err = -EBUSY;

	spin_lock(&claim_lock);
	if (!dev->claimed && !(part ? dev->whole->claimed != NULL : dev->claimed_parts > 0) &&
	    !(no_writers && dev->writers)) {
		dev->claimed = who;
		dev->no_writers = no_writers;
		if (part)
			dev->whole->claimed_parts++;
		err = 0;
	}
	spin_unlock(&claim_lock);
	return err;
}

void
device_unclaim(struct block_device *dev, void *who)
{
	spin_lock(&claim_lock);
	assert(dev->claimed == who);
	dev->claimed = NULL;
	dev->no_writers = false;
	if (dev->whole != dev)
		dev->whole->claimed_parts--;
	spin_unlock(&claim_lock);
}

int
block_claim(struct block_device *dev, void *who)
{
	int err = device_claim(dev, who, true);

	if (err)
		return err;
	err = blkdev_write_out(dev);
	if (err) {
		device_unclaim(dev, who);
		return err;
	}
	mapping_invalidate(&dev->inode->mapping, 0, ~0UL);
	return 0;
}

void
block_release(struct block_device *dev, void *who)
{
	mapping_invalidate(&dev->inode->mapping, 0, ~0UL);
	device_unclaim(dev, who);
}

/* ---- new ones ---- */

void
block_disk_name(char *buf, size_t size, const char *prefix, uint index)
{
	char letters[8];
	uint at = sizeof(letters) - 1;

	letters[at] = '\0';
	for (;;) {
		letters[--at] = 'a' + index % 26;
		if (index < 26)
			break;
		index = index / 26 - 1;
	}
	snprintf(buf, size, "%s%s", prefix, letters + at);
}

struct block_device *
device_create(const char *name, u32 number, struct block_device *whole, u64 start, u64 sectors)
{
	struct block_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	struct inode *i = inode_create(bdev_sb, S_IFBLK | 0600);

	if (!dev || !i) {
		kfree(dev);
		if (i)
			inode_put(i);
		return NULL;
	}
	strlcpy(dev->name, name, sizeof(dev->name));
	dev->dev = number;
	dev->whole = whole ? whole : dev;
	dev->start = start;
	dev->sectors = sectors;
	dev->inode = i;
	mutex_init(&dev->closing, RANK_FILE_POS);
	if (whole) {
		dev->block_size = whole->block_size;
		dev->read_only = whole->read_only;
		dev->queue = whole->queue;
	}
	i->rdev = number;
	i->private = dev;
	i->size = sectors << SECTOR_SHIFT;
	i->mapping.ops = &blkdev_mapping_ops;
	return dev;
}

int
device_publish(struct block_device *dev)
{
	spin_lock(&claim_lock);
	list_push_back(&devices, &dev->link);
	spin_unlock(&claim_lock);
	return devtmpfs_add_node(dev->name, S_IFBLK | 0600, dev->dev);
}

void
device_resize(struct block_device *dev, u64 start, u64 sectors)
{
	dev->start = start;
	dev->sectors = sectors;
	WRITE_ONCE(dev->inode->size, sectors << SECTOR_SHIFT);
}

static int
check_geometry(const char *name, u64 *sectors, u32 block_size, const struct block_limits *l)
{
	u32 unit = block_size >> SECTOR_SHIFT;

	if (block_size < SECTOR_SIZE || block_size > PAGE_SIZE || (block_size & (block_size - 1))) {
		pr_err("%s: blocks of %u bytes: only powers of two from 512 to %lu are possible\n", name, block_size,
		       PAGE_SIZE);
		return -EINVAL;
	}
	if (*sectors > (u64)INT64_MAX >> SECTOR_SHIFT) {
		pr_err("%s: %lu sectors: no disk is so big\n", name, (ulong)*sectors);
		return -EINVAL;
	}
	if (!l->max_vecs || (l->max_vec_bytes & (block_size - 1)) || l->max_sectors % unit || l->max_discard % unit) {
		pr_err("%s: it takes requests of no whole block\n", name);
		return -EINVAL;
	}
	*sectors = ALIGN_DOWN(*sectors, unit);
	return 0;
}

int
block_register(const char *name, u32 number, u64 sectors, u32 block_size, bool read_only,
	       const struct block_limits *limits, const struct block_ops *ops, void *driver)
{
	struct block_device *dev;
	struct block_queue *q;
	int err = check_geometry(name, &sectors, block_size, limits);

	if (err)
		return err;
	q = queue_create(limits, ops, driver);
	dev = device_create(name, number, NULL, 0, sectors);
	if (!q || !dev) {
		kfree(q);
		if (dev)
			inode_put(dev->inode);
		kfree(dev);
		return -ENOMEM;
	}
	dev->block_size = block_size;
	dev->read_only = read_only;
	dev->queue = q;
	q->disk = dev;
	q->read_only = read_only;
	err = device_publish(dev);
	if (err)
		pr_err("%s: no /dev/%s: error %d\n", name, name, -err);
	pr_info("%s: %lu blocks of %u bytes (%lu MiB)%s\n", name, (ulong)(sectors / (block_size >> SECTOR_SHIFT)),
		block_size, (ulong)(sectors >> (20 - SECTOR_SHIFT)), read_only ? ", read-only" : "");
	if (may_wait)
		partitions_scan(dev);
	return 0;
}

void
block_probe_begin(void)
{
	atomic_inc(&probing);
}

void
block_probe_end(void)
{
	atomic_dec(&probing);
	wake_up_all(&probed);
}

static void
scan_one(void *unused, struct block_device *dev)
{
	if (!dev->partition)
		partitions_scan(dev);
}

void
block_scan_partitions(void)
{
	may_wait = true;
	block_for_each(scan_one, NULL);
	wait_event(&probed, !atomic_read(&probing));	/* these are scanned as they register */
}

/* ---- the file system that holds their inodes ---- */

static const struct file_system bdev_fs = { .name = "bdev", .nodev = true };
static const struct super_ops bdev_super_ops = { 0 };

void
block_init(void)
{
	struct inode *root;

	bio_init_caches();
	plug_init();
	partitions_init();
	bdev_sb = super_create(&bdev_fs, &bdev_super_ops, BDEV_MAGIC);
	root = bdev_sb ? inode_create(bdev_sb, S_IFDIR | 0755) : NULL;
	if (!root)
		panic("no memory for the block devices' inodes");
	bdev_sb->root = dentry_root(bdev_sb, root);
	if (!bdev_sb->root)
		panic("no memory for the block devices' inodes");
}
