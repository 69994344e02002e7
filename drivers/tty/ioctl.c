/*
 * ioctl.c - what programs ask of a terminal besides reading and writing.
 *
 * Locks       t->lock for what is copied in and out; nothing is copied to or from the user with it held.
 * Not here    the requests of a pty's master (pty.c); sessions and the foreground group (jobctl.c).
 * Further     ioctl_tty(2), termios(3).
 */
#include "abi/capability.h"
#include "abi/errno.h"
#include "abi/ioctl.h"
#include "abi/signal.h"
#include "drivers/tty/private.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/usercopy.h"

int tty_legacy_tiocsti;

/* Wait until the hardware has everything. 0 or -ERESTARTSYS. */
static int
tty_drain(struct tty *t)
{
	return wait_event_interruptible(&t->write_wait, t->ops->pending(t) == 0);
}

/* --- settings --- */

static const struct { u32 code, baud; } bauds[] = {
	{ B50, 50 }, { B75, 75 }, { B110, 110 }, { B134, 134 }, { B150, 150 }, { B200, 200 },
	{ B300, 300 }, { B600, 600 }, { B1200, 1200 }, { B1800, 1800 }, { B2400, 2400 },
	{ B4800, 4800 }, { B9600, 9600 }, { B19200, 19200 }, { B38400, 38400 }, { B57600, 57600 },
	{ B115200, 115200 }, { B230400, 230400 },
};

/* The speed that a code of CBAUD names; `other` for BOTHER. */
static u32
baud_of(u32 code, u32 other)
{
	if (code == BOTHER)
		return other;
	for (size_t i = 0; i < ARRAY_SIZE(bauds); i++)
		if (bauds[i].code == code)
			return bauds[i].baud;
	return 0;
}

/* The speeds as numbers follow from the codes in c_cflag; input's code 0 is "as output". */
static void
set_speeds(struct abi_termios2 *k)
{
	u32 input = (k->c_cflag & CIBAUD) >> IBSHIFT;

	k->c_ospeed = baud_of(k->c_cflag & CBAUD, k->c_ospeed);
	k->c_ispeed = input ? baud_of(input, k->c_ispeed) : k->c_ospeed;
}

/* size: of struct abi_termios, or of abi_termios2, which ends in the speeds. */
static int
tty_get_termios(struct tty *t, uptr_t arg, size_t size)
{
	struct abi_termios2 k;
	ulong flags = spin_lock_irqsave(&t->lock);

	k = t->termios;
	spin_unlock_irqrestore(&t->lock, flags);
	set_speeds(&k);
	return copy_to_user(arg, &k, size);
}

static int
tty_set_termios(struct tty *t, uptr_t arg, size_t size, bool drain, bool flush)
{
	struct abi_termios2 k;
	int err = jobctl_check_change(t);

	if (err)
		return err;
	k = t->termios;				/* the speeds, if they are not given */
	if (copy_from_user(&k, arg, size))
		return -EFAULT;
	set_speeds(&k);
	if (flush) {
		ulong flags = spin_lock_irqsave(&t->lock);

		ldisc_flush_input(t);
		spin_unlock_irqrestore(&t->lock, flags);
		ldisc_balance(t);
	}
	if (drain) {
		err = tty_drain(t);
		if (err)
			return err;
	}
	ldisc_set_termios(t, &k);
	return 0;
}

/* TCGETS and TCSETS in all their forms; -ENOTTY: it is none of them. */
static long
ioctl_termios(struct tty *t, uint cmd, uptr_t arg)
{
	const size_t old = sizeof(struct abi_termios), new = sizeof(struct abi_termios2);

	switch (cmd) {
	case TCGETS:
		return tty_get_termios(t, arg, old);
	case TCGETS2:
		return tty_get_termios(t, arg, new);
	case TCSETS:
		return tty_set_termios(t, arg, old, false, false);
	case TCSETS2:
		return tty_set_termios(t, arg, new, false, false);
	case TCSETSW:
		return tty_set_termios(t, arg, old, true, false);
	case TCSETSW2:
		return tty_set_termios(t, arg, new, true, false);
	case TCSETSF:
		return tty_set_termios(t, arg, old, true, true);
	case TCSETSF2:
		return tty_set_termios(t, arg, new, true, true);
	default:
		return -ENOTTY;
	}
}

/* --- queues and flow --- */

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
	if (which != TCOFLUSH)
		ldisc_balance(t);
	if (which != TCIFLUSH)
		tty_write_wakeup(t);
	return 0;
}

