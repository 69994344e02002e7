/*
 * prci_sifive.c - the clocks of SiFive's FU540 and FU740, as the firmware set them.
 *
 *	     .---------------- bypass --.            FU540                        FU740
 *	hf --+--> PLL --> /2^divq ------+--> core --> /2 --> tl: buses, devices   ditto, devices not
 *	                                     DDR, Ethernet                        and two for cores, chiplink
 *	                                                                          hfp --> /(div+2) --> p: devices
 *
 *	0x04 core, 0x0c DDR, 0x1c Ethernet, 0x30 chiplink, 0x38 core 2, 0x50 hfp: one PLL each
 *		5:0 divr  14:6 divf  17:15 divq  24 bypass  31 locked
 *	0x24 1: the core runs from hf    0x40 1: from its second PLL
 *	0x58 1: hfp is hf                0x5c hfp's divisor, less 2
 *
 * A PLL's output is hf / (divr + 1) * 2 * (divf + 1) / 2^divq. Nothing is written: changing the clock under
 * running memory is the firmware's business. QEMU 7.2 has these registers, but nothing in it runs by them.
 *
 * Data        struct prci, one per chip; nothing changes after probe.
 * Further     SiFive FU540-C000 Manual, chapter 7; FU740-C000 Manual, chapter 7.
 */
#include "abi/errno.h"
#include "drivers/clk/clk.h"
#include "drivers/driver.h"
#include "kernel/printk.h"
#include "lib/bitops.h"
#include "mm/slab.h"

#define CORE_PLL	0x04
#define DDR_PLL		0x0c
#define GEM_PLL		0x1c
#define CORE_SEL	0x24
#define CHIPLINK_PLL	0x30
#define CORE2_PLL	0x38
#define CORE_PLL_SEL	0x40
#define HFP_PLL		0x50
#define HFP_SEL		0x58
#define HFP_DIV		0x5c

#define PLL_DIVR(v)	((v) & 0x3f)
#define PLL_DIVF(v)	((v) >> 6 & 0x1ff)
#define PLL_DIVQ(v)	((v) >> 15 & 7)
#define PLL_BYPASS	BIT(24)
#define PLL_LOCKED	BIT(31)

/* Their numbers in `clocks`. */
enum { FU540_CORE, FU540_DDR, FU540_GEM, FU540_TL };
enum { FU740_CORE, FU740_DDR, FU740_GEM, FU740_CORE2, FU740_HFP, FU740_CHIPLINK, FU740_TL, FU740_P };

struct prci {
	struct clk_chip chip;
	volatile u8 *regs;
	u64	hf;			/* Hz of the crystal */
};

static u64
pll_rate(const struct prci *p, u32 reg)
{
	u32 v = mmio_read32(p->regs + reg);

	if (v & PLL_BYPASS)
		return p->hf;
	if (!(v & PLL_LOCKED))
		return 0;
	return p->hf * 2 * (PLL_DIVF(v) + 1) / (PLL_DIVR(v) + 1) >> PLL_DIVQ(v);
}

static bool
selected(const struct prci *p, u32 reg)
{
	return mmio_read32(p->regs + reg) & 1;
}

static u64
fu540_rate(const struct clk_chip *c, u32 clock)
{
	const struct prci *p = container_of(c, struct prci, chip);

	switch (clock) {
	case FU540_CORE:
		return selected(p, CORE_SEL) ? p->hf : pll_rate(p, CORE_PLL);
	case FU540_DDR:
		return pll_rate(p, DDR_PLL);
	case FU540_GEM:
		return pll_rate(p, GEM_PLL);
	case FU540_TL:
		return fu540_rate(c, FU540_CORE) / 2;
	}
	return 0;
}

static u64
fu740_rate(const struct clk_chip *c, u32 clock)
{
	const struct prci *p = container_of(c, struct prci, chip);

	switch (clock) {
	case FU740_CORE:
		if (selected(p, CORE_SEL))
			return p->hf;
		return pll_rate(p, selected(p, CORE_PLL_SEL) ? CORE2_PLL : CORE_PLL);
	case FU740_DDR:
		return pll_rate(p, DDR_PLL);
	case FU740_GEM:
		return pll_rate(p, GEM_PLL);
	case FU740_CORE2:
		return pll_rate(p, CORE2_PLL);
	case FU740_HFP:
		return selected(p, HFP_SEL) ? p->hf : pll_rate(p, HFP_PLL);
	case FU740_CHIPLINK:
		return pll_rate(p, CHIPLINK_PLL);
	case FU740_TL:
		return fu740_rate(c, FU740_CORE) / 2;
	case FU740_P:
		return fu740_rate(c, FU740_HFP) / (mmio_read32(p->regs + HFP_DIV) + 2UL);
	}
	return 0;
}

struct kind {
	u64	(*rate)(const struct clk_chip *c, u32 clock);
	u32	size, core, devices;	/* registers; two of its clocks */
};

static const struct kind fu540 = { fu540_rate, GEM_PLL + 12, FU540_CORE, FU540_TL };
static const struct kind fu740 = { fu740_rate, HFP_DIV + 4, FU740_CORE, FU740_P };

static int
prci_probe(struct device *dev)
{
	const struct kind *kind = dev->match->data;
	struct prci *p = kzalloc(sizeof(*p), GFP_KERNEL);
	size_t size;
	int err;

	if (!p)
		return -ENOMEM;
	p->regs = device_map(dev, 0, &size);
	err = -ENOMEM;
	if (!p->regs)
		goto out_free;
	err = -EINVAL;
	p->hf = clk_rate(dev->node, 0);
	if (size < kind->size || !p->hf)
		goto out_free;
	p->chip.node = dev->node;
	p->chip.rate = kind->rate;
	clk_register(&p->chip);
	pr_info("clocks: harts %lu kHz, devices %lu kHz\n", kind->rate(&p->chip, kind->core) / 1000,
		kind->rate(&p->chip, kind->devices) / 1000);
	return 0;
out_free:
	kfree(p);
	return err;
}

static const struct driver_match prci_match[] = {
	{ "sifive,fu540-c000-prci", &fu540 },
	{ "sifive,fu740-c000-prci", &fu740 },
	{ 0 },
};

const struct driver prci_sifive_driver = {
	.name = "prci_sifive",
	.level = DRIVER_SUPPLY,
	.match = prci_match,
	.probe = prci_probe,
};
