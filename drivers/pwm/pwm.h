/*
 * pwm.h - pins that are high for a part of each period, as the device tree names them. Here: for all of it, or none.
 */
#ifndef DRIVERS_PWM_PWM_H
#define DRIVERS_PWM_PWM_H

#include "lib/types.h"

struct pwm_chip {			/* a driver's, for ever; nothing changes once it is registered */
	int	node;
	u32	nchannels;
	void	(*drive)(struct pwm_chip *c, u32 channel, bool high);	/* any context */
	struct pwm_chip *next;		/* pwm.c's */
};

struct pwm {
	struct pwm_chip *chip;
	u32	channel;
	bool	inverted;		/* its active part is low */
};

void	pwm_register(struct pwm_chip *c);	/* boot only */
/* The first of a node's `pwms`. 0, -ENOENT (not in the tree), -ENODEV (no driver for its chip) or -EINVAL. */
int	pwm_get(struct pwm *p, int node);
void	pwm_set(const struct pwm *p, bool on);

#endif
