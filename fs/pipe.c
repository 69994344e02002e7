/*
 * pipe.c - pipes, and FIFOs, which are pipes with a name.
 *
 * Data        struct pipe: a ring of bytes in page frames that are allocated when first written
 *             to (pipe_private.h).  head and tail count bytes for ever; their difference is what the pipe
 *             holds. An emptied pipe starts again at 0, so that small messages stay in one page.
 * Locks       p->lock (RANK_PIPE) for everything marked [p]; it is held while bytes are copied, so
 *             that a write of up to PIPE_BUF bytes stays in one piece.  A FIFO's coming and going
 *             (inode->pipe, files) is under its inode's lock.
 * Invariants  P1  a reader sleeps only if the pipe is empty, a writer of n bytes only if there
 *                 is no room for min(n, PIPE_BUF), or somebody has reserved it (filling).
 *             P2  who adds bytes to an empty pipe wakes readers; who makes room for PIPE_BUF
 *                 wakes writers.  Since every pipe has PIPE_BUF bytes at least, that is enough
 *                 for those who sleep; epoll with EPOLLET hears of each write.
 *             P3  a page that others have too, because it was spliced, is whole in the ring, and is not
 *                 written to: who begins a page looks, and takes another.
 * Not here    splice and its like (pipe_splice.c).
 * Further     pipe(7), fifo(7): the rules of the ends, and of O_NONBLOCK.
 */
#include "abi/ioctl.h"
#include "abi/poll.h"
#include "abi/statfs.h"
#include "fs/pipe_private.h"
#include "kernel/fdtable.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "lib/string.h"
#include "mm/slab.h"

#define PIPE_SIZE	(64 * KiB)
#define PIPE_SIZE_MAX	(1 * MiB)	/* without CAP_SYS_RESOURCE, and what a ring of pointers allows */

static struct super_block *pipe_sb;
static struct slab_cache *pipe_cache;

static struct pipe *
pipe_new(void)
{
	struct pipe *p = slab_alloc(pipe_cache, GFP_KERNEL);

	if (!p)
		return NULL;
	p->page = kzalloc(PIPE_SIZE / PAGE_SIZE * sizeof(char *), GFP_KERNEL);
	if (!p->page) {
		slab_free(pipe_cache, p);
		return NULL;
	}
	mutex_init(&p->lock, RANK_PIPE);
	waitq_init(&p->rd_wait);
	waitq_init(&p->wr_wait);
	p->head = p->tail = 0;
	p->size = PIPE_SIZE;
	p->readers = p->writers = p->reads = p->writes = 0;
	p->files = 0;
	p->polled = false;
	p->lent = p->filling = p->mixed = false;
	return p;
}

static void
pages_free(char **page, size_t n)
{
	while (n--)
		if (page[n])
			frame_put(va_frame(page[n]));
	kfree(page);
}

static void
pipe_free(struct pipe *p)
{
	pages_free(p->page, p->size / PAGE_SIZE);
	slab_free(pipe_cache, p);
}

/* The waiter is queued before the lock is dropped, and wakers hold the lock, so nothing is missed. */
int
pipe_sleep(struct pipe *p, struct waitq *q)
{
	struct waiter w;
	int err;

	waiter_init(&w);
	waitq_prepare(q, &w, TASK_INTERRUPTIBLE);
	mutex_unlock(&p->lock);
	err = wait_sleep_(TASK_INTERRUPTIBLE, ~0UL);
	waitq_finish(q, &w);
	mutex_lock(&p->lock);
	return err;
}

/* --- reading and writing --- */

/* The page before `at` is used up: if others have it, the ring does not keep it. */
static NOINLINE void
pipe_drop_page(struct pipe *p, u64 at) MUST_HOLD(p->lock)
{
	char **page = pipe_slot(p, at - 1);

	if (*page && pipe_page_shared(*page)) {
		frame_put(va_frame(*page));
		*page = NULL;
	}
}

