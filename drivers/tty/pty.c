/*
 * pty.c - pseudo-terminals: a terminal whose device is a program.
 *
 *	terminal emulator, sshd, script                 shell, vi, make
 *	  write(master) --tty_input()--> line discipline --> read(/dev/pts/N)
 *	  read(master) <-- p->ring <-- output.c <---------- write(/dev/pts/N)
 *
 * Opening /dev/ptmx makes a pair: the file is the master, /dev/pts/N appears and is the slave, a struct tty.
 *
 * Data        struct pty, the slave tty's private.
 * Locks       p->read_lock, p->write_lock: one reader, one writer of the master; the slave's tty->lock for the ring
 *             and the state. Writers of the slave wait as for any device's room; a master's writer waits on
 *             p->write_wait for room in the slave's input ring.
 * Invariants  P1  The pair is freed with the last reference to the slave tty: the master, the name in devpts,
 *                 each open slave and the session count it.
 *             P2  No byte written to the master is lost, unless it is one too many for a line (LINE_MAX).
 * Further     docs/tty.md; pty(7), ptmx(4), TIOCPKT in ioctl_tty(2).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/ioctl.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "drivers/tty/private.h"
#include "fs/dev.h"
#include "fs/dev/devpts.h"
#include "fs/internal.h"
#include "kernel/fdtable.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

#define DEV_PTMX	DEV(5, 2)
#define PTS_MAJOR	136
#define CHUNK		256
#define RING_SIZE	8192		/* a power of two */
#define RING_HANDED	4096		/* so much counts as with the master: ^C does not take it back */

struct pty {				/* Guarded by: i immutable  l tty->lock */
	struct tty *tty;		/* [i] the slave; counted once by the master */
	struct mutex read_lock, write_lock;
	struct waitq read_wait, write_wait;	/* the master's */
	struct devpts *devpts;		/* [i] counted */
	int	number;			/* [i] */
	struct dentry *name;		/* [i] while the master is open: counted */
	bool	locked;			/* [l] the slave cannot be opened yet */
	bool	slave_gone;		/* [l] the last open slave was closed */
	bool	held;			/* [l] TCOOFF through the master: it writes nothing */
	bool	packet;			/* [l] TIOCPKT */
	u8	status;			/* [l] packet mode: TIOCPKT_*, not yet told */
	u32	head, tail;		/* [l] of the ring: they run freely */
	char	*ring;			/* [l] what the slave wrote */
};

static u32 ring_fill(const struct pty *p) { return READ_ONCE(p->head) - READ_ONCE(p->tail); }

/* --- the slave's device --- */

static size_t
pty_write(struct tty *t, const char *s, size_t n)
{
	struct pty *p = tty_private(t);
	size_t done = 0;

	assert_held(&t->lock);
	n = MIN(n, RING_SIZE - ring_fill(p));
	while (done < n) {
		u32 at = p->head % RING_SIZE;
		size_t part = MIN(n - done, RING_SIZE - at);

		memcpy(p->ring + at, s + done, part);
		done += part;
		WRITE_ONCE(p->head, p->head + part);
	}
	if (n)
		wake_up_all(&p->read_wait);
	return n;
}

static size_t
pty_room(struct tty *t)
{
	return RING_SIZE - ring_fill(tty_private(t));
}

/* What is in the ring has left the terminal. */
static size_t
pty_pending(struct tty *t)
{
	return 0;
}

/* Packet mode: the master's next read says what. */
static void
tell(struct tty *t, u8 what, u8 undoes) MUST_HOLD(t->lock)
{
	struct pty *p = tty_private(t);

	if (!p->packet)
		return;
	p->status = (p->status & ~undoes) | what;
	wake_up_all(&p->read_wait);
}

static void
pty_flush(struct tty *t)
{
	struct pty *p = tty_private(t);

	assert_held(&t->lock);
	if (ring_fill(p) > RING_HANDED)
		p->head = p->tail + RING_HANDED;
	tell(t, TIOCPKT_FLUSHWRITE, 0);
}

static void
pty_notify(struct tty *t, u8 what)
{
	assert_held(&t->lock);
	tell(t, what, what == TIOCPKT_STOP ? TIOCPKT_START : what == TIOCPKT_START ? TIOCPKT_STOP : 0);
}

