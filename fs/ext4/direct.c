/*
 * direct.c - O_DIRECT: bytes between a program and the disk, not kept in the page cache.
 *
 * They pass through some pages of ours all the same, a chunk at a time: a program's memory may be taken from it while
 * a disk is writing to it.  Position, length and addresses are multiples of the disk's sector, or it is -EINVAL, as on
 * Linux.
 *
 *	read     runs of blocks to the pages, holes zeroed; then to the program
 *	write    all of the chunk is written blocks      overwrite them
 *	         holes, in whole blocks, and extents     allocate unwritten, write, then convert: so a crash in
 *	                                                 between shows zeros, not what the blocks held before
 *	         otherwise, and for data=journal         through the page cache, and then to the disk
 *
 * Data        struct chunk: the pages, and how many bios are under way.
 * Locks       inode->lock: for writing in a write; for reading in a read (file.c), so that blocks are not freed under
 *             it. The cache of the range was written back, and for a write dropped, by the caller.
 */
#include "fs/ext4/data.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/slab.h"

#define CHUNK_PAGES	64

struct chunk {
	struct inode *inode;
	struct ext4_sb *s;
	u64	pos;			/* of its first byte in the file */
	u64	len;			/* bytes; a multiple of the sector */
	uint	npages;
	struct frame *page[CHUNK_PAGES];
	struct ext4_io io;
	int	pending;		/* [a] bios under way, and one while they are made */
	int	error;			/* [a] */
};

/* Shared by all: who is woken looks whether it is his. */
static struct waitq direct_queue = WAITQ_INIT(direct_queue);

/* ---- bios ---- */

static void
chunk_put(struct chunk *c)
{
	if (__atomic_sub_fetch(&c->pending, 1, __ATOMIC_ACQ_REL) == 0)
		wake_up_all(&direct_queue);	/* c may be gone by now */
}

static void
chunk_done(struct bio *b)
{
	struct chunk *c = b->private;

	if (b->error)
		WRITE_ONCE(c->error, b->error);
	bio_free(b);
	chunk_put(c);
}

/* Bytes [off, off + n) of the chunk are at this sector and those after it. */
static void
chunk_add(struct chunk *c, u64 off, u64 n, u64 sector)
{
	uint part;

	for (; n; off += part, n -= part, sector += part >> SECTOR_SHIFT) {
		part = MIN(n, PAGE_SIZE - PAGE_OFFSET(off));
		c->io.left = c->npages;
		ext4_io_add(&c->io, c->page[off >> PAGE_SHIFT], PAGE_OFFSET(off), part, sector);
	}
}

static void
chunk_start(struct chunk *c, uint op)
{
	c->io = (struct ext4_io){ .s = c->s, .op = op, .flags = BIO_SYNC, .done = chunk_done, .private = c,
				 .bios = &c->pending };
	c->pending = 1;
	c->error = 0;
}

static int
chunk_wait(struct chunk *c)
{
	ext4_io_submit(&c->io);
	__atomic_fetch_sub(&c->pending, 1, __ATOMIC_ACQ_REL);
	wait_event(&direct_queue, __atomic_load_n(&c->pending, __ATOMIC_ACQUIRE) == 0);
	return c->error;
}

/* ---- pages ---- */

static void
chunk_free(struct chunk *c)
{
	while (c->npages)
		frame_put(c->page[--c->npages]);
}

/* Pages for up to n bytes; with fewer it takes longer. */
static int
chunk_alloc(struct chunk *c, u64 n)
{
	uint want = MIN(DIV_ROUND_UP(n, PAGE_SIZE), (u64)CHUNK_PAGES);

	for (c->npages = 0; c->npages < want; c->npages++) {
		c->page[c->npages] = frame_alloc(0, GFP_KERNEL);
		if (!c->page[c->npages])
			break;
	}
	return c->npages ? 0 : -ENOMEM;
}

/* Move the chunk's first n bytes between the program and the pages: how many. */
static size_t
chunk_copy(struct chunk *c, struct uio *u, size_t n, bool write)
{
	size_t done = 0, part, got;
	char *va;

	while (done < n) {
		part = MIN(n - done, PAGE_SIZE);
		va = frame_va(c->page[done >> PAGE_SHIFT]);
		got = write ? uio_get(u, va, part) : uio_put(u, va, part);
		done += got;
		if (got < part)
			break;
	}
	return done;
}

/* ---- where the blocks are ---- */