void
pipe_skip(struct pipe *p, size_t n)
{
	u64 end = p->tail + n;

	if (unlikely(p->mixed))
		for (u64 at = ALIGN_DOWN(p->tail, PAGE_SIZE) + PAGE_SIZE; at <= end; at += PAGE_SIZE)
			pipe_drop_page(p, at);
	p->tail = end;
	if (p->head == p->tail)
		p->head = p->tail = 0;
}

/* Move up to n bytes out, page by page. Bytes moved: short only after a fault. */
static size_t
pipe_take(struct pipe *p, struct uio *u, size_t n) MUST_HOLD(p->lock)
{
	size_t done = 0;

	while (done < n) {
		size_t at = p->tail & (p->size - 1), off = PAGE_OFFSET(at);
		size_t part = MIN(n - done, PAGE_SIZE - off);
		size_t got = uio_put(u, p->page[at >> PAGE_SHIFT] + off, part);

		p->tail += got;
		done += got;
		if (unlikely(got < part))
			break;
		if (unlikely(p->mixed) && off + part == PAGE_SIZE)
			pipe_drop_page(p, p->tail);
	}
	if (p->head == p->tail)
		p->head = p->tail = 0;
	return done;
}

int
pipe_wait_bytes(struct pipe *p, bool nonblock)
{
	int err;

	while (p->head == p->tail || p->lent) {
		if (!p->writers && !p->lent)
			return 0;
		if (nonblock)
			return -EAGAIN;
		err = pipe_sleep(p, &p->rd_wait);
		if (err && (p->head == p->tail || p->lent))
			return err;
	}
	return 1;
}

void
pipe_wake_readers(struct pipe *p, bool was_empty)
{
	if (was_empty || p->polled)
		wake_up_key(&p->rd_wait, (void *)(POLLIN | POLLRDNORM | WAKE_SYNC), 1);
}

void
pipe_wake_writers(struct pipe *p, bool was_tight)
{
	if (was_tight && pipe_room(p) >= PIPE_BUF)
		wake_up_key(&p->wr_wait, (void *)(POLLOUT | POLLWRNORM | WAKE_SYNC), 1);
}

static ALWAYS_INLINE ssize_t
do_read(struct pipe *p, struct uio *u, bool nonblock)
{
	bool was_tight;
	ssize_t n = 1;

	if (unlikely(!u->resid))
		return 0;
	mutex_lock(&p->lock);
	if (unlikely(p->head == p->tail || p->lent))
		n = pipe_wait_bytes(p, nonblock);
	if (likely(n > 0)) {
		was_tight = pipe_room(p) < PIPE_BUF;
		n = pipe_take(p, u, MIN(u->resid, pipe_used(p)));
		if (unlikely(!n))
			n = -EFAULT;
		pipe_wake_writers(p, was_tight);
	}
	mutex_unlock(&p->lock);
	return n;
}

static ssize_t
pipe_read(struct file *f, struct uio *u, loff_t *pos)
{
	return do_read(pipe_of(f), u, f->flags & O_NONBLOCK);
}

/* The page that head begins is not ours alone: another one. What the pipe still holds of it goes along. */
static NOINLINE void
pipe_own_page(struct pipe *p, char **page) MUST_HOLD(p->lock)
{
	char *own = page_alloc(GFP_USER);
	uint off = PAGE_OFFSET(p->tail);

	if (own && pipe_used(p) && pipe_slot(p, p->tail) == page)
		memcpy(own + off, *page + off, PAGE_SIZE - off);
	if (!own)
		return;
	frame_put(va_frame(*page));
	*page = own;
}

char *
pipe_page(struct pipe *p)
{
	char **page = pipe_slot(p, p->head);

	if (unlikely(!*page)) {
		*page = page_alloc(GFP_USER);
	} else if (unlikely(p->mixed) && !PAGE_OFFSET(p->head) && pipe_page_shared(*page)) {
		pipe_own_page(p, page);
		if (pipe_page_shared(*page))
			return NULL;
	}
	return *page;
}

