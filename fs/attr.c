/*
 * attr.c - what a file is like: the stat family, and chmod, chown, utimensat, access.
 *
 * Data        struct stat_k, what all forms of stat share.  A file system without getattr keeps
 *             everything in its inodes; fstat of one fills the user's structure straight from it.
 * Locks       inode->lock for changes.  stat reads without it: each field is one load, and a
 *             program that stats while another writes learns no less than before.
 * Further     stat(2), statx(2), chmod(2), chown(2), utimensat(2), access(2).
 */
#include "abi/memfd.h"
#include "abi/mount.h"
#include "abi/prctl.h"
#include "abi/time.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "kernel/fdtable.h"
#include "kernel/time.h"
#include "lib/string.h"

void
inode_stat(struct inode *i, struct stat_k *k)
{
	k->dev = i->sb->dev;
	k->rdev = i->rdev;
	k->mode = i->mode;
	k->nlink = i->nlink;
	k->uid = i->uid;
	k->gid = i->gid;
	k->blksize = i->sb->block_size;
	k->ino = i->ino;
	k->size = i->size;
	k->blocks = i->blocks;
	k->atime = i->atime;
	k->mtime = i->mtime;
	k->ctime = i->ctime;
	k->btime = i->btime;
}

static int
inode_getattr(struct inode *i, struct stat_k *k)
{
	if (unlikely(i->ops->getattr))
		return i->ops->getattr(i, k);
	inode_stat(i, k);
	return 0;
}

int
vfs_getattr(const struct path *p, struct stat_k *out)
{
	return inode_getattr(p->dentry->inode, out);
}

/* --- stat --- */

#define TIMESPEC(t)	((struct abi_timespec){ (t).sec, (t).nsec })

/* From the inode itself: the way of RAM and disk files. */
static ALWAYS_INLINE void
stat_fill(struct abi_stat *s, const struct inode *i)
{
	s->st_dev = i->sb->dev;
	s->st_ino = i->ino;
	s->st_mode = i->mode;
	s->st_nlink = i->nlink;
	s->st_uid = i->uid;
	s->st_gid = i->gid;
	s->st_rdev = i->rdev;
	s->pad1_ = 0;
	s->st_size = i->size;
	s->st_blksize = i->sb->block_size;
	s->pad2_ = 0;
	s->st_blocks = i->blocks;
	s->st_atim = TIMESPEC(i->atime);
	s->st_mtim = TIMESPEC(i->mtime);
	s->st_ctim = TIMESPEC(i->ctime);
	s->unused_[0] = s->unused_[1] = 0;
}

/* By the file system's getattr. */
static NOINLINE int
stat_ask(struct abi_stat *s, struct inode *i)
{
	struct stat_k k;
	int err = i->ops->getattr(i, &k);

	if (err)
		return err;
	memset(s, 0, sizeof(*s));
	s->st_dev = k.dev;
	s->st_ino = k.ino;
	s->st_mode = k.mode;
	s->st_nlink = k.nlink;
	s->st_uid = k.uid;
	s->st_gid = k.gid;
	s->st_rdev = k.rdev;
	s->st_size = k.size;
	s->st_blksize = k.blksize;
	s->st_blocks = k.blocks;
	s->st_atim = TIMESPEC(k.atime);
	s->st_mtim = TIMESPEC(k.mtime);
	s->st_ctim = TIMESPEC(k.ctime);
	return 0;
}

static int
stat_out(struct inode *i, uptr_t to)
{
	struct abi_stat s;
	int err;

	if (likely(!i->ops->getattr)) {
		stat_fill(&s, i);
	} else {
		err = stat_ask(&s, i);
		if (err)
			return err;
	}
	return copy_to_user(to, &s, sizeof(s));
}

long
sys_fstat(const ulong *a)
{
	struct file *f;
	bool put;
	int err;

	f = fd_get_path(a[0], &put);
	if (unlikely(!f))
		return -EBADF;
	err = likely(f->inode) ? stat_out(f->inode, UPTR(a[1])) : -EBADF;
	fd_put(f, put);
	return err;
}

#define STAT_FLAGS	(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

