/*
 * gpio_power.c - a pin that resets the board or cuts its power.
 *
 *	    active    inactive   active     the pin; each for a time that the tree may give
 *	  .---------.          .---------...
 *	--'         '----------'                some boards want an edge, some a level: both see theirs
 *
 * The pin is left alone until then, but that of the power is driven inactive at boot, unless the tree
 * says that it is to be left an input.
 *
 * Data        the two pins: set once, at boot.
 * Further     Devicetree bindings power/reset/gpio-restart.yaml, gpio-poweroff.yaml.
 */
#include "abi/errno.h"
#include "arch/power.h"
#include "arch/timer.h"
#include "drivers/driver.h"
#include "drivers/gpio/gpio.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/fdt.h"
#include "mm/bootmem.h"

struct ending {
	const char *name;
	const char *active, *inactive, *wait;	/* properties, in ms */
};

static const struct ending restart = { "gpio-restart", "active-delay", "inactive-delay", "wait-delay" };
static const struct ending poweroff = { "gpio-poweroff", "active-delay-ms", "inactive-delay-ms", "timeout-ms" };

static struct pin {
	const struct ending *kind;
	struct gpio gpio;
	u32	active, inactive, wait;		/* ms */
} restart_pin, poweroff_pin;

/* The machine is ending: nothing else runs, and interrupts may be off. */
static void
delay(u32 ms)
{
	u64 end = timer_ticks() + timer_ns_to_ticks(ms * NSEC_PER_MSEC);

	while (timer_ticks() < end)
		;
}

static void
drive(const struct pin *p)
{
	pr_info("%s: pin %u\n", p->kind->name, p->gpio.pin);
	gpio_set(&p->gpio, true);
	delay(p->active);
	gpio_set(&p->gpio, false);
	delay(p->inactive);
	gpio_set(&p->gpio, true);
	delay(p->wait);
	pr_err("%s: the board goes on\n", p->kind->name);
}

static void
pin_restart(void)
{
	drive(&restart_pin);
}

static void
pin_poweroff(void)
{
	drive(&poweroff_pin);
}

static int
pin_probe(struct device *dev)
{
	const struct ending *kind = dev->match->data;
	struct pin *p = kind == &restart ? &restart_pin : &poweroff_pin;
	struct fdt_prop input;
	int err;

	if (p->kind)
		return -EBUSY;
	err = gpio_get(&p->gpio, dev->node, "gpios", 0);
	if (err)
		return err;
	p->active = fdt_prop_u32(&the_fdt, dev->node, kind->active, 0, 100);
	p->inactive = fdt_prop_u32(&the_fdt, dev->node, kind->inactive, 0, 100);
	p->wait = fdt_prop_u32(&the_fdt, dev->node, kind->wait, 0, 3000);
	if (kind == &poweroff && !fdt_prop(&the_fdt, dev->node, "input", &input))
		gpio_set(&p->gpio, false);
	p->kind = kind;
	machine_set_poweroff(kind == &poweroff ? pin_poweroff : NULL, kind == &restart ? pin_restart : NULL, NULL);
	return 0;
}

static const struct driver_match pin_match[] = {
	{ "gpio-restart", &restart },
	{ "gpio-poweroff", &poweroff },
	{ 0 },
};

const struct driver gpio_power_driver = {
	.name = "gpio_power",
	.level = DRIVER_CONSOLE,
	.match = pin_match,
	.probe = pin_probe,
};