/* Move up to n bytes in; there is room. Bytes moved, or -EFAULT, -ENOMEM if none. */
ssize_t
pipe_fill(struct pipe *p, struct uio *u, size_t n)
{
	size_t done = 0;
	int err = -EFAULT;

	while (done < n) {
		size_t off = PAGE_OFFSET(p->head), part = MIN(n - done, PAGE_SIZE - off), got;
		char *page = *pipe_slot(p, p->head);

		if (unlikely(!page || p->mixed))
			page = pipe_page(p);
		if (unlikely(!page)) {
			err = -ENOMEM;
			break;
		}
		got = uio_get(u, page + off, part);
		p->head += got;
		done += got;
		if (unlikely(got < part))
			break;
	}
	return done || !n ? (ssize_t)done : err;
}

static ALWAYS_INLINE ssize_t
do_write(struct pipe *p, struct uio *u, bool nonblock)
{
	ssize_t n = 0, done = 0;

	if (unlikely(!u->resid))
		return 0;
	mutex_lock(&p->lock);
	for (;;) {
		size_t room = likely(!p->filling) ? pipe_room(p) : 0;
		bool was_empty = p->head == p->tail;

		if (unlikely(!p->readers)) {
			signal_raise(SIGPIPE);
			n = -EPIPE;
			break;
		}
		/* All of a small write or nothing; a large one starts once PIPE_BUF or, not to wait, anything fits. */
		if (likely(room >= MIN(u->resid, (size_t)PIPE_BUF)) ||
		    (room && u->resid > PIPE_BUF && nonblock)) {
			n = pipe_fill(p, u, MIN(u->resid, room));
			if (n > 0)
				pipe_wake_readers(p, was_empty);
			if (n < 0)
				break;
			done += n;
			if (likely(!u->resid))
				break;
			continue;
		}
		n = -EAGAIN;
		if (nonblock)
			break;
		n = pipe_sleep(p, &p->wr_wait);
		if (n)
			break;
	}
	mutex_unlock(&p->lock);
	return done ? done : n;
}

static ssize_t
pipe_write(struct file *f, struct uio *u, loff_t *pos)
{
	return do_write(pipe_of(f), u, f->flags & O_NONBLOCK);
}

static uint
pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = pipe_of(f);
	uint events = 0;

	if (f->mode & FMODE_READ)
		poll_wait(pt, &p->rd_wait);
	if (f->mode & FMODE_WRITE)
		poll_wait(pt, &p->wr_wait);
	mutex_lock(&p->lock);
	p->polled |= pt != NULL;
	if (f->mode & FMODE_READ) {
		/* What is lent may be read, or be gone: pipe_return tells. */
		if (p->head != p->tail && !p->lent)
			events |= POLLIN | POLLRDNORM;
		/* A FIFO that no writer has opened since is not hung up. */
		if (!p->writers && p->writes != f->seen && !p->lent)
			events |= POLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (pipe_room(p) >= PIPE_BUF && !p->filling)
			events |= POLLOUT | POLLWRNORM;
		if (!p->readers)
			events |= POLLERR;
	}
	mutex_unlock(&p->lock);
	return events;
}

static long
pipe_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct pipe *p = pipe_of(f);
	int n;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->lock);
	n = pipe_used(p);
	mutex_unlock(&p->lock);
	return put_user(n, UPTR(arg));
}

/* --- the ends --- */

static void
pipe_open_end(struct pipe *p, u32 mode)
{
	if (mode & FMODE_READ) {
		p->readers++;
		p->reads++;
	}
	if (mode & FMODE_WRITE) {
		p->writers++;
		p->writes++;
	}
}

