/*
 * uart16550.c - the 16550 serial port, and its DesignWare variant.
 *
 * Registers, each (1 << reg-shift) bytes apart and reg-io-width bytes wide:
 *	0 RBR/THR data	1 IER interrupt enable	2 IIR cause / FCR FIFO control
 *	3 LCR format	4 MCR modem lines	5 LSR line status	31 USR (DesignWare)
 *
 * The transmitter-empty interrupt is enabled only while the ring holds output. The firmware's speed is kept.
 *
 * Data        struct uart, one per port.
 * Locks       serial->lock, by serial.c.
 * Not here    the ring, the console, the terminal's operations (serial.c).
 * Further     National Semiconductor PC16550D data sheet; Synopsys DW_apb_uart databook (busy
 *             detect: cause 7 is cleared by reading USR).
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/tty/serial.h"
#include "fs/dev.h"
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

struct uart {				/* Guarded by: i immutable */
	struct serial serial;		/* first: the two share an address */
	u32	shift, width;		/* [i] */
	bool	dw;			/* [i] has USR */
};

static u8
uart_read(struct uart *u, u32 reg)
{
	volatile u8 *p = u->serial.regs + (reg << u->shift);

	return u->width == 4 ? mmio_read32(p) : mmio_read8(p);
}

static void
uart_write(struct uart *u, u32 reg, u8 v)
{
	volatile u8 *p = u->serial.regs + (reg << u->shift);

	if (u->width == 4)
		mmio_write32(p, v);
	else
		mmio_write8(p, v);
}

/* An empty transmitter takes a whole FIFO without another look. */
static size_t
uart_send(struct serial *s, const char *p, size_t n)
{
	struct uart *u = (struct uart *)s;
	size_t done = 0;

	while (done < n && uart_read(u, LSR) & LSR_THR_EMPTY)
		for (int i = 0; i < FIFO_SIZE && done < n; i++)
			uart_write(u, THR, p[done++]);
	return done;
}

static size_t
uart_receive(struct serial *s, char *buf, size_t size)
{
	struct uart *u = (struct uart *)s;
	size_t n;

	for (n = 0; n < size && uart_read(u, LSR) & LSR_DATA; n++)
		buf[n] = uart_read(u, RBR);
	return n;
}

static void
uart_enable(struct serial *s, u32 interrupts)
{
	uart_write((struct uart *)s, IER,
		   (interrupts & SERIAL_RX ? IER_RX : 0) | (interrupts & SERIAL_TX ? IER_TX : 0));
}

static bool
uart_pending(struct serial *s)
{
	return !(uart_read((struct uart *)s, IIR) & IIR_NONE);
}

static const struct serial_ops uart_ops = {
	.send = uart_send,
	.receive = uart_receive,
	.enable = uart_enable,
	.pending = uart_pending,
};

static void
uart_interrupt(void *arg)
{
	struct uart *u = arg;
	u8 iir = uart_read(u, IIR);

	if (u->dw && (iir & IIR_CAUSE) == IIR_BUSY)
		uart_read(u, USR);
	serial_interrupt(&u->serial);
}

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
	serial_init(&u->serial, &uart_ops);
	u->dw = dev->match->data != NULL;
	u->shift = fdt_prop_u32(&the_fdt, dev->node, "reg-shift", 0, 0);
	u->width = fdt_prop_u32(&the_fdt, dev->node, "reg-io-width", 0, 1);
	u->serial.regs = device_map(dev, 0, &size);
	err = -ENOMEM;
	if (!u->serial.regs)
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
	err = serial_register(&u->serial, dev, name, DEV(TTY_MAJOR, TTY_MINOR + ports), uart_interrupt);
	if (err)
		goto out_free;
	ports++;
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
