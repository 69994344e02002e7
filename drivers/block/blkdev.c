/*
 * blkdev.c - /dev/vda as a file: the bytes of a disk, through the page cache or past it.
 *
 *	read, write    the pages of the device's own inode, which is not the node's in /dev
 *	O_DIRECT       through pages of our own: position, length and memory in whole sectors, as on Linux
 *	close          the last one has everything written out and forgets the pages: what is read next comes from
 *	               the disk
 *
 * The size never changes: a write at its end is -ENOSPC.  It need not be a multiple of a page: what is past the end in
 * the last page is zero, and is not written.
 * Not here    ioctl's numbers (abi/ioctl.h); who may open it (device.c).
 */
#include "abi/ioctl.h"
#include "drivers/block/private.h"
#include "fs/internal.h"
#include "kernel/signal.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define PAGE_SECTORS	(PAGE_SIZE / SECTOR_SIZE)
#define DIRECT_PAGES	64		/* of an O_DIRECT transfer at once */
#define MEMORY_ALIGN	511		/* of its memory: Linux's rule for disks that say nothing else */

/* ---- pages ---- */

/* Bytes of page `index` that the device has. */
static uint
page_bytes(const struct block_device *dev, u64 index)
{
	u64 size = dev->sectors << SECTOR_SHIFT, start = index << PAGE_SHIFT;

	return start >= size ? 0 : MIN(size - start, PAGE_SIZE);
}

static void
read_done(struct bio *b)
{
	for (uint i = 0; i < b->nvecs; i++)
		mapping_read_done(b->vec[i].frame, b->error);
	bio_free(b);
}

static void
write_done(struct bio *b)
{
	for (uint i = 0; i < b->nvecs; i++)
		mapping_write_done(b->vec[i].frame, b->error);
	bio_free(b);
}

/* A bio for up to n pages from `index` on. */
static struct bio *
page_bio(struct block_device *dev, enum bio_op op, u64 index, uint n)
{
	struct bio *b = bio_alloc(dev, op, MIN(n, bio_best_vecs(dev)), GFP_KERNEL);

	b->sector = index * PAGE_SECTORS;
	b->done = op == BIO_READ ? read_done : write_done;
	return b;
}

static void
blkdev_read_pages(struct mapping *m, struct frame **pages, uint n)
{
	struct block_device *dev = m->inode->private;
	struct bio *b = NULL;

	for (uint i = 0; i < n; i++) {
		uint bytes = page_bytes(dev, pages[i]->index);

		if (bytes < PAGE_SIZE)
			memset((char *)frame_va(pages[i]) + bytes, 0, PAGE_SIZE - bytes);
		if (!bytes) {
			mapping_read_done(pages[i], 0);
			continue;
		}
		if (b && !bio_add(b, pages[i], 0, bytes)) {
			bio_submit(b);
			b = NULL;
		}
		if (!b) {
			b = page_bio(dev, BIO_READ, pages[i]->index, n - i);
			bio_add(b, pages[i], 0, bytes);
		}
	}
	if (b)
		bio_submit(b);
}

/* Nothing of a raw disk must stay as it is while it is written: a page may change as soon as its bio has it. */
static void
blkdev_write_pages(struct mapping *m, struct frame **pages, uint n, bool sync)
{
	struct block_device *dev = m->inode->private;
	struct bio *b = NULL;

	for (uint i = 0; i < n; i++) {
		uint bytes = page_bytes(dev, pages[i]->index);

		mapping_unlock_page(pages[i]);
		if (!bytes) {
			mapping_write_done(pages[i], 0);
			continue;
		}
		if (b && !bio_add(b, pages[i], 0, bytes)) {
			bio_submit(b);
			b = NULL;
		}
		if (!b) {
			b = page_bio(dev, BIO_WRITE, pages[i]->index, n - i);
			b->flags = sync ? BIO_SYNC : 0;
			bio_add(b, pages[i], 0, bytes);
		}
	}
	if (b)
		bio_submit(b);
}

/* Every sector is there already. */
static int
blkdev_write_begin(struct mapping *m, struct frame *f, uint from, uint to)
{
	return 0;
}

