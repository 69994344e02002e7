/*
 * gpio_sifive.c - SiFive's pins: up to 32, a bit each in every register. 32-bit accesses only.
 *
 *	0x00 level of the pins	0x04 input enable	0x08 output enable	0x0c output level
 *	0x38 the pin is another device's		0x40 outputs are inverted
 *
 * Data        struct pins, one per chip.
 * Locks       chip.lock, taken by gpio.c: a change of one bit reads the others.
 * Not here    interrupts of pins: nothing here waits for one.
 * Further     SiFive FU540-C000 Manual, chapter 17.
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/gpio/gpio.h"
#include "lib/fdt.h"
#include "mm/bootmem.h"
#include "mm/slab.h"

#define LEVEL		0x00
#define INPUT_EN	0x04
#define OUTPUT_EN	0x08
#define OUTPUT		0x0c
#define IOF_EN		0x38
#define OUT_XOR		0x40
#define REGS_SIZE	0x44
#define DEFAULT_PINS	16

struct pins {				/* Guarded by: i immutable */
	struct gpio_chip chip;
	volatile u8 *regs;		/* [i] */
};

static void
change(struct gpio_chip *c, u32 reg, u32 pin, bool on)
{
	volatile u8 *p = container_of(c, struct pins, chip)->regs + reg;
	u32 v = mmio_read32(p), bit = 1U << pin;

	mmio_write32(p, on ? v | bit : v & ~bit);
}

/* The level first, so that the pin never shows the other one. */
static void
pins_output(struct gpio_chip *c, u32 pin, bool high)
{
	change(c, OUT_XOR, pin, false);
	change(c, OUTPUT, pin, high);
	change(c, OUTPUT_EN, pin, true);
	change(c, IOF_EN, pin, false);
}

static void
pins_input(struct gpio_chip *c, u32 pin)
{
	change(c, INPUT_EN, pin, true);
	change(c, OUTPUT_EN, pin, false);
	change(c, IOF_EN, pin, false);
}

static bool
pins_high(struct gpio_chip *c, u32 pin)
{
	return mmio_read32(container_of(c, struct pins, chip)->regs + LEVEL) >> pin & 1;
}

static const struct gpio_ops pins_ops = {
	.output = pins_output,
	.input = pins_input,
	.high = pins_high,
};

static int
pins_probe(struct device *dev)
{
	struct pins *p = kzalloc(sizeof(*p), GFP_KERNEL);
	size_t size;
	int err;

	if (!p)
		return -ENOMEM;
	p->regs = device_map(dev, 0, &size);
	err = -ENOMEM;
	if (!p->regs)
		goto out_free;
	err = -EINVAL;
	p->chip.npins = fdt_prop_u32(&the_fdt, dev->node, "ngpios", 0, DEFAULT_PINS);
	if (size < REGS_SIZE || p->chip.npins > 32)
		goto out_free;
	p->chip.ops = &pins_ops;
	p->chip.node = dev->node;
	gpio_register(&p->chip);
	return 0;
out_free:
	kfree(p);
	return err;
}

static const struct driver_match pins_match[] = {
	{ "sifive,gpio0", NULL },
	{ 0 },
};

const struct driver gpio_sifive_driver = {
	.name = "gpio_sifive",
	.level = DRIVER_SUPPLY,
	.match = pins_match,
	.probe = pins_probe,
};
