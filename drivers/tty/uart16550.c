/*
 * uart16550.c - the 16550 serial port, and its DesignWare variant.
 *
 * Registers, each (1 << reg-shift) bytes apart and reg-io-width bytes wide:
 *	0 RBR/THR data	1 IER interrupt enable	2 IIR cause / FCR FIFO control
 *	3 LCR format	4 MCR modem lines	5 LSR line status	31 USR (DesignWare)
 *
 * Output goes straight to the FIFO while it has room, the rest through a ring that the
 * transmitter-empty interrupt (enabled only then) empties.  The firmware's speed is kept.
 *
 * Data        struct uart, one per port.
 * Locks       uart->lock: registers and ring. Rank NONE, because printk comes here under any
 *             lock; nothing is called with it held. A console write that cannot get it (a panic
 *             inside this file) goes ahead without.
 * Not here    lines and echo (ldisc.c).
 * Further     National Semiconductor PC16550D data sheet; Synopsys DW_apb_uart databook (busy
 *             detect: cause 7 is cleared by reading USR).
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/tty/tty.h"
#include "drivers/tty/txring.h"
#include "fs/dev.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "lib/fmt.h"
#include "mm/bootmem.h"
#include "mm/slab.h"

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, USR = 31 };

#define IER_RX		0x01
#define IER_TX		0x02
#define IIR_NONE	0x01		/* no interrupt pending */
#define IIR_CAUSE	0x0f
#define IIR_BUSY	0x07		/* DesignWare: LCR written while busy */
#define FCR_ENABLE	0x01
#define FCR_TRIGGER_8	0x80
#define LCR_8N1		0x03
#define MCR_DTR_RTS_OUT2 0x0b		/* OUT2 gates the interrupt line on PC-style boards */
#define LSR_DATA	0x01
#define LSR_THR_EMPTY	0x20
#define FIFO_SIZE	16
#define TTY_MAJOR	4
#define TTY_MINOR	64		/* ttyS0 */

struct uart {				/* Guarded by: i immutable  l lock */
	struct spinlock lock;
	volatile u8 *regs;		/* [i] */
	u32	shift, width;		/* [i] */
	bool	dw;			/* [i] has USR */
	u8	ier;			/* [l] what IER holds */
	struct tty *tty;		/* [i] set once, before interrupts come */
	struct txring tx;		/* [l] */
};

static u8
uart_read(struct uart *u, u32 reg)
{
	volatile u8 *p = u->regs + (reg << u->shift);

	return u->width == 4 ? mmio_read32(p) : mmio_read8(p);
}

static void
uart_write(struct uart *u, u32 reg, u8 v)
{
	volatile u8 *p = u->regs + (reg << u->shift);

	if (u->width == 4)
		mmio_write32(p, v);
	else
		mmio_write8(p, v);
}

static void
uart_set_ier(struct uart *u, u8 ier)
{
	if (u->ier != ier) {
		u->ier = ier;
		uart_write(u, IER, ier);
	}
}

/* Move bytes from the ring to the FIFO while the FIFO is empty; ask for an interrupt if some remain. */
static void
uart_push(struct uart *u)
{
	while (txring_fill(&u->tx) && uart_read(u, LSR) & LSR_THR_EMPTY)
		for (int i = 0; i < FIFO_SIZE && txring_fill(&u->tx); i++)
			uart_write(u, THR, txring_get(&u->tx));
	uart_set_ier(u, txring_fill(&u->tx) ? IER_RX | IER_TX : IER_RX);
}

static size_t
uart_tty_write(struct tty *t, const char *s, size_t n)
{
	struct uart *u = tty_private(t);
	ulong flags = spin_lock_irqsave(&u->lock);
	size_t done = 0;

	if (txring_fill(&u->tx) == 0)
		while (done < n && uart_read(u, LSR) & LSR_THR_EMPTY)
			for (int i = 0; i < FIFO_SIZE && done < n; i++)
				uart_write(u, THR, s[done++]);
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
	struct uart *u = tty_private(t);

	return txring_room(&u->tx);
}

