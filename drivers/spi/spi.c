/*
 * spi.c - which chips the device tree says are on a bus, and their drivers.
 *
 * Not here    the bytes (a controller's file); what a chip says (its driver's).
 * Further     Linux Documentation/devicetree/bindings/spi/spi-controller.yaml.
 */
#include "drivers/spi/spi.h"

#include "abi/errno.h"
#include "drivers/driver.h"
#include "kernel/printk.h"
#include "lib/fdt.h"
#include "mm/bootmem.h"
#include "mm/slab.h"

#define DEFAULT_MAX_HZ	1000000		/* of a chip whose node does not say: any can do that */

#define CHIP(name)	extern const struct spi_driver name##_driver;
#include "drivers/spi/chips.def"
#undef CHIP

static const struct spi_driver *const drivers[] = {
#define CHIP(name)	&name##_driver,
#include "drivers/spi/chips.def"
#undef CHIP
};

static const struct spi_driver *
driver_of(int node)
{
	if (!fdt_enabled(&the_fdt, node))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (fdt_compatible(&the_fdt, node, drivers[i]->compatible))
			return drivers[i];
	return NULL;
}

bool
spi_bus_wanted(int node)
{
	for (int chip = fdt_first_child(&the_fdt, node); chip >= 0; chip = fdt_next_sibling(&the_fdt, chip))
		if (driver_of(chip))
			return true;
	return false;
}

static bool
has(int node, const char *property)
{
	struct fdt_prop p;

	return fdt_prop(&the_fdt, node, property, &p);
}

static int
chip_probe(struct spi_bus *b, int node, const struct spi_driver *driver)
{
	struct spi_device *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int err = -EINVAL;

	if (!d)
		return -ENOMEM;
	d->bus = b;
	d->node = node;
	d->name = fdt_name(&the_fdt, node);
	d->cs = fdt_prop_u32(&the_fdt, node, "reg", 0, 0);
	d->max_hz = fdt_prop_u32(&the_fdt, node, "spi-max-frequency", 0, DEFAULT_MAX_HZ);
	d->mode = (has(node, "spi-cpha") ? SPI_CPHA : 0) | (has(node, "spi-cpol") ? SPI_CPOL : 0) |
		  (has(node, "spi-cs-high") ? SPI_CS_HIGH : 0);
	if (d->cs < b->ncs && d->max_hz)
		err = driver->probe(d);
	if (err)
		kfree(d);
	return err;
}

void
spi_bus_register(struct spi_bus *b, int node)
{
	const struct spi_driver *driver;
	int err;

	mutex_init(&b->lock, RANK_SPI);
	for (int chip = fdt_first_child(&the_fdt, node); chip >= 0; chip = fdt_next_sibling(&the_fdt, chip)) {
		driver = driver_of(chip);
		err = driver ? chip_probe(b, chip, driver) : 0;
		if (err)
			pr_err("%s: %s: error %d; not used\n", b->name, fdt_name(&the_fdt, chip), -err);
	}
}
