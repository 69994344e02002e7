/*
 * space.c - how long files are: truncate, fallocate.
 */
#include "fs/internal.h"
#include "fs/memfd.h"
#include "fs/notify.h"
#include "kernel/fdtable.h"
#include "kernel/signal.h"

int
file_size_allowed(u64 size)
{
	if (size <= current->proc->rlim[RLIMIT_FSIZE].rlim_cur)
		return 0;
	signal_raise(SIGXFSZ);
	return -EFBIG;
}

/*
 * Make the file len bytes long; who asks has been checked. p->dentry may be NULL. f: the open file, or NULL. -ETXTBSY:
 * a program runs from it.
 */
int
vfs_truncate(struct path *p, struct file *f, loff_t len)
{
	struct inode *i = f ? f->inode : p->dentry->inode;
	struct attr a = { .valid = ATTR_SIZE, .size = len };
	bool writer = f && (f->mode & FMODE_WRITE);
	int err = 0;

	if (!S_ISREG(i->mode))
		return S_ISDIR(i->mode) ? -EISDIR : -EINVAL;
	if (p->dentry)
		err = mount_may_write(p);
	if (!err && (u64)len > i->size)
		err = file_size_allowed(len);
	if (!err && !writer)
		err = inode_write_begin(i);
	if (err)
		return err;
	rwsem_lock_write(&i->lock);
	err = seals_check_size(i, len);
	if (!err)
		inode_strip_suid(i);
	if (!err && i->ops->setattr)
		err = i->ops->setattr(i, &a);
	else if (!err)
		inode_setattr(i, &a);
	rwsem_unlock_write(&i->lock);
	if (!writer)
		inode_write_end(i);
	if (!err && p->dentry)
		notify_dentry(p->dentry, IN_MODIFY);
	return err;
}

long
sys_truncate(const ulong *a)
{
	loff_t len = a[1];
	struct path p;
	int err;

	if (len < 0)
		return -EINVAL;
	err = path_lookup_user(AT_FDCWD, UPTR(a[0]), LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	err = inode_permission(p.dentry->inode, MAY_WRITE);
	if (S_ISDIR(p.dentry->inode->mode))
		err = -EISDIR;
	if (!err)
		err = vfs_truncate(&p, NULL, len);
	path_put(&p);
	return err;
}

long
sys_ftruncate(const ulong *a)
{
	loff_t len = a[1];
	struct file *f;
	bool put;
	int err;

	if (len < 0)
		return -EINVAL;
	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	if (!(f->mode & FMODE_WRITE) || !f->inode || !S_ISREG(f->inode->mode))
		err = -EINVAL;
	else
		err = vfs_truncate(&f->path, f, len);
	fd_put(f, put);
	return err;
}

/* Is there such a way to fallocate, in any file system? */
static bool
fallocate_mode_known(int mode)
{
	bool keep = mode & FALLOC_FL_KEEP_SIZE;

	switch (mode & ~FALLOC_FL_KEEP_SIZE) {
	case 0:
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_UNSHARE_RANGE:
		return true;
	case FALLOC_FL_PUNCH_HOLE:
		return keep;
	case FALLOC_FL_COLLAPSE_RANGE:
	case FALLOC_FL_INSERT_RANGE:
		return !keep;
	}
	return false;
}

long
file_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	loff_t end;
	int err;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (!fallocate_mode_known(mode))
		return -EOPNOTSUPP;
	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (f->ops->stream)
		return -ESPIPE;
	if (f->inode && S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	if (!f->ops->fallocate)
		return f->inode && S_ISREG(f->inode->mode) ? -EOPNOTSUPP : -ENODEV;
	if (!(mode & FALLOC_FL_KEEP_SIZE) && (u64)end > f->inode->size) {
		err = file_size_allowed(end);
		if (err)
			return err;
	}
	return f->ops->fallocate(f, mode, off, len);
}

long
sys_fallocate(const ulong *a)
{
	struct file *f;
	bool put;
	long r;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	r = file_fallocate(f, a[1], a[2], a[3]);
	if (!r)
		notify_file(f, IN_MODIFY);
	fd_put(f, put);
	return r;
}
