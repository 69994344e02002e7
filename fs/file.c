/*
 * file.c - open files: made, read, written, polled, and let go.
 *
 * Data        struct file (vfs.h), from a slab.
 * Locks       f->pos_lock around a read or write that moves f->pos, unless nobody else can reach
 *             the file: one reference, and a descriptor table with one owner.
 * Not here    descriptors (kernel/fdtable.c); system calls (read_write.c, open.c).
 */
#include "fs/async.h"
#include "fs/dnotify.h"
#include "fs/event/epoll.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "kernel/fdtable.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct slab_cache *file_cache;
static atomic_t files_open;		/* open files there are: /proc/sys/fs/file-nr */

static const struct file_ops no_fops;

struct file *
file_alloc(u32 flags)
{
	struct file *f = slab_alloc(file_cache, GFP_KERNEL);

	if (!f)
		return NULL;
	atomic_inc(&files_open);
	atomic_set(&f->refs, 1);
	f->flags = flags;
	f->mode = (flags + 1) & (FMODE_READ | FMODE_WRITE);	/* O_RDONLY 0, O_WRONLY 1, O_RDWR 2 */
	f->ops = &no_fops;
	f->inode = NULL;
	f->path.mnt = NULL;
	f->path.dentry = NULL;
	mutex_init(&f->pos_lock, RANK_FILE_POS);
	f->pos = 0;
	f->private = NULL;
	f->seen = 0;
	f->watchers = NULL;
	f->owner = NULL;
	memset(&f->ra, 0, sizeof(f->ra));
	return f;
}

struct file *
file_create(const struct file_ops *ops, struct inode *inode, u32 flags)
{
	struct file *f = file_alloc(flags);

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->ops = ops;
	f->inode = inode;
	return f;
}

/* ---- who writes to a file, and which program runs from it: one excludes the other ---- */

/* Add n, 1 or -1, to i's writers, unless there are some of the other kind. */
static int
writers_add(struct inode *i, int n)
{
	int old = atomic_read(&i->writers);

	do {
		if (n > 0 ? old < 0 : old > 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&i->writers.v, &old, old + n, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return 0;
}

int
inode_write_begin(struct inode *i)
{
	return writers_add(i, 1);
}

int
file_writer_begin(struct file *f)
{
	int err = inode_write_begin(f->inode);

	if (!err) {
		atomic_inc(&f->inode->sb->writers);
		f->mode |= FMODE_WRITER;
	}
	return err;
}

void
file_writer_end(struct file *f)
{
	f->mode &= ~FMODE_WRITER;
	atomic_dec(&f->inode->sb->writers);
	inode_write_end(f->inode);
}

int
file_deny_write(struct file *f)
{
	int err = writers_add(f->inode, -1);

	if (!err)
		f->mode |= FMODE_DENIES;
	return err;
}

void
file_allow_write(struct file *f)
{
	f->mode &= ~FMODE_DENIES;
	atomic_inc(&f->inode->writers);
}

/* ---- the end ---- */

static NOINLINE void
file_destroy(struct file *f)
{
	if (!(f->mode & FMODE_PATH) && f->ops != &no_fops)
		notify_file(f, f->mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	if (unlikely(READ_ONCE(f->watchers) != NULL))
		epoll_forget(f);
	if (unlikely(f->owner != NULL))
		async_end(f);
	if (f->inode && f->inode->locks)
		locks_release(f);
	if (f->ops->release)
		f->ops->release(f);
	if (f->mode & FMODE_WRITER)
		file_writer_end(f);
	else if (f->mode & FMODE_DENIES)
		file_allow_write(f);
	if (f->path.dentry)
		path_put(&f->path);
	else if (f->inode)
		inode_put(f->inode);
	slab_free(file_cache, f);
	atomic_dec(&files_open);
}

void
file_put(struct file *f)
{
	if (atomic_dec_and_test(&f->refs))
		file_destroy(f);
}

void
file_abandon(struct file *f)
{
	f->ops = &no_fops;
	file_put(f);
}

int
file_close(struct file *f, struct files *owner)
{
	int err = 0;

	if (f->ops->flush)
		err = f->ops->flush(f);
	if (f->inode && unlikely(f->inode->locks))
		locks_close(f, owner);
	if (f->inode && unlikely(READ_ONCE(f->inode->flags) & INODE_DNOTIFY))
		dnotify_close(f, owner);
	file_put(f);
	return err;
}

/* Nobody but current can be using f. */
static inline bool
file_private(const struct file *f)
{
	return atomic_read(&f->refs) == 1 && atomic_read(&current->files->refs) == 1;
}

ssize_t
file_read(struct file *f, struct uio *u, loff_t *pos)
{
	const struct file_ops *ops = f->ops;
	ssize_t n;

	if (unlikely(!(f->mode & FMODE_READ)))
		return -EBADF;
	if (unlikely(!ops->read))
		return f->inode && S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
	if (pos) {
		n = ops->read(f, u, pos);
	} else if (ops->stream || file_private(f)) {
		n = ops->read(f, u, &f->pos);
	} else {
		mutex_lock(&f->pos_lock);
		n = ops->read(f, u, &f->pos);
		mutex_unlock(&f->pos_lock);
	}
	if (n > 0)
		notify_file(f, IN_ACCESS);
	return n;
}

ssize_t
file_write(struct file *f, struct uio *u, loff_t *pos)
{
	const struct file_ops *ops = f->ops;
	ssize_t n;

	if (unlikely(!(f->mode & FMODE_WRITE)))
		return -EBADF;
	if (unlikely(!ops->write))
		return -EINVAL;
	if (pos) {
		n = ops->write(f, u, pos);
	} else if (ops->stream || file_private(f)) {
		n = ops->write(f, u, &f->pos);
	} else {
		mutex_lock(&f->pos_lock);
		n = ops->write(f, u, &f->pos);
		mutex_unlock(&f->pos_lock);
	}
	if (n > 0)
		notify_file(f, IN_MODIFY);
	return n;
}

ssize_t
file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos)
{
	struct uio u;

	uio_init_kernel(&u, buf, n);
	return file_read(f, &u, &pos);
}

int
files_count(void)
{
	return atomic_read(&files_open);
}

void
files_init(void)
{
	file_cache = slab_create("file", sizeof(struct file), 8, NULL);
}
