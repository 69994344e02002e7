/*
 * mem.c - devices that are only memory: null, zero, full, random, urandom.
 *
 * Further     null(4), full(4), random(4).
 */
#include "abi/ioctl.h"
#include "fs/dev/private.h"
#include "kernel/printk.h"
#include "kernel/random.h"
#include "kernel/signal.h"
#include "mm/mm.h"

/* Reads end at once. */
static ssize_t
null_read(struct file *f, struct uio *u, loff_t *pos)
{
	return 0;
}

/* Writes are taken and forgotten. */
static ssize_t
null_write(struct file *f, struct uio *u, loff_t *pos)
{
	ssize_t n = u->resid;

	u->resid = 0;
	return n;
}

static ssize_t
zero_read(struct file *f, struct uio *u, loff_t *pos)
{
	size_t want = u->resid, done = 0, part, got;

	/* In parts, so that a signal can end a huge read. */
	do {
		part = MIN(want - done, MiB);
		got = uio_zero(u, part);
		done += got;
		if (unlikely(got < part))
			break;
	} while (done < want && !signal_pending(current));
	return done || !want ? (ssize_t)done : -EFAULT;
}

static ssize_t
full_write(struct file *f, struct uio *u, loff_t *pos)
{
	return u->resid ? -ENOSPC : 0;
}

static ssize_t
random_read(struct file *f, struct uio *u, loff_t *pos)
{
	size_t want = u->resid, done = 0, part, got;
	u8 buf[256];

	while (done < want) {
		part = MIN(want - done, sizeof(buf));
		random_bytes(buf, part);
		got = uio_put(u, buf, part);
		done += got;
		if (got < part || signal_pending(current))
			break;
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

static ssize_t
random_write(struct file *f, struct uio *u, loff_t *pos)
{
	size_t want = u->resid, done = 0, got;
	u8 buf[256];

	while (done < want && (got = uio_get(u, buf, MIN(want - done, sizeof(buf))))) {
		random_mix(buf, got);
		done += got;
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

static long
random_ioctl(struct file *f, uint cmd, ulong arg)
{
	return cmd == RNDGETENTCNT ? put_user((int)256, UPTR(arg)) : -ENOTTY;
}

/* There is nowhere to go, and every place is the same. */
static loff_t
null_seek(struct file *f, loff_t off, int whence)
{
	f->pos = 0;
	return 0;
}

/* Private: as anonymous memory. Shared: a nameless file of zeros. */
static int
zero_mmap(struct file *f, struct area *a)
{
	struct file *shm;

	if (!(a->flags & VM_SHARED)) {
		a->file = NULL;		/* mm_map puts it */
		return 0;
	}
	shm = shmem_file_create(a->end - a->start, !(a->flags & VM_NORESERVE));
	if (IS_ERR(shm))
		return PTR_ERR(shm);
	file_put(a->file);
	a->file = shm;
	a->pgoff = 0;
	return 0;
}

static const struct file_ops null_fops = { .read = null_read, .write = null_write, .seek = null_seek };
static const struct file_ops zero_fops = {
	.read = zero_read, .write = null_write, .seek = null_seek, .mmap = zero_mmap,
};
static const struct file_ops full_fops = { .read = zero_read, .write = full_write, .seek = null_seek };
static const struct file_ops random_fops = {
	.read = random_read, .write = random_write, .seek = null_seek, .ioctl = random_ioctl,
};

void
memdev_init(void)
{
	static const struct {
		const char *name;
		u32	minor;
		const struct file_ops *ops;
	} devs[] = {
		{ "null", 3, &null_fops }, { "zero", 5, &zero_fops }, { "full", 7, &full_fops },
		{ "random", 8, &random_fops }, { "urandom", 9, &random_fops },
	};
	uint i;

	for (i = 0; i < ARRAY_SIZE(devs); i++)
		if (chrdev_register(devs[i].name, DEV(1, devs[i].minor), 0666, devs[i].ops, NULL))
			panic("no memory for /dev/%s", devs[i].name);
}
