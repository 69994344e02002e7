/*
 * ldisc.c - the line discipline: what typed bytes mean.
 *
 *	device --tty_input()--> receive_byte() --> input ring --read.c--> program
 *	                             | echo
 *	device <--ops->write--- output.c <------------------------------- program
 *
 * Data        struct tty (private.h): the ring and its line marks.
 * Locks       t->lock for all of it; receive_byte runs with it held, interrupts off.
 * Invariants  L1  tail <= canon_head <= head, by distance; head - tail <= INPUT_SIZE.
 *             L2  canonical: canon_head follows the last marked byte. Raw: nothing is marked.
 * Not here    echo and written bytes (output.c); who may read, and who gets ^C's signal (jobctl.c).
 * Further     termios(3); POSIX.1-2017, chapter 11, General Terminal Interface.
 */
#include "abi/ioctl.h"
#include "drivers/tty/private.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "lib/string.h"

#define CTRL(c)		((c) & 0x1f)

static bool
is_cc(const struct tty *t, int which, u8 c)
{
	return c && t->termios.c_cc[which] == c;
}

void
ldisc_init(struct tty *t)
{
	t->termios = (struct abi_termios2){
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_cc = {
			[VINTR] = CTRL('C'), [VQUIT] = CTRL('\\'), [VERASE] = 0x7f, [VKILL] = CTRL('U'),
			[VEOF] = CTRL('D'), [VMIN] = 1, [VSTART] = CTRL('Q'), [VSTOP] = CTRL('S'),
			[VSUSP] = CTRL('Z'), [VREPRINT] = CTRL('R'), [VDISCARD] = CTRL('O'),
			[VWERASE] = CTRL('W'), [VLNEXT] = CTRL('V'),
		},
	};
}

/* --- the input ring --- */

static void
ring_put(struct tty *t, u8 c, bool ends_line) MUST_HOLD(t->lock)
{
	u32 at = t->head % INPUT_SIZE;

	t->buf[at] = c;
	if (ends_line)
		bitmap_set(t->delim, at);
	else
		bitmap_clear(t->delim, at);
	t->head++;
	if (ends_line)
		t->canon_head = t->head;
}

/* Room for one more byte? A line keeps a place for its end. Complains with a bell. */
static bool
ring_has_room(struct tty *t, bool ends_line) MUST_HOLD(t->lock)
{
	u32 keep = ends_line ? 0 : 1;
	bool full = t->head - t->tail >= INPUT_SIZE - keep;

	if (tty_canonical(t))
		full |= t->head - t->canon_head >= LINE_MAX - keep;
	if (full && t->termios.c_iflag & IMAXBEL)
		echo_raw(t, '\a');
	return !full;
}

/*
 * How many bytes the ring surely takes. Two places stay for a byte that becomes two. A line that grows too long is
 * no reason to wait, for nobody can read it: its bytes are dropped.
 */
static u32
ring_room(const struct tty *t)
{
	return INPUT_SIZE - 2 - MIN(READ_ONCE(t->head) - READ_ONCE(t->tail), INPUT_SIZE - 2u);
}

size_t
tty_input_room(const struct tty *t)
{
	return ring_room(t) / 2;
}

char
tty_flow_char(const struct tty *t, bool stop)
{
	return (t->termios.c_iflag & IXOFF) || !stop ? t->termios.c_cc[stop ? VSTOP : VSTART] : 0;
}

void
ldisc_flush_input(struct tty *t)
{
	assert_held(&t->lock);
	t->tail = t->canon_head = t->head;
	t->lnext = t->erasing = false;
	tty_notify(t, TIOCPKT_FLUSHREAD);
}

