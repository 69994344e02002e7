/*
 * ldisc.c - the line discipline: what typed bytes mean, and what written bytes become.
 *
 *	device --tty_input()--> receive_byte() --> input ring --ldisc_read()--> program
 *	                             | echo
 *	device <--ops->write--- opost_byte() <----ldisc_output()--------------- program
 *
 * Data        struct tty (private.h): the ring, its line marks, the cursor's column.
 * Locks       t->lock for all of it; receive_byte runs with it held, interrupts off.
 * Invariants  L1  tail <= canon_head <= head, by distance; head - tail <= INPUT_SIZE.
 *             L2  canonical: canon_head follows the last marked byte. Raw: nothing is marked.
 * Not here    who may read, and who gets ^C's signal (jobctl.c); system calls (tty.c).
 * Further     termios(3); POSIX.1-2017, chapter 11, General Terminal Interface.
 */
#include "abi/errno.h"
#include "abi/poll.h"
#include "drivers/tty/private.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "lib/string.h"

#define CTRL(c)		((c) & 0x1f)
#define DECISECOND	(100 * NSEC_PER_MSEC)
#define OPOST_MAX	8		/* most bytes one byte becomes: a tab in spaces */

static bool
is_control(u8 c)
{
	return c < 0x20 || c == 0x7f;
}

/* A byte of a UTF-8 character other than its first: takes no column of its own. */
static bool
is_continuation(const struct tty *t, u8 c)
{
	return t->termios.c_iflag & IUTF8 && (c & 0xc0) == 0x80;
}

static bool
is_cc(const struct tty *t, int which, u8 c)
{
	return c && t->termios.c_cc[which] == c;
}

