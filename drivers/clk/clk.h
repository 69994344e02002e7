/*
 * clk.h - how fast the clocks of the device tree run.
 *
 * They are read, never set: the firmware has set them. A driver asks for a rate when it probes, and makes its
 * divisor of it.
 */
#ifndef DRIVERS_CLK_CLK_H
#define DRIVERS_CLK_CLK_H

#include "lib/types.h"

/* Hz of the i-th of a node's `clocks`; 0: the tree does not say, or nobody here knows that kind of clock. */
u64	clk_rate(int node, u32 i);

struct clk_chip {			/* a node that makes clocks, and its driver's; for ever */
	int	node;
	u64	(*rate)(const struct clk_chip *c, u32 clock);	/* by its number; 0: not known */
	struct clk_chip *next;		/* clk.c's */
};

void	clk_register(struct clk_chip *c);	/* boot only */

#endif
