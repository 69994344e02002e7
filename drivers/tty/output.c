/*
 * output.c - what written bytes become on the device: output processing, and echo.
 *
 * Locks       t->lock for all of it.
 * Not here    what typed bytes mean (ldisc.c); waiting for room (tty.c).
 * Further     termios(3), c_oflag; POSIX.1-2017, chapter 11.
 */
#include "abi/ioctl.h"
#include "drivers/tty/private.h"
#include "kernel/printk.h"
#include "lib/string.h"

/* What byte c becomes on the device: up to OPOST_MAX bytes at out. Follows the cursor. */
static size_t
opost_byte(struct tty *t, u8 c, char *out) MUST_HOLD(t->lock)
{
	u32 oflag = t->termios.c_oflag;
	u32 spaces;

	out[0] = c;
	if (!(oflag & OPOST))
		return 1;
	switch (c) {
	case '\n':
		if (oflag & (ONLCR | ONLRET))
			t->column = 0;
		t->canon_column = t->column;
		if (!(oflag & ONLCR))
			return 1;
		out[0] = '\r';
		out[1] = '\n';
		return 2;
	case '\r':
		if (oflag & ONOCR && t->column == 0)
			return 0;
		if (oflag & OCRNL) {
			out[0] = '\n';
			if (!(oflag & ONLRET))
				return 1;
		}
		t->column = t->canon_column = 0;
		return 1;
	case '\t':
		spaces = 8 - t->column % 8;
		t->column += spaces;
		if ((oflag & TABDLY) != XTABS)
			return 1;
		memset(out, ' ', spaces);
		return spaces;
	case '\b':
		if (t->column)
			t->column--;
		return 1;
	default:
		if (oflag & OLCUC && c >= 'a' && c <= 'z')
			out[0] = c - 'a' + 'A';
		if (!is_control(c) && !is_continuation(t, c))
			t->column++;
		return 1;
	}
}

/* Bytes of s that went out: all, unless output is stopped or the device is full. */
size_t
ldisc_output(struct tty *t, const char *s, size_t n)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	size_t done = 0;

	if (t->stopped)
		goto out;
	if (!(t->termios.c_oflag & OPOST)) {
		done = t->ops->write(t, s, n);
		goto out;
	}
	while (done < n && t->ops->room(t) >= OPOST_MAX) {
		size_t run = 0, max = MIN(n - done, t->ops->room(t));

		/* Printable bytes in a row go out as they are. */
		if (!(t->termios.c_oflag & OLCUC))
			while (run < max && (u8)s[done + run] >= 0x20 && s[done + run] != 0x7f) {
				t->column += !is_continuation(t, s[done + run]);
				run++;
			}
		if (run) {
			t->ops->write(t, s + done, run);
			done += run;
		} else {
			char out[OPOST_MAX];
			size_t len = opost_byte(t, s[done++], out);

			t->ops->write(t, out, len);
		}
	}
out:
	spin_unlock_irqrestore(&t->lock, flags);
	return done;
}

/* --- echo: collected, and handed to the device when it takes it; what does not fit meanwhile is lost --- */

void
echo_flush(struct tty *t)
{
	u32 n;

	assert_held(&t->lock);
	if (!t->echo_len || t->stopped)
		return;
	n = t->ops->write(t, t->echo, t->echo_len);
	if (!n)
		return;
	t->echo_len -= n;
	memmove(t->echo, t->echo + n, t->echo_len);
}

bool
echo_has_room(struct tty *t)
{
	if (t->echo_len + OPOST_MAX > ECHO_SIZE)
		echo_flush(t);
	return t->echo_len + OPOST_MAX <= ECHO_SIZE;
}

void
echo_raw(struct tty *t, u8 c)
{
	if (echo_has_room(t))
		t->echo_len += opost_byte(t, c, t->echo + t->echo_len);
}

void
echo_byte(struct tty *t, u8 c)
{
	if (t->termios.c_lflag & ECHOCTL && is_control(c) && c != '\t' && c != '\n') {
		echo_raw(t, '^');
		echo_raw(t, c ^ 0x40);
	} else {
		echo_raw(t, c);
	}
}

void
tty_write_wakeup(struct tty *t)
{
	ulong flags = spin_lock_irqsave(&t->lock);

	echo_flush(t);
	spin_unlock_irqrestore(&t->lock, flags);
	tty_room(&t->write_wait);
}

/* --- flow control --- */

void
tty_notify(struct tty *t, u8 what)
{
	assert_held(&t->lock);
	if (t->ops->notify)
		t->ops->notify(t, what);
}

void
output_stop(struct tty *t)
{
	if (t->stopped)
		return;
	t->stopped = true;
	tty_notify(t, TIOCPKT_STOP);
}

void
output_start(struct tty *t)
{
	if (!t->stopped || t->held)
		return;
	t->stopped = false;
	tty_notify(t, TIOCPKT_START);
	echo_flush(t);
	tty_room(&t->write_wait);
}
