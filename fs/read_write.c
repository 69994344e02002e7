/*
 * read_write.c - moving bytes between programs and files: the read and write family, lseek,
 * directory reading.
 *
 * Each call decodes, checks, and hands a struct uio to file_read() or file_write() (file.c).
 */
#include "abi/dirent.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "kernel/fdtable.h"
#include "lib/string.h"
#include "mm/slab.h"

typedef ssize_t (*rw_fn)(struct file *, struct uio *, loff_t *);

/* At the file's own position. Inlined, for then the call of rw is a direct one. */
static ALWAYS_INLINE long
rw_here(const ulong *a, rw_fn rw)
{
	struct file *f;
	struct uio u;
	ssize_t n;
	bool put;

	f = fd_get(a[0], &put);
	if (unlikely(!f))
		return -EBADF;
	if (likely(a[2] <= RW_MAX))
		uio_init_user(&u, UPTR(a[1]), a[2]);
	else
		uio_init_user(&u, UPTR(a[1]), RW_MAX);
	n = (ssize_t)a[2] < 0 ? -EINVAL : rw(f, &u, NULL);
	fd_put(f, put);
	return n;
}

long
sys_read(const ulong *a)
{
	return rw_here(a, file_read);
}

long
sys_write(const ulong *a)
{
	return rw_here(a, file_write);
}

static long
rw_vec(const ulong *a, rw_fn rw)
{
	struct uio_vec small[8], *heap = NULL;
	struct file *f;
	struct uio u;
	ssize_t n;
	bool put;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	n = uio_init_vec(&u, UPTR(a[1]), a[2], small, &heap);
	if (!n)
		n = rw(f, &u, NULL);
	kfree(heap);
	fd_put(f, put);
	return n;
}

long
sys_readv(const ulong *a)
{
	return rw_vec(a, file_read);
}

long
sys_writev(const ulong *a)
{
	return rw_vec(a, file_write);
}

/* --- at a position, and preadv2's flags --- */

/* Which of them a file can do: 0, -EINVAL, -EOPNOTSUPP. */
static int
rw_flags_check(u32 flags)
{
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND | RWF_NOAPPEND))
		return -EOPNOTSUPP;
	return (flags & RWF_APPEND) && (flags & RWF_NOAPPEND) ? -EINVAL : 0;
}

/* pos -1, where `here` allows it: at the file's own position. */
static long
rw_vec_at(const ulong *a, rw_fn rw, bool here, u32 flags)
{
	struct uio_vec small[8], *heap = NULL;
	loff_t pos = a[3];
	struct file *f;
	struct uio u;
	ssize_t n;
	bool put;

	here = here && pos == -1;
	if (pos < 0 && !here)
		return -EINVAL;
	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	n = !here && f->ops->stream ? -ESPIPE : uio_init_vec(&u, UPTR(a[1]), a[2], small, &heap);
	if (!n)
		n = !(f->mode & (rw == file_read ? FMODE_READ : FMODE_WRITE)) ? -EBADF : rw_flags_check(flags);
	if (!n) {
		u.flags = flags;
		n = rw(f, &u, here ? NULL : &pos);
	}
	kfree(heap);
	fd_put(f, put);
	return n;
}

long
sys_preadv(const ulong *a)
{
	return rw_vec_at(a, file_read, false, 0);
}

long
sys_pwritev(const ulong *a)
{
	return rw_vec_at(a, file_write, false, 0);
}

long
sys_preadv2(const ulong *a)
{
	return rw_vec_at(a, file_read, true, a[5]);
}

long
sys_pwritev2(const ulong *a)
{
	return rw_vec_at(a, file_write, true, a[5]);
}

static long
rw_at(const ulong *a, rw_fn rw)
{
	loff_t pos = a[3];
	struct file *f;
	struct uio u;
	ssize_t n;
	bool put;

	if (pos < 0 || (ssize_t)a[2] < 0)
		return -EINVAL;
	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	uio_init_user(&u, UPTR(a[1]), MIN(a[2], RW_MAX));
	n = f->ops->stream ? -ESPIPE : rw(f, &u, &pos);
	fd_put(f, put);
	return n;
}

long
sys_pread64(const ulong *a)
{
	return rw_at(a, file_read);
}

long
sys_pwrite64(const ulong *a)
{
	return rw_at(a, file_write);
}

long
sys_lseek(const ulong *a)
{
	loff_t off = a[1];
	struct file *f;
	loff_t to;
	bool put;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	if (!f->ops->seek) {
		to = -ESPIPE;
	} else if (a[2] > SEEK_HOLE) {
		to = -EINVAL;
	} else {
		mutex_lock(&f->pos_lock);
		to = f->ops->seek(f, off, a[2]);
		mutex_unlock(&f->pos_lock);
	}
	fd_put(f, put);
	return to;
}

/* --- getdents64 --- */

struct dents {
	struct dir_emit e;
	uptr_t	to;
	size_t	room;			/* bytes left */
	int	err;
};

static bool
dents_emit(struct dir_emit *e, const char *name, size_t len, u64 ino, u8 type, loff_t next)
{
	struct dents *d = container_of(e, struct dents, e);
	union {
		struct abi_dirent64 h;
		char	bytes[ALIGN_UP(offsetof(struct abi_dirent64, d_name) + NAME_MAX + 1, 8)];
	} rec;
	size_t size = ALIGN_UP(offsetof(struct abi_dirent64, d_name) + len + 1, 8);
	size_t used = offsetof(struct abi_dirent64, d_name) + len;

	if (size > d->room) {
		d->err = -EINVAL;	/* unless something was emitted before */
		return false;
	}
	rec.h.d_ino = ino;
	rec.h.d_off = next;
	rec.h.d_reclen = size;
	rec.h.d_type = type;
	memcpy(rec.h.d_name, name, len);
	memset(rec.bytes + used, 0, size - used);
	if (copy_to_user(d->to, &rec, size)) {
		d->err = -EFAULT;
		return false;
	}
	d->to = uptr_add(d->to, size);
	d->room -= size;
	*e->pos = next;
	return true;
}

/* Emit f's entries from its position on. */
static int
dir_read(struct file *f, struct dir_emit *e)
{
	struct inode *dir = f->inode;
	int err;

	mutex_lock(&f->pos_lock);
	rwsem_lock_read(&dir->lock);
	e->pos = &f->pos;
	err = dir->flags & INODE_DEAD ? -ENOENT : f->ops->readdir(f, e);
	rwsem_unlock_read(&dir->lock);
	mutex_unlock(&f->pos_lock);
	if (!err)
		notify_file(f, IN_ACCESS);
	return err;
}

long
sys_getdents64(const ulong *a)
{
	struct dents d = { .e.emit = dents_emit, .to = UPTR(a[1]), .room = (uint)a[2] };
	struct file *f;
	bool put;
	long n;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	n = f->ops->readdir ? dir_read(f, &d.e) : -ENOTDIR;
	fd_put(f, put);
	if (n < 0)
		return n;
	n = (uint)a[2] - d.room;
	return n ? n : d.err;
}
