/*
 * chrdev.c - character devices by number, and opening one.
 *
 * Data        a list of registrations; devices register and stay.
 * Locks       chrdev_lock (RANK_SB) for the list: only added to at its end, and never freed, so
 *             that what was found stays valid.
 */
#include "fs/dev/private.h"
#include "mm/slab.h"

static struct spinlock chrdev_lock = SPINLOCK_INIT(RANK_SB);
struct list chrdevs = LIST_INIT(chrdevs);

static struct chrdev *
find_locked(u32 dev)
{
	struct chrdev *c;

	list_for_each(c, &chrdevs, link)
		if (c->dev == dev)
			return c;
	return NULL;
}

int
chrdev_register(const char *name, u32 dev, u32 mode, const struct file_ops *ops, void *private)
{
	struct chrdev *c = kmalloc(sizeof(*c), GFP_KERNEL);
	bool taken;

	if (!c)
		return -ENOMEM;
	c->name = name;
	c->dev = dev;
	c->mode = S_IFCHR | mode;
	c->ops = ops;
	c->private = private;
	spin_lock(&chrdev_lock);
	taken = find_locked(dev);
	if (!taken)
		list_push_back(&chrdevs, &c->link);
	spin_unlock(&chrdev_lock);
	if (taken) {
		kfree(c);
		return -EBUSY;
	}
	return devtmpfs_add(c);
}

const struct file_ops *
chrdev_find(u32 dev, void **private)
{
	struct chrdev *c;

	spin_lock(&chrdev_lock);
	c = find_locked(dev);
	spin_unlock(&chrdev_lock);
	if (!c)
		return NULL;
	*private = c->private;
	return c->ops;
}

/* Open a device's node: the file gets the device's operations, and what was registered with them. */
static int
chrdev_open(struct inode *inode, struct file *f)
{
	const struct file_ops *ops = chrdev_find(inode->rdev, &f->private);

	if (!ops)
		return -ENXIO;
	f->ops = ops;
	return ops->open ? ops->open(inode, f) : 0;
}

const struct file_ops chrdev_fops = { .open = chrdev_open };