/* The run at byte `at`: as m, and how many bytes of the range [at, end) it has. */
static int
find(struct inode *inode, u64 at, u64 end, struct ext4_map *m, u64 *n)
{
	uint bits = ext4_isb(inode)->block_bits;
	int err;

	m->logical = at >> bits;
	m->len = ((end - 1) >> bits) - m->logical + 1;
	err = ext4_map_find(inode, m);
	*n = MIN(end, ((u64)m->logical + m->len) << bits) - at;
	return err;
}

/* The sector of byte `at`, which is in m. */
static u64
sector_of(const struct ext4_sb *s, const struct ext4_map *m, u64 at)
{
	return ((m->physical << s->block_bits) + (at - ((u64)m->logical << s->block_bits))) >> SECTOR_SHIFT;
}

/* ---- reading ---- */

static int
chunk_read(struct chunk *c)
{
	struct ext4_map m;
	u64 off, n;
	int err = 0, err2;

	chunk_start(c, BIO_READ);
	for (off = 0; off < c->len; off += n) {
		err = find(c->inode, c->pos + off, c->pos + c->len, &m, &n);
		if (err)
			break;
		if (m.physical && !m.unwritten) {
			chunk_add(c, off, n, sector_of(c->s, &m, c->pos + off));
			continue;
		}
		for (u64 at = off, part; at < off + n; at += part) {
			part = MIN(off + n - at, PAGE_SIZE - PAGE_OFFSET(at));
			memset((char *)frame_va(c->page[at >> PAGE_SHIFT]) + PAGE_OFFSET(at), 0, part);
		}
	}
	err2 = chunk_wait(c);
	return err ? err : err2;
}

static ssize_t
direct_read(struct chunk *c, struct uio *u, loff_t pos)
{
	u64 size = READ_ONCE(c->inode->size), end;
	uint sector = c->s->dev->block_size;
	size_t got, n, total = 0;
	int err = 0;

	if ((u64)pos >= size)
		return 0;
	end = MIN(size, pos + u->resid);
	while (total < end - pos) {
		c->pos = pos + total;
		n = MIN(end - c->pos, c->npages * PAGE_SIZE);
		c->len = ALIGN_UP(n, sector);
		err = chunk_read(c);
		if (err)
			break;
		got = chunk_copy(c, u, n, false);
		total += got;
		if (got < n) {
			err = -EFAULT;
			break;
		}
	}
	return total ? (ssize_t)total : err;
}

/* ---- writing ---- */

/* Is all of the chunk on written blocks? 1, 0, -errno. */
static int
chunk_written(struct chunk *c)
{
	struct ext4_map m;
	u64 off, n;
	int err;

	for (off = 0; off < c->len; off += n) {
		err = find(c->inode, c->pos + off, c->pos + c->len, &m, &n);
		if (err)
			return err;
		if (!m.physical || m.unwritten)
			return 0;
	}
	return 1;
}

static int
chunk_overwrite(struct chunk *c)
{
	struct ext4_map m;
	u64 off, n;
	int err = 0, err2;

	chunk_start(c, BIO_WRITE);
	for (off = 0; !err && off < c->len; off += n) {
		err = find(c->inode, c->pos + off, c->pos + c->len, &m, &n);
		if (!err && !m.physical)
			err = -EIO;
		if (!err)
			chunk_add(c, off, n, sector_of(c->s, &m, c->pos + off));
	}
	err2 = chunk_wait(c);
	return err ? err : err2;
}

/* The holes of the chunk get unwritten blocks. */
static int
chunk_allocate(struct chunk *c)
{
	struct inode *inode = c->inode;
	struct super_block *sb = inode->sb;
	u32 at = c->pos >> c->s->block_bits, end = (c->pos + c->len) >> c->s->block_bits;
	struct ext4_map m;
	struct handle *h;
	int err, err2, tries = 0;

	while (at < end) {
		h = ext4_begin(sb, ext4_credits_blocks(sb, 1) + EXT4_CREDITS_INODE);
		if (IS_ERR(h))
			return PTR_ERR(h);
		m.logical = at;
		m.len = end - at;
		err = ext4_map_create(h, inode, &m, EXT4_MAP_UNWRITTEN);
		if (!err)
			err = ext4_inode_dirty(h, inode);
		err2 = ext4_end(sb, h);
		if (err == -ENOSPC && ext4_alloc_retry(sb, &tries))
			continue;
		if (err || err2)
			return err ? err : err2;
		at += m.len;
	}
	return 0;
}