/* A user's AT_ flags as the walk's. */
static inline uint
lookup_flags(uint at)
{
	return (at & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (at & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

/* Is it the empty string of AT_EMPTY_PATH (or NULL with it)? Then the descriptor itself is meant, named or not. */
static bool
means_fd(uptr_t name, int dfd, uint flags)
{
	char c;

	if (!(flags & AT_EMPTY_PATH) || dfd < 0)
		return false;
	return !name.addr || (!get_user(c, name) && !c);
}

long
sys_newfstatat(const ulong *a)
{
	uint flags = a[3];
	struct abi_stat s;
	struct inode *i;
	struct path p;
	struct walk w;
	struct name n;
	int err;

	if (unlikely(flags & ~STAT_FLAGS))
		return -EINVAL;
	if (unlikely(means_fd(UPTR(a[1]), a[0], flags)))
		return sys_fstat((ulong[]){ a[0], a[2] });
	err = name_get(&n, UPTR(a[1]));
	if (unlikely(err))
		return err;
	err = walk_whole(&w, a[0], n.s, lookup_flags(flags));
	if (unlikely(err))
		goto out;
	i = w.at.dentry->inode;
	if (likely(!i->ops->getattr)) {
		stat_fill(&s, i);	/* the walk, not yet ended, keeps i: nothing need be counted */
		walk_end(&w, NULL);
	} else {
		walk_end(&w, &p);
		err = stat_ask(&s, i);
		path_put(&p);
	}
	if (likely(!err))
		err = copy_to_user(UPTR(a[2]), &s, sizeof(s));
out:
	name_put(&n);
	return err;
}

static struct abi_statx_timestamp
statx_time(struct timespec_k t)
{
	return (struct abi_statx_timestamp){ .tv_sec = t.sec, .tv_nsec = t.nsec };
}

static int
statx_out(struct inode *i, const struct path *p, uptr_t to)
{
	struct abi_statx x;
	struct stat_k k;
	int err = inode_getattr(i, &k);

	if (err)
		return err;
	memset(&x, 0, sizeof(x));
	x.stx_mask = STATX_BASIC_STATS | STATX_BTIME | (p ? STATX_MNT_ID : 0);
	x.stx_blksize = k.blksize;
	x.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT;
	x.stx_nlink = k.nlink;
	x.stx_uid = k.uid;
	x.stx_gid = k.gid;
	x.stx_mode = k.mode;
	x.stx_ino = k.ino;
	x.stx_size = k.size;
	x.stx_blocks = k.blocks;
	x.stx_atime = statx_time(k.atime);
	x.stx_btime = statx_time(k.btime);
	x.stx_ctime = statx_time(k.ctime);
	x.stx_mtime = statx_time(k.mtime);
	x.stx_rdev_major = ABI_DEV_MAJOR(k.rdev);
	x.stx_rdev_minor = ABI_DEV_MINOR(k.rdev);
	x.stx_dev_major = ABI_DEV_MAJOR(k.dev);
	x.stx_dev_minor = ABI_DEV_MINOR(k.dev);
	if (p) {
		x.stx_mnt_id = p->mnt->id;
		if (p->dentry == p->mnt->root)
			x.stx_attributes |= STATX_ATTR_MOUNT_ROOT;
	}
	return copy_to_user(to, &x, sizeof(x));
}

long
sys_statx(const ulong *a)
{
	uint flags = a[2];
	struct file *f;
	struct path p;
	bool put;
	int err;

	if ((flags & ~STAT_FLAGS) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (a[3] & STATX__RESERVED))
		return -EINVAL;
	if (means_fd(UPTR(a[1]), a[0], flags)) {
		f = fd_get_path(a[0], &put);
		if (!f)
			return -EBADF;
		err = f->inode ? statx_out(f->inode, f->path.dentry ? &f->path : NULL, UPTR(a[4])) : -EBADF;
		fd_put(f, put);
		return err;
	}
	err = path_lookup_user(a[0], UPTR(a[1]), lookup_flags(flags), &p);
	if (err)
		return err;
	err = statx_out(p.dentry->inode, &p, UPTR(a[4]));
	path_put(&p);
	return err;
}

/* --- changing attributes --- */

static int
setattr_locked(struct inode *i, const struct attr *a)
{
	if (i->ops->setattr)
		return i->ops->setattr(i, a);
	inode_setattr(i, a);
	return 0;
}

/* Apply a to the file of p, no questions of permission but the mount's. */
int
vfs_setattr(struct path *p, const struct attr *a)
{
	struct inode *i = p->dentry->inode;
	int err = mount_may_write(p);

	if (err)
		return err;
	rwsem_lock_write(&i->lock);
	err = setattr_locked(i, a);
	rwsem_unlock_write(&i->lock);
	return err;
}

/* The set-id bits that writing to or giving away the file takes from it. */
static u32
mode_without_suid(const struct inode *i)
{
	u32 mode = i->mode;

	if (S_ISREG(mode)) {
		mode &= ~S_ISUID;
		if ((mode & S_IXGRP) || (!task_in_group(i->gid) && !capable(CAP_FSETID)))
			mode &= ~S_ISGID;
	}
	return mode;
}

void
inode_strip_suid(struct inode *i)
{
	if (unlikely(i->mode & (S_ISUID | S_ISGID)) && mode_without_suid(i) != i->mode && !capable(CAP_FSETID))
		i->mode = mode_without_suid(i);
}

void
inode_touch_atime_slow(struct file *f, struct inode *i)
{
	if ((f->flags & O_NOATIME) || ((f->path.mnt ? f->path.mnt->flags : 0) & (MS_NOATIME | MS_RDONLY)))
		return;
	if (i->sb->flags & MS_RDONLY)
		return;
	i->atime = time_now();
	if (i->sb->ops->write_inode)
		inode_mark_dirty(i);
}

static int
path_chmod(const struct path *p, u32 mode)
{
	struct inode *i = p->dentry->inode;
	struct attr a = { .valid = ATTR_MODE, .mode = mode & 07777 };
	int err = mount_may_write(p);

	if (err)
		return err;
	if (S_ISLNK(i->mode))
		return -EOPNOTSUPP;
	rwsem_lock_write(&i->lock);
	if (!inode_owner(i)) {
		err = -EPERM;
	} else if ((i->seals & F_SEAL_EXEC) && ((i->mode ^ mode) & 0111)) {
		err = -EPERM;
	} else {
		if (!task_in_group(i->gid) && !capable(CAP_FSETID))
			a.mode &= ~S_ISGID;
		err = setattr_locked(i, &a);
	}
	rwsem_unlock_write(&i->lock);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

static int
path_chown(const struct path *p, u32 uid, u32 gid)
{
	struct inode *i = p->dentry->inode;
	struct attr a = { 0 };
	int err = mount_may_write(p);

	if (err)
		return err;
	rwsem_lock_write(&i->lock);
	if (uid != ~0u) {
		a.valid |= ATTR_UID;
		a.uid = uid;
		if ((current->fsuid != i->uid || uid != i->uid) && !capable(CAP_CHOWN))
			err = -EPERM;
	}
	if (gid != ~0u) {
		a.valid |= ATTR_GID;
		a.gid = gid;
		if ((current->fsuid != i->uid || (!task_in_group(gid) && gid != i->gid)) && !capable(CAP_CHOWN))
			err = -EPERM;
	}
	if (!S_ISDIR(i->mode) && mode_without_suid(i) != i->mode) {
		a.valid |= ATTR_MODE;
		a.mode = mode_without_suid(i);
		if (!inode_owner(i))
			err = -EPERM;		/* as of chmod: CAP_CHOWN alone is not enough */
	}
	if (!err)
		err = setattr_locked(i, &a);
	rwsem_unlock_write(&i->lock);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

/* The named file of descriptor fd, counted: -EBADF also for O_PATH, -EPERM if it has no name. */
static int
fd_change(int fd, struct path *p)
{
	struct file *f;
	bool put;

	f = fd_get(fd, &put);
	if (!f)
		return -EBADF;
	fd_put(f, put);
	return path_of_fd(fd, p) ? -EPERM : 0;
}

long
sys_fchmod(const ulong *a)
{
	struct path p;
	int err = fd_change(a[0], &p);

	if (err)
		return err;
	err = path_chmod(&p, a[1]);
	path_put(&p);
	return err;
}

long
sys_fchmodat(const ulong *a)
{
	struct path p;
	int err = path_lookup_user(a[0], UPTR(a[1]), LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = path_chmod(&p, a[2]);
	path_put(&p);
	return err;
}

long
sys_fchmodat2(const ulong *a)
{
	struct path p;
	int err;

	if (a[3] & ~(ulong)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_lookup_user(a[0], UPTR(a[1]), lookup_flags(a[3]), &p);
	if (err)
		return err;
	err = path_chmod(&p, a[2]);
	path_put(&p);
	return err;
}

long
sys_fchown(const ulong *a)
{
	struct path p;
	int err = fd_change(a[0], &p);

	if (err)
		return err;
	err = path_chown(&p, a[1], a[2]);
	path_put(&p);
	return err;
}

long
sys_fchownat(const ulong *a)
{
	struct path p;
	int err;

	if (a[4] & ~(ulong)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_lookup_user(a[0], UPTR(a[1]), lookup_flags(a[4]), &p);
	if (err)
		return err;
	err = path_chown(&p, a[2], a[3]);
	path_put(&p);
	return err;
}

/* --- times --- */

/* One of utimensat's pair: 1 set *out, 0 leave alone, or -EINVAL. */
static int
utime_decode(const struct abi_timespec *ts, struct timespec_k *out)
{
	if (ts->tv_nsec == UTIME_OMIT)
		return 0;
	if (ts->tv_nsec == UTIME_NOW) {
		*out = time_now();
		return 1;
	}
	if ((u64)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*out = (struct timespec_k){ ts->tv_sec, ts->tv_nsec };
	return 1;
}

static int
path_utimes(const struct path *p, const struct attr *a, bool now)
{
	struct inode *i = p->dentry->inode;
	int err = mount_may_write(p);

	if (err)
		return err;
	rwsem_lock_write(&i->lock);
	if (!inode_owner(i))
		err = now ? inode_permission(i, MAY_WRITE) : -EPERM;
	if (!err)
		err = setattr_locked(i, a);
	rwsem_unlock_write(&i->lock);
	if (!err)
		notify_dentry(p->dentry, a->valid == ATTR_ATIME ? IN_ACCESS :
			      a->valid == ATTR_MTIME ? IN_MODIFY : IN_ATTRIB);
	return err;
}

long
sys_utimensat(const ulong *a)
{
	struct abi_timespec ts[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	struct attr at = { 0 };
	struct path p;
	bool now;
	int err, r;

	if (a[3] & ~(ulong)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (a[2] && copy_from_user(ts, UPTR(a[2]), sizeof(ts)))
		return -EFAULT;
	now = ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW;
	r = utime_decode(&ts[0], &at.atime);
	if (r < 0)
		return r;
	at.valid |= r ? ATTR_ATIME : 0;
	r = utime_decode(&ts[1], &at.mtime);
	if (r < 0)
		return r;
	at.valid |= r ? ATTR_MTIME : 0;
	if (!at.valid)
		return 0;
	if (a[1])
		err = path_lookup_user(a[0], UPTR(a[1]), lookup_flags(a[3]), &p);
	else
		err = (int)a[0] == AT_FDCWD ? -EFAULT : path_of_fd(a[0], &p);
	if (err)
		return err;
	err = path_utimes(&p, &at, now);
	path_put(&p);
	return err;
}

/* --- access --- */

static int
path_access(const struct path *p, int mode)
{
	struct inode *i = p->dentry->inode;
	int err;

	if (!mode)
		return 0;
	if ((mode & MAY_EXEC) && S_ISREG(i->mode) && (p->mnt->flags & MS_NOEXEC))
		return -EACCES;
	err = inode_permission(i, mode);
	if (!err && (mode & MAY_WRITE) && !S_ISCHR(i->mode) && !S_ISBLK(i->mode) && !S_ISFIFO(i->mode))
		err = mount_may_write(p);
	return err;
}

/* access(2) asks for the real user, whose powers are root's or none; AT_EACCESS for the effective one. */
static long
do_access(int dfd, uptr_t name, int mode, uint flags)
{
	u32 fsuid = current->fsuid, fsgid = current->fsgid;
	u64 caps = current->cap_effective;
	struct path p;
	int err;

	if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if (!(flags & AT_EACCESS)) {
		current->fsuid = current->uid;
		current->fsgid = current->gid;
		if (!(current->securebits & SECBIT_NO_SETUID_FIXUP))
			current->cap_effective = current->uid ? 0 : current->cap_permitted;
	}
	err = path_lookup_user(dfd, name, lookup_flags(flags), &p);
	if (!err) {
		err = path_access(&p, mode);
		path_put(&p);
	}
	current->fsuid = fsuid;
	current->fsgid = fsgid;
	current->cap_effective = caps;
	return err;
}

long
sys_faccessat(const ulong *a)
{
	return do_access(a[0], UPTR(a[1]), a[2], 0);
}

long
sys_faccessat2(const ulong *a)
{
	return do_access(a[0], UPTR(a[1]), a[2], a[3]);
}
