/*
 * virtio.c - what all virtio devices do alike: agreeing on features, and finding the driver.
 */
#include "drivers/virtio/virtio.h"

#include "abi/errno.h"
#include "kernel/printk.h"

#define CONFIG_TRIES	100

static const struct virtio_driver *const drivers[] = { &virtio_blk_driver };

static void
status_add(struct virtio_device *d, u8 bits)
{
	d->bus->set_status(d, d->bus->status(d) | bits);
}

u64
virtio_config64(struct virtio_device *d, uint off)
{
	u32 before, low, high;
	int tries = 0;

	do {
		before = d->bus->generation(d);
		low = d->bus->config32(d, off);
		high = d->bus->config32(d, off + 4);
	} while (d->bus->generation(d) != before && ++tries < CONFIG_TRIES);
	return (u64)high << 32 | low;
}

/* 0 or -errno: the device does not agree. */
static int
agree(struct virtio_device *d, u64 known)
{
	u64 offered = d->bus->features(d);

	known |= VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1;
	d->features = offered & known;
	d->bus->set_features(d, d->features);
	if (!virtio_has(d, VIRTIO_F_VERSION_1))
		return 0;			/* an old device has no say */
	status_add(d, VIRTIO_STATUS_FEATURES_OK);
	if (d->bus->status(d) & VIRTIO_STATUS_FEATURES_OK)
		return 0;
	pr_err("%s: offers features 0x%lx, but does not take 0x%lx\n", d->name, (ulong)offered, (ulong)d->features);
	return -ENODEV;
}

int
virtio_probe(struct virtio_device *d)
{
	int err;

	d->bus->set_status(d, 0);
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (drivers[i]->id == d->id)
			d->driver = drivers[i];
	status_add(d, VIRTIO_STATUS_ACKNOWLEDGE);
	if (!d->driver)
		return 0;			/* nobody's: it stays as it is */
	status_add(d, VIRTIO_STATUS_DRIVER);
	err = agree(d, d->driver->features);
	if (!err)
		err = d->driver->probe(d);
	if (err)
		virtio_stop(d);
	return err;
}

void
virtio_ready(struct virtio_device *d)
{
	status_add(d, VIRTIO_STATUS_DRIVER_OK);
}

void
virtio_stop(struct virtio_device *d)
{
	d->bus->set_status(d, 0);
	status_add(d, VIRTIO_STATUS_FAILED);
}
