/*
 * splice.c - bytes from one file to another: sendfile, copy_file_range, splice, tee, vmsplice.
 *
 *	sendfile           any file that has positions --> any file
 *	copy_file_range    regular file --> regular file of the same file system
 *	splice             pipe --> file, file --> pipe, pipe --> pipe
 *	tee                pipe --> pipe, and stays in the first
 *	vmsplice           memory --> pipe, pipe --> memory
 *
 * All go through a buffer of the kernel's: no page changes hands, so what a program sees is right
 * whatever it does to its memory afterwards, and it costs a copy each way.  What the target does not
 * take stays where it was: bytes of a pipe are lent (pipe.h) until it is known how many were taken.  What comes from
 * a stream cannot be given back: the room for it in a pipe is reserved beforehand.
 * Further     sendfile(2), copy_file_range(2), splice(2), tee(2), vmsplice(2).
 */
#include "abi/fcntl.h"
#include "fs/internal.h"
#include "fs/pipe.h"
#include "kernel/fdtable.h"
#include "kernel/signal.h"
#include "mm/slab.h"

#define CHUNK		(16 * KiB)
#define SPLICE_FLAGS	(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

/* Two open files, and where in them: pos NULL is the file's own position. */
struct pair {
	struct file *in, *out;
	bool	put_in, put_out;
};

/* 0, or -EBADF: also if they are not open for reading and writing. */
static int
pair_get(struct pair *p, int in, int out)
{
	p->in = fd_get(in, &p->put_in);
	if (!p->in)
		return -EBADF;
	p->out = fd_get(out, &p->put_out);
	if (p->out && (p->in->mode & FMODE_READ) && (p->out->mode & FMODE_WRITE))
		return 0;
	if (p->out)
		fd_put(p->out, p->put_out);
	fd_put(p->in, p->put_in);
	return -EBADF;
}

static void
pair_put(struct pair *p)
{
	fd_put(p->out, p->put_out);
	fd_put(p->in, p->put_in);
}

