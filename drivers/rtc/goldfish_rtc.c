/*
 * goldfish_rtc.c - the emulator's real-time clock: read once at boot.
 *
 *	0x00 TIME_LOW	nanoseconds since 1970; reading it latches TIME_HIGH
 *	0x04 TIME_HIGH
 *
 * Not here    the alarm: nobody needs to be woken by it.
 * Further     Android goldfish virtual hardware guide, "Real-time clock".
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "kernel/time.h"
#include "mm/vmap.h"

#define RTC_TIME_LOW	0x00
#define RTC_TIME_HIGH	0x04

static int
goldfish_rtc_probe(struct device *dev)
{
	size_t size;
	volatile u8 *regs = device_map(dev, 0, &size);
	u64 low, high;

	if (!regs)
		return -ENOMEM;
	if (size < 8) {
		iounmap(regs);
		return -EINVAL;
	}
	low = mmio_read32(regs + RTC_TIME_LOW);
	high = mmio_read32(regs + RTC_TIME_HIGH);
	clock_set_realtime(high << 32 | low);
	iounmap(regs);
	return 0;
}

static const struct driver_match goldfish_rtc_match[] = {
	{ "google,goldfish-rtc", NULL },
	{ 0 },
};

const struct driver goldfish_rtc_driver = {
	.name = "goldfish_rtc",
	.level = DRIVER_NORMAL,
	.match = goldfish_rtc_match,
	.probe = goldfish_rtc_probe,
};
