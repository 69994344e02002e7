/*
 * gpio.h - single pins, as the device tree names them: "the reset line is pin 10 of that chip, low is on".
 */
#ifndef DRIVERS_GPIO_GPIO_H
#define DRIVERS_GPIO_GPIO_H

#include "kernel/spinlock.h"
#include "lib/types.h"

struct gpio_chip;

struct gpio_ops {			/* all with the chip's lock */
	void	(*output)(struct gpio_chip *c, u32 pin, bool high);	/* make it an output, at that level */
	void	(*input)(struct gpio_chip *c, u32 pin);
	bool	(*high)(struct gpio_chip *c, u32 pin);			/* the level on the pin */
};

struct gpio_chip {			/* Guarded by: i immutable; a driver's, for ever */
	const struct gpio_ops *ops;	/* [i] */
	int	node;			/* [i] */
	u32	npins;			/* [i] */
	struct spinlock lock;		/* the registers; RANK_DRIVER, gpio.c's */
	struct gpio_chip *next;		/* [i] gpio.c's */
};

struct gpio {				/* a pin and its meaning */
	struct gpio_chip *chip;
	u32	pin;
	bool	active_low;
};

void	gpio_register(struct gpio_chip *c);	/* boot only */
/*
 * The i-th pin of a property ("gpios"); it stays as it is. 0, -ENOENT (not in the tree), -ENODEV (no driver for its
 * chip) or -EINVAL.
 */
int	gpio_get(struct gpio *g, int node, const char *property, u32 i);
void	gpio_set(const struct gpio *g, bool on);	/* drive it. Any context; a panic too */
void	gpio_listen(const struct gpio *g);		/* make it an input */
bool	gpio_is_on(const struct gpio *g);

#endif
