/*
 * gpio.c - from the device tree's name of a pin to the chip that has it.
 *
 * Data        chips: what drivers have registered. Written during boot, on one cpu, and only read later.
 * Locks       a chip's, around its driver's functions.
 * Further     Devicetree binding gpio/gpio.txt: bit 0 of a pin's second cell is "active low".
 */
#include "drivers/gpio/gpio.h"
#include "abi/errno.h"
#include "arch/irqflags.h"
#include "drivers/driver.h"
#include "lib/fdt.h"
#include "mm/bootmem.h"

#define ACTIVE_LOW	BIT(0)
#define TRIES		1000000

static struct gpio_chip *chips;

void
gpio_register(struct gpio_chip *c)
{
	spin_init(&c->lock, RANK_DRIVER);
	c->next = chips;
	chips = c;
}

int
gpio_get(struct gpio *g, int node, const char *property, u32 i)
{
	struct fdt_args args;
	int err = fdt_list(&the_fdt, node, property, "#gpio-cells", i, &args);

	if (err)
		return err;
	for (struct gpio_chip *c = chips; c; c = c->next)
		if (c->node == args.node) {
			if (!args.count || args.cell[0] >= c->npins)
				return -EINVAL;
			*g = (struct gpio){ c, args.cell[0], args.cell[1] & ACTIVE_LOW };
			return 0;
		}
	return -ENODEV;
}

/* NO_TSA: a holder that never lets go (a panic in there) must not keep the machine from being reset. */
void
gpio_set(const struct gpio *g, bool on) NO_TSA
{
	ulong flags = irq_save();
	bool locked = false;

	for (int tries = 0; tries < TRIES && !locked; tries++)
		locked = spin_trylock(&g->chip->lock);
	g->chip->ops->output(g->chip, g->pin, on != g->active_low);
	if (locked)
		spin_unlock(&g->chip->lock);
	irq_restore(flags);
}

void
gpio_listen(const struct gpio *g)
{
	ulong flags = spin_lock_irqsave(&g->chip->lock);

	g->chip->ops->input(g->chip, g->pin);
	spin_unlock_irqrestore(&g->chip->lock, flags);
}

bool
gpio_is_on(const struct gpio *g)
{
	ulong flags = spin_lock_irqsave(&g->chip->lock);
	bool high = g->chip->ops->high(g->chip, g->pin);

	spin_unlock_irqrestore(&g->chip->lock, flags);
	return high != g->active_low;
}