/* Stop or resume our output, or ask the other side to. */
static int
tty_flow(struct tty *t, ulong action)
{
	ulong flags;
	char c;

	if (action > TCION)
		return -EINVAL;
	flags = spin_lock_irqsave(&t->lock);
	switch (action) {
	case TCOOFF:
		output_stop(t);
		t->held = true;
		break;
	case TCOON:
		t->held = false;
		output_start(t);
		break;
	case TCIOFF:
	case TCION:
		c = t->termios.c_cc[action == TCIOFF ? VSTOP : VSTART];
		if (c)
			t->ops->write(t, &c, 1);
		break;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return 0;
}

/* TIOCSTI: a byte as if it had been typed. */
static int
tty_simulate(struct tty *t, uptr_t arg)
{
	char c;

	if (!tty_legacy_tiocsti && !task_capable(BIT(CAP_SYS_ADMIN)))
		return -EIO;
	if (READ_ONCE(current->proc->tty) != t && !task_capable(BIT(CAP_SYS_ADMIN)))
		return -EPERM;
	if (get_user(c, arg))
		return -EFAULT;
	tty_input(t, &c, 1);
	return 0;
}

/* --- the window --- */

static int
tty_get_winsize(struct tty *t, uptr_t arg)
{
	struct abi_winsize w;
	ulong flags = spin_lock_irqsave(&t->lock);

	w = t->winsize;
	spin_unlock_irqrestore(&t->lock, flags);
	return copy_to_user(arg, &w, sizeof(w));
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

/* --- who may use it --- */

/* TIOCEXCL, TIOCNXCL. */
static int
tty_set_exclusive(struct tty *t, bool on)
{
	ulong flags = spin_lock_irqsave(&t->lock);

	t->exclusive = on;
	spin_unlock_irqrestore(&t->lock, flags);
	return 0;
}

/* The requests about sessions and groups. */
static long
ioctl_jobctl(struct tty *t, struct file *f, uint cmd, ulong arg, bool other_end)
{
	int id;

	switch (cmd) {
	case TIOCSCTTY:
		return jobctl_set_session(t, f->mode & FMODE_READ, arg == 1);
	case TIOCNOTTY:
		return jobctl_drop(t);
	case TIOCSPGRP:
		return jobctl_set_pgrp(t, UPTR(arg));
	case TIOCGPGRP:
	case TIOCGSID:
		if (!other_end && READ_ONCE(current->proc->tty) != t)
			return -ENOTTY;
		id = cmd == TIOCGPGRP ? tty_pgrp(t) : READ_ONCE(t->session);
		if (!id && cmd == TIOCGSID)
			return -ENOTTY;
		return put_user(id, UPTR(arg));
	case TIOCVHANGUP:
		if (!task_capable(BIT(CAP_SYS_ADMIN)))
			return -EPERM;
		tty_hangup(t);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* --- all of them --- */

long
tty_ioctl_shared(struct tty *t, struct file *f, uint cmd, ulong arg, bool other_end)
{
	long r = ioctl_termios(t, cmd, UPTR(arg));
	int line;

	if (r != -ENOTTY)
		return r;
	switch (cmd) {
	case TIOCGWINSZ:
		return tty_get_winsize(t, UPTR(arg));
	case TIOCSWINSZ:
		return tty_set_winsize(t, UPTR(arg));
	case TIOCGETD:
		return put_user((int)N_TTY, UPTR(arg));
	case TIOCSETD:
		if (get_user(line, UPTR(arg)))
			return -EFAULT;
		return line == N_TTY ? 0 : -EINVAL;
	case TIOCEXCL:
	case TIOCNXCL:
		return tty_set_exclusive(t, cmd == TIOCEXCL);
	case TIOCGEXCL:
		return put_user((int)READ_ONCE(t->exclusive), UPTR(arg));
	default:
		return ioctl_jobctl(t, f, cmd, arg, other_end);
	}
}

/* Those that may have to wait for the foreground. -ENOTTY: cmd is none of them. */
static long
ioctl_line(struct tty *t, uint cmd, ulong arg)
{
	int err;

	switch (cmd) {
	case TCFLSH:
	case TCXONC:
	case TCSBRK:		/* 0 would send a break: there is no line to break */
	case TCSBRKP:
		break;
	default:
		return -ENOTTY;
	}
	err = jobctl_check_change(t);
	if (err)
		return err;
	return cmd == TCFLSH ? tty_flush(t, arg) : cmd == TCXONC ? tty_flow(t, arg) : tty_drain(t);
}

long
tty_ioctl(struct file *f, uint cmd, ulong arg)
{
	struct tty_file *tf = f->private;
	struct tty *t = tf->tty;
	long r;

	if (tty_file_hung_up(tf))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	r = ioctl_line(t, cmd, arg);
	if (r != -ENOTTY)
		return r;
	switch (cmd) {
	case TIOCSBRK:		/* no line to break */
	case TIOCCBRK:
		return 0;
	case TIOCINQ:		/* = FIONREAD */
		return put_user((int)ldisc_count(t), UPTR(arg));
	case TIOCOUTQ:
		return put_user((int)t->ops->pending(t), UPTR(arg));
	case TIOCSTI:
		return tty_simulate(t, UPTR(arg));
	case TIOCGDEV:
		return put_user(t->dev, UPTR(arg));
	default:
		return tty_ioctl_shared(t, f, cmd, arg, false);
	}
}
