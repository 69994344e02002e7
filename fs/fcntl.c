/*
 * fcntl.c - descriptors duplicated and adjusted: dup, fcntl, ioctl, flock's way in.
 *
 * ioctl() answers here what is the same for every file and passes the rest to the file's operations.
 */
#include "abi/ioctl.h"
#include "fs/async.h"
#include "fs/dnotify.h"
#include "fs/internal.h"
#include "fs/memfd.h"
#include "kernel/fdtable.h"

#define SETFL_BITS	(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_ASYNC)

/* Another descriptor for f: the lowest free one from min on. It, or -errno. */
static long
dup_lowest(struct file *f, int min, bool cloexec)
{
	int fd = fd_alloc(min, cloexec);

	if (fd >= 0) {
		file_get(f);
		fd_install(fd, f);
	}
	return fd;
}

static long
dup_from(struct file *f, u64 min, bool cloexec)
{
	if (min >= current->proc->rlim[RLIMIT_NOFILE].rlim_cur || (int)min < 0)
		return -EINVAL;
	return dup_lowest(f, min, cloexec);
}

long
sys_dup(const ulong *a)
{
	struct file *f;
	bool put;
	long fd;

	f = fd_get_path(a[0], &put);
	if (!f)
		return -EBADF;
	fd = dup_lowest(f, 0, false);
	fd_put(f, put);
	return fd;
}

long
sys_dup3(const ulong *a)
{
	int from = a[0], to = a[1];
	struct file *f;
	bool put;
	long fd;

	if ((a[2] & ~(ulong)O_CLOEXEC) || from == to)
		return -EINVAL;
	f = fd_get_path(from, &put);
	if (!f)
		return -EBADF;
	fd = fd_replace(to, f, a[2] & O_CLOEXEC);
	fd_put(f, put);
	return fd;
}

static int
set_flags(int fd, struct file *f, u32 flags)
{
	int err = 0;

	if ((flags & O_NOATIME) && !(f->flags & O_NOATIME) && f->inode && !inode_owner(f->inode))
		return -EPERM;
	if (((flags ^ f->flags) & O_ASYNC) && f->ops->poll)
		err = async_set(f, fd, flags & O_ASYNC);
	if (err)
		return err;
	WRITE_ONCE(f->flags, (f->flags & ~SETFL_BITS) | (flags & SETFL_BITS));
	return 0;
}

static long
do_fcntl(int fd, struct file *f, uint cmd, ulong arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_from(f, (uint)arg, cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return fd_cloexec_get(fd);
	case F_SETFD:
		return fd_cloexec_set(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->flags;
	}
	if (f->mode & FMODE_PATH)
		return -EBADF;
	switch (cmd) {
	case F_SETFL:
		return set_flags(fd, f, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_lock(fd, f, cmd, UPTR(arg));
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return fcntl_seals(f, cmd, arg);
	case F_SETOWN:
	case F_GETOWN:
	case F_SETOWN_EX:
	case F_GETOWN_EX:
	case F_SETSIG:
	case F_GETSIG:
		return async_fcntl(f, cmd, arg);
	case F_NOTIFY:
		return dnotify_fcntl(fd, f, arg);
	}
	return -EINVAL;
}

long
sys_fcntl(const ulong *a)
{
	struct file *f;
	bool put;
	long r;

	f = fd_get_path(a[0], &put);
	if (!f)
		return -EBADF;
	r = do_fcntl(a[0], f, a[1], a[2]);
	fd_put(f, put);
	return r;
}

static int
set_flag_by_user(struct file *f, u32 flag, uptr_t arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	WRITE_ONCE(f->flags, on ? f->flags | flag : f->flags & ~flag);
	return 0;
}

/* FIOASYNC. */
static int
set_async_by_user(int fd, struct file *f, uptr_t arg)
{
	int on, err;

	if (get_user(on, arg))
		return -EFAULT;
	if (!on == !(f->flags & O_ASYNC))
		return 0;
	err = f->ops->poll ? async_set(f, fd, on) : -ENOTTY;
	if (!err)
		WRITE_ONCE(f->flags, f->flags ^ O_ASYNC);
	return err;
}

static long
file_ioctl(int fd, struct file *f, uint cmd, ulong arg)
{
	switch (cmd) {
	case FIOCLEX:
		return fd_cloexec_set(fd, true);
	case FIONCLEX:
		return fd_cloexec_set(fd, false);
	case FIONBIO:
		return set_flag_by_user(f, O_NONBLOCK, UPTR(arg));
	case FIOASYNC:
		return set_async_by_user(fd, f, UPTR(arg));
	case FIONREAD:
		if (f->inode && S_ISREG(f->inode->mode))
			return put_user((int)(READ_ONCE(f->inode->size) - f->pos), UPTR(arg));
		break;
	}
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

long
sys_ioctl(const ulong *a)
{
	struct file *f;
	bool put;
	long r;

	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	r = file_ioctl(a[0], f, a[1], a[2]);
	fd_put(f, put);
	return r;
}
