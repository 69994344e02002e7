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
 * whenever it is enabled). A port that the firmware uses keeps its speed; another gets 115200 baud.
 *
 * Data        none but a struct serial, one per port.
 * Locks       serial->lock, by serial.c.
 * Not here    the ring, the console, the terminal's operations (serial.c).
 * Further     SiFive FU540-C000 Manual, chapter 13.
 */
#include "abi/errno.h"
#include "drivers/clk/clk.h"
#include "drivers/driver.h"
#include "drivers/tty/serial.h"
#include "fs/dev.h"
#include "kernel/printk.h"
#include "lib/fmt.h"
#include "mm/slab.h"

#define TXDATA		0x00
#define RXDATA		0x04
#define TXCTRL		0x08
#define RXCTRL		0x0c
#define IE		0x10
#define DIV		0x18
#define REGS_SIZE	0x1c

#define TXDATA_FULL	BIT(31)
#define RXDATA_EMPTY	BIT(31)
#define CTRL_ENABLE	BIT(0)
#define CTRL_WATERMARK(n) ((n) << 16)
#define SPEED		115200

#define IE_TX		BIT(0)
#define IE_RX		BIT(1)

/* Linux gives this port a dynamic major; ours is from the range set aside for local use. */
#define TTYSIF_MAJOR	240

static size_t
uart_send(struct serial *s, const char *p, size_t n)
{
	size_t done = 0;

	while (done < n && !(mmio_read32(s->regs + TXDATA) & TXDATA_FULL))
		mmio_write32(s->regs + TXDATA, (u8)p[done++]);
	return done;
}

static size_t
uart_receive(struct serial *s, char *buf, size_t size)
{
	size_t n;

	for (n = 0; n < size; n++) {
		u32 v = mmio_read32(s->regs + RXDATA);

		if (v & RXDATA_EMPTY)
			break;
		buf[n] = v;
	}
	return n;
}

static void
uart_enable(struct serial *s, u32 interrupts)
{
	mmio_write32(s->regs + IE, (interrupts & SERIAL_RX ? IE_RX : 0) | (interrupts & SERIAL_TX ? IE_TX : 0));
}

static const struct serial_ops uart_ops = {
	.send = uart_send,
	.receive = uart_receive,
	.enable = uart_enable,
};

/* The speed, of a clock that the tree tells; before the port is enabled. */
static void
uart_speed(struct serial *s, struct device *dev)
{
	u64 clock = clk_rate(dev->node, 0);
	u32 div = mmio_read32(s->regs + DIV);

	if (!clock)
		return;
	if (!(mmio_read32(s->regs + TXCTRL) & CTRL_ENABLE)) {
		div = MAX((clock + SPEED / 2) / SPEED, 1UL) - 1;
		mmio_write32(s->regs + DIV, div);
	}
	pr_info("%s: %lu kHz / %u: %lu baud\n", dev->name, clock / 1000, div + 1, clock / (div + 1));
}

static int
uart_probe(struct device *dev)
{
	static int ports;		/* minor numbers, in the tree's order */
	struct serial *s = kzalloc(sizeof(*s), GFP_KERNEL);
	char name[16];
	size_t size;
	int err;

	if (!s)
		return -ENOMEM;
	serial_init(s, &uart_ops);
	s->regs = device_map(dev, 0, &size);
	err = -ENOMEM;
	if (!s->regs)
		goto out_free;
	err = -EINVAL;
	if (size < REGS_SIZE)
		goto out_free;

	mmio_write32(s->regs + IE, 0);
	uart_speed(s, dev);
	mmio_write32(s->regs + TXCTRL, CTRL_ENABLE | CTRL_WATERMARK(1));
	mmio_write32(s->regs + RXCTRL, CTRL_ENABLE | CTRL_WATERMARK(0));

	snprintf(name, sizeof(name), "ttySIF%d", ports);
	err = serial_register(s, dev, name, DEV(TTYSIF_MAJOR, ports), serial_interrupt);
	if (err)
		goto out_free;
	ports++;
	return 0;
out_free:
	kfree(s);
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
