/*
 * clk.c - how fast the clocks of the device tree run: oscillators, what is derived from them, and chips.
 *
 * Data        chips: what drivers have registered. Written during boot, on one cpu, and only read later.
 * Further     Devicetree bindings clock/fixed-clock.yaml, fixed-factor-clock.yaml.
 */
#include "drivers/clk/clk.h"
#include "drivers/driver.h"
#include "lib/fdt.h"
#include "mm/bootmem.h"

#define DEPTH_MAX	8		/* a tree whose clocks go in a circle ends somewhere */

static struct clk_chip *chips;

void
clk_register(struct clk_chip *c)
{
	c->next = chips;
	chips = c;
}

static u64
chip_rate(const struct fdt_args *clock)
{
	for (const struct clk_chip *c = chips; c; c = c->next)
		if (c->node == clock->node)
			return c->rate(c, clock->cell[0]);
	return 0;
}

static u64
rate(int node, u32 i, int depth)
{
	struct fdt_args clock;
	u32 mult, div;

	if (!depth || fdt_list(&the_fdt, node, "clocks", "#clock-cells", i, &clock))
		return 0;
	if (fdt_compatible(&the_fdt, clock.node, "fixed-clock"))
		return fdt_prop_u32(&the_fdt, clock.node, "clock-frequency", 0, 0);
	if (fdt_compatible(&the_fdt, clock.node, "fixed-factor-clock")) {
		mult = fdt_prop_u32(&the_fdt, clock.node, "clock-mult", 0, 1);
		div = fdt_prop_u32(&the_fdt, clock.node, "clock-div", 0, 1);
		return div ? rate(clock.node, 0, depth - 1) * mult / div : 0;
	}
	return chip_rate(&clock);
}

u64
clk_rate(int node, u32 i)
{
	return rate(node, i, DEPTH_MAX);
}
