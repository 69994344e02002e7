/*
 * open.c - open(2): from a name and flags to an open file; and close.
 *
 * A path is resolved (namei.c), made if O_CREAT asks for it, and path_open() does the rest for
 * any path: permission, the file system's open, truncation.
 * Further     open(2), whose ERRORS section is the contract.
 */
#include "abi/mount.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "kernel/fdtable.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define O_TMPFILE_BIT	(O_TMPFILE & ~O_DIRECTORY)
#define O_VALID		(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
			 O_DSYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | \
			 O_CLOEXEC | O_PATH | O_TMPFILE)

/* What opening with flags asks of inode_permission. */
static inline int
open_mask(u32 flags)
{
	static const u8 mask[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE };

	return mask[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

/* May current open the file at p so? */
static int
may_open(const struct path *p, u32 flags)
{
	struct inode *i = p->dentry->inode;
	int mask = open_mask(flags), err;

	switch (i->mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (mask & MAY_WRITE)
			return -EISDIR;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if (p->mnt->flags & MS_NODEV)
			return -EACCES;
		break;
	}
	if (mask & MAY_WRITE) {
		err = mount_may_write(p);
		if (err && S_ISREG(i->mode))
			return err;
	}
	err = inode_permission(i, mask);
	if (!err && (flags & O_NOATIME) && !inode_owner(i))
		err = -EPERM;
	return err;
}

/* path_open for a file that may_open has passed, or that we just created. */
static struct file *
path_open_allowed(struct path *p, u32 flags)
{
	struct inode *i = p->dentry->inode;
	struct file *f;
	int err;

	f = file_alloc(flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC));
	if (unlikely(!f)) {
		path_put(p);
		return ERR_PTR(-ENOMEM);
	}
	f->path = *p;
	f->inode = i;
	if (unlikely(flags & O_PATH)) {
		f->mode = FMODE_PATH;
		return f;
	}
	if ((f->mode & FMODE_WRITE) && S_ISREG(i->mode)) {
		err = file_writer_begin(f);
		smp_mb();
		if (!err)
			err = mount_may_write(p);	/* it may have become read-only since may_open */
		if (unlikely(err)) {
			file_abandon(f);
			return ERR_PTR(err);
		}
	}
	f->seen = mapping_error_sample(&i->mapping);
	f->ops = i->fops;
	if (f->ops->open) {
		/* A terminal asks about O_NOCTTY, a disk about O_EXCL. */
		f->flags = flags & ~(O_CREAT | O_TRUNC | O_CLOEXEC);
		err = f->ops->open(i, f);
		f->flags &= ~(O_NOCTTY | O_EXCL);
		if (unlikely(err)) {
			file_abandon(f);
			return ERR_PTR(err);
		}
	}
	notify_file(f, IN_OPEN);
	if (unlikely(flags & O_TRUNC) && S_ISREG(i->mode)) {
		err = vfs_truncate(&f->path, f, 0);
		if (err) {
			file_put(f);
			return ERR_PTR(err);
		}
	}
	return f;
}

struct file *
path_open(struct path *p, u32 flags)
{
	int err = flags & O_PATH ? 0 : may_open(p, flags);

	if (unlikely(err)) {
		path_put(p);
		return ERR_PTR(err);
	}
	return path_open_allowed(p, flags);
}

struct file *
open_unnamed(const struct path *dir, const char *name, struct inode *i, u32 flags)
{
	struct path p = *dir;
	struct qname q;

	qname_init(&q, dir->dentry, name, strlen(name));
	p.dentry = d_alloc(dir->dentry, &q);
	if (!p.dentry) {
		inode_put(i);
		return ERR_PTR(-ENOMEM);
	}
	d_instantiate(p.dentry, i);
	mount_get(p.mnt);
	return path_open_allowed(&p, flags);
}

/* O_TMPFILE: a file in the directory p, whose count moves, without a name; O_EXCL: it will never have one. */
static struct file *
open_tmpfile(struct path *p, u32 flags, u32 mode)
{
	struct inode *dir = p->dentry->inode, *i = NULL;
	char name[24];
	struct file *f;
	int err = mount_may_write(p);

	rwsem_lock_write(&dir->lock);
	if (!err)
		err = dir_may_create(dir);
	if (!err)
		i = dir->ops->tmpfile ? dir->ops->tmpfile(dir, S_IFREG | (mode & 07777)) : ERR_PTR(-EOPNOTSUPP);
	rwsem_unlock_write(&dir->lock);
	if (err || IS_ERR(i)) {
		f = err ? ERR_PTR(err) : (struct file *)i;
	} else {
		if (!(flags & O_EXCL))
			inode_flags_set(i, INODE_LINKABLE);
		snprintf(name, sizeof(name), "#%lu", (ulong)i->ino);
		f = open_unnamed(p, name, i, flags & ~O_EXCL);
	}
	path_put(p);
	return f;
}

/*
 * Make the file named by the walk's last component, or find that somebody just did. The walk is
 * unlocked in the directory; it is not ended. 0 and *out counted, *made; or -errno.
 */
static int
create_last(struct walk *w, u32 flags, u32 mode, struct path *out, bool *made)
{
	struct dentry *dir = w->at.dentry, *d;
	struct inode *i = dir->inode;
	int err;

	rwsem_lock_write(&i->lock);
	d = lookup_locked(dir, &w->last, true);
	if (IS_ERR(d)) {
		rwsem_unlock_write(&i->lock);
		return PTR_ERR(d);
	}
	*made = !d->inode;
	err = 0;
	if (d->inode) {
		if (flags & O_EXCL)
			err = -EEXIST;
	} else {
		err = mount_may_write(&w->at);
		if (!err)
			err = dir_may_create(i);
		if (!err)
			err = i->ops->create ? i->ops->create(i, d, S_IFREG | (mode & 07777)) : -EACCES;
		if (!err)
			notify_name(i, d->name, d->len, IN_CREATE);
	}
	if (err)
		lookup_undo(d);
	rwsem_unlock_write(&i->lock);
	if (err)
		return err;
	out->mnt = w->at.mnt;
	out->dentry = d;
	mount_get(out->mnt);
	path_cross(out);
	if (unlikely(w->flags & LOOKUP_NO_XDEV) && out->mnt != w->at.mnt) {
		path_put(out);
		return -EXDEV;
	}
	return 0;
}

static struct file *
open_create(int dfd, const char *name, u32 flags, u32 mode, uint lookup)
{
	struct path p;
	struct walk w;
	bool made = false;
	int err;

	err = walk_start(&w, dfd, name, lookup);
	if (err)
		return ERR_PTR(err);
	for (;;) {
		err = walk_parent(&w);
		if (err)
			return ERR_PTR(err);
		if (w.type != LAST_NAME || w.slash) {
			/* "/", "." or "x/" cannot be made; but a link may have led to an open object. */
			bool object = w.type == LAST_ROOT && w.links && !w.slash;

			walk_end(&w, object ? &p : NULL);
			if (!object)
				return ERR_PTR(-EISDIR);
			break;
		}
		err = walk_step(&w, &w.last, !(flags & (O_NOFOLLOW | O_EXCL)));
		if (err > 0)
			continue;
		if (err == -ENOENT) {
			if (w.locked)
				walk_unlock(&w);
			err = create_last(&w, flags, mode, &p, &made);
			walk_end(&w, NULL);
		} else {
			if (!err)
				err = walk_check_scope(&w);
			walk_end(&w, err ? NULL : &p);
		}
		if (err)
			return ERR_PTR(err);
		break;
	}
	if (made)
		return path_open_allowed(&p, flags & ~O_TRUNC);
	if (flags & O_EXCL)
		err = -EEXIST;
	else if (S_ISDIR(p.dentry->inode->mode))
		err = -EISDIR;
	if (err) {
		path_put(&p);
		return ERR_PTR(err);
	}
	return path_open(&p, flags);
}

/* vfs_open with what openat2 asks of the walk, LOOKUP_*. */
static struct file *
open_how(int dfd, const char *name, u32 flags, u32 mode, uint lookup)
{
	struct path p;
	int err;

	flags &= O_VALID;
	if (unlikely(flags & O_TMPFILE_BIT) &&
	    ((flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE || !(flags & O_ACCMODE) || (flags & O_PATH)))
		return ERR_PTR(-EINVAL);
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (flags & O_CREAT)
		return flags & O_DIRECTORY ? ERR_PTR(-EINVAL) : open_create(dfd, name, flags, mode, lookup);
	if (!(flags & O_NOFOLLOW))
		lookup |= LOOKUP_FOLLOW;
	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	err = path_lookup(dfd, name, lookup, &p);
	if (unlikely(err))
		return ERR_PTR(err);
	return unlikely(flags & O_TMPFILE_BIT) ? open_tmpfile(&p, flags, mode) : path_open(&p, flags);
}

struct file *
vfs_open(int dfd, const char *name, u32 flags, u32 mode)
{
	return open_how(dfd, name, flags, mode, 0);
}

/* A descriptor for what open_how opens, or -errno. */
static long
open_fd(int dfd, uptr_t name, u32 flags, u32 mode, uint lookup)
{
	struct name n;
	struct file *f;
	int fd, err;

	err = name_get(&n, name);
	if (unlikely(err))
		return err;
	fd = fd_alloc(0, flags & O_CLOEXEC);
	if (unlikely(fd < 0))
		goto out;
	f = open_how(dfd, n.s, flags, mode & ~current->fs->umask, lookup);
	if (IS_ERR(f)) {
		fd_cancel(fd);
		fd = PTR_ERR(f);
	} else {
		fd_install(fd, f);
	}
out:
	name_put(&n);
	return fd;
}

long
sys_openat(const ulong *a)
{
	return open_fd(a[0], UPTR(a[1]), a[2] | O_LARGEFILE, a[3], 0);
}

/* ---- openat2: what openat overlooks is an error, and the path may be walked with more care ---- */

#define O_PATH_VALID	(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define RESOLVE_VALID	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
			 RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* A struct open_how of `size` bytes; of a longer one than ours the rest must be zeros. */
static int
how_get(struct abi_open_how *how, uptr_t from, size_t size)
{
	char c;

	if (size < sizeof(*how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (copy_from_user(how, from, sizeof(*how)))
		return -EFAULT;
	for (size_t i = sizeof(*how); i < size; i++) {
		if (get_user(c, UPTR(from.addr + i)))
			return -EFAULT;
		if (c)
			return -E2BIG;
	}
	return 0;
}

static int
how_check(const struct abi_open_how *how)
{
	u64 flags = how->flags, resolve = how->resolve;
	bool creates = flags & (O_CREAT | O_TMPFILE_BIT);

	if ((flags & ~(u64)O_VALID) || (resolve & ~(u64)RESOLVE_VALID))
		return -EINVAL;
	if ((resolve & RESOLVE_BENEATH) && (resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if (how->mode & ~(creates ? 07777UL : 0))
		return -EINVAL;
	if ((flags & O_PATH) && (flags & ~(u64)O_PATH_VALID))
		return -EINVAL;
	if ((resolve & RESOLVE_CACHED) && (flags & (O_TRUNC | O_CREAT | O_TMPFILE_BIT)))
		return -EAGAIN;
	return 0;
}

long
sys_openat2(const ulong *a)
{
	struct abi_open_how how;
	uint lookup = 0;
	u64 r;
	int err = how_get(&how, UPTR(a[2]), a[3]);

	if (!err)
		err = how_check(&how);
	if (err)
		return err;
	r = how.resolve;
	lookup |= r & RESOLVE_NO_XDEV ? LOOKUP_NO_XDEV : 0;
	lookup |= r & RESOLVE_NO_MAGICLINKS ? LOOKUP_NO_MAGIC : 0;
	lookup |= r & RESOLVE_NO_SYMLINKS ? LOOKUP_NO_LINKS | LOOKUP_NO_MAGIC : 0;
	lookup |= r & RESOLVE_BENEATH ? LOOKUP_BENEATH : 0;
	lookup |= r & RESOLVE_IN_ROOT ? LOOKUP_IN_ROOT : 0;
	lookup |= r & RESOLVE_CACHED ? LOOKUP_CACHED : 0;
	return open_fd(a[0], UPTR(a[1]), how.flags | (how.flags & O_PATH ? 0 : O_LARGEFILE), how.mode, lookup);
}

long
sys_close(const ulong *a)
{
	return fd_close(a[0]);
}

long
sys_close_range(const ulong *a)
{
	uint first = a[0], last = a[1], flags = a[2];
	struct files *copy;

	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && atomic_read(&current->files->refs) > 1) {
		struct files *old = current->files;

		copy = files_copy(old);
		if (!copy)
			return -ENOMEM;
		current->files = copy;
		files_put(old);
	}
	fd_close_range(first, last, flags & CLOSE_RANGE_CLOEXEC);
	return 0;
}

long
sys_umask(const ulong *a)
{
	u32 old = current->fs->umask;

	current->fs->umask = a[0] & 0777;
	return old;
}
