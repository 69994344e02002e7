/*
 * serial.c - a serial port as a terminal, whatever its registers.
 *
 * Output goes straight to the transmitter while it has room, the rest through a ring that the
 * transmitter's interrupt (enabled only then) empties.
 *
 * Data        struct serial (serial.h), one per port. The ring's head and tail run freely;
 *             their difference is the fill.
 * Locks       serial->lock: registers and ring. Rank NONE, because printk comes here under any
 *             lock; nothing but the driver's operations is called with it held. A console write
 *             that cannot get it (a panic inside this file) goes ahead without.
 * Not here    registers (uart16550.c, uart_sifive.c); lines and echo (ldisc.c).
 */
#include "abi/errno.h"
#include "drivers/tty/serial.h"
#include "drivers/tty/tty.h"
#include "kernel/printk.h"

static u32 ring_fill(const struct serial *s) { return s->head - s->tail; }
static u32 ring_room(const struct serial *s) { return SERIAL_RING - ring_fill(s); }

static void
serial_enable(struct serial *s, u32 interrupts)
{
	if (s->enabled != interrupts) {
		s->enabled = interrupts;
		s->ops->enable(s, interrupts);
	}
}

/* Ask for the interrupts that are wanted now. */
static void
serial_enable_wanted(struct serial *s)
{
	serial_enable(s, (s->receiving ? SERIAL_RX : 0) | (ring_fill(s) ? SERIAL_TX : 0));
}

/* Move bytes from the ring to the transmitter while it takes them; ask for an interrupt if some remain. */
static void
serial_push(struct serial *s)
{
	while (ring_fill(s)) {
		u32 at = s->tail % SERIAL_RING, straight = SERIAL_RING - at;
		u32 n = ring_fill(s) < straight ? ring_fill(s) : straight;
		u32 sent = s->ops->send(s, s->ring + at, n);

		s->tail += sent;
		if (sent < n)
			break;
	}
	serial_enable_wanted(s);
}

/* ---- the terminal's operations ---- */

static size_t
serial_write(struct tty *t, const char *p, size_t n)
{
	struct serial *s = tty_private(t);
	ulong flags = spin_lock_irqsave(&s->lock);
	size_t done = 0;

	if (ring_fill(s) == 0)
		done = s->ops->send(s, p, n);
	if (done < n) {
		while (done < n && ring_room(s))
			s->ring[s->head++ % SERIAL_RING] = p[done++];
		serial_push(s);
	}
	spin_unlock_irqrestore(&s->lock, flags);
	return done;
}

static size_t
serial_room(struct tty *t)
{
	return ring_room(tty_private(t));
}

static size_t
serial_pending(struct tty *t)
{
	return ring_fill(tty_private(t));
}

static void
serial_flush(struct tty *t)
{
	struct serial *s = tty_private(t);
	ulong flags = spin_lock_irqsave(&s->lock);

	s->tail = s->head;
	serial_push(s);
	spin_unlock_irqrestore(&s->lock, flags);
}

/*
 * The terminal's input ring fills up, or has room again. With IXOFF the other side is asked to stop, and to go on.
 * Without, or if it does not listen, its bytes wait in the receiver: see serial_receive().
 */
static void
serial_throttle(struct tty *t, bool on)
{
	struct serial *s = tty_private(t);
	char c = tty_flow_char(t, on);
	ulong flags = spin_lock_irqsave(&s->lock);
	bool say = on ? c : s->stop_sent;

	s->stop_sent = on && c;
	if (!on && !s->receiving) {
		s->receiving = true;
		serial_enable_wanted(s);
	}
	spin_unlock_irqrestore(&s->lock, flags);
	if (say)
		serial_write(t, &c, 1);
}

static void
serial_putc_polled(struct serial *s, char c)
{
	while (!s->ops->send(s, &c, 1))
		;
}

/*
 * What programs wrote goes first, so that neither they nor the kernel are cut in mid-character. NO_TSA: a holder
 * that never lets go (a panic) is not waited for for ever.
 */
static void
serial_console_write(struct tty *t, const char *p, size_t n) NO_TSA
{
	struct serial *s = tty_private(t);
	ulong flags = irq_save();
	bool locked = false;

	for (int tries = 0; tries < 1000000 && !locked; tries++)
		locked = spin_trylock(&s->lock);
	while (ring_fill(s))
		serial_putc_polled(s, s->ring[s->tail++ % SERIAL_RING]);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			serial_putc_polled(s, '\r');
		serial_putc_polled(s, p[i]);
	}
	if (locked)
		spin_unlock(&s->lock);
	irq_restore(flags);
}

static const struct tty_ops serial_tty_ops = {
	.write = serial_write,
	.room = serial_room,
	.pending = serial_pending,
	.flush = serial_flush,
	.throttle = serial_throttle,
	.console_write = serial_console_write,
};

/* ---- interrupts ---- */

/*
 * The terminal is full: leave what arrives where it is, and its interrupt off, until serial_throttle(). If a reader
 * made room in the meantime, and so found nothing to undo, go on. True: we stop.
 */
static bool
serial_stop_receiving(struct serial *s)
{
	bool stop;

	spin_lock(&s->lock);
	stop = tty_input_room(s->tty) == 0;
	s->receiving = !stop;
	serial_enable_wanted(s);
	spin_unlock(&s->lock);
	return stop;
}

/* Empty the receiver into the line discipline, as far as there is room. True if anything came. */
static bool
serial_receive(struct serial *s)
{
	char buf[64];
	bool any = false;
	size_t n, want;

	do {
		want = MIN(sizeof(buf), tty_input_room(s->tty));
		if (!want && serial_stop_receiving(s))
			break;
		n = s->ops->receive(s, buf, want);
		if (n) {
			any = true;
			tty_input(s->tty, buf, n);
		}
	} while (n == want);
	return any;
}

void
serial_interrupt(void *arg)
{
	struct serial *s = arg;
	bool sent = false;

	/* The next byte may arrive between the last look and the claim's end: look until nothing is pending. */
	for (int i = 0; i < 64; i++) {
		bool got = serial_receive(s);

		spin_lock(&s->lock);
		if (s->enabled & SERIAL_TX) {
			serial_push(s);
			sent = true;
		}
		spin_unlock(&s->lock);
		if (!s->ops->pending || (!got && !s->ops->pending(s)))
			break;
	}
	if (sent && ring_fill(s) <= SERIAL_RING / 2)
		tty_write_wakeup(s->tty);
}

/* ---- becoming a terminal ---- */

void
serial_init(struct serial *s, const struct serial_ops *ops)
{
	spin_init(&s->lock, RANK_NONE);
	s->ops = ops;
}

int
serial_register(struct serial *s, struct device *dev, const char *name, u32 number, void (*interrupt)(void *s))
{
	int err;

	s->tty = tty_register(name, number, &serial_tty_ops, s);
	if (!s->tty)
		return -ENOMEM;
	err = device_irq_attach(dev, 0, interrupt, s);
	if (err)
		pr_warn("%s: no interrupt (error %d): output only, by polling\n", name, -err);
	else {
		s->receiving = true;
		serial_enable_wanted(s);
	}
	return 0;
}
