/*
 * tty.c - terminals as files: /dev/ttyS0, /dev/tty, /dev/console.
 *
 * Data        ttys: every terminal; struct tty_file, one per open.
 * Locks       t->write_lock lets one write() finish before the next; t->lock (private.h).
 * Invariants  A file opened before its terminal's last hang-up reads end of file and writes
 *             -EIO, unless it was opened as /dev/console.
 * Not here    what bytes mean (ldisc.c); sessions and groups (jobctl.c); devices (uart*.c).
 * Further     tty_ioctl(4), termios(3).
 */
#include "abi/errno.h"
#include "abi/ioctl.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "drivers/tty/private.h"
#include "fs/dev.h"
#include "fs/vfs.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

#define DEV_TTY		DEV(5, 0)	/* the opener's controlling terminal */
#define DEV_CONSOLE	DEV(5, 1)
#define WRITE_CHUNK	256

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
tty_write_wakeup(struct tty *t)
{
	wake_up_key(&t->write_wait, (void *)(ulong)(POLLOUT | POLLWRNORM), 0);
}

/* --- read and write --- */

static ssize_t
tty_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct tty_file *tf = f->private;
	int err;

	if (u->resid == 0 || tty_file_hung_up(tf))
		return 0;
	err = jobctl_check_read(tf->tty);
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

/* All n bytes of s. 0, -EAGAIN, -EIO or -ERESTARTSYS; *done says how many went out. */
static int
tty_write_chunk(struct tty_file *tf, const char *s, size_t n, bool nonblock, size_t *done)
{
	struct tty *t = tf->tty;
	int err;

	*done = 0;
	for (;;) {
		*done += ldisc_output(t, s + *done, n - *done);
		if (*done == n)
			return 0;
		if (tty_file_hung_up(tf))
			return -EIO;
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(&t->write_wait, tty_writable(t) || tty_file_hung_up(tf));
		if (err)
			return err;
	}
}

static ssize_t
tty_write_locked(struct tty_file *tf, struct uio *u, bool nonblock)
{
	ssize_t total = 0;

	while (u->resid) {
		struct uio before = *u;
		char buf[WRITE_CHUNK];
		size_t want = MIN(u->resid, sizeof(buf));
		size_t n = uio_get(u, buf, want), done;
		int err;

		if (n == 0)
			return total ? total : -EFAULT;
		err = tty_write_chunk(tf, buf, n, nonblock, &done);
		total += done;
		if (err) {
			/* Give back what was fetched and not written. */
			*u = before;
			uio_get(u, buf, done);
			return total ? total : err;
		}
		if (n < want)
			return total;
	}
	return total;
}

static ssize_t
tty_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct tty_file *tf = f->private;
	struct tty *t = tf->tty;
	bool nonblock = f->flags & O_NONBLOCK;
	ssize_t n;
	int err;

	if (tty_file_hung_up(tf))
		return -EIO;
	if (t->termios.c_lflag & TOSTOP) {
		err = jobctl_check_change(t);
		if (err)
			return err;
	}
	if (nonblock) {
		if (!mutex_trylock(&t->write_lock))
			return -EAGAIN;
	} else {
		err = mutex_lock_interruptible(&t->write_lock);
		if (err)
			return err;
	}
	n = tty_write_locked(tf, u, nonblock);
	mutex_unlock(&t->write_lock);
	return n;
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

/* --- ioctl --- */

/* Wait until the hardware has everything. 0 or -ERESTARTSYS. */
static int
tty_drain(struct tty *t)
{
	return wait_event_interruptible(&t->write_wait, t->ops->pending(t) == 0);
}

static const struct { u32 code, baud; } bauds[] = {
	{ B50, 50 }, { B75, 75 }, { B110, 110 }, { B134, 134 }, { B150, 150 }, { B200, 200 },
	{ B300, 300 }, { B600, 600 }, { B1200, 1200 }, { B1800, 1800 }, { B2400, 2400 },
	{ B4800, 4800 }, { B9600, 9600 }, { B19200, 19200 }, { B38400, 38400 }, { B57600, 57600 },
	{ B115200, 115200 }, { B230400, 230400 },
};