static size_t
uart_tty_pending(struct tty *t)
{
	struct uart *u = tty_private(t);

	return txring_fill(&u->tx);
}

static void
uart_tty_flush(struct tty *t)
{
	struct uart *u = tty_private(t);
	ulong flags = spin_lock_irqsave(&u->lock);

	u->tx.tail = u->tx.head;
	uart_push(u);
	spin_unlock_irqrestore(&u->lock, flags);
}

static void
uart_putc_polled(struct uart *u, char c)
{
	while (!(uart_read(u, LSR) & LSR_THR_EMPTY))
		;
	uart_write(u, THR, c);
}

/*
 * What programs wrote goes first, so that neither they nor the kernel are cut in mid-character. NO_TSA: a holder
 * that never lets go (a panic) is not waited for for ever.
 */
static void
uart_console_write(struct tty *t, const char *s, size_t n) NO_TSA
{
	struct uart *u = tty_private(t);
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

/* Empty the receiver into the line discipline. True if anything came. */
static bool
uart_receive(struct uart *u)
{
	char buf[64];
	bool any = false;
	size_t n;

	do {
		for (n = 0; n < sizeof(buf) && uart_read(u, LSR) & LSR_DATA; n++)
			buf[n] = uart_read(u, RBR);
		if (n) {
			any = true;
			tty_input(u->tty, buf, n);
		}
	} while (n == sizeof(buf));
	return any;
}

static void
uart_interrupt(void *arg)
{
	struct uart *u = arg;
	u8 iir = uart_read(u, IIR);
	bool sent = false;

	if (u->dw && (iir & IIR_CAUSE) == IIR_BUSY)
		uart_read(u, USR);
	/* The next byte may arrive between the last look and the claim's end: look until nothing is pending. */
	for (int i = 0; i < 64; i++) {
		bool got = uart_receive(u);

		spin_lock(&u->lock);
		if (u->ier & IER_TX) {
			uart_push(u);
			sent = true;
		}
		spin_unlock(&u->lock);
		if (!got && uart_read(u, IIR) & IIR_NONE)
			break;
	}
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
	struct uart *u = kzalloc(sizeof(*u), GFP_KERNEL);
	char name[16];
	size_t size;
	int err;

	if (!u)
		return -ENOMEM;
	spin_init(&u->lock, RANK_NONE);
	u->dw = dev->match->data != NULL;
	u->shift = fdt_prop_u32(&the_fdt, dev->node, "reg-shift", 0, 0);
	u->width = fdt_prop_u32(&the_fdt, dev->node, "reg-io-width", 0, 1);
	u->regs = device_map(dev, 0, &size);
	err = -ENOMEM;
	if (!u->regs)
		goto out_free;
	err = -EINVAL;
	if (u->shift > 4 || (u->width != 1 && u->width != 4) ||
	    (u64)(u->dw ? USR + 1 : LSR + 1) << u->shift > size)
		goto out_free;

	uart_write(u, IER, 0);
	uart_write(u, LCR, LCR_8N1);
	uart_write(u, FCR, FCR_ENABLE | FCR_TRIGGER_8);
	uart_write(u, MCR, MCR_DTR_RTS_OUT2);

	snprintf(name, sizeof(name), "ttyS%d", ports);
	err = -ENOMEM;
	u->tty = tty_register(name, DEV(TTY_MAJOR, TTY_MINOR + ports), &uart_tty_ops, u);
	if (!u->tty)
		goto out_free;
	ports++;
	err = device_irq_attach(dev, 0, uart_interrupt, u);
	if (err)
		pr_warn("%s: no interrupt (error %d): output only, by polling\n", name, -err);
	else
		uart_set_ier(u, IER_RX);
	return 0;
out_free:
	kfree(u);
	return err;
}

static const struct driver_match uart16550_match[] = {
	{ "ns16550a", NULL },
	{ "ns16550", NULL },
	{ "snps,dw-apb-uart", "dw" },
	{ 0 },
};

const struct driver uart16550_driver = {
	.name = "uart16550",
	.level = DRIVER_CONSOLE,
	.match = uart16550_match,
	.probe = uart_probe,
};
