/*
 * pwm.c - from the device tree's name of a channel to the chip that has it.
 *
 * Data        chips: what drivers have registered. Written during boot, on one cpu, and only read later.
 * Further     Devicetree binding pwm/pwm.txt: channel, period, and flags of which bit 0 is "inverted".
 */
#include "drivers/pwm/pwm.h"
#include "abi/errno.h"
#include "lib/fdt.h"
#include "mm/bootmem.h"

#define INVERTED	BIT(0)

static struct pwm_chip *chips;

void
pwm_register(struct pwm_chip *c)
{
	c->next = chips;
	chips = c;
}

int
pwm_get(struct pwm *p, int node)
{
	struct fdt_args args;
	int err = fdt_list(&the_fdt, node, "pwms", "#pwm-cells", 0, &args);

	if (err)
		return err;
	for (struct pwm_chip *c = chips; c; c = c->next)
		if (c->node == args.node) {
			if (!args.count || args.cell[0] >= c->nchannels)
				return -EINVAL;
			*p = (struct pwm){ c, args.cell[0], args.cell[2] & INVERTED };
			return 0;
		}
	return -ENODEV;
}

void
pwm_set(const struct pwm *p, bool on)
{
	p->chip->drive(p->chip, p->channel, on != p->inverted);
}
