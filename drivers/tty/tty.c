/*
 * tty.c - terminals as files: /dev/ttyS0, /dev/pts/0, /dev/tty, /dev/console.
 *
 * Data        ttys: every terminal that stays; struct tty_file, one per open.
 * Locks       t->write_lock lets one write() finish before the next; t->lock (private.h).
 * Invariants  A file opened before its terminal's last hang-up reads end of file and writes
 *             -EIO, unless it was opened as /dev/console.
 * Not here    what bytes mean (ldisc.c); requests (ioctl.c); sessions and groups (jobctl.c); devices (uart*.c, pty.c).
 * Further     tty_ioctl(4), termios(3).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/poll.h"
#include "drivers/tty/private.h"
#include "fs/dev.h"
#include "fs/vfs.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/vmap.h"

#define DEV_TTY		DEV(5, 0)	/* the opener's controlling terminal */
#define DEV_CONSOLE	DEV(5, 1)

struct tty *ttys;
static struct tty *console_tty;

void *
tty_private(struct tty *t)
{
	return t->private;
}

u32
tty_dev(struct tty *t)
{
	return t->dev;
}

const char *
tty_name(struct tty *t)
{
	return t->name;
}

void
tty_get(struct tty *t)
{
	atomic_inc(&t->refs);
}

void
tty_put(struct tty *t)
{
	if (!atomic_dec_and_test(&t->refs))
		return;
	if (t->ops->destroy)
		t->ops->destroy(t);
	vfree(t);
}

/* --- read and write --- */

static ssize_t
tty_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct tty_file *tf = f->private;
	int err;

	if (u->resid == 0 || tty_file_hung_up(tf))
		return 0;
	err = tf->console ? 0 : jobctl_check_read(tf->tty);
	if (err)
		return err;
	return ldisc_read(tf, u, f->flags & O_NONBLOCK);
}

/* Room for at least a few bytes, and nobody pressed ^S. */
static bool
tty_writable(struct tty *t)
{
	return !READ_ONCE(t->stopped) && t->ops->room(t) >= 16;
}

static int
tty_write_chunk(void *to, const char *s, size_t n, bool nonblock, size_t *done)
{
	struct tty_file *tf = to;
	struct tty *t = tf->tty;
	int err;

	for (;;) {
		if (tty_file_hung_up(tf))		/* perhaps while we waited, for write_lock too */
			return -EIO;
		*done += ldisc_output(t, s + *done, n - *done);
		if (*done == n)
			return 0;
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(&t->write_wait, tty_writable(t) || tty_file_hung_up(tf));
		if (err)
			return err;
	}
}

static ssize_t
tty_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct tty_file *tf = f->private;
	struct tty *t = tf->tty;
	struct tty_sink sink = { &t->write_lock, tf, tty_write_chunk };
	int err;

	if (tty_file_hung_up(tf))
		return -EIO;
	if (t->termios.c_lflag & TOSTOP && !tf->console) {
		err = jobctl_check_change(t);
		if (err)
			return err;
	}
	return tty_sink_write(&sink, u, f->flags & O_NONBLOCK);
}

static uint
tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty_file *tf = f->private;
	struct tty *t = tf->tty;
	u32 min = t->termios.c_cc[VTIME] ? 1 : t->termios.c_cc[VMIN];
	uint events = 0;

	poll_wait(pt, &t->read_wait);
	poll_wait(pt, &t->write_wait);
	if (tty_file_hung_up(tf))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
	if (ldisc_readable(t, min))
		events |= POLLIN | POLLRDNORM;
	if (tty_writable(t))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

/* --- open and close --- */

static struct tty *
tty_by_dev(u32 dev)
{
	for (struct tty *t = ttys; t; t = t->next)
		if (t->dev == dev)
			return t;
	return NULL;
}

/* f counts as open, unless t refuses: 0, -EBUSY or what t's device says. */
static int
open_begin(struct tty *t, struct tty_file *tf)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	int err = 0;

	if (t->exclusive && !task_capable(BIT(CAP_SYS_ADMIN)))
		err = -EBUSY;
	else if (t->ops->open)
		err = t->ops->open(t);
	if (!err) {
		tf->hangups = t->hangups;
		t->opens++;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return err;
}