static u32
tty_baud(u32 cflag)
{
	for (size_t i = 0; i < ARRAY_SIZE(bauds); i++)
		if (bauds[i].code == (cflag & CBAUD))
			return bauds[i].baud;
	return 0;
}

/* with_speed: struct abi_termios2, which ends in the speeds as numbers. */
static int
tty_get_termios(struct tty *t, uptr_t arg, bool with_speed)
{
	struct abi_termios2 k = { 0 };
	ulong flags = spin_lock_irqsave(&t->lock);

	memcpy(&k, &t->termios, sizeof(t->termios));
	spin_unlock_irqrestore(&t->lock, flags);
	k.c_ispeed = k.c_ospeed = tty_baud(k.c_cflag);
	return copy_to_user(arg, &k, with_speed ? sizeof(k) : sizeof(struct abi_termios));
}

static int
tty_set_termios(struct tty *t, uptr_t arg, bool drain, bool flush)
{
	struct abi_termios k;
	int err = jobctl_check_change(t);

	if (err)
		return err;
	if (copy_from_user(&k, arg, sizeof(k)))
		return -EFAULT;
	if (drain) {
		err = tty_drain(t);
		if (err)
			return err;
	}
	if (flush) {
		ulong flags = spin_lock_irqsave(&t->lock);

		ldisc_flush_input(t);
		spin_unlock_irqrestore(&t->lock, flags);
	}
	ldisc_set_termios(t, &k);
	return 0;
}

static int
tty_flush(struct tty *t, ulong which)
{
	ulong flags;

	if (which > TCIOFLUSH)
		return -EINVAL;
	flags = spin_lock_irqsave(&t->lock);
	if (which != TCOFLUSH)
		ldisc_flush_input(t);
	if (which != TCIFLUSH)
		t->ops->flush(t);
	spin_unlock_irqrestore(&t->lock, flags);
	if (which != TCIFLUSH)
		tty_write_wakeup(t);
	return 0;
}

