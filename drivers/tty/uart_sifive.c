/*
 * uart_sifive.c - the SiFive serial port.  32-bit accesses only.
 *
 *	0x00 txdata	7:0 data, 31 FIFO full
 *	0x04 rxdata	7:0 data, 31 FIFO empty; a read takes one byte
 *	0x08 txctrl	0 enable, 18:16 watermark
 *	0x0c rxctrl	0 enable, 18:16 watermark
 *	0x10 ie, 0x14 ip	0 transmit, 1 receive watermark
 *	0x18 div	baud = clock / (div + 1)
 *
 * The transmit condition is "fewer bytes than txctrl's watermark": with 0 it never comes, so
 * it is 1, and the interrupt is enabled only while the ring holds output (QEMU 7.2 raises it
 * whenever it is enabled). The firmware's speed is kept.
 *
 * Data        struct sifive_uart, one per port.
 * Locks       uart->lock, as in uart16550.c.
 * Further     SiFive FU540-C000 Manual, chapter 13.
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/tty/tty.h"
#include "drivers/tty/txring.h"
#include "fs/dev.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "lib/fmt.h"
#include "mm/slab.h"

#define TXDATA		0x00
#define RXDATA		0x04
#define TXCTRL		0x08
#define RXCTRL		0x0c
#define IE		0x10
#define REGS_SIZE	0x1c

#define TXDATA_FULL	BIT(31)
#define RXDATA_EMPTY	BIT(31)
#define CTRL_ENABLE	BIT(0)
#define CTRL_WATERMARK(n) ((n) << 16)
#define IE_TX		BIT(0)
#define IE_RX		BIT(1)

/* Linux gives this port a dynamic major; ours is from the range set aside for local use. */
#define TTYSIF_MAJOR	240

struct sifive_uart {			/* Guarded by: i immutable  l lock */
	struct spinlock lock;
	volatile u8 *regs;		/* [i] */
	u32	ie;			/* [l] what IE holds */
	struct tty *tty;		/* [i] set once, before interrupts come */
	struct txring tx;		/* [l] */
};

static void
uart_set_ie(struct sifive_uart *u, u32 ie)
{
	if (u->ie != ie) {
		u->ie = ie;
		mmio_write32(u->regs + IE, ie);
	}
}

static bool
uart_full(struct sifive_uart *u)
{
	return mmio_read32(u->regs + TXDATA) & TXDATA_FULL;
}

static void
uart_push(struct sifive_uart *u)
{
	while (txring_fill(&u->tx) && !uart_full(u))
		mmio_write32(u->regs + TXDATA, (u8)txring_get(&u->tx));
	uart_set_ie(u, txring_fill(&u->tx) ? IE_RX | IE_TX : IE_RX);
}

static size_t
uart_tty_write(struct tty *t, const char *s, size_t n)
{
	struct sifive_uart *u = tty_private(t);
	ulong flags = spin_lock_irqsave(&u->lock);
	size_t done = 0;

	if (txring_fill(&u->tx) == 0)
		while (done < n && !uart_full(u))
			mmio_write32(u->regs + TXDATA, (u8)s[done++]);
	if (done < n) {
		while (done < n && txring_room(&u->tx))
			txring_put(&u->tx, s[done++]);
		uart_push(u);
	}
	spin_unlock_irqrestore(&u->lock, flags);
	return done;
}

static size_t
uart_tty_room(struct tty *t)
{
	struct sifive_uart *u = tty_private(t);

	return txring_room(&u->tx);
}

static size_t
uart_tty_pending(struct tty *t)
{
	struct sifive_uart *u = tty_private(t);

	return txring_fill(&u->tx);
}

static void
uart_tty_flush(struct tty *t)
{
	struct sifive_uart *u = tty_private(t);
	ulong flags = spin_lock_irqsave(&u->lock);

	u->tx.tail = u->tx.head;
	uart_push(u);
	spin_unlock_irqrestore(&u->lock, flags);
}

static void
uart_putc_polled(struct sifive_uart *u, char c)
{
	while (uart_full(u))
		;
	mmio_write32(u->regs + TXDATA, (u8)c);
}

/* As uart16550's: pending output first; without the lock rather than not at all (NO_TSA). */
static void
uart_console_write(struct tty *t, const char *s, size_t n) NO_TSA
{
	struct sifive_uart *u = tty_private(t);
	ulong flags = irq_save();
	bool locked = false;

	for (int tries = 0; tries < 1000000 && !locked; tries++)
		locked = spin_trylock(&u->lock);
	while (txring_fill(&u->tx))
		uart_putc_polled(u, txring_get(&u->tx));
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			uart_putc_polled(u, '\r');
		uart_putc_polled(u, s[i]);
	}
	if (locked)
		spin_unlock(&u->lock);
	irq_restore(flags);
}

static void
uart_interrupt(void *arg)
{
	struct sifive_uart *u = arg;
	bool sent = false;
	char buf[64];
	size_t n;

	do {
		for (n = 0; n < sizeof(buf); n++) {
			u32 v = mmio_read32(u->regs + RXDATA);

			if (v & RXDATA_EMPTY)
				break;
			buf[n] = v;
		}
		if (n)
			tty_input(u->tty, buf, n);
	} while (n == sizeof(buf));

	spin_lock(&u->lock);
	if (u->ie & IE_TX) {
		uart_push(u);
		sent = true;
	}
	spin_unlock(&u->lock);
	if (sent && txring_fill(&u->tx) <= TXRING_SIZE / 2)
		tty_write_wakeup(u->tty);
}

static const struct tty_ops uart_tty_ops = {
	.write = uart_tty_write,
	.room = uart_tty_room,
	.pending = uart_tty_pending,
	.flush = uart_tty_flush,
	.console_write = uart_console_write,
};

static int
uart_probe(struct device *dev)
{
	static int ports;		/* minor numbers, in the tree's order */
	struct sifive_uart *u = kzalloc(sizeof(*u), GFP_KERNEL);
	char name[16];
	size_t size;
	int err;

	if (!u)
		return -ENOMEM;
	spin_init(&u->lock, RANK_NONE);
	u->regs = device_map(dev, 0, &size);
	err = -ENOMEM;
	if (!u->regs)
		goto out_free;
	err = -EINVAL;
	if (size < REGS_SIZE)
		goto out_free;

	mmio_write32(u->regs + IE, 0);
	mmio_write32(u->regs + TXCTRL, CTRL_ENABLE | CTRL_WATERMARK(1));
	mmio_write32(u->regs + RXCTRL, CTRL_ENABLE | CTRL_WATERMARK(0));

	snprintf(name, sizeof(name), "ttySIF%d", ports);
	err = -ENOMEM;
	u->tty = tty_register(name, DEV(TTYSIF_MAJOR, ports), &uart_tty_ops, u);
	if (!u->tty)
		goto out_free;
	ports++;
	err = device_irq_attach(dev, 0, uart_interrupt, u);
	if (err)
		pr_warn("%s: no interrupt (error %d): output only, by polling\n", name, -err);
	else
		uart_set_ie(u, IE_RX);
	return 0;
out_free:
	kfree(u);
	return err;
}

static const struct driver_match uart_sifive_match[] = {
	{ "sifive,uart0", NULL },
	{ 0 },
};

const struct driver uart_sifive_driver = {
	.name = "uart_sifive",
	.level = DRIVER_CONSOLE,
	.match = uart_sifive_match,
	.probe = uart_probe,
};
