/*
 * driver.c - giving each device in the tree the driver that knows it best.
 *
 * Data        drivers[]: drivers.def, as a table. devices: every node that has been tried,
 *             so that no node is probed twice.
 * Invariants  A node's driver is decided by its whole `compatible` list, most specific string
 *             first, over all drivers; the level only says when that driver is tried.
 * Not here    reading the tree (lib/fdt.c); what a device does (the folders below).
 * Further     Devicetree Specification 0.4, 2.3.1 (compatible) and 2.3.4 (status).
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/irq.h"
#include "kernel/printk.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/bootmem.h"
#include "mm/slab.h"
#include "mm/vmap.h"

#define DRIVER(name)	extern const struct driver name##_driver;
#include "drivers/drivers.def"
#undef DRIVER

static const struct driver *const drivers[] = {
#define DRIVER(name)	&name##_driver,
#include "drivers/drivers.def"
#undef DRIVER
};

struct tried {				/* a device, and the next one */
	struct device dev;
	struct tried *next;
};

static struct tried *devices;		/* only boot, on one cpu, touches the list */

static bool
node_tried(int node)
{
	for (struct tried *t = devices; t; t = t->next)
		if (t->dev.node == node)
			return true;
	return false;
}

/* The driver for one compatible string; NULL if nobody knows it. */
static const struct driver *
driver_for(const char *compatible, const struct driver_match **match)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		for (const struct driver_match *m = drivers[i]->match; m->compatible; m++)
			if (strcmp(m->compatible, compatible) == 0) {
				*match = m;
				return drivers[i];
			}
	return NULL;
}

/* The driver for the first string of the node's list that any driver knows. */
static const struct driver *
driver_match_node(int node, const struct driver_match **match)
{
	struct fdt_prop p;

	if (!fdt_prop(&the_fdt, node, "compatible", &p))
		return NULL;
	for (u32 at = 0; at < p.len; ) {
		const char *s = (const char *)p.data + at;
		size_t len = strnlen(s, p.len - at);
		const struct driver *d;

		if (len == p.len - at)
			break;			/* not terminated: a bad tree */
		d = driver_for(s, match);
		if (d)
			return d;
		at += len + 1;
	}
	return NULL;
}

static void
driver_probe(int node, const struct driver *drv, const struct driver_match *match)
{
	struct tried *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int err;

	if (!t) {
		pr_err("%s: no memory for the device\n", fdt_name(&the_fdt, node));
		return;
	}
	t->dev.node = node;
	t->dev.name = fdt_name(&the_fdt, node);
	t->dev.driver = drv;
	t->dev.match = match;
	t->next = devices;
	devices = t;

	err = drv->probe(&t->dev);
	if (err) {
		t->dev.driver = NULL;
		pr_err("%s: driver %s failed: error %d; device not used\n", t->dev.name, drv->name, -err);
	}
}

/* Try every enabled node whose best driver belongs to `level`. Boot only, one cpu. */
void
driver_probe_all(enum driver_level level)
{
	for (int node = fdt_next_node(&the_fdt, -1); node >= 0; node = fdt_next_node(&the_fdt, node)) {
		const struct driver_match *match;
		const struct driver *drv = driver_match_node(node, &match);

		if (drv && drv->level == level && fdt_enabled(&the_fdt, node) && !node_tried(node))
			driver_probe(node, drv, match);
	}
}

volatile void *
device_map(struct device *dev, int i, size_t *size)
{
	u64 addr, len;

	if (fdt_reg(&the_fdt, dev->node, i, &addr, &len) || len == 0)
		return NULL;
	if (size)
		*size = len;
	return ioremap(addr, len);
}

int
device_irq_attach(struct device *dev, int i, void (*fn)(void *arg), void *arg)
{
	int controller, err;
	u32 source;

	err = fdt_irq(&the_fdt, dev->node, i, &controller, &source);
	if (err)
		return err;
	return irq_attach(controller, source, dev->name, fn, arg);
}
