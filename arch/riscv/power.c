/*
 * power.c - ending and restarting the machine; the firmware's console.
 *
 * The firmware comes first (SBI SRST), then what a driver registered; with "reboot=driver", for firmware that
 * hangs, the other way round.  So is a failing end: firmware cannot express one.
 */
#include "arch/power.h"
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "sbi.h"

static void (*driver_poweroff)(void);
static void (*driver_reboot)(void);
static void (*driver_fail)(int code);

void
machine_set_poweroff(void (*poweroff)(void), void (*reboot)(void), void (*fail)(int code))
{
	driver_poweroff = driver_poweroff ?: poweroff;
	driver_reboot = driver_reboot ?: reboot;
	driver_fail = driver_fail ?: fail;
}

static void
end_by_firmware(u32 type)
{
	if (sbi_has(SBI_SRST))
		sbi_reset(type, SBI_SRST_NO_REASON);
}

/* By the firmware and by the driver, if there is one, in the order that the command line wants. */
static void
end(u32 type, void (*by_driver)(void))
{
	const char *first = param("reboot");
	bool driver_first = first && !strcmp(first, "driver");

	if (!driver_first)
		end_by_firmware(type);
	if (by_driver)
		by_driver();
	if (driver_first)
		end_by_firmware(type);
}

void
machine_poweroff(void)
{
	end(SBI_SRST_SHUTDOWN, driver_poweroff);
}

void
machine_reboot(void)
{
	end(SBI_SRST_COLD_REBOOT, driver_reboot);
}

void
machine_fail(int code)
{
	if (driver_fail)
		driver_fail(code);
	if (sbi_has(SBI_SRST))
		sbi_reset(SBI_SRST_COLD_REBOOT, SBI_SRST_FAILURE);
	machine_reboot();
	irq_disable();
	for (;;)
		cpu_wfi();
}

/* Debug console where the firmware has it, else the legacy call. */
static void
early_putc(u8 c)
{
	static int have_dbcn = -1;

	if (have_dbcn < 0)
		have_dbcn = sbi_has(SBI_DBCN);
	if (have_dbcn)
		sbi_call(SBI_DBCN, 2, c, 0, 0, 0);
	else
		sbi_call(SBI_LEGACY_PUTCHAR, 0, c, 0, 0, 0);
}

/* Byte by byte: the firmware wants physical addresses, and s may be on a mapped stack. */
void
early_console_write(const char *s, size_t n)
{
	while (n--) {
		if (*s == '\n')
			early_putc('\r');
		early_putc(*s++);
	}
}