static int
blkdev_make_writable(struct mapping *m, struct frame *f)
{
	return 0;
}

const struct mapping_ops blkdev_mapping_ops = {
	.read_pages = blkdev_read_pages,
	.write_begin = blkdev_write_begin,
	.make_writable = blkdev_make_writable,
	.write_pages = blkdev_write_pages,
};

int
blkdev_write_out(struct block_device *dev)
{
	return mapping_write_range(&dev->inode->mapping, 0, ~0UL, true);
}

/* ---- O_DIRECT ---- */

/* Are position, length and each piece of memory made of whole sectors? */
static bool
direct_aligned(const struct block_device *dev, const struct uio *u, loff_t pos)
{
	const struct uio_vec *v = u->vec;
	size_t left = u->resid, skip = u->done;
	u64 bits = (u64)pos | u->resid;

	for (; left; v++, skip = 0) {
		size_t n = MIN(v->len - skip, left);

		if ((v->base + skip) & MEMORY_ALIGN || n & MEMORY_ALIGN)
			return false;
		left -= n;
	}
	return !(bits & (dev->block_size - 1));
}

/* Pages for n bytes into b, for a write with u's bytes in them. 0, or why there are fewer. */
static int
direct_fill(struct bio *b, struct uio *u, size_t n, bool write)
{
	struct frame *f;
	uint part;

	for (; n; n -= part) {
		part = MIN(n, PAGE_SIZE);
		f = frame_alloc(0, GFP_KERNEL);
		if (!f)
			return -ENOMEM;
		if (write && uio_get(u, frame_va(f), part) < part) {
			frame_put(f);
			return -EFAULT;
		}
		bio_add(b, f, 0, part);
	}
	return 0;
}

/* What was read, to u. Bytes. */
static size_t
direct_empty(const struct bio *b, struct uio *u)
{
	size_t done = 0, got;

	for (uint i = 0; i < b->nvecs; i++) {
		got = uio_put(u, frame_va(b->vec[i].frame), b->vec[i].len);
		done += got;
		if (got < b->vec[i].len)
			break;
	}
	return done;
}

/* Up to n bytes between u and the disk at pos, by a bio of pages that we fill or empty. Bytes or -errno. */
static ssize_t
direct_piece(struct block_device *dev, struct uio *u, u64 pos, size_t n, bool write)
{
	struct bio *b = bio_alloc(dev, write ? BIO_WRITE : BIO_READ, DIV_ROUND_UP(n, PAGE_SIZE), GFP_KERNEL);
	int err = direct_fill(b, u, n, write);
	ssize_t done;

	b->sector = pos >> SECTOR_SHIFT;
	if (b->nvecs)
		err = bio_submit_wait(b);	/* part of it is better than nothing */
	if (err)
		done = err;
	else if (write)
		done = b->bytes;
	else
		done = direct_empty(b, u);
	for (uint i = 0; i < b->nvecs; i++)
		frame_put(b->vec[i].frame);
	bio_free(b);
	return done ? done : -EFAULT;
}

static ssize_t
blkdev_direct(struct block_device *dev, struct uio *u, loff_t *pos, bool write)
{
	struct mapping *m = &dev->inode->mapping;
	u64 start = *pos, end = start + u->resid;
	ssize_t n = 0, total = 0;

	if (!direct_aligned(dev, u, start))
		return -EINVAL;
	n = mapping_write_range(m, start, end, true);
	if (n)
		return n;
	if (write)
		mapping_invalidate(m, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT);
	while (u->resid) {
		size_t want = MIN(u->resid, DIRECT_PAGES * PAGE_SIZE);

		n = direct_piece(dev, u, start + total, want, write);
		if (n <= 0)
			break;
		total += n;
		if ((size_t)n < want || signal_pending(current))
			break;
	}
	if (write)
		mapping_stale(m, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT);
	*pos += total;
	return total ? total : n;
}

/* ---- read and write ---- */

static ssize_t
blkdev_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct block_device *dev = f->private;
	u64 size = READ_ONCE(dev->inode->size);

	if ((u64)*pos >= size || !u->resid)
		return 0;
	if (f->flags & O_DIRECT) {
		u->resid = MIN(u->resid, size - *pos);
		return blkdev_direct(dev, u, pos, false);
	}
	return pagecache_read(f, &dev->inode->mapping, u, pos, size);
}