void
ldisc_init(struct tty *t)
{
	t->termios = (struct abi_termios){
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

/* --- output --- */

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

/* --- echo: collected, and handed to the device once per interrupt --- */

static void
echo_flush(struct tty *t) MUST_HOLD(t->lock)
{
	if (t->echo_len)
		t->ops->write(t, t->echo, t->echo_len);
	t->echo_len = 0;
}

static void
echo_raw(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	if (t->echo_len + OPOST_MAX > ECHO_SIZE)
		echo_flush(t);
	t->echo_len += opost_byte(t, c, t->echo + t->echo_len);
}

/* As typed, control characters as ^X if the settings say so. */
static void
echo_byte(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	if (t->termios.c_lflag & ECHOCTL && is_control(c) && c != '\t' && c != '\n') {
		echo_raw(t, '^');
		echo_raw(t, c ^ 0x40);
	} else {
		echo_raw(t, c);
	}
}

static void
echo_back(struct tty *t) MUST_HOLD(t->lock)
{
	echo_raw(t, '\b');
	echo_raw(t, ' ');
	echo_raw(t, '\b');
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

static u8
ring_at(const struct tty *t, u32 pos)
{
	return t->buf[pos % INPUT_SIZE];
}

static bool
ring_ends_line(const struct tty *t, u32 pos)
{
	return bitmap_test(t->delim, pos % INPUT_SIZE);
}

/* Room for one more byte? A line keeps a place for its end. Complains with a bell. */
static bool
ring_has_room(struct tty *t, bool ends_line) MUST_HOLD(t->lock)
{
	u32 keep = ends_line ? 0 : 1;
	bool full = t->head - t->tail >= INPUT_SIZE - keep;

	if (t->termios.c_lflag & ICANON)
		full |= t->head - t->canon_head >= LINE_MAX - keep;
	if (full && t->termios.c_iflag & IMAXBEL)
		echo_raw(t, '\a');
	return !full;
}

void
ldisc_flush_input(struct tty *t)
{
	assert_held(&t->lock);
	t->tail = t->canon_head = t->head;
	t->lnext = false;
}

/* --- editing the line being typed --- */

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

/* Take the last character (all its bytes) off the line and, with `echo`, off the screen. */
static void
erase_char(struct tty *t, bool echo) MUST_HOLD(t->lock)
{
	u8 c;

	do
		c = ring_at(t, --t->head);
	while (is_continuation(t, c) && t->head != t->canon_head);
	if (!echo)
		return;
	if (c == '\t') {
		for (u32 n = 8 - columns_since_stop(t); n > 0; n--)
			echo_raw(t, '\b');
	} else if (!is_control(c)) {
		echo_back(t);
	} else if (t->termios.c_lflag & ECHOCTL) {
		echo_back(t);
		echo_back(t);
	}
}

static bool
is_word_byte(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c >= 0x80;
}

/* ERASE, WERASE or KILL was typed as c. */
static void
edit_erase(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	u32 lflag = t->termios.c_lflag;
	bool echo = lflag & ECHO, visual = echo && lflag & ECHOE;

	if (t->head == t->canon_head)
		return;
	if (is_cc(t, VKILL, c)) {
		if (visual && lflag & ECHOKE) {
			while (t->head != t->canon_head)
				erase_char(t, true);
			return;
		}
		t->head = t->canon_head;
		if (echo) {
			echo_byte(t, c);
			if (lflag & ECHOK)
				echo_raw(t, '\n');
		}
		return;
	}
	if (echo && !visual)
		echo_byte(t, c);
	if (is_cc(t, VERASE, c)) {
		erase_char(t, visual);
		return;
	}
	while (t->head != t->canon_head && !is_word_byte(ring_at(t, t->head - 1)))
		erase_char(t, visual);
	while (t->head != t->canon_head && is_word_byte(ring_at(t, t->head - 1)))
		erase_char(t, visual);
}

/* REPRINT: the line again, below. */
static void
edit_reprint(struct tty *t, u8 c) MUST_HOLD(t->lock)
{
	echo_byte(t, c);
	echo_raw(t, '\n');
	for (u32 pos = t->canon_head; pos != t->head; pos++)
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
	bool canonical = t->termios.c_lflag & ICANON;

	if (!ring_has_room(t, false))
		return;
	if (t->termios.c_lflag & ECHO) {
		if (t->head == t->canon_head)
			t->canon_column = t->column;
		if (c == '\n')
			echo_raw(t, c);
		else
			echo_byte(t, c);
	}
	ring_put(t, c, false);
	if (!canonical)
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
		if (lflag & ECHO && lflag & ECHOCTL) {
			echo_raw(t, '^');
			echo_raw(t, '\b');
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

static void
resume_output(struct tty *t) MUST_HOLD(t->lock)
{
	t->stopped = false;
	wake_up_key(&t->write_wait, (void *)(ulong)(POLLOUT | POLLWRNORM), 0);
}

/* INTR, QUIT, SUSP: tell the foreground group; throw away what was typed and not yet shown. */
static void
receive_signal(struct tty *t, int sig, u8 c) MUST_HOLD(t->lock)
{
	if (!(t->termios.c_lflag & NOFLSH)) {
		ldisc_flush_input(t);
		t->echo_len = 0;
		t->ops->flush(t);
	}
	if (t->termios.c_iflag & IXON)
		t->stopped = false;
	wake_up_key(&t->write_wait, (void *)(ulong)(POLLOUT | POLLWRNORM), 0);
	if (t->termios.c_lflag & ECHO)
		echo_byte(t, c);
	t->signals |= sigmask(sig);
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
			t->stopped = true;
			return;
		}
		if (is_cc(t, VSTART, c) || (t->stopped && iflag & IXANY)) {
			resume_output(t);
			if (is_cc(t, VSTART, c))
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
	if (c == '\r') {
		if (iflag & IGNCR)
			return;
		if (iflag & ICRNL)
			c = '\n';
	} else if (c == '\n' && iflag & INLCR) {
		c = '\r';
	}
	if (lflag & ICANON && receive_edit(t, c))
		return;
	receive_plain(t, c);
}

void
tty_input(struct tty *t, const char *s, size_t n)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	u64 signals;
	int pgrp = t->pgrp;

	for (size_t i = 0; i < n; i++)
		receive_byte(t, s[i]);
	echo_flush(t);
	signals = t->signals;
	t->signals = 0;
	spin_unlock_irqrestore(&t->lock, flags);

	for (; pgrp && signals; signals &= signals - 1)
		signal_send_pgrp(pgrp, bit_lowest(signals) + 1, NULL);
}

/* --- settings --- */

/* Canonical and raw mode see the same ring differently: convert what is in it. */
void
ldisc_set_termios(struct tty *t, const struct abi_termios *k)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	bool switched = (t->termios.c_lflag ^ k->c_lflag) & ICANON;

	t->termios = *k;
	if (switched) {
		for (u32 pos = t->tail; pos != t->head; pos++)
			bitmap_clear(t->delim, pos % INPUT_SIZE);
		t->canon_head = t->tail;
		if (k->c_lflag & ICANON && t->head != t->tail) {	/* what is there is a line */
			bitmap_set(t->delim, (t->head - 1) % INPUT_SIZE);
			t->canon_head = t->head;
		}
		t->lnext = false;
	}
	if (!(k->c_iflag & IXON) && t->stopped)
		resume_output(t);
	wake_up_all(&t->read_wait);
	if (t->ops->set_termios)
		t->ops->set_termios(t);
	spin_unlock_irqrestore(&t->lock, flags);
}

/* --- reading --- */

bool
ldisc_readable(const struct tty *t, u32 min)
{
	u32 tail = READ_ONCE(t->tail);

	if (READ_ONCE(t->termios.c_lflag) & ICANON)
		return READ_ONCE(t->canon_head) != tail;
	return READ_ONCE(t->head) - tail >= MAX(min, 1u);
}

u32
ldisc_count(struct tty *t)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	u32 n = 0;

	if (t->termios.c_lflag & ICANON) {
		for (u32 pos = t->tail; pos != t->canon_head; pos++)
			n += !(ring_ends_line(t, pos) && ring_at(t, pos) == 0);
	} else {
		n = t->head - t->tail;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return n;
}

/*
 * Take up to n bytes from the ring to buf. *ended: a line's end was among them (or ended
 * it silently: ^D). last: nothing more is wanted, so an end of file that follows goes too.
 */
static size_t
ring_take(struct tty *t, char *buf, size_t n, bool last, bool *ended)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	bool canonical = t->termios.c_lflag & ICANON;
	u32 limit = canonical ? t->canon_head : t->head;
	size_t got = 0;

	*ended = false;
	while (t->tail != limit && !*ended && (got < n || (canonical && last))) {
		u8 c = ring_at(t, t->tail);

		*ended = canonical && ring_ends_line(t, t->tail);
		if (*ended && c == 0) {
			t->tail++;
			break;
		}
		if (got == n) {		/* only looked for an end of file */
			*ended = false;
			break;
		}
		buf[got++] = c;
		t->tail++;
	}
	if (!canonical)
		t->canon_head = t->tail;	/* L1 */
	spin_unlock_irqrestore(&t->lock, flags);
	return got;
}

/* When a read that has `got` bytes must give up; 0: at once. first: deadline of VMIN 0's timer. */
static u64
read_deadline(const struct tty *t, size_t got, u64 *first)
{
	u32 min = t->termios.c_cc[VMIN], time = t->termios.c_cc[VTIME];

	if (t->termios.c_lflag & ICANON)
		return TIME_NEVER;
	if (min == 0) {
		if (time == 0 || got)
			return 0;
		if (!*first)
			*first = clock_monotonic() + time * DECISECOND;
		return *first;
	}
	if (got >= min)
		return 0;
	return time && got ? clock_monotonic() + time * DECISECOND : TIME_NEVER;
}

static ssize_t
ldisc_read_locked(struct tty_file *tf, struct uio *u, bool nonblock)
{
	struct tty *t = tf->tty;
	u64 first = 0;
	size_t total = 0;

	while (u->resid) {
		char buf[256];
		bool ended;
		size_t n, want = MIN(u->resid, sizeof(buf));

		if (tty_file_hung_up(tf))
			break;
		if (!ldisc_readable(t, 1)) {
			u64 deadline = read_deadline(t, total, &first);
			int err;

			if (deadline == 0)
				break;
			if (nonblock)
				return total ? (ssize_t)total : -EAGAIN;
			err = wait_event_deadline(&t->read_wait,
						  ldisc_readable(t, 1) || tty_file_hung_up(tf), deadline);
			if (err == -ETIMEDOUT)
				break;
			if (err)
				return total ? (ssize_t)total : err;
			continue;
		}
		n = ring_take(t, buf, want, want == u->resid, &ended);
		if (uio_put(u, buf, n) < n)
			return total ? (ssize_t)total : -EFAULT;
		total += n;
		if (ended)
			break;
	}
	return total;
}

ssize_t
ldisc_read(struct tty_file *tf, struct uio *u, bool nonblock)
{
	struct tty *t = tf->tty;
	ssize_t n;

	if (nonblock) {
		if (!mutex_trylock(&t->read_lock))
			return -EAGAIN;
	} else {
		int err = mutex_lock_interruptible(&t->read_lock);

		if (err)
			return err;
	}
	n = ldisc_read_locked(tf, u, nonblock);
	mutex_unlock(&t->read_lock);
	return n;
}