/* Copy up to n bytes from in at *pos to out at *opos (NULL: its own). Bytes, or -errno if none. */
static ssize_t
file_copy(struct pair *p, loff_t *pos, loff_t *opos, size_t n)
{
	ssize_t got, put, done = 0;
	struct uio u;
	char *buf;

	buf = kmalloc(CHUNK, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	while (n > 0) {
		uio_init_kernel(&u, buf, MIN(n, CHUNK));
		got = file_read(p->in, &u, pos);
		put = got;
		if (got > 0) {
			uio_init_kernel(&u, buf, got);
			put = file_write(p->out, &u, opos);
			*pos -= got - MAX(put, 0L);
		}
		if (put <= 0) {
			if (!done)
				done = put;
			break;
		}
		done += put;
		n -= put;
		if (put < got || signal_pending(current))
			break;
	}
	kfree(buf);
	return done;
}

/* The position a call gives at `user`, or the file's own if that is NULL. */
static int
pos_get(const struct file *f, uptr_t user, loff_t *pos)
{
	*pos = f->pos;
	return user.addr && get_user(*pos, user) ? -EFAULT : *pos < 0 ? -EINVAL : 0;
}

/* It has moved from start to pos: told, or remembered. */
static int
pos_put(struct file *f, uptr_t user, loff_t start, loff_t pos)
{
	if (user.addr)
		return put_user(pos, user);
	mutex_lock(&f->pos_lock);
	f->pos += pos - start;
	mutex_unlock(&f->pos_lock);
	return 0;
}

long
sys_sendfile(const ulong *a)
{
	uptr_t user = UPTR(a[2]);
	loff_t pos, start;
	struct pair p;
	ssize_t n = pair_get(&p, a[1], a[0]);

	if (n)
		return n;
	n = -EINVAL;
	if (!p.in->ops->stream && !(p.out->flags & O_APPEND) && (ssize_t)a[3] >= 0)
		n = pos_get(p.in, user, &pos);
	if (!n) {
		start = pos;
		n = file_copy(&p, &pos, NULL, MIN(a[3], RW_MAX));
		if (pos_put(p.in, user, start, pos))
			n = -EFAULT;
	}
	pair_put(&p);
	return n;
}

/* --- copy_file_range --- */

/* May so much be copied? *n becomes what there is to copy. */
static int
range_check(const struct pair *p, loff_t in, loff_t out, size_t *n)
{
	struct inode *from = p->in->inode, *to = p->out->inode;
	loff_t end;

	if ((from && S_ISDIR(from->mode)) || (to && S_ISDIR(to->mode)))
		return -EISDIR;
	if (!from || !to || !S_ISREG(from->mode) || !S_ISREG(to->mode))
		return -EINVAL;
	if (p->out->flags & O_APPEND)
		return -EBADF;
	if (from->sb != to->sb)
		return -EXDEV;
	if ((s64)*n < 0 || __builtin_add_overflow(in, *n, &end) || __builtin_add_overflow(out, *n, &end))
		return -EOVERFLOW;
	*n = (u64)in < from->size ? MIN(*n, from->size - in) : 0;
	if (from == to && in < out + (loff_t)*n && out < in + (loff_t)*n)
		return -EINVAL;
	return 0;
}

static ssize_t
copy_range(struct pair *p, uptr_t user_in, uptr_t user_out, size_t n)
{
	loff_t in, out, in0, out0;
	ssize_t done = pos_get(p->in, user_in, &in);

	if (!done)
		done = pos_get(p->out, user_out, &out);
	if (!done)
		done = range_check(p, in, out, &n);
	if (done || !n)
		return done;
	in0 = in;
	out0 = out;
	done = file_copy(p, &in, &out, MIN(n, RW_MAX));
	if (done > 0 && (pos_put(p->in, user_in, in0, in) || pos_put(p->out, user_out, out0, out)))
		done = -EFAULT;
	return done;
}

long
sys_copy_file_range(const ulong *a)
{
	struct pair p;
	ssize_t n = pair_get(&p, a[0], a[2]);

	if (n)
		return n;
	n = a[5] ? -EINVAL : copy_range(&p, UPTR(a[1]), UPTR(a[3]), a[4]);
	pair_put(&p);
	return n;
}

/* --- splice --- */

/* What the pipe holds, once, to out at *pos. buf: CHUNK bytes. */
static ssize_t
splice_from_pipe(struct pair *p, loff_t *pos, char *buf, size_t n, bool nonblock)
{
	ssize_t got, put;
	struct uio u;

	got = pipe_peek(p->in, buf, MIN(n, CHUNK), nonblock, true);
	if (got <= 0)
		return got;
	uio_init_kernel(&u, buf, got);
	put = file_write(p->out, &u, pos);
	pipe_return(p->in, MAX(put, 0L));
	return put;
}

static ssize_t
splice_pipes(struct pair *p, char *buf, size_t n, bool nonblock)
{
	ssize_t room, got, put;
	struct uio u;

	/* Who waits for room must not keep others from the bytes; who has both in hand does not wait. */
	do {
		room = pipe_wait_room(p->out, nonblock, false);
		if (room < 0)
			return room;
		got = pipe_peek(p->in, buf, MIN(MIN(n, CHUNK), (size_t)room), nonblock, true);
		if (got <= 0)
			return got;
		uio_init_kernel(&u, buf, got);
		put = pipe_write_uio(p->out, &u, true);
		pipe_return(p->in, MAX(put, 0L));
	} while (put == -EAGAIN && !nonblock);
	return put;
}

/* From in at *pos, as much as the pipe has room for. */
static ssize_t
splice_to_pipe(struct pair *p, loff_t *pos, char *buf, size_t n, bool nonblock)
{
	ssize_t room = pipe_wait_room(p->out, nonblock, true), got, put;
	struct uio u;

	if (room < 0)
		return room;
	uio_init_kernel(&u, buf, MIN(n, MIN((size_t)room, CHUNK)));
	got = file_read(p->in, &u, pos);
	uio_init_kernel(&u, buf, MAX(got, 0L));
	put = pipe_fill_reserved(p->out, &u);
	if (got <= 0)
		return got;
	if (put < got)
		*pos -= got - MAX(put, 0L);
	return put;
}

static ssize_t
splice_pair(struct pair *p, uptr_t user_in, uptr_t user_out, size_t n, bool nonblock)
{
	bool in = file_is_pipe(p->in), out = file_is_pipe(p->out);
	struct file *other = in ? p->out : p->in;
	uptr_t user = in ? user_out : user_in;
	loff_t pos, start;
	ssize_t done;
	char *buf;

	if (!in && !out)
		return -EINVAL;
	if ((in && user_in.addr) || (out && user_out.addr))
		return -ESPIPE;
	if (in && out && pipe_same(p->in, p->out))
		return -EINVAL;
	if ((in && !out && (p->out->flags & O_APPEND)) || (user.addr && other->ops->stream))
		return -EINVAL;
	done = pos_get(other, user, &pos);
	if (done)
		return done;
	buf = kmalloc(CHUNK, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	start = pos;
	if (in && out)
		done = splice_pipes(p, buf, n, nonblock);
	else if (in)
		done = splice_from_pipe(p, &pos, buf, n, nonblock);
	else
		done = splice_to_pipe(p, &pos, buf, n, nonblock);
	kfree(buf);
	if (done > 0 && !other->ops->stream && pos_put(other, user, start, pos))
		done = -EFAULT;
	return done;
}

long
sys_splice(const ulong *a)
{
	struct pair p;
	ssize_t n;

	if (!a[4])
		return 0;
	if (a[5] & ~(ulong)SPLICE_FLAGS)
		return -EINVAL;
	n = pair_get(&p, a[0], a[2]);
	if (n)
		return n;
	n = splice_pair(&p, UPTR(a[1]), UPTR(a[3]), MIN(a[4], RW_MAX), a[5] & SPLICE_F_NONBLOCK);
	pair_put(&p);
	return n;
}

/* --- tee, vmsplice --- */

static ssize_t
tee_pair(struct pair *p, size_t n, bool nonblock)
{
	struct uio u;
	ssize_t got;
	char *buf;

	if (!file_is_pipe(p->in) || !file_is_pipe(p->out) || pipe_same(p->in, p->out))
		return -EINVAL;
	buf = kmalloc(MIN(n, CHUNK), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	got = pipe_wait_room(p->out, nonblock, false);
	if (got > 0)
		got = pipe_peek(p->in, buf, MIN(MIN(n, CHUNK), (size_t)got), nonblock, false);
	if (got > 0) {
		uio_init_kernel(&u, buf, got);
		got = pipe_write_uio(p->out, &u, nonblock);
	}
	kfree(buf);
	return got;
}

long
sys_tee(const ulong *a)
{
	struct pair p;
	ssize_t n;

	if (a[3] & ~(ulong)SPLICE_FLAGS)
		return -EINVAL;
	if (!a[2])
		return 0;
	n = pair_get(&p, a[0], a[1]);
	if (n)
		return n;
	n = tee_pair(&p, MIN(a[2], RW_MAX), a[3] & SPLICE_F_NONBLOCK);
	pair_put(&p);
	return n;
}

long
sys_vmsplice(const ulong *a)
{
	bool nonblock = a[3] & SPLICE_F_NONBLOCK, put;
	struct uio_vec small[8], *heap = NULL;
	struct file *f;
	struct uio u;
	ssize_t n;

	if (a[3] & ~(ulong)SPLICE_FLAGS)
		return -EINVAL;
	f = fd_get(a[0], &put);
	if (!f)
		return -EBADF;
	n = uio_init_vec(&u, UPTR(a[1]), a[2], small, &heap);
	if (!n && u.resid) {
		if (!file_is_pipe(f))
			n = -EBADF;
		else if (f->mode & FMODE_WRITE)
			n = pipe_write_uio(f, &u, nonblock);
		else
			n = pipe_read_uio(f, &u, nonblock);
	}
	kfree(heap);
	fd_put(f, put);
	return n;
}