/* f was one of the ends; those who wait for the other side learn of it. */
static void
pipe_close_end(struct pipe *p, u32 mode)
{
	mutex_lock(&p->lock);
	if (mode & FMODE_READ)
		p->readers--;
	if (mode & FMODE_WRITE)
		p->writers--;
	if (!p->writers)
		wake_up_all(&p->rd_wait);
	if (!p->readers)
		wake_up_all(&p->wr_wait);
	mutex_unlock(&p->lock);
}

/* One file fewer uses i's pipe; the last one takes it away. */
static void
pipe_detach(struct inode *i, struct pipe *p)
{
	bool last;

	rwsem_lock_write(&i->lock);
	last = --p->files == 0;
	if (last)
		i->pipe = NULL;
	rwsem_unlock_write(&i->lock);
	if (last)
		pipe_free(p);
}

static void
pipe_release(struct file *f)
{
	struct pipe *p = pipe_of(f);

	pipe_close_end(p, f->mode);
	pipe_detach(f->inode, p);
}

/*
 * Open a FIFO: readers and writers wait for each other. O_RDWR waits for nobody; O_NONBLOCK
 * makes a reader go on alone and a writer without readers fail. A pipe of pipe2(2), opened through
 * /proc/PID/fd, has had both its ends: nobody waits, and reading may find the end at once.
 */
static int
fifo_open(struct inode *i, struct file *f)
{
	bool nameless = i->sb == pipe_sb;
	struct pipe *p;
	int err = 0;
	uint seen;

	rwsem_lock_write(&i->lock);
	p = i->pipe;
	if (!p)
		p = i->pipe = pipe_new();
	if (p)
		p->files++;
	rwsem_unlock_write(&i->lock);
	if (!p)
		return -ENOMEM;
	f->private = p;

	mutex_lock(&p->lock);
	pipe_open_end(p, f->mode);
	switch (f->mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		wake_up_all(&p->wr_wait);
		if (p->writers || nameless)
			break;
		f->seen = p->writes;
		if (f->flags & O_NONBLOCK)
			break;
		for (seen = p->writes; !err && p->writes == seen; )
			err = pipe_sleep(p, &p->rd_wait);
		break;
	case FMODE_WRITE:
		wake_up_all(&p->rd_wait);
		if (p->readers || nameless)
			break;
		if (f->flags & O_NONBLOCK) {
			err = -ENXIO;
			break;
		}
		for (seen = p->reads; !err && p->reads == seen; )
			err = pipe_sleep(p, &p->wr_wait);
		break;
	default:
		wake_up_all(&p->rd_wait);
		wake_up_all(&p->wr_wait);
	}
	mutex_unlock(&p->lock);
	if (err) {
		pipe_close_end(p, f->mode);
		pipe_detach(i, p);
	}
	return err;
}

static const struct file_ops pipe_fops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
	.stream = true,
};

const struct file_ops fifo_fops = {
	.open = fifo_open,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
	.stream = true,
};

/* --- for splice.c --- */

bool
file_is_pipe(const struct file *f)
{
	return f->ops == &pipe_fops || f->ops == &fifo_fops;
}

bool
pipe_same(const struct file *a, const struct file *b)
{
	return a->private == b->private;
}

ssize_t
pipe_read_uio(struct file *f, struct uio *u, bool nonblock)
{
	return do_read(pipe_of(f), u, nonblock || (f->flags & O_NONBLOCK));
}

ssize_t
pipe_write_uio(struct file *f, struct uio *u, bool nonblock)
{
	return do_write(pipe_of(f), u, nonblock || (f->flags & O_NONBLOCK));
}

int
pipe_create(struct file *out[2], int flags)
{
	struct inode *i = inode_create(pipe_sb, S_IFIFO | 0600);
	struct pipe *p = pipe_new();
	int err = -ENOMEM, status = flags & (O_NONBLOCK | O_DIRECT);

	if (!i || !p)
		goto out_free;
	i->pipe = p;
	i->fops = &fifo_fops;		/* for an open through /proc/PID/fd */
	out[0] = file_create(&pipe_fops, i, O_RDONLY | status);
	if (IS_ERR(out[0]))
		goto out_free;
	out[1] = file_create(&pipe_fops, i, O_WRONLY | status);
	if (IS_ERR(out[1])) {
		file_abandon(out[0]);	/* and with it i */
		i = NULL;
		goto out_free;
	}
	inode_get(i);
	out[0]->private = out[1]->private = p;
	p->files = 2;
	pipe_open_end(p, FMODE_READ | FMODE_WRITE);
	return 0;
out_free:
	if (p)
		pipe_free(p);
	if (i)
		inode_put(i);
	return err;
}

