/*
 * splice.c - bytes from one file to another: sendfile, copy_file_range, splice, tee, vmsplice.
 *
 *	sendfile           any file that has positions --> any file
 *	copy_file_range    regular file --> regular file of the same file system
 *	splice             pipe --> file, file --> pipe, pipe --> pipe
 *	tee                pipe --> pipe, and stays in the first
 *	vmsplice           memory --> pipe, pipe --> memory
 *
 * What is read goes into a batch (splice.h): of a file in the page cache its pages themselves, so that nothing is
 * copied before the target takes it, else pages made for it.  A pipe that is the target keeps whole pages as they are
 * (pipe_splice.c): who writes to the file afterwards changes what the pipe holds, as on Linux.  What the target does
 * not take stays where it was.
 * Further     sendfile(2), copy_file_range(2), splice(2), tee(2), vmsplice(2).
 */
#include "abi/fcntl.h"
#include "fs/internal.h"
#include "fs/pipe.h"
#include "fs/splice.h"
#include "kernel/fdtable.h"
#include "kernel/signal.h"
#include "mm/slab.h"

#define FRESH_MAX	4		/* pages for what comes from no cache */
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

/* --- batches --- */

/* A read of the page cache, whose pages it collects. */
struct collecting {
	struct uio u;
	struct batch *b;
};

static size_t
collect(struct uio *u, const void *src, size_t n)
{
	struct batch *b = container_of(u, struct collecting, u)->b;

	if (batch_full(b))
		return 0;
	batch_add(b, src, n);
	return n;
}

static void
batch_drop(struct batch *b)
{
	while (b->n)
		frame_put(va_frame((void *)b->piece[--b->n].base));
	b->bytes = 0;
}

/* Fresh pages for up to n bytes. 0 or -ENOMEM. */
static int
batch_make(struct batch *b, size_t n)
{
	void *page;

	while (n && b->n < FRESH_MAX) {
		page = page_alloc(GFP_USER);
		if (!page)
			break;
		b->piece[b->n++] = (struct uio_vec){ (u64)page, MIN(n, PAGE_SIZE) };
		b->bytes += MIN(n, PAGE_SIZE);
		n -= MIN(n, PAGE_SIZE);
	}
	return b->n ? 0 : -ENOMEM;
}

/* Only its first n bytes. */
static void
batch_cut(struct batch *b, size_t n)
{
	while (b->bytes > n) {
		struct uio_vec *last = &b->piece[b->n - 1];
		size_t off = MIN(b->bytes - n, last->len);

		last->len -= off;
		b->bytes -= off;
		if (!last->len) {
			frame_put(va_frame((void *)last->base));
			b->n--;
		}
	}
}

static void
batch_uio(const struct batch *b, struct uio *u)
{
	uio_init_kernel(u, NULL, b->bytes);
	u->vec = b->piece;
}

/* Read up to n bytes from f at *pos into b, which is empty: how many, or -errno. batch_drop() it in any case. */
static ssize_t
batch_read(struct batch *b, struct file *f, loff_t *pos, size_t n)
{
	struct collecting c = { .b = b };
	struct uio u;
	ssize_t got;

	b->n = 0;
	b->bytes = 0;
	if (f->ops->cached && !(f->flags & O_DIRECT)) {
		uio_init_give(&c.u, collect, MIN(n, BATCH_MAX * PAGE_SIZE));
		return file_read(f, &c.u, pos);
	}
	got = batch_make(b, n);
	if (got)
		return got;
	batch_uio(b, &u);
	got = file_read(f, &u, pos);
	batch_cut(b, MAX(got, 0L));
	return got;
}

/* Copy up to n bytes from in at *pos to out at *opos (NULL: its own). Bytes, or -errno if none. */
static ssize_t
file_copy(struct pair *p, loff_t *pos, loff_t *opos, size_t n)
{
	ssize_t got, put, done = 0;
	struct batch b;
	struct uio u;

	while (n > 0) {
		got = put = batch_read(&b, p->in, pos, n);
		if (got > 0) {
			batch_uio(&b, &u);
			put = file_write(p->out, &u, opos);
			*pos -= got - MAX(put, 0L);
		}
		batch_drop(&b);
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

/* What the pipe holds, once, to out at *pos. */
static ssize_t
splice_from_pipe(struct pair *p, loff_t *pos, size_t n, bool nonblock)
{
	struct batch b = { 0 };
	ssize_t got, put;
	struct uio u;

	got = pipe_lend(p->in, &b, n, nonblock);
	if (got <= 0)
		return got;
	batch_uio(&b, &u);
	put = file_write(p->out, &u, pos);
	batch_drop(&b);			/* first: then the pipe's pages are its own again */
	pipe_return(p->in, MAX(put, 0L));
	return put;
}

/* From in at *pos, as much as the pipe has room for. */
static ssize_t
splice_to_pipe(struct pair *p, loff_t *pos, size_t n, bool nonblock)
{
	ssize_t room = pipe_reserve(p->out, nonblock), got, put;
	struct batch b;

	if (room < 0)
		return room;
	got = batch_read(&b, p->in, pos, MIN(n, (size_t)room));
	put = pipe_fill_reserved(p->out, &b);
	batch_drop(&b);
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
	start = pos;
	if (in && out)
		done = pipe_move(p->in, p->out, n, nonblock, false);
	else if (in)
		done = splice_from_pipe(p, &pos, n, nonblock);
	else
		done = splice_to_pipe(p, &pos, n, nonblock);
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
	if (!file_is_pipe(p->in) || !file_is_pipe(p->out) || pipe_same(p->in, p->out))
		return -EINVAL;
	return pipe_move(p->in, p->out, n, nonblock, true);
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
