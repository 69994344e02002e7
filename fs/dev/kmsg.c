/*
 * kmsg.c - /dev/kmsg: the kernel's log, a record a read; what is written goes into it.
 *
 *	6,42,1234567,-;text	level, number of the record, microseconds since boot
 *
 * Data        struct kmsg, where an open file is in the log.
 * Locks       kmsg->lock, round one read: readers of one open file take turns.
 * Not here    the log (kernel/printk.c), which wakes nobody, since anything may print with any lock held: who waits for
 *             a record looks ten times a second.  syslog(2): kernel/sysinfo.c.
 * Further     Linux Documentation/ABI/testing/dev-kmsg.
 */
#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/stat.h"
#include "fs/dev/private.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "kernel/waitq.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/uio.h"

#define LOOK_AGAIN	(NSEC_PER_SEC / 10)
#define WRITE_MAX	992		/* Linux's PRINTKRB_RECORD_MAX less its prefix */
#define LEVEL_DEFAULT	4

struct kmsg {			/* Guarded by: l lock */
	struct mutex lock;
	struct log_place at;		/* [l] the next record */
};

static struct waitq never = WAITQ_INIT(never);

static int
kmsg_open(struct inode *i, struct file *f)
{
	struct kmsg *k;

	if (!(f->mode & FMODE_READ))
		return 0;
	k = kmalloc(sizeof(*k), GFP_KERNEL);
	if (!k)
		return -ENOMEM;
	mutex_init(&k->lock, RANK_PIPE);
	log_first(&k->at);
	f->private = k;
	return 0;
}

static void
kmsg_release(struct file *f)
{
	kfree(f->private);
}

/* Wait for a record. 0, -EAGAIN, -ERESTARTSYS. */
static int
kmsg_wait(struct file *f, struct kmsg *k) MUST_HOLD(k->lock)
{
	int err = 0;

	while (log_end() == k->at.pos && !err) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&k->lock);
		err = wait_event_deadline(&never, log_end() != k->at.pos, clock_monotonic() + LOOK_AGAIN);
		mutex_lock(&k->lock);
		if (err == -ETIMEDOUT)
			err = 0;
	}
	return err;
}

static ssize_t
kmsg_read(struct file *f, struct uio *u, loff_t *pos)
{
	char record[LOG_LINE_MAX + 64], text[LOG_LINE_MAX];
	struct kmsg *k = f->private;
	struct log_place at;
	int level, len;
	ssize_t n;
	u64 us;

	mutex_lock(&k->lock);
	n = kmsg_wait(f, k);
	if (n)
		goto out;
	at = k->at;
	n = log_line(&k->at, text, sizeof(text), &level, &us);
	if (n < 0)
		goto out;		/* -EPIPE: overtaken; the next read gives the oldest that is left */
	len = snprintf(record, sizeof(record), "%d,%lu,%lu,-;%.*s\n", level, (ulong)at.line, (ulong)us, (int)n, text);
	if (u->resid < (size_t)len) {
		k->at = at;
		n = -EINVAL;
	} else {
		n = uio_put(u, record, len) == (size_t)len ? len : -EFAULT;
	}
out:
	mutex_unlock(&k->lock);
	return n;
}

/* "<6>text": into the log at that level. What else the number says (the facility) is not kept. */
static ssize_t
kmsg_write(struct file *f, struct uio *u, loff_t *pos)
{
	int level = LEVEL_DEFAULT;
	size_t len = u->resid;
	char buf[WRITE_MAX + 1], *text = buf, *end;
	ulong number;

	if (len > WRITE_MAX)
		return -EINVAL;
	if (uio_get(u, buf, len) < len)
		return -EFAULT;
	buf[len] = '\0';
	if (buf[0] == '<') {
		number = strtoul(buf + 1, &end, 10);
		if (end > buf + 1 && *end == '>') {
			level = number & 7;
			text = end + 1;
		}
	}
	printk("\001%d%s", level, text);
	return len;
}

static uint
kmsg_poll(struct file *f, struct poll_table *pt)
{
	struct kmsg *k = f->private;

	poll_wait(pt, &never);
	return POLLOUT | POLLWRNORM | (k && log_end() != k->at.pos ? POLLIN | POLLRDNORM : 0);
}

/* To the first record, or behind the last. */
static loff_t
kmsg_seek(struct file *f, loff_t off, int whence)
{
	struct kmsg *k = f->private;

	if (!k)
		return -EBADF;
	if (off)
		return -ESPIPE;
	if (whence != SEEK_SET && whence != SEEK_END)
		return -EINVAL;
	mutex_lock(&k->lock);
	if (whence == SEEK_SET)
		log_first(&k->at);
	else
		log_last(&k->at);
	mutex_unlock(&k->lock);
	return 0;
}

static const struct file_ops kmsg_fops = {
	.stream = true,		/* a reader that waits does not keep others from writing */
	.open = kmsg_open,
	.release = kmsg_release,
	.read = kmsg_read,
	.write = kmsg_write,
	.poll = kmsg_poll,
	.seek = kmsg_seek,
};

void
kmsg_init(void)
{
	if (chrdev_register("kmsg", DEV(1, 11), 0644, &kmsg_fops, NULL))
		panic("no memory for /dev/kmsg");
}