int
tty_open_file(struct tty *t, struct file *f, bool console)
{
	struct tty_file *tf = kmalloc(sizeof(*tf), GFP_KERNEL);
	int err = -ENOMEM;

	if (!tf)
		goto out_put;
	tf->tty = t;
	tf->console = console;
	err = open_begin(t, tf);
	if (err)
		goto out_free;
	f->private = tf;
	if (!console && !(f->flags & O_NOCTTY) && f->mode & FMODE_READ)
		jobctl_open(t);
	return 0;
out_free:
	kfree(tf);
out_put:
	tty_put(t);
	return err;
}

/* Open by number: a registered terminal, the opener's own, or the console. */
static int
tty_open(struct inode *inode, struct file *f)
{
	u32 dev = inode->rdev;
	struct tty *t;

	if (dev == DEV_TTY) {
		t = tty_current();
	} else {
		t = dev == DEV_CONSOLE ? console_tty : tty_by_dev(dev);
		if (t)
			tty_get(t);
	}
	if (!t)
		return dev == DEV_CONSOLE ? -ENODEV : -ENXIO;
	return tty_open_file(t, f, dev == DEV_CONSOLE);
}

static void
tty_release(struct file *f)
{
	struct tty_file *tf = f->private;
	struct tty *t = tf->tty;
	ulong flags = spin_lock_irqsave(&t->lock);
	bool last = --t->opens == 0;

	if (last) {
		t->exclusive = false;
		if (t->ops->close)
			t->ops->close(t);
	}
	spin_unlock_irqrestore(&t->lock, flags);
	if (last)
		jobctl_forget_session(t);
	tty_put(t);
	kfree(tf);
}

const struct file_ops tty_fops = {
	.open = tty_open,
	.release = tty_release,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.stream = true,
};

/* --- registration and the console --- */

static void
console_tty_write(const char *s, size_t n)
{
	console_tty->ops->console_write(console_tty, s, n);
}

static void
console_choose(struct tty *t)
{
	console_tty = t;
	if (t->ops->console_write)
		console_register(console_tty_write);
}

/* Does console=NAME[,options] name t? */
static bool
console_named(const char *want, const struct tty *t)
{
	size_t len = strlen(t->name);

	return strncmp(want, t->name, len) == 0 && (want[len] == '\0' || want[len] == ',');
}

struct tty *
tty_create(const char *name, u32 dev, const struct tty_ops *ops, void *private)
{
	struct tty *t = vmalloc(sizeof(*t));	/* a little more than a power of two */

	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t));
	spin_init(&t->lock, RANK_TTY_BUF);
	mutex_init(&t->read_lock, RANK_TTY);
	mutex_init(&t->write_lock, RANK_TTY);
	waitq_init(&t->read_wait);
	waitq_init(&t->write_wait);
	atomic_set(&t->refs, 1);
	strlcpy(t->name, name, sizeof(t->name));
	t->dev = dev;
	t->ops = ops;
	t->private = private;
	ldisc_init(t);
	return t;
}

struct tty *
tty_register(const char *name, u32 dev, const struct tty_ops *ops, void *private)
{
	struct tty *t = tty_create(name, dev, ops, private);
	const char *want = param("console");
	struct tty **end;

	if (!t)
		return NULL;
	if (chrdev_register(t->name, dev, 0620, &tty_fops, t)) {
		tty_put(t);
		return NULL;
	}
	for (end = &ttys; *end; end = &(*end)->next)
		;
	*end = t;

	/* The one that console= names; without console=, the first. */
	if (want && *want ? console_named(want, t) : !console_tty)
		console_choose(t);
	return t;
}

void
tty_console_init(void)
{
	if (!console_tty && ttys)
		console_choose(ttys);		/* console= named something we do not have */
	if (console_tty)
		pr_info("console: %s\n", console_tty->name);
	if (chrdev_register("tty", DEV_TTY, 0666, &tty_fops, NULL) ||
	    chrdev_register("console", DEV_CONSOLE, 0600, &tty_fops, NULL))
		pr_err("tty: no memory for /dev/console\n");
}