static int
blkdev_fsync(struct file *f, bool datasync)
{
	struct block_device *dev = f->private;
	int err = blkdev_write_out(dev), told, flushed;

	told = mapping_error_check(&dev->inode->mapping, &f->seen);
	flushed = block_flush(dev);
	return err ? err : told ? told : flushed;
}

static ssize_t
blkdev_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct block_device *dev = f->private;
	u64 size = READ_ONCE(dev->inode->size);
	ssize_t n;
	int err;

	if (dev->read_only)
		return -EPERM;
	if (!u->resid)
		return 0;
	if (f->flags & O_APPEND)
		*pos = size;
	if ((u64)*pos >= size)
		return -ENOSPC;
	u->resid = MIN(u->resid, size - *pos);
	if (f->flags & O_DIRECT)
		n = blkdev_direct(dev, u, pos, true);
	else
		n = pagecache_write(&dev->inode->mapping, u, pos, size);
	if (n > 0 && (f->flags & O_DSYNC)) {
		err = blkdev_fsync(f, true);
		if (err)
			n = err;
	}
	return n;
}

static loff_t
blkdev_seek(struct file *f, loff_t off, int whence)
{
	struct block_device *dev = f->private;
	loff_t size = dev->inode->size;

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		off += f->pos;
		break;
	case SEEK_END:
		off += size;
		break;
	default:
		return -EINVAL;
	}
	if (off < 0 || off > size)
		return -EINVAL;
	f->pos = off;
	return off;
}

static void
blkdev_release(struct file *f)
{
	struct block_device *dev = f->private;

	if (dev->claimed == f)
		device_unclaim(dev, f);
	/* Of two that close at once, the later one writes out for both. */
	mutex_lock(&dev->closing);
	if (READ_ONCE(dev->openers) == 1)
		blkdev_write_out(dev);
	if (device_close(dev, f->mode & FMODE_WRITE))
		mapping_invalidate(&dev->inode->mapping, 0, ~0UL);
	mutex_unlock(&dev->closing);
}

static const struct file_ops blkdev_mmap_fops = {
	.release = blkdev_release,
	.mmap = disk_file_mmap,
	.fsync = blkdev_fsync,
};

/* A mapping shows the pages of the device's inode: the area gets an open file of that, without a name. */
static int
blkdev_mmap(struct file *f, struct area *a)
{
	struct block_device *dev = f->private;
	bool write = f->mode & FMODE_WRITE;
	struct file *pages;
	int err = device_open(dev, write);

	if (err)
		return err;
	inode_get(dev->inode);
	pages = file_create(&blkdev_mmap_fops, dev->inode, f->flags);
	if (IS_ERR(pages)) {
		inode_put(dev->inode);
		device_close(dev, write);
		return PTR_ERR(pages);
	}
	pages->private = dev;
	pages->seen = f->seen;
	file_put(a->file);
	a->file = pages;
	return 0;
}

/* ---- ioctl ---- */

/* Linux's block size of a device: the largest power of two up to a page that divides its size. */
static int
soft_block_size(const struct block_device *dev)
{
	u32 n = dev->block_size;

	while (n < PAGE_SIZE && !(dev->sectors & (n >> SECTOR_SHIFT)))
		n *= 2;
	return n;
}

/* The range that BLKDISCARD and BLKZEROOUT take, checked, in sectors. 0 or -errno. */
static int
get_range(struct file *f, ulong arg, u64 *sector, u64 *count)
{
	struct block_device *dev = f->private;
	u64 range[2], size = dev->sectors << SECTOR_SHIFT;

	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(range, UPTR(arg), sizeof(range)))
		return -EFAULT;
	if ((range[0] | range[1]) & (dev->block_size - 1) || range[0] > size || range[1] > size - range[0])
		return -EINVAL;
	if (dev->read_only)
		return -EPERM;
	*sector = range[0] >> SECTOR_SHIFT;
	*count = range[1] >> SECTOR_SHIFT;
	return 0;
}

