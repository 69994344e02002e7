/*
 * eventfd.c - a counter behind a descriptor: write adds, read takes.
 *
 * Data        struct eventfd: the count, below ~0.
 * Locks       e->lock [e]. Sleepers test the count without it and try again with it.
 * Further     eventfd(2).
 */
#include "abi/event.h"
#include "abi/poll.h"
#include "fs/event/anon.h"
#include "fs/proc/tree.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define COUNT_MAX	(~0UL - 1)

struct eventfd {			/* Guarded by: i immutable  e lock */
	struct spinlock lock;
	struct waitq wait;
	u64	count;			/* [e] */
	bool	semaphore;		/* [i] each read takes 1 */
	int	id;			/* [i] */
};

static int last_id;			/* [a] */

/* Take what a read takes: false if there is nothing. */
static bool
eventfd_take(struct eventfd *e, u64 *n)
{
	ulong flags = spin_lock_irqsave(&e->lock);

	*n = e->semaphore ? MIN(e->count, 1UL) : e->count;
	e->count -= *n;
	spin_unlock_irqrestore(&e->lock, flags);
	return *n;
}

/* Add n: false if the count would pass its limit. */
static bool
eventfd_add(struct eventfd *e, u64 n)
{
	ulong flags = spin_lock_irqsave(&e->lock);
	bool fits = n <= COUNT_MAX - e->count;

	if (fits)
		e->count += n;
	spin_unlock_irqrestore(&e->lock, flags);
	return fits;
}

static ssize_t
eventfd_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 n;
	int err;

	if (u->resid < sizeof(n))
		return -EINVAL;
	if (f->flags & O_NONBLOCK)
		err = eventfd_take(e, &n) ? 0 : -EAGAIN;
	else
		err = wait_event_interruptible(&e->wait, eventfd_take(e, &n));
	if (err)
		return err;
	wake_up_key(&e->wait, (void *)(ulong)POLLOUT, 1);
	return uio_put(u, &n, sizeof(n)) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static ssize_t
eventfd_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 n;
	int err;

	if (u->resid < sizeof(n))
		return -EINVAL;
	if (uio_get(u, &n, sizeof(n)) != sizeof(n))
		return -EFAULT;
	if (n == ~0UL)
		return -EINVAL;
	if (f->flags & O_NONBLOCK)
		err = eventfd_add(e, n) ? 0 : -EAGAIN;
	else
		err = wait_event_interruptible(&e->wait, eventfd_add(e, n));
	if (err)
		return err;
	wake_up_key(&e->wait, (void *)(ulong)POLLIN, 1);
	return sizeof(n);
}

static uint
eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private;
	u64 n;

	poll_wait(pt, &e->wait);
	n = READ_ONCE(e->count);
	return (n > 0 ? POLLIN : 0) | (n < COUNT_MAX ? POLLOUT : 0) | (n == ~0UL ? POLLERR : 0);
}

static void
eventfd_release(struct file *f)
{
	kfree(f->private);
}

static void
eventfd_fdinfo(struct file *f, struct pbuf *b)
{
	struct eventfd *e = f->private;

	pbuf_printf(b, "eventfd-count: %16lx\neventfd-id: %d\neventfd-semaphore: %d\n", READ_ONCE(e->count), e->id,
		    e->semaphore);
}

static const struct file_ops eventfd_fops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.fdinfo = eventfd_fdinfo,
	.anon_name = "[eventfd]",
	.stream = true,
};

/* eventfd2(2). */
long
sys_eventfd2(const ulong *a)
{
	uint flags = a[1];
	struct eventfd *e;
	long fd;

	if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
		return -EINVAL;
	e = kmalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	spin_init(&e->lock, RANK_EVENT);
	waitq_init(&e->wait);
	e->count = (uint)a[0];
	e->semaphore = flags & EFD_SEMAPHORE;
	e->id = __atomic_fetch_add(&last_id, 1, __ATOMIC_RELAXED);
	fd = anon_open(&eventfd_fops, e, flags & ~EFD_SEMAPHORE);
	if (fd < 0)
		kfree(e);
	return fd;
}
