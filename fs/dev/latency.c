/*
 * latency.c - /dev/cpu_dma_latency: who keeps it open keeps idle harts from sleeping so deeply that they wake late.
 *
 * An open file is a request: so many microseconds a wake-up may take. The smallest of all holds, and can be read. It is
 * always kept: an idle hart waits in wfi, and knows no deeper sleep.
 *
 * Data        requests; each open file's is its private.
 * Locks       requests_lock (RANK_FS) [r].
 * Further     Linux Documentation/power/pm_qos_interface.rst.
 */
#include "abi/errno.h"
#include "fs/dev/private.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/uio.h"

#define NO_REQUEST	(-1)			/* of a file that has asked for nothing */
#define ANY_LATENCY	2000000000		/* what holds then: 2000 s */
#define TEXT_MAX	31

struct request {			/* Guarded by: r requests_lock */
	struct list link;		/* [r] */
	s32	us;			/* [r] */
};

static struct spinlock requests_lock = SPINLOCK_INIT(RANK_FS);
static struct list requests = LIST_INIT(requests);

static int
latency_open(struct inode *i, struct file *f)
{
	struct request *r = kmalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->us = NO_REQUEST;
	f->private = r;
	spin_lock(&requests_lock);
	list_push_back(&requests, &r->link);
	spin_unlock(&requests_lock);
	return 0;
}

static void
latency_release(struct file *f)
{
	struct request *r = f->private;

	spin_lock(&requests_lock);
	list_remove(&r->link);
	spin_unlock(&requests_lock);
	kfree(r);
}

/* The smallest request, four bytes. */
static ssize_t
latency_read(struct file *f, struct uio *u, loff_t *pos)
{
	s32 least = ANY_LATENCY;
	struct request *r;
	size_t n;

	spin_lock(&requests_lock);
	list_for_each(r, &requests, link)
		if (r->us != NO_REQUEST)
			least = MIN(least, r->us);
	spin_unlock(&requests_lock);
	if (*pos >= (loff_t)sizeof(least) || !u->resid)
		return 0;
	n = uio_put(u, (char *)&least + *pos, MIN(u->resid, sizeof(least) - *pos));
	*pos += n;
	return n ? (ssize_t)n : -EFAULT;
}

/* A number in hexadecimal digits: 0, -EINVAL or -ERANGE. */
static int
parse(const char *s, s32 *out)
{
	bool negative = *s == '-';
	ulong v;
	char *end;

	s += *s == '-' || *s == '+';
	v = strtoul(s, &end, 16);
	if (end == s || *s == '-' || *s == '+' || *s == ' ' || (*end && !(*end == '\n' && !end[1])))
		return -EINVAL;
	if (v > (ulong)INT32_MAX + negative)
		return -ERANGE;
	*out = negative ? -(s64)v : (s64)v;
	return 0;
}

/* The file's own request: four bytes are the number, anything else is its text. */
static ssize_t
latency_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct request *r = f->private;
	char text[TEXT_MAX + 1];
	size_t len = u->resid, n = MIN(len, (size_t)TEXT_MAX);
	s32 us;
	int err = 0;

	if (uio_get(u, text, n) < n)
		return -EFAULT;
	text[n] = '\0';
	if (n == sizeof(us))
		memcpy(&us, text, sizeof(us));
	else
		err = parse(text, &us);
	if (err)
		return err;
	spin_lock(&requests_lock);
	r->us = us;
	spin_unlock(&requests_lock);
	return len;
}

/* There is one value, not a place. */
static loff_t
latency_seek(struct file *f, loff_t off, int whence)
{
	return f->pos;
}

static const struct file_ops latency_fops = {
	.open = latency_open,
	.release = latency_release,
	.read = latency_read,
	.write = latency_write,
	.seek = latency_seek,
};

void
latency_init(void)
{
	/* The number that it has on Linux, where it is whichever is free. */
	if (chrdev_register("cpu_dma_latency", DEV(10, 258), 0600, &latency_fops, NULL))
		panic("no memory for /dev/cpu_dma_latency");
}
