/*
 * spi_sifive.c - SiFive's SPI controller: two FIFOs of eight bytes, no DMA.  32-bit accesses only.
 *
 *	0x00 sckdiv	clock of the bus = clock of the controller / (2 * (div + 1))
 *	0x04 sckmode	0 phase, 1 polarity
 *	0x10 csid, 0x14 csdef	the chip; the level at which each select line rests
 *	0x18 csmode	0 select with each byte, 2 hold selected from the next byte on
 *	0x40 fmt	1:0 wires, 2 least significant bit first, 3 no receiving, 19:16 bits of a word
 *	0x48 txdata	31 FIFO full		0x4c rxdata	31 FIFO empty; a read takes one byte
 *	0x50 txmark, 0x54 rxmark	0x60 fctrl	0 the flash is mapped into memory
 *	0x70 ie, 0x74 ip	0 fewer bytes than txmark to send, 1 more bytes than rxmark received
 *
 * A transfer puts bytes into the FIFO and takes those that came, for as long as they are there at once.  When they
 * are not, the rest is the interrupt's: it is told when half of the FIFO, or the rest, has come, and takes it and
 * sends as much; the task sleeps until all is done.  On a real board that is the case from the first eight bytes on.
 * QEMU's bytes take no time: `spi=irq` on the command line leaves them to the interrupt too, for the tests.
 *
 * Data        struct controller; its `transfer` is what the interrupt has to do.
 * Locks       the bus's mutex for whole transfers; lock (RANK_DRIVER) for what the interrupt works on.
 * Invariants  S1  sent - got <= depth: no byte is lost in either FIFO.
 *             S2  armed <=> ie is not 0 <=> a task sleeps in transfer_by_interrupt.
 * Further     SiFive FU540-C000 Manual, chapter 19.
 */
#include "abi/errno.h"
#include "drivers/clk/clk.h"
#include "drivers/driver.h"
#include "drivers/spi/spi.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "kernel/waitq.h"
#include "lib/string.h"
#include "mm/bootmem.h"
#include "mm/slab.h"

#define SCKDIV		0x00
#define SCKMODE		0x04
#define CSID		0x10
#define CSDEF		0x14
#define CSMODE		0x18
#define FMT		0x40
#define TXDATA		0x48
#define RXDATA		0x4c
#define TXMARK		0x50
#define RXMARK		0x54
#define FCTRL		0x60
#define IE		0x70
#define REGS_SIZE	0x78

#define SCKDIV_MAX	0xfffU
#define CSMODE_AUTO	0
#define CSMODE_HOLD	2
#define FMT_SINGLE_8	(8 << 16)	/* one wire each way, most significant bit first, receiving too */
#define RXDATA_EMPTY	BIT(31)
#define IE_RX		BIT(1)
#define DEFAULT_DEPTH	8

struct controller {			/* Guarded by: i immutable  b the bus's lock  l lock */
	struct spi_bus bus;
	volatile void *regs;		/* [i] */
	u64	clock;			/* [i] Hz that go in */
	uint	depth;			/* [i] bytes in a FIFO */
	bool	interrupts;		/* [i] it has one */
	bool	patient;		/* [i] and waits for it always */
	u32	hz;			/* [b] of the bus */
	struct spinlock lock;
	struct waitq done;		/* armed has become false */
	bool	armed;			/* [l] the transfer is the interrupt's */
	struct transfer {		/* [b], and [l] while armed */
		const u8 *out;
		u8	*in;
		size_t	n, sent, got;
	} t;
};

static void
write(struct controller *c, uint reg, u32 value)
{
	mmio_write32((volatile char *)c->regs + reg, value);
}

static u32
read(struct controller *c, uint reg)
{
	return mmio_read32((volatile char *)c->regs + reg);
}

/* ---- bytes ---- */

/* Send what there is room for. */
static void
fill(struct controller *c)
{
	struct transfer *t = &c->t;
	size_t end = MIN(t->n, t->got + c->depth), i = t->sent;
	volatile void *tx = (volatile char *)c->regs + TXDATA;

	if (t->out)
		for (; i < end; i++)
			mmio_write32(tx, t->out[i]);
	else
		for (; i < end; i++)
			mmio_write32(tx, 0xff);
	t->sent = i;
}

