/*
 * read.c - what a read of a terminal gets: a line, or what VMIN and VTIME ask for.
 *
 *	          VTIME 0                      VTIME n
 *	VMIN 0    what there is, at once       one byte or more; none after n tenths of a second
 *	VMIN m    until there are m            the same, but no longer than n tenths after a byte
 *
 * Locks       t->read_lock for one reader at a time; t->lock for the ring.
 * Not here    how bytes come into the ring (ldisc.c).
 * Further     POSIX.1-2017, 11.1.7 Non-Canonical Mode Input Processing.
 */
#include "abi/errno.h"
#include "drivers/tty/private.h"
#include "kernel/signal.h"
#include "kernel/time.h"

#define DECISECOND	(100 * NSEC_PER_MSEC)

bool
ldisc_readable(const struct tty *t, u32 min)
{
	u32 tail = READ_ONCE(t->tail);

	if (tty_canonical(t))
		return READ_ONCE(t->canon_head) != tail;
	return READ_ONCE(t->head) - tail >= MAX(min, 1u);
}

u32
ldisc_count(struct tty *t)
{
	ulong flags = spin_lock_irqsave(&t->lock);
	u32 n = 0;

	if (tty_canonical(t)) {
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
	bool canonical = tty_canonical(t);
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

	if (tty_canonical(t))
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
	bool waited = false;

	while (u->resid) {
		char buf[256];
		bool ended;
		size_t n, want = MIN(u->resid, sizeof(buf));

		if (tty_file_hung_up(tf))
			return total ? (ssize_t)total : waited && t->gone ? -EIO : 0;
		if (!ldisc_readable(t, 1)) {
			u64 deadline = read_deadline(t, total, &first);
			int err;

			if (deadline == 0)
				break;
			if (nonblock)
				return total ? (ssize_t)total : -EAGAIN;
			waited = true;
			err = wait_event_deadline(&t->read_wait,
						  ldisc_readable(t, 1) || tty_file_hung_up(tf), deadline);
			if (err == -ETIMEDOUT)
				break;
			if (err)
				return total ? (ssize_t)total : err;
			continue;
		}
		n = ring_take(t, buf, want, want == u->resid, &ended);
		ldisc_balance(t);
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
