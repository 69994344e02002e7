/*
 * libfs.c - files and directories that are in memory and nowhere else.
 *
 * A directory's names are its dentries (dcache.c); a file's bytes are its page cache.  tmpfs,
 * rootfs and devtmpfs are made of these two tables of operations.
 * Locks       inode->lock for writing round a write, which extends the size; readdir runs with
 *             its directory's lock for reading, under which a RAM directory's children stay.
 */
#include "abi/dirent.h"
#include "abi/mount.h"
#include "abi/memfd.h"
#include "fs/internal.h"
#include "fs/memfd.h"
#include "kernel/signal.h"
#include "lib/string.h"

#define SEEK_BATCH	32U		/* pages looked at with the lock held */

static u64 last_mark;			/* [a] of a fallocate, in frame->private of the pages it made */

/* --- files --- */

static ssize_t
ram_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct inode *i = f->inode;
	ssize_t n = pagecache_read(f, &i->mapping, u, pos, READ_ONCE(i->size));

	file_touch_atime(f, i);
	return n;
}

static ssize_t
ram_write(struct file *f, struct uio *u, loff_t *pos)
{
	u64 limit = MIN(current->proc->rlim[RLIMIT_FSIZE].rlim_cur, (u64)INT64_MAX);
	struct inode *i = f->inode;
	ssize_t n;

	rwsem_lock_write(&i->lock);
	if (write_flags(f, u) & O_APPEND)
		*pos = i->size;
	n = likely(!(i->seals & ~F_SEAL_SEAL)) ? 0 : seals_check_write(i, *pos + u->resid);
	if (unlikely(n))
		goto out;
	if (unlikely((u64)*pos >= limit && u->resid)) {
		n = *pos == INT64_MAX ? -EFBIG : file_size_allowed(*pos + 1);
	} else {
		inode_strip_suid(i);
		n = pagecache_write(&i->mapping, u, pos, limit);
		if (n > 0)
			i->mtime = i->ctime = time_now();
	}
out:
	rwsem_unlock_write(&i->lock);
	return n;
}

/* Has page `index` been written to? What fallocate made has not, as long as it is zeros. */
static bool
has_data(struct mapping *m, u64 index)
{
	const struct frame *f = radix_get(&m->pages, index);

	return f && (!f->private || !page_is_zero(f));
}

/* The first page of [index, end) that has data, or for `hole` has none; end. A few at a time: others want the lock. */
static u64
page_find(struct mapping *m, u64 index, u64 end, bool hole)
{
	bool found = false;
	u64 next;

	while (!found && index < end) {
		spin_lock(&m->lock);
		for (uint n = 0; n < SEEK_BATCH && index < end && !found; n++) {
			next = index;
			if (!hole && (!radix_next(&m->pages, &next) || next >= end))
				next = end;
			index = next;
			found = index < end && has_data(m, index) != hole;
			index += index < end && !found;
		}
		spin_unlock(&m->lock);
	}
	return index;
}

