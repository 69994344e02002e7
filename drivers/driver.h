/*
 * driver.h - matching devices in the device tree to drivers.
 *
 * drivers.def lists every driver; driver_probe_all() walks the tree once per level (interrupt
 * controllers first) and calls probe for each enabled node whose `compatible` matches, most
 * specific string first.
 */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include "arch/mmio.h"
#include "lib/fdt.h"
#include "lib/types.h"

struct device {
	int	node;			/* in the_fdt */
	const char *name;		/* "uart@10000000" */
	const struct driver *driver;
	const struct driver_match *match;
};

struct driver_match { const char *compatible; const void *data; };	/* ended by { 0 } */

/* DRIVER_SUPPLY: clocks and pins, which the drivers after it ask for. */
enum driver_level { DRIVER_IRQ, DRIVER_SUPPLY, DRIVER_CONSOLE, DRIVER_NORMAL };

struct driver {
	const char *name;
	enum driver_level level;
	const struct driver_match *match;
	/* 0, or -errno: the device stays unused, with a message. dev stays valid for ever. */
	int	(*probe)(struct device *dev);
};

void	driver_probe_all(enum driver_level level);

/* Map the i-th register block; NULL on failure. size may be NULL. */
volatile void *device_map(struct device *dev, int i, size_t *size);
/* Attach a handler to the i-th interrupt of the node. 0 or -errno. */
int	device_irq_attach(struct device *dev, int i, void (*fn)(void *arg), void *arg);

#endif