/* Stop or resume our output, or ask the other side to. */
static int
tty_flow(struct tty *t, ulong action)
{
	char c;

	switch (action) {
	case TCOOFF:
		WRITE_ONCE(t->stopped, true);
		return 0;
	case TCOON:
		WRITE_ONCE(t->stopped, false);
		tty_write_wakeup(t);
		return 0;
	case TCIOFF:
	case TCION:
		c = t->termios.c_cc[action == TCIOFF ? VSTOP : VSTART];
		if (c)
			t->ops->write(t, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

static int
tty_set_winsize(struct tty *t, uptr_t arg)
{
	struct abi_winsize w;
	bool changed;
	ulong flags;
	int pgrp;

	if (copy_from_user(&w, arg, sizeof(w)))
		return -EFAULT;
	flags = spin_lock_irqsave(&t->lock);
	changed = memcmp(&w, &t->winsize, sizeof(w)) != 0;
	t->winsize = w;
	pgrp = t->pgrp;
	spin_unlock_irqrestore(&t->lock, flags);
	if (changed && pgrp)
		signal_send_pgrp(pgrp, SIGWINCH, NULL);
	return 0;
}

/* The requests about sessions and groups. */
static long
tty_ioctl_jobctl(struct tty *t, uint cmd, ulong arg)
{
	int pgid;

	switch (cmd) {
	case TIOCSCTTY:
		return jobctl_set_session(t, arg == 1);
	case TIOCNOTTY:
		return jobctl_drop(t);
	case TIOCSPGRP:
		if (get_user(pgid, UPTR(arg)))
			return -EFAULT;
		return jobctl_set_pgrp(t, pgid);
	case TIOCGPGRP:
	case TIOCGSID:
		if (tty_controlling(current->proc) != t)
			return -ENOTTY;
		return put_user(cmd == TIOCGPGRP ? t->pgrp : t->session, UPTR(arg));
	default:
		return -ENOTTY;
	}
}

static long
tty_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct tty_file *tf = f->private;
	struct tty *t = tf->tty;
	struct abi_winsize w;
	int err, line;

	if (tty_file_hung_up(tf))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (cmd) {
	case TCGETS:
		return tty_get_termios(t, UPTR(arg), false);
	case TCGETS2:
		return tty_get_termios(t, UPTR(arg), true);
	case TCSETS:
	case TCSETS2:
		return tty_set_termios(t, UPTR(arg), false, false);
	case TCSETSW:
	case TCSETSW2:
		return tty_set_termios(t, UPTR(arg), true, false);
	case TCSETSF:
	case TCSETSF2:
		return tty_set_termios(t, UPTR(arg), true, true);
	case TIOCGWINSZ:
		w = t->winsize;
		return copy_to_user(UPTR(arg), &w, sizeof(w));
	case TIOCSWINSZ:
		return tty_set_winsize(t, UPTR(arg));
	case TCFLSH:
		err = jobctl_check_change(t);
		return err ? err : tty_flush(t, arg);
	case TCXONC:
		err = jobctl_check_change(t);
		return err ? err : tty_flow(t, arg);
	case TCSBRK:		/* 0 would send a break: there is no line to break */
	case TCSBRKP:
		err = jobctl_check_change(t);
		return err ? err : tty_drain(t);
	case TIOCINQ:		/* = FIONREAD */
		return put_user((int)ldisc_count(t), UPTR(arg));
	case TIOCOUTQ:
		return put_user((int)t->ops->pending(t), UPTR(arg));
	case TIOCGETD:
		return put_user((int)N_TTY, UPTR(arg));
	case TIOCSETD:
		if (get_user(line, UPTR(arg)))
			return -EFAULT;
		return line == N_TTY ? 0 : -EINVAL;
	case TIOCGDEV:
		return put_user(t->dev, UPTR(arg));
	default:
		return tty_ioctl_jobctl(t, cmd, arg);
	}
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

static int
tty_open(struct inode *inode, struct file *f)
{
	u32 dev = inode->rdev;
	struct tty_file *tf;
	struct tty *t;

	t = dev == DEV_TTY ? tty_controlling(current->proc) :
	    dev == DEV_CONSOLE ? console_tty : tty_by_dev(dev);
	if (!t)
		return dev == DEV_CONSOLE ? -ENODEV : -ENXIO;
	tf = kmalloc(sizeof(*tf), GFP_KERNEL);
	if (!tf)
		return -ENOMEM;
	tf->tty = t;
	tf->hangups = t->hangups;
	tf->console = dev == DEV_CONSOLE;
	f->private = tf;
	if (!tf->console && !(f->flags & O_NOCTTY))
		jobctl_open(t);
	return 0;
}

static void
tty_release(struct file *f)
{
	kfree(f->private);
}

static const struct file_ops tty_fops = {
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
tty_register(const char *name, u32 dev, const struct tty_ops *ops, void *private)
{
	struct tty *t = kzalloc(sizeof(*t), GFP_KERNEL);
	const char *want = param("console");
	struct tty **end;

	if (!t)
		return NULL;
	spin_init(&t->lock, RANK_TTY_BUF);
	mutex_init(&t->read_lock, RANK_TTY);
	mutex_init(&t->write_lock, RANK_TTY);
	waitq_init(&t->read_wait);
	waitq_init(&t->write_wait);
	strlcpy(t->name, name, sizeof(t->name));
	t->dev = dev;
	t->ops = ops;
	t->private = private;
	ldisc_init(t);
	if (chrdev_register(t->name, dev, 0620, &tty_fops, t)) {
		kfree(t);
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