/* ^S and ^Q stop and start output, so that a terminal emulator can do it itself and faster. */
static bool
has_usual_flow(const struct abi_termios2 *k)
{
	return k->c_iflag & IXON && k->c_cc[VSTOP] == ('S' & 0x1f) && k->c_cc[VSTART] == ('Q' & 0x1f);
}

static void
pty_set_termios(struct tty *t, const struct abi_termios2 *old)
{
	bool flow = has_usual_flow(&t->termios);

	assert_held(&t->lock);
	if (flow != has_usual_flow(old))
		tell(t, flow ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
	if ((old->c_lflag | t->termios.c_lflag) & EXTPROC)
		tell(t, TIOCPKT_IOCTL, 0);
	t->termios.c_cflag = (t->termios.c_cflag & ~(CSIZE | PARENB)) | CS8 | CREAD;
}

static int
pty_slave_open(struct tty *t)
{
	struct pty *p = tty_private(t);

	assert_held(&t->lock);
	if (p->locked || t->gone)
		return -EIO;
	p->slave_gone = false;
	return 0;
}

static void
pty_slave_close(struct tty *t)
{
	struct pty *p = tty_private(t);

	assert_held(&t->lock);
	p->slave_gone = true;
	wake_up_all(&p->read_wait);
	wake_up_all(&p->write_wait);
}

/* Room in the input ring again: the master may write. */
static void
pty_throttle(struct tty *t, bool on)
{
	struct pty *p = tty_private(t);

	if (!on)
		tty_room(&p->write_wait);
}

static void
pty_free(struct pty *p)
{
	devpts_number_free(p->devpts, p->number);
	devpts_put(p->devpts);
	kfree(p->ring);
	kfree(p);
}

static void
pty_destroy(struct tty *t)
{
	pty_free(tty_private(t));
}

static const struct tty_ops pty_ops = {
	.write = pty_write,
	.room = pty_room,
	.pending = pty_pending,
	.flush = pty_flush,
	.set_termios = pty_set_termios,
	.notify = pty_notify,
	.open = pty_slave_open,
	.close = pty_slave_close,
	.throttle = pty_throttle,
	.destroy = pty_destroy,
	.outlives_session = true,
};

static int
pts_open(struct inode *inode, struct file *f)
{
	struct tty *t = inode->private;

	f->ops = &tty_fops;
	tty_get(t);
	return tty_open_file(t, f, false);
}

static const struct file_ops pts_fops = { .open = pts_open };

static void
pts_forget(void *private)
{
	tty_put(private);
}

/* --- reading the master --- */

/*
 * What there is for the master, up to n > 0 bytes; in packet mode led by a byte that says what, and then perhaps
 * nothing. How many bytes.
 */
static size_t
master_take(struct pty *p, char *buf, size_t n)
{
	struct tty *t = p->tty;
	ulong flags = spin_lock_irqsave(&t->lock);
	size_t done = 0;

	if (p->packet && (p->status || ring_fill(p))) {
		buf[done++] = p->status;
		if (p->status)
			n = done;
		p->status = 0;
	}
	while (done < n && ring_fill(p)) {
		u32 at = p->tail % RING_SIZE;
		size_t part = MIN(MIN(n - done, RING_SIZE - at), ring_fill(p));

		memcpy(buf + done, p->ring + at, part);
		done += part;
		WRITE_ONCE(p->tail, p->tail + part);
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return done;
}

static bool
master_readable(const struct pty *p)
{
	return ring_fill(p) || (READ_ONCE(p->packet) && READ_ONCE(p->status));
}

/* Until there is something: 0, -EIO (the slave is gone), -EAGAIN or -ERESTARTSYS. */
static int
master_wait(struct pty *p, bool nonblock)
{
	int err;

	if (master_readable(p))
		return 0;
	if (!READ_ONCE(p->slave_gone)) {
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(&p->read_wait, master_readable(p) || READ_ONCE(p->slave_gone));
		if (err)
			return err;
	}
	return master_readable(p) ? 0 : -EIO;	/* what was written before the end is read first */
}

static ssize_t
master_read_locked(struct pty *p, struct uio *u, bool nonblock)
{
	bool packet = READ_ONCE(p->packet);
	ssize_t total = 0;
	char buf[CHUNK];
	size_t n;
	int err = master_wait(p, nonblock);

	if (err)
		return err;
	do {
		n = master_take(p, buf, MIN(u->resid, sizeof(buf)));
		if (uio_put(u, buf, n) < n)
			return total ? total : -EFAULT;
		total += n;
	} while (n && u->resid && !packet && master_readable(p));
	return total;
}

static ssize_t
master_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct pty *p = f->private;
	bool nonblock = f->flags & O_NONBLOCK;
	ssize_t n;

	if (u->resid == 0)
		return 0;
	if (nonblock) {
		if (!mutex_trylock(&p->read_lock))
			return -EAGAIN;
	} else {
		int err = mutex_lock_interruptible(&p->read_lock);

		if (err)
			return err;
	}
	n = master_read_locked(p, u, nonblock);
	mutex_unlock(&p->read_lock);
	if (n > 0 && ring_fill(p) <= RING_SIZE / 2)
		tty_write_wakeup(p->tty);
	return n;
}

/* --- writing it: what is typed --- */

static bool
master_writable(const struct pty *p)
{
	return !READ_ONCE(p->held) && tty_input_room(p->tty) > 0;
}

static int
master_write_chunk(void *to, const char *s, size_t n, bool nonblock, size_t *done)
{
	struct pty *p = to;
	int err;

	for (;;) {
		if (!READ_ONCE(p->held))
			*done += tty_input(p->tty, s + *done, n - *done);
		if (*done == n)
			return 0;
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(&p->write_wait, master_writable(p));
		if (err)
			return err;
	}
}

static ssize_t
master_write(struct file *f, struct uio *u, loff_t *pos)
{
	struct pty *p = f->private;
	struct tty_sink sink = { &p->write_lock, p, master_write_chunk };

	return tty_sink_write(&sink, u, f->flags & O_NONBLOCK);
}

static uint
master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = f->private;
	uint events = 0;

	poll_wait(pt, &p->read_wait);
	poll_wait(pt, &p->write_wait);
	if (master_readable(p))
		events |= POLLIN | POLLRDNORM;
	if (READ_ONCE(p->packet) && READ_ONCE(p->status))
		events |= POLLPRI;
	if (READ_ONCE(p->slave_gone))
		events |= POLLHUP;
	if (master_writable(p))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

/* --- the master's requests --- */

static int
set_packet(struct pty *p, bool on)
{
	ulong flags = spin_lock_irqsave(&p->tty->lock);

	if (on && !p->packet)
		p->status = 0;
	p->packet = on;
	spin_unlock_irqrestore(&p->tty->lock, flags);
	return 0;
}

static int
set_locked(struct pty *p, bool on)
{
	ulong flags = spin_lock_irqsave(&p->tty->lock);

	p->locked = on;
	spin_unlock_irqrestore(&p->tty->lock, flags);
	return 0;
}

/* TIOCPKT, TIOCSPTLCK: the argument is a number at a user's address. */
static int
set_by_user(struct pty *p, uptr_t arg, int (*set)(struct pty *p, bool on))
{
	int on;

	return get_user(on, arg) ? -EFAULT : set(p, on);
}

/* TIOCGPTPEER: a descriptor of the slave, whatever its name is in the caller's name space. */
static long
open_peer(struct pty *p, struct file *f, u32 flags)
{
	struct path slave;
	struct file *peer;
	int fd, err = devpts_find(&f->path, &slave);

	if (err)
		return err;
	dentry_put(slave.dentry);
	slave.dentry = p->name;
	dentry_get(slave.dentry);
	fd = fd_alloc(0, flags & O_CLOEXEC);
	if (fd < 0) {
		path_put(&slave);
		return fd;
	}
	peer = path_open(&slave, flags);
	if (IS_ERR(peer)) {
		fd_cancel(fd);
		return PTR_ERR(peer);
	}
	fd_install(fd, peer);
	return fd;
}

static int
send_signal(struct pty *p, int sig)
{
	int pgrp = tty_pgrp(p->tty);

	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	if (pgrp)
		signal_send_pgrp(pgrp, sig, NULL);
	return 0;
}

/* TCFLSH: input is what the slave wrote; output is with the slave already. */
static int
master_flush(struct pty *p, ulong which)
{
	ulong flags;

	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which == TCOFLUSH)
		return 0;
	flags = spin_lock_irqsave(&p->tty->lock);
	p->tail = p->head;
	spin_unlock_irqrestore(&p->tty->lock, flags);
	tty_write_wakeup(p->tty);
	return 0;
}

