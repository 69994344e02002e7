/*
 * syscon_finisher.c - the "test finisher": one register that ends the machine.
 *
 *	0x5555			power off, success
 *	0x7777			reset
 *	0x3333 | code << 16	power off, the emulator exits with `code`
 *
 * Level DRIVER_CONSOLE: a panic during boot should already be able to fail the machine.
 * Further     QEMU hw/misc/sifive_test.c describes the values.
 */
#include "abi/errno.h"
#include "arch/power.h"
#include "drivers/driver.h"

#define FINISHER_FAIL	0x3333
#define FINISHER_PASS	0x5555
#define FINISHER_RESET	0x7777

static volatile void *finisher;		/* set once, at boot */

static void
finisher_poweroff(void)
{
	mmio_write32(finisher, FINISHER_PASS);
}

static void
finisher_reboot(void)
{
	mmio_write32(finisher, FINISHER_RESET);
}

static void
finisher_fail(int code)
{
	mmio_write32(finisher, (u32)code << 16 | FINISHER_FAIL);
}

static int
finisher_probe(struct device *dev)
{
	size_t size;
	volatile void *regs;

	if (finisher)
		return -EBUSY;
	regs = device_map(dev, 0, &size);
	if (!regs)
		return -ENOMEM;
	if (size < 4)
		return -EINVAL;
	finisher = regs;
	machine_set_poweroff(finisher_poweroff, finisher_reboot, finisher_fail);
	return 0;
}

static const struct driver_match finisher_match[] = {
	{ "sifive,test1", NULL },
	{ "sifive,test0", NULL },
	{ 0 },
};

const struct driver syscon_finisher_driver = {
	.name = "syscon_finisher",
	.level = DRIVER_CONSOLE,
	.match = finisher_match,
	.probe = finisher_probe,
};