void
ldisc_balance(struct tty *t)
{
	bool go = false;
	ulong flags;

	if (likely(!READ_ONCE(t->throttled)))
		return;
	flags = spin_lock_irqsave(&t->lock);
	if (t->throttled && t->head - t->tail <= INPUT_LOW) {
		t->throttled = false;
		go = true;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	if (go && t->ops->throttle)
		t->ops->throttle(t, false);
}

/* --- editing the line being typed --- */

static void
echo_back(struct tty *t) MUST_HOLD(t->lock)
{
	echo_raw(t, '\b');
	echo_raw(t, ' ');
	echo_raw(t, '\b');
}

/* Columns from the last tab stop to the end of the line, for taking a tab back. */
static u32
columns_since_stop(const struct tty *t) MUST_HOLD(t->lock)
{
	u32 columns = 0;

	for (u32 pos = t->head; pos != t->canon_head; pos--) {
		u8 c = ring_at(t, pos - 1);

		if (c == '\t')
			return columns % 8;
		if (is_control(c))
			columns += t->termios.c_lflag & ECHOCTL ? 2 : 0;
		else if (!is_continuation(t, c))
			columns++;
	}
	return (columns + t->canon_column) % 8;
}

/* ECHOPRT shows what is erased, between a backslash and a slash: the line goes on behind it. */
static void
end_erasing(struct tty *t) MUST_HOLD(t->lock)
{
	if (t->erasing)
		echo_raw(t, '/');
	t->erasing = false;
}

/* The character of n bytes at the ring's head has been erased: the same on the screen. key: what was typed for that. */
static void
echo_erased(struct tty *t, u32 n, u8 key) MUST_HOLD(t->lock)
{
	u32 lflag = t->termios.c_lflag;
	u8 c = ring_at(t, t->head);

	if (!(lflag & ECHO))
		return;
	if (lflag & ECHOPRT) {
		if (!t->erasing)
			echo_raw(t, '\\');
		t->erasing = true;
		echo_byte(t, c);
		for (u32 i = 1; i < n; i++)
			echo_raw(t, ring_at(t, t->head + i));
	} else if (is_cc(t, VERASE, key) && !(lflag & ECHOE)) {
		echo_byte(t, key);
	} else if (c == '\t') {
		for (u32 i = 8 - columns_since_stop(t); i > 0; i--)
			echo_raw(t, '\b');
	} else if (!is_control(c)) {
		echo_back(t);
	} else if (lflag & ECHOCTL) {
		echo_back(t);
		echo_back(t);
	}
}

/* Take the last character, all its bytes, off the line and off the screen. */
static void
erase_char(struct tty *t, u8 key) MUST_HOLD(t->lock)
{
	u32 end = t->head;

	do
		t->head--;
	while (is_continuation(t, ring_at(t, t->head)) && t->head != t->canon_head);
	echo_erased(t, end - t->head, key);
}

static bool
is_word_byte(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c >= 0x80;
}

/* KILL: the whole line, one by one if the settings ask for all that makes this pretty. */
static void
erase_line(struct tty *t, u8 key) MUST_HOLD(t->lock)
{
	u32 lflag = t->termios.c_lflag, pretty = ECHO | ECHOE | ECHOK | ECHOKE;

	if ((lflag & pretty) == pretty) {
		while (t->head != t->canon_head)
			erase_char(t, key);
		return;
	}
	t->head = t->canon_head;
	if (!(lflag & ECHO))
		return;
	end_erasing(t);
	echo_byte(t, key);
	if (lflag & ECHOK)
		echo_raw(t, '\n');
}

/* ERASE, WERASE or KILL was typed. */
static void
edit_erase(struct tty *t, u8 key) MUST_HOLD(t->lock)
{
	if (t->head == t->canon_head)
		return;
	if (is_cc(t, VKILL, key)) {
		erase_line(t, key);
	} else if (is_cc(t, VERASE, key)) {
		erase_char(t, key);
	} else {
		while (t->head != t->canon_head && !is_word_byte(ring_at(t, t->head - 1)))
			erase_char(t, key);
		while (t->head != t->canon_head && is_word_byte(ring_at(t, t->head - 1)))
			erase_char(t, key);
	}
	if (t->head == t->canon_head)
		end_erasing(t);
}

/* REPRINT: the line again, below; as much as there is room for, since the lock is held and this is one typed byte. */
static void
edit_reprint(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	end_erasing(t);
	echo_byte(t, c);
	echo_raw(t, '\n');
	for (u32 pos = t->canon_head; pos != t->head && echo_has_room(t); pos++)
		echo_byte(t, ring_at(t, pos));
}

static void
end_line(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	ring_put(t, c, true);
	wake_up_all(&t->read_wait);
}

/* A byte that is only itself. */
static void
receive_plain(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	if (!ring_has_room(t, false))
		return;
	if (t->termios.c_lflag & ECHO) {
		end_erasing(t);
		if (t->head == t->canon_head)
			t->canon_column = t->column;
		if (c == '\n')
			echo_raw(t, c);
		else
			echo_byte(t, c);
	}
	if (c == 0xff && t->termios.c_iflag & PARMRK)
		ring_put(t, c, false);		/* doubled: one alone would announce an error */
	ring_put(t, c, false);
	if (!tty_canonical(t))
		wake_up_all(&t->read_wait);
}

/* Canonical mode's special characters. False: c is not one of them. */
static bool
receive_edit(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	u32 lflag = t->termios.c_lflag;

	if (is_cc(t, VERASE, c) || is_cc(t, VKILL, c) || (lflag & IEXTEN && is_cc(t, VWERASE, c))) {
		edit_erase(t, c);
		return true;
	}
	if (lflag & IEXTEN && is_cc(t, VLNEXT, c)) {
		t->lnext = true;
		if (lflag & ECHO) {
			end_erasing(t);
			if (lflag & ECHOCTL) {
				echo_raw(t, '^');
				echo_raw(t, '\b');
			}
		}
		return true;
	}
	if (lflag & IEXTEN && lflag & ECHO && is_cc(t, VREPRINT, c)) {
		edit_reprint(t, c);
		return true;
	}
	if (is_cc(t, VEOF, c)) {
		if (ring_has_room(t, true))
			end_line(t, 0);
		return true;
	}
	if (c == '\n') {
		if (ring_has_room(t, true)) {
			if (lflag & (ECHO | ECHONL))
				echo_raw(t, '\n');
			end_line(t, c);
		}
		return true;
	}
	if (is_cc(t, VEOL, c) || (lflag & IEXTEN && is_cc(t, VEOL2, c))) {
		if (ring_has_room(t, true)) {
			if (lflag & ECHO) {
				if (t->head == t->canon_head)
					t->canon_column = t->column;
				echo_byte(t, c);
			}
			end_line(t, c);
		}
		return true;
	}
	return false;
}

/* INTR, QUIT, SUSP: tell the foreground group; throw away what was typed and not yet shown. */
static void
receive_signal(struct tty *t, int sig, u8 c) MUST_HOLD(t->lock)
{
	if (!(t->termios.c_lflag & NOFLSH)) {
		ldisc_flush_input(t);
		t->echo_len = 0;
		t->ops->flush(t);
		tty_room(&t->write_wait);
	}
	if (t->termios.c_iflag & IXON)
		output_start(t);
	if (t->termios.c_lflag & ECHO)
		echo_byte(t, c);
	t->signals |= sigmask(sig);
}

/* EXTPROC: the other end has done all that is to be done. */
static void
receive_extern(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	ring_put(t, c, false);
	wake_up_all(&t->read_wait);
}

static void
receive_byte(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	u32 iflag = t->termios.c_iflag, lflag = t->termios.c_lflag;

	assert_held(&t->lock);
	if (iflag & ISTRIP)
		c &= 0x7f;
	if (iflag & IUCLC && lflag & IEXTEN && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (t->lnext) {
		t->lnext = false;
		receive_plain(t, c);
		return;
	}
	if (iflag & IXON) {
		if (is_cc(t, VSTOP, c) && (!t->stopped || !is_cc(t, VSTART, c))) {
			output_stop(t);
			return;
		}
		if (is_cc(t, VSTART, c)) {
			output_start(t);
			return;
		}
	}
	if (lflag & ISIG) {
		int sig = is_cc(t, VINTR, c) ? SIGINT : is_cc(t, VQUIT, c) ? SIGQUIT :
			  is_cc(t, VSUSP, c) ? SIGTSTP : 0;

		if (sig) {
			receive_signal(t, sig, c);
			return;
		}
	}
	if (iflag & IXON && iflag & IXANY)
		output_start(t);
	if (c == '\r') {
		if (iflag & IGNCR)
			return;
		if (iflag & ICRNL)
			c = '\n';
	} else if (c == '\n' && iflag & INLCR) {
		c = '\r';
	}
	if (tty_canonical(t) && receive_edit(t, c))
		return;
	receive_plain(t, c);
}

/* As many of n bytes as the ring takes. *on: the sender is to be throttled from now on. */
static size_t
receive(struct tty *t, const u8 *s, size_t n, bool *on) MUST_HOLD(t->lock)
{
	bool plain = t->termios.c_lflag & EXTPROC && !(t->termios.c_iflag & ISTRIP);
	size_t i;

	for (i = 0; i < n && ring_room(t); i++)
		if (plain)
			receive_extern(t, s[i]);
		else
			receive_byte(t, s[i]);
	echo_flush(t);
	*on = !t->throttled && t->head - t->tail >= INPUT_HIGH;
	t->throttled |= *on;
	return i;
}

size_t
tty_input(struct tty *t, const char *s, size_t n)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	int pgrp = t->pgrp;
	u64 signals;
	bool on;

	n = receive(t, (const u8 *)s, n, &on);
	signals = t->signals;
	t->signals = 0;
	spin_unlock_irqrestore(&t->lock, flags);

	if (on && t->ops->throttle)
		t->ops->throttle(t, true);
	for (; pgrp && signals; signals &= signals - 1)
		signal_send_pgrp(pgrp, bit_lowest(signals) + 1, NULL);
	return n;
}

/* --- settings --- */

/* Canonical and raw mode see the same ring differently: convert what is in it. */
void
ldisc_set_termios(struct tty *t, const struct abi_termios2 *k)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	struct abi_termios2 old = t->termios;

	t->termios = *k;
	if ((old.c_lflag ^ k->c_lflag) & (ICANON | EXTPROC)) {
		for (u32 pos = t->tail; pos != t->head; pos++)
			bitmap_clear(t->delim, pos % INPUT_SIZE);
		t->canon_head = t->tail;
		if (tty_canonical(t) && t->head != t->tail) {	/* what is there is a line */
			bitmap_set(t->delim, (t->head - 1) % INPUT_SIZE);
			t->canon_head = t->head;
		}
		t->lnext = t->erasing = false;
	}
	if (old.c_iflag & IXON && !(k->c_iflag & IXON))
		output_start(t);
	wake_up_all(&t->read_wait);
	if (t->ops->set_termios)
		t->ops->set_termios(t, &old);
	spin_unlock_irqrestore(&t->lock, flags);
}