static int
master_flow(struct pty *p, ulong action)
{
	if (action > TCION)
		return -EINVAL;
	if (action == TCOOFF || action == TCOON) {
		WRITE_ONCE(p->held, action == TCOOFF);
		tty_room(&p->write_wait);
	}
	return 0;
}

static long
master_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct pty *p = f->private;

	switch (cmd) {
	case TIOCGPTN:
		return put_user(p->number, UPTR(arg));
	case TIOCSPTLCK:
		return set_by_user(p, UPTR(arg), set_locked);
	case TIOCGPTLCK:
		return put_user((int)READ_ONCE(p->locked), UPTR(arg));
	case TIOCPKT:
		return set_by_user(p, UPTR(arg), set_packet);
	case TIOCGPKT:
		return put_user((int)READ_ONCE(p->packet), UPTR(arg));
	case TIOCGPTPEER:
		return open_peer(p, f, arg);
	case TIOCSIG:
		return send_signal(p, arg);
	case TIOCINQ:
		return put_user((int)ring_fill(p), UPTR(arg));
	case TIOCOUTQ:
		return put_user(0, UPTR(arg));
	case TCFLSH:
		return master_flush(p, arg);
	case TCXONC:
		return master_flow(p, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return 0;
	default:
		return tty_ioctl_shared(p->tty, f, cmd, arg, true);
	}
}

