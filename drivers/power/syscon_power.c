/*
 * syscon_power.c - a register that resets the board or cuts its power, when a value is written to some of its bits.
 *
 * Which register, which bits and which value are the device tree's: `regmap` names the node that has the registers.
 *
 * Data        the two registers: set once, at boot.
 * Further     Devicetree bindings power/reset/syscon-reboot.yaml, syscon-poweroff.yaml.
 */
#include "abi/errno.h"
#include "arch/power.h"
#include "drivers/driver.h"
#include "kernel/printk.h"
#include "lib/fdt.h"
#include "mm/bootmem.h"
#include "mm/vmap.h"

static struct reg {
	volatile u8 *at;
	u32	value, mask;
} reboot_reg, poweroff_reg;

static void
reg_write(const struct reg *r, const char *name)
{
	pr_info("%s: %#x\n", name, r->value);
	mmio_write32(r->at, (mmio_read32(r->at) & ~r->mask) | (r->value & r->mask));
}

static void
reg_reboot(void)
{
	reg_write(&reboot_reg, "syscon-reboot");
}

static void
reg_poweroff(void)
{
	reg_write(&poweroff_reg, "syscon-poweroff");
}

static int
reg_probe(struct device *dev)
{
	struct reg *r = (struct reg *)dev->match->data;
	int syscon = fdt_by_phandle(&the_fdt, fdt_prop_u32(&the_fdt, dev->node, "regmap", 0, 0));
	u32 offset = fdt_prop_u32(&the_fdt, dev->node, "offset", 0, 0);
	u64 addr, size;
	int err;

	if (r->at)
		return -EBUSY;
	if (syscon < 0)
		return -EINVAL;
	err = fdt_reg(&the_fdt, syscon, 0, &addr, &size);
	if (err)
		return err;
	if (offset % 4 || size < 4 || offset > size - 4)
		return -EINVAL;
	/* Of a value without a mask all bits count; in old trees a mask alone is both. */
	r->mask = fdt_prop_u32(&the_fdt, dev->node, "mask", 0, 0xffffffff);
	r->value = fdt_prop_u32(&the_fdt, dev->node, "value", 0, r->mask);
	r->at = ioremap(addr + offset, 4);
	if (!r->at)
		return -ENOMEM;
	machine_set_poweroff(r == &poweroff_reg ? reg_poweroff : NULL, r == &reboot_reg ? reg_reboot : NULL, NULL);
	return 0;
}

static const struct driver_match reg_match[] = {
	{ "syscon-reboot", &reboot_reg },
	{ "syscon-poweroff", &poweroff_reg },
	{ 0 },
};

const struct driver syscon_power_driver = {
	.name = "syscon_power",
	.level = DRIVER_CONSOLE,
	.match = reg_match,
	.probe = reg_probe,
};