long
sys_pipe2(const ulong *a)
{
	struct file *f[2];
	int fd[2], err;

	if (a[1] & ~(ulong)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = pipe_create(f, a[1]);
	if (err)
		return err;
	fd[0] = err = fd_alloc(0, a[1] & O_CLOEXEC);
	if (err < 0)
		goto out_files;
	fd[1] = err = fd_alloc(0, a[1] & O_CLOEXEC);
	if (err < 0)
		goto out_first;
	err = copy_to_user(UPTR(a[0]), fd, sizeof(fd));
	if (err)
		goto out_second;
	fd_install(fd[0], f[0]);
	fd_install(fd[1], f[1]);
	return 0;
out_second:
	fd_cancel(fd[1]);
out_first:
	fd_cancel(fd[0]);
out_files:
	file_put(f[0]);
	file_put(f[1]);
	return err;
}

/* --- capacity --- */

/* Make room for `want` bytes: the new size, -EBUSY if it holds more or its room is reserved, -EPERM, -ENOMEM. */
static long
pipe_resize(struct pipe *p, ulong want)
{
	size_t size = PAGE_SIZE, used, done = 0;
	char **page, **old;
	long err;

	if (want > 1UL << 31)
		return -EINVAL;
	if (want > PIPE_SIZE_MAX && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (want > 64 * PIPE_SIZE_MAX)
		return -EINVAL;
	while (size < want)
		size *= 2;
	page = kzalloc(size / PAGE_SIZE * sizeof(*page), GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	mutex_lock(&p->lock);
	used = pipe_used(p);
	err = used > size || p->filling ? -EBUSY : 0;
	while (!err && done < used) {
		size_t at = (p->tail + done) & (p->size - 1);
		size_t n = MIN(PAGE_SIZE - PAGE_OFFSET(at), PAGE_SIZE - PAGE_OFFSET(done));
		char **to = &page[done >> PAGE_SHIFT];

		n = MIN(n, used - done);
		if (!*to)
			*to = page_alloc(GFP_USER);
		if (!*to) {
			err = -ENOMEM;
			break;
		}
		memcpy(*to + PAGE_OFFSET(done), p->page[at >> PAGE_SHIFT] + PAGE_OFFSET(at), n);
		done += n;
	}
	if (!err) {
		old = p->page;
		done = p->size / PAGE_SIZE;
		p->page = page;
		p->size = size;
		p->tail = 0;
		p->head = used;
		wake_up_all(&p->wr_wait);
		page = old;
		size = done * PAGE_SIZE;
	}
	want = p->size;
	mutex_unlock(&p->lock);
	pages_free(page, size / PAGE_SIZE);
	return err ? err : (long)want;
}

long
pipe_fcntl(struct file *f, uint cmd, ulong arg)
{
	if (!file_is_pipe(f))
		return -EBADF;
	return cmd == F_GETPIPE_SZ ? (long)READ_ONCE(pipe_of(f)->size) : pipe_resize(pipe_of(f), (uint)arg);
}

static const struct file_system pipefs = { .name = "pipefs", .nodev = true };
static const struct super_ops pipe_super_ops;

void
pipe_init(void)
{
	pipe_cache = slab_create("pipe", sizeof(struct pipe), 8, NULL);
	pipe_sb = super_create(&pipefs, &pipe_super_ops, PIPEFS_MAGIC);
	if (!pipe_sb)
		panic("no memory for pipes");
}
