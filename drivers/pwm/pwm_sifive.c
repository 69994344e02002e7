/*
 * pwm_sifive.c - SiFive's four pins that follow a counter. 32-bit accesses only.
 *
 *	0x00 cfg	12 the counter runs, 13 it runs once
 *	0x08 counter
 *	0x20 + 4 * n	compare: pin n is high while the counter's 16 bits, scaled, are this or more
 *
 * So with 0 a pin is high always; with the highest value it is low, but for one count in 65536, and always if the
 * counter stands at 0. A counter that the firmware runs goes on: it may be what turns the fans.
 *
 * Data        struct pwms, one per chip.
 * Locks       none: each pin has a register of its own.
 * Further     SiFive FU540-C000 Manual, chapter 15.
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/pwm/pwm.h"
#include "lib/bitops.h"
#include "mm/slab.h"

#define CFG		0x00
#define COUNTER		0x08
#define CMP(n)		(0x20 + 4 * (n))
#define CHANNELS	4
#define CFG_RUNS	(BIT(12) | BIT(13))
#define CMP_MAX		0xffff

struct pwms {
	struct pwm_chip chip;
	volatile u8 *regs;
};

static void
pwms_drive(struct pwm_chip *c, u32 channel, bool high)
{
	volatile u8 *regs = container_of(c, struct pwms, chip)->regs;

	mmio_write32(regs + CMP(channel), high ? 0 : CMP_MAX);
	if (!(mmio_read32(regs + CFG) & CFG_RUNS))
		mmio_write32(regs + COUNTER, 0);
}

static int
pwms_probe(struct device *dev)
{
	struct pwms *p = kzalloc(sizeof(*p), GFP_KERNEL);
	size_t size;

	if (!p)
		return -ENOMEM;
	p->regs = device_map(dev, 0, &size);
	if (!p->regs || size < CMP(CHANNELS)) {
		int err = p->regs ? -EINVAL : -ENOMEM;

		kfree(p);
		return err;
	}
	p->chip.node = dev->node;
	p->chip.nchannels = CHANNELS;
	p->chip.drive = pwms_drive;
	pwm_register(&p->chip);
	return 0;
}

static const struct driver_match pwms_match[] = {
	{ "sifive,pwm0", NULL },
	{ 0 },
};

const struct driver pwm_sifive_driver = {
	.name = "pwm_sifive",
	.level = DRIVER_SUPPLY,
	.match = pwms_match,
	.probe = pwms_probe,
};
