/*
 * led.c - lights on pins: one of them beats like a heart while the kernel lives.
 *
 *	 70  180  70      680 ms
 *	.--.     .--.
 *	'  '-----'  '-----------...
 *
 * It is the first for which the tree says linux,default-trigger = "heartbeat"; if none does, the first. A panic
 * stops it as it stops every timer. The others are off.
 *
 * Data        beating, its timer, and where in the beat it is.
 * Locks       none: boot, on one cpu, chooses; then only the timer's function touches it.
 * Further     Devicetree bindings leds/leds-gpio.yaml, leds-pwm.yaml.
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/gpio/gpio.h"
#include "drivers/pwm/pwm.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/bootmem.h"
#include "mm/slab.h"

struct led {
	bool	pwm_pin;		/* which of the two it is on */
	struct gpio gpio;
	struct pwm pwm;
	bool	active_low;		/* besides what the pin's own flags say */
};

static const u32 beat[] = { 70, 180, 70, 680 };	/* ms: on, off, on, off */

static struct led *beating;
static bool asked_for;			/* the tree names it */
static struct timer timer;
static uint phase;

static void
led_set(const struct led *l, bool on)
{
	if (l->pwm_pin)
		pwm_set(&l->pwm, on != l->active_low);
	else
		gpio_set(&l->gpio, on);
}

static void
tick(struct timer *t)
{
	led_set(beating, phase % 2 == 0);
	timer_start(t, clock_monotonic() + beat[phase] * NSEC_PER_MSEC);
	phase = (phase + 1) % ARRAY_SIZE(beat);
}

static void
led_add(struct led *l, int node)
{
	const char *trigger = fdt_prop_string(&the_fdt, node, "linux,default-trigger");
	const char *label = fdt_prop_string(&the_fdt, node, "label");
	bool wanted = trigger && !strcmp(trigger, "heartbeat");

	led_set(l, false);
	if (beating && (asked_for || !wanted)) {
		kfree(l);			/* it stays off */
		return;
	}
	if (beating) {
		timer_cancel(&timer);
		led_set(beating, false);
		kfree(beating);
	}
	beating = l;
	asked_for = wanted;
	phase = 0;
	pr_info("heartbeat: %s\n", label ? label : fdt_name(&the_fdt, node));
	timer_setup(&timer, tick);
	timer_start(&timer, clock_monotonic());
}

/* Each child of the node is a light. One that is on nobody's pin is passed over. */
static int
leds_probe(struct device *dev)
{
	struct fdt_prop p;

	for (int node = fdt_first_child(&the_fdt, dev->node); node >= 0; node = fdt_next_sibling(&the_fdt, node)) {
		struct led *l = kzalloc(sizeof(*l), GFP_KERNEL);
		int err;

		if (!l)
			return -ENOMEM;
		l->pwm_pin = dev->match->data != NULL;
		l->active_low = fdt_prop(&the_fdt, node, "active-low", &p);
		err = l->pwm_pin ? pwm_get(&l->pwm, node) : gpio_get(&l->gpio, node, "gpios", 0);
		if (!err) {
			led_add(l, node);
			continue;
		}
		pr_warn("%s: no pin: error %d\n", fdt_name(&the_fdt, node), -err);
		kfree(l);
	}
	return 0;
}

static const struct driver_match leds_match[] = {
	{ "gpio-leds", NULL },
	{ "pwm-leds", "pwm" },
	{ 0 },
};

const struct driver led_driver = {
	.name = "led",
	.level = DRIVER_NORMAL,
	.match = leds_match,
	.probe = leds_probe,
};