/* --- making and unmaking a pair --- */

static struct pty *
pty_alloc(void)
{
	struct pty *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->ring = kmalloc(RING_SIZE, GFP_KERNEL);
	if (!p->ring) {
		kfree(p);
		return NULL;
	}
	mutex_init(&p->read_lock, RANK_TTY);
	mutex_init(&p->write_lock, RANK_TTY);
	waitq_init(&p->read_wait);
	waitq_init(&p->write_wait);
	p->locked = true;
	return p;
}

/* A pair in d, whose reference it takes over. ERR_PTR. */
static struct pty *
pty_create(struct devpts *d)
{
	struct pty *p = pty_alloc();
	char name[16];
	int err = -ENOMEM;

	if (!p)
		goto out_devpts;
	p->devpts = d;
	p->number = devpts_number_alloc(d);
	if (p->number < 0) {
		err = p->number;
		goto out_free;
	}
	snprintf(name, sizeof(name), "pts/%d", p->number);
	p->tty = tty_create(name, DEV(PTS_MAJOR, p->number), &pty_ops, p);
	if (!p->tty) {
		pty_free(p);
		return ERR_PTR(-ENOMEM);
	}
	p->tty->termios.c_cflag = B38400 | CS8 | CREAD;
	tty_get(p->tty);			/* the name's */
	p->name = devpts_name_create(d, p->number, p->tty->dev, p->tty);
	if (IS_ERR(p->name)) {
		err = PTR_ERR(p->name);
		tty_put(p->tty);		/* p and d too */
		return ERR_PTR(err);
	}
	return p;
out_free:
	kfree(p->ring);
	kfree(p);
out_devpts:
	devpts_put(d);
	return ERR_PTR(err);
}

static void
master_release(struct file *f)
{
	struct pty *p = f->private;
	struct tty *t = p->tty;
	ulong flags = spin_lock_irqsave(&t->lock);

	t->gone = true;
	spin_unlock_irqrestore(&t->lock, flags);
	devpts_name_remove(p->name);
	tty_hangup(t);
	tty_put(t);
}

static const struct file_ops master_fops = {
	.release = master_release,
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.stream = true,
};

static int
ptmx_open(struct inode *inode, struct file *f)
{
	struct path root;
	struct devpts *d;
	struct pty *p;
	int err = devpts_find(&f->path, &root);

	if (err)
		return err;
	d = devpts_get(&root);
	p = pty_create(d);
	path_put(&root);		/* not sooner: the mount keeps d's super block */
	if (IS_ERR(p))
		return PTR_ERR(p);
	f->private = p;
	f->ops = &master_fops;
	return 0;
}

static const struct file_ops ptmx_fops = { .open = ptmx_open };

void
pty_init(void)
{
	devpts_init(&pts_fops, pts_forget);
	if (chrdev_register("ptmx", DEV_PTMX, 0666, &ptmx_fops, NULL))
		pr_err("tty: no memory for /dev/ptmx\n");
}