/* Take what has come; false: not all that was sent has. */
static bool
drain(struct controller *c)
{
	struct transfer *t = &c->t;
	volatile void *rx = (volatile char *)c->regs + RXDATA;
	size_t i = t->got;
	u32 v;

	for (; i < t->sent; i++) {
		v = mmio_read32(rx);
		if (v & RXDATA_EMPTY)
			break;
		if (t->in)
			t->in[i] = v;
	}
	t->got = i;
	return i == t->sent;
}

/* Have the interrupt come when half of the FIFO, or all that is left, is there. */
static void
arm(struct controller *c) MUST_HOLD(c->lock)
{
	c->armed = true;
	write(c, RXMARK, MIN(c->t.n - c->t.got, MAX(c->depth / 2, 1U)) - 1);
	write(c, IE, IE_RX);
}

static void
disarm(struct controller *c) MUST_HOLD(c->lock)
{
	c->armed = false;
	write(c, IE, 0);
}

static void
spi_interrupt(void *arg)
{
	struct controller *c = arg;
	ulong flags = spin_lock_irqsave(&c->lock);
	bool done = false;

	if (c->armed) {			/* else it is late: nobody waits */
		drain(c);
		done = c->t.got == c->t.n;
		if (done) {
			disarm(c);
		} else {
			fill(c);
			arm(c);
		}
	}
	spin_unlock_irqrestore(&c->lock, flags);
	if (done)
		wake_up(&c->done);
}

static bool
transfer_done(struct controller *c)
{
	ulong flags = spin_lock_irqsave(&c->lock);
	bool done = !c->armed;

	spin_unlock_irqrestore(&c->lock, flags);
	return done;
}

/* Sleep while the interrupt does the rest. 0 or -ETIMEDOUT: a second more than four times as long as it takes. */
static int
transfer_by_interrupt(struct controller *c)
{
	u64 deadline = deadline_after(NSEC_PER_SEC + (c->t.n - c->t.got) * 8 * 4 * NSEC_PER_SEC / c->hz);
	ulong flags = spin_lock_irqsave(&c->lock);

	fill(c);
	arm(c);
	spin_unlock_irqrestore(&c->lock, flags);
	if (!wait_event_(&c->done, transfer_done(c), TASK_UNINTERRUPTIBLE, deadline))
		return 0;
	flags = spin_lock_irqsave(&c->lock);
	disarm(c);
	spin_unlock_irqrestore(&c->lock, flags);
	pr_err("%s: no interrupt\n", c->bus.name);
	return -ETIMEDOUT;
}

/* A controller without an interrupt is looked at until the bytes have come. */
static int
transfer_by_looking(struct controller *c)
{
	u64 deadline = deadline_after(NSEC_PER_SEC + c->t.n * 8 * 4 * NSEC_PER_SEC / c->hz);

	while (c->t.got < c->t.n) {
		fill(c);
		if (!drain(c) && clock_monotonic() > deadline)
			return -ETIMEDOUT;
	}
	return 0;
}

static int
spi_sifive_transfer(struct spi_bus *b, const u8 *out, u8 *in, size_t n)
{
	struct controller *c = container_of(b, struct controller, bus);

	c->t = (struct transfer){ .out = out, .in = in, .n = n };
	if (c->patient)
		return transfer_by_interrupt(c);
	while (c->t.got < n) {
		fill(c);
		if (!drain(c))
			return c->interrupts ? transfer_by_interrupt(c) : transfer_by_looking(c);
	}
	return 0;
}

/* ---- whose bytes, and how fast ---- */

/* Levels at which the lines rest: high, but for chips that are selected by that. */
static void
set_rest(struct controller *c, const struct spi_device *d, bool other_way)
{
	u32 lines = BIT(c->bus.ncs) - 1;
	bool low = !!(d->mode & SPI_CS_HIGH) != other_way;

	write(c, CSDEF, low ? lines & ~(u32)BIT(d->cs) : lines);
}