/* Part of what has been written becomes visible: no longer unwritten, and within the file's size. */
static int
publish_run(struct chunk *c, const struct ext4_map *m, u64 end)
{
	struct inode *inode = c->inode;
	struct ext4_inode *ei = ext4_i(inode);
	struct handle *h;
	int err = 0, err2;

	h = ext4_begin(inode->sb, ext4_credits_blocks(inode->sb, 1) + EXT4_CREDITS_INODE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	if (m->unwritten)
		err = ext4_map_convert(h, inode, m->logical, m->len, false);
	if (!err) {
		rwsem_lock_write(&ei->map_lock);
		ei->disk_size = MAX(ei->disk_size, end);
		rwsem_unlock_write(&ei->map_lock);
	}
	err2 = ext4_inode_dirty(h, inode);
	err = err ? err : err2;
	err2 = ext4_end(inode->sb, h);
	return err ? err : err2;
}

static int
chunk_publish(struct chunk *c)
{
	struct ext4_map m;
	u64 off, n, end;
	int err = 0;

	for (off = 0; !err && off < c->len; off += n) {
		err = find(c->inode, c->pos + off, c->pos + c->len, &m, &n);
		end = c->pos + off + n;
		if (!err && (m.unwritten || end > READ_ONCE(ext4_i(c->inode)->disk_size)))
			err = publish_run(c, &m, end);
	}
	return err;
}

/* By way of the page cache. */
static int
chunk_buffered(struct chunk *c)
{
	struct mapping *m = &c->inode->mapping;
	u64 off, part;
	struct uio u;
	ssize_t got;
	loff_t at;
	int err;

	for (off = 0; off < c->len; off += part) {
		part = MIN(c->len - off, PAGE_SIZE);
		at = c->pos + off;
		uio_init_kernel(&u, frame_va(c->page[off >> PAGE_SHIFT]), part);
		got = pagecache_write(m, &u, &at, INT64_MAX);
		if (got < 0)
			return got;
		if ((u64)got < part)
			return -EIO;
	}
	err = mapping_write_range(m, c->pos, c->pos + c->len, true);
	if (!err)
		mapping_invalidate(m, c->pos >> PAGE_SHIFT, (c->pos + c->len - 1) >> PAGE_SHIFT);
	return err;
}

static int
chunk_write(struct chunk *c)
{
	struct inode *inode = c->inode;
	int written, err = 0;

	if (ext4_journals_data(inode))
		return chunk_buffered(c);
	written = chunk_written(c);
	if (written < 0)
		return written;
	if (!written) {
		if (!ext4_has_extents(inode) || (c->pos | c->len) & (c->s->block_size - 1))
			return chunk_buffered(c);
		err = chunk_allocate(c);
	}
	if (!err)
		err = chunk_overwrite(c);
	return err ? err : chunk_publish(c);
}

static ssize_t
direct_write(struct chunk *c, struct uio *u, loff_t pos)
{
	uint sector = c->s->dev->block_size;
	u64 max = (u64)ext4_map_max_blocks(c->inode) << c->s->block_bits, end;
	size_t n, total = 0, want;
	int err = 0;

	if ((u64)pos >= max)
		return -EFBIG;
	end = MIN(pos + u->resid, max);
	while (!err && total < end - pos) {
		want = MIN(end - pos - total, c->npages * PAGE_SIZE);
		c->pos = pos + total;
		n = chunk_copy(c, u, want, true);
		if (n < want)
			err = -EFAULT;
		c->len = ALIGN_DOWN(n, sector);
		if (c->len) {
			int failed = chunk_write(c);

			err = failed ? failed : err;
			total += failed ? 0 : c->len;
		}
	}
	return total ? (ssize_t)total : err;
}

/* ---- both ---- */

/* Position, and every piece of memory, in whole sectors? */
static bool
aligned(const struct uio *u, loff_t pos, uint sector)
{
	const struct uio_vec *v = u->vec;
	u64 bits = pos | u->resid;
	size_t left = u->resid, skip = u->done, n;

	for (; left; left -= n, v++, skip = 0) {
		n = MIN(left, v->len - skip);
		bits |= (v->base + skip) | n;
	}
	return !(bits & (sector - 1));
}

ssize_t
ext4_direct(struct mapping *m, struct uio *u, loff_t pos, bool write)
{
	struct inode *inode = m->inode;
	struct chunk *c;
	ssize_t n;

	if (!aligned(u, pos, ext4_isb(inode)->dev->block_size))
		return -EINVAL;
	if (!u->resid)
		return 0;
	if (!write && ext4_journals_data(inode))
		return pagecache_read(NULL, m, u, &pos, READ_ONCE(inode->size));
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->inode = inode;
	c->s = ext4_isb(inode);
	n = chunk_alloc(c, u->resid);
	if (!n)
		n = write ? direct_write(c, u, pos) : direct_read(c, u, pos);
	chunk_free(c);
	kfree(c);
	return n;
}