/* Forget the pages of a range that is about to change, or has, behind them. */
static int
forget_range(struct block_device *dev, u64 sector, u64 count)
{
	struct mapping *m = &dev->inode->mapping;
	u64 start = sector << SECTOR_SHIFT, end = start + (count << SECTOR_SHIFT);
	int err;

	if (!count)
		return 0;
	err = mapping_write_range(m, start, end, true);
	mapping_invalidate(m, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT);
	return err;
}

static int
write_zeros(struct block_device *dev, u64 sector, u64 count)
{
	struct bio *b;
	int err = 0;

	while (count && !err) {
		b = bio_alloc(dev, BIO_WRITE, bio_best_vecs(dev), GFP_KERNEL);
		b->sector = sector;
		while (count && bio_add(b, zero_frame, 0, MIN(count, PAGE_SECTORS) << SECTOR_SHIFT))
			count -= MIN(count, PAGE_SECTORS);
		sector += b->bytes >> SECTOR_SHIFT;
		err = bio_submit_wait(b);
		bio_free(b);
		if (signal_pending(current))
			err = err ? err : -EINTR;
	}
	return err;
}

static int
change_range(struct file *f, uint cmd, ulong arg)
{
	struct block_device *dev = f->private;
	u64 sector, count;
	int err = get_range(f, arg, &sector, &count), after;

	if (!err)
		err = forget_range(dev, sector, count);
	if (err)
		return err;
	err = cmd == BLKDISCARD ? block_discard(dev, sector, count) : write_zeros(dev, sector, count);
	after = forget_range(dev, sector, count);
	return err ? err : after;
}

static int
set_read_only(struct block_device *dev, ulong arg)
{
	int n;

	if (get_user(n, UPTR(arg)))
		return -EFAULT;
	WRITE_ONCE(dev->read_only, n || dev->queue->read_only);
	return 0;
}

/* What only root may. */
static int
admin_ioctl(struct block_device *dev, uint cmd, ulong arg)
{
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	switch (cmd) {
	case BLKROSET:
		return set_read_only(dev, arg);
	case BLKFLSBUF:
		err = blkdev_write_out(dev);
		mapping_invalidate(&dev->inode->mapping, 0, ~0UL);
		return err;
	default:
		return dev->partition ? -EINVAL : partitions_scan(dev);
	}
}

static long
blkdev_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct block_device *dev = f->private;
	uptr_t to = UPTR(arg);

	switch (cmd) {
	case BLKGETSIZE:
		return put_user((ulong)dev->sectors, to);
	case BLKGETSIZE64:
		return put_user((u64)dev->sectors << SECTOR_SHIFT, to);
	case BLKSSZGET:
		return put_user((int)dev->block_size, to);
	case BLKPBSZGET:
	case BLKIOMIN:
		return put_user((uint)dev->block_size, to);
	case BLKIOOPT:
		return put_user((uint)0, to);
	case BLKBSZGET:
		return put_user(soft_block_size(dev), to);
	case BLKROGET:
		return put_user((int)dev->read_only, to);
	case BLKDISCARD:
	case BLKZEROOUT:
		return change_range(f, cmd, arg);
	case BLKROSET:
	case BLKFLSBUF:
	case BLKRRPART:
		return admin_ioctl(dev, cmd, arg);
	}
	return -ENOTTY;
}

/* ---- open and close ---- */

static int
blkdev_open(struct inode *node, struct file *f)
{
	struct block_device *dev = block_find(node->rdev);
	bool write = f->mode & FMODE_WRITE;
	int err;

	if (!dev)
		return -ENXIO;
	err = device_open(dev, write);
	if (err)
		return err;
	if (f->flags & O_EXCL) {
		err = device_claim(dev, f, false);
		if (err) {
			device_close(dev, write);
			return err;
		}
	}
	f->private = dev;
	f->seen = mapping_error_sample(&dev->inode->mapping);
	return 0;
}

const struct file_ops blkdev_fops = {
	.open = blkdev_open,
	.release = blkdev_release,
	.read = blkdev_read,
	.write = blkdev_write,
	.seek = blkdev_seek,
	.ioctl = blkdev_ioctl,
	.mmap = blkdev_mmap,
	.fsync = blkdev_fsync,
};