static u32
spi_sifive_setup(struct spi_bus *b, const struct spi_device *d, u32 hz)
{
	struct controller *c = container_of(b, struct controller, bus);
	u64 div = DIV_ROUND_UP(c->clock, 2 * (u64)hz);

	div = MIN(MAX(div, 1UL), SCKDIV_MAX + 1UL);
	c->hz = c->clock / (2 * div);
	write(c, SCKDIV, div - 1);
	write(c, SCKMODE, d->mode & (SPI_CPHA | SPI_CPOL));
	write(c, CSID, d->cs);
	set_rest(c, d, false);
	return c->hz;
}

static void
spi_sifive_select(struct spi_bus *b, const struct spi_device *d, bool selected)
{
	struct controller *c = container_of(b, struct controller, bus);

	write(c, CSMODE, selected ? CSMODE_HOLD : CSMODE_AUTO);
}

/* A select line follows the bytes whether one wants or not: so its two levels are exchanged meanwhile. */
static int
spi_sifive_idle(struct spi_bus *b, const struct spi_device *d, size_t n)
{
	struct controller *c = container_of(b, struct controller, bus);
	int err;

	write(c, CSMODE, CSMODE_AUTO);
	set_rest(c, d, true);
	write(c, CSMODE, CSMODE_HOLD);
	err = spi_sifive_transfer(b, NULL, NULL, n);
	write(c, CSMODE, CSMODE_AUTO);
	set_rest(c, d, false);
	return err;
}

static const struct spi_ops spi_sifive_ops = {
	.setup = spi_sifive_setup,
	.select = spi_sifive_select,
	.transfer = spi_sifive_transfer,
	.idle = spi_sifive_idle,
};

/* ---- set-up ---- */

/*
 * What goes in. A clock that nobody knows is taken for the fastest that fits the divisor that the firmware chose for
 * the chip: it read a kernel from it, so the bus will be no faster than the chip may be, and about as fast as it was.
 */
static u64
input_clock(struct controller *c, struct device *dev)
{
	int chip = fdt_first_child(&the_fdt, dev->node);
	u64 hz = clk_rate(dev->node, 0);
	u32 max = chip < 0 ? 0 : fdt_prop_u32(&the_fdt, chip, "spi-max-frequency", 0, 0);

	if (hz)
		return hz;
	return MAX(max, 1000000U) * 2UL * ((read(c, SCKDIV) & SCKDIV_MAX) + 1);
}

/* As the firmware left it, it may be sending only, or mapping a flash. */
static void
controller_reset(struct controller *c)
{
	write(c, IE, 0);
	write(c, FCTRL, 0);
	write(c, CSMODE, CSMODE_AUTO);
	write(c, FMT, FMT_SINGLE_8);
	write(c, TXMARK, 0);
	for (uint i = 0; i <= c->depth; i++)
		read(c, RXDATA);
}

static int
spi_sifive_probe(struct device *dev)
{
	const char *mode = param("spi");
	struct controller *c;
	size_t size;
	int err;

	if (!spi_bus_wanted(dev->node))
		return 0;			/* not ours to touch: it may be how the flash is read */
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->regs = device_map(dev, 0, &size);
	if (!c->regs || size < REGS_SIZE) {
		err = c->regs ? -EINVAL : -ENOMEM;
		kfree(c);
		return err;
	}
	spin_init(&c->lock, RANK_DRIVER);
	waitq_init(&c->done);
	c->bus.ops = &spi_sifive_ops;
	c->bus.name = dev->name;
	c->bus.ncs = MIN(fdt_prop_u32(&the_fdt, dev->node, "num-cs", 0, 1), 31U);
	c->depth = MAX(fdt_prop_u32(&the_fdt, dev->node, "sifive,fifo-depth", 0, DEFAULT_DEPTH), 1U);
	c->clock = input_clock(c, dev);
	controller_reset(c);
	c->interrupts = !device_irq_attach(dev, 0, spi_interrupt, c);
	c->patient = c->interrupts && mode && !strcmp(mode, "irq");
	spi_bus_register(&c->bus, dev->node);
	return 0;
}

static const struct driver_match spi_sifive_match[] = {
	{ "sifive,spi0", NULL },
	{ 0 },
};

const struct driver spi_sifive_driver = {
	.name = "spi_sifive",
	.level = DRIVER_NORMAL,
	.match = spi_sifive_match,
	.probe = spi_sifive_probe,
};