static loff_t
ram_seek(struct file *f, loff_t off, int whence)
{
	u64 size = READ_ONCE(f->inode->size), page;

	switch (whence) {
	case SEEK_CUR:
		off += f->pos;
		break;
	case SEEK_END:
		off += size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (off < 0 || (u64)off >= size)
			return -ENXIO;
		page = page_find(&f->inode->mapping, off >> PAGE_SHIFT, DIV_ROUND_UP(size, PAGE_SIZE),
				 whence == SEEK_HOLE);
		if (page << PAGE_SHIFT >= size) {
			if (whence == SEEK_DATA)
				return -ENXIO;
			off = size;
		} else {
			off = MAX(off, (loff_t)(page << PAGE_SHIFT));
		}
		break;
	}
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

/* The page cache serves. */
static int
ram_mmap(struct file *f, struct area *a)
{
	return seals_check_map(f->inode, a);
}

/* Nothing is anywhere else. */
static int
ram_fsync(struct file *f, bool datasync)
{
	return 0;
}

/* Make every page of [off, end) present. If that fails, those that were made go again; they carry a mark of ours. */
static int
fill_range(struct mapping *m, u64 off, u64 end)
{
	u64 mark = __atomic_add_fetch(&last_mark, 1, __ATOMIC_RELAXED), first = off >> PAGE_SHIFT, page;
	int err = 0;

	for (page = first; !err && page < DIV_ROUND_UP(end, PAGE_SIZE); page++) {
		struct frame *f = mapping_peek(m, page);

		if (!f) {
			f = mapping_get(m, page, true);
			if (!IS_ERR(f))
				f->private = mark;
		}
		err = IS_ERR(f) ? PTR_ERR(f) : signal_pending(current) ? -EINTR : 0;
		if (!IS_ERR(f))
			frame_put(f);
	}
	if (err)
		mapping_drop_marked(m, first, page - 1, mark);
	return err;
}

static long
ram_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *i = f->inode;
	u64 end = off + len;
	int err = 0;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	rwsem_lock_write(&i->lock);
	if (i->seals & (mode & FALLOC_FL_PUNCH_HOLE ? F_SEAL_WRITE | F_SEAL_FUTURE_WRITE : 0))
		err = -EPERM;
	else if (end > i->size && !(mode & FALLOC_FL_PUNCH_HOLE))
		err = seals_check_size(i, end);
	if (err)
		goto out;
	if (mode & FALLOC_FL_PUNCH_HOLE)
		mapping_punch(&i->mapping, off, end);
	else
		err = fill_range(&i->mapping, off, end);
	if (err)
		goto out;
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > i->size)
		i->size = end;
	i->mtime = i->ctime = time_now();
out:
	rwsem_unlock_write(&i->lock);
	return err;
}

const struct file_ops ram_file_fops = {
	.read = ram_read,
	.cached = true,
	.write = ram_write,
	.seek = ram_seek,
	.mmap = ram_mmap,
	.fsync = ram_fsync,
	.fallocate = ram_fallocate,
};

/* --- directories --- */

/*
 * Positions: 0 ".", 1 "..", 2 the newest name; then the cookie of the entry given last, below which
 * reading goes on.  Cookies fall along the list, so an entry removed meanwhile leaves no gap that
 * could be missed, and names made meanwhile come before where we are.
 * f->private remembers the dentry given last, counted: if it still has its place the list goes on
 * behind it, else the place is searched for.
 */
static struct list *
ram_dir_place(struct file *f, struct dentry *dir, loff_t pos)
{
	struct dentry *d = f->private;
	struct list *l;

	if (pos <= 2)
		return dir->children.next;
	if (d && d->cookie == (u64)pos && d->parent == dir && (d->flags & DENTRY_HASHED))
		return d->child_link.next;
	for (l = dir->children.next; l != &dir->children; l = l->next)
		if (list_entry(l, struct dentry, child_link)->cookie < (u64)pos)
			break;
	return l;
}

static int
ram_readdir(struct file *f, struct dir_emit *e)
{
	struct dentry *dir = f->path.dentry, *last = NULL, *d;
	u64 parent_ino;
	struct list *l;

	if (*e->pos == 0 && !e->emit(e, ".", 1, dir->inode->ino, DT_DIR, 1))
		return 0;
	if (*e->pos == 1) {
		spin_lock(&dcache_lock);
		parent_ino = dir->parent->inode->ino;
		spin_unlock(&dcache_lock);
		if (!e->emit(e, "..", 2, parent_ino, DT_DIR, 2))
			return 0;
	}
	for (l = ram_dir_place(f, dir, *e->pos); l != &dir->children; l = l->next) {
		d = list_entry(l, struct dentry, child_link);
		if (!d->inode)
			continue;
		if (!e->emit(e, d->name, d->len, d->inode->ino, d->inode->mode >> 12 & 15, d->cookie))
			break;
		last = d;
	}
	if (last) {
		dentry_get(last);
		if (f->private)
			dentry_put(f->private);
		f->private = last;
	}
	return 0;
}

static void
ram_dir_release(struct file *f)
{
	if (f->private)
		dentry_put(f->private);
}

static loff_t
ram_dir_seek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

const struct file_ops ram_dir_fops = {
	.readdir = ram_readdir,
	.release = ram_dir_release,
	.seek = ram_dir_seek,
	.fsync = ram_fsync,
};
