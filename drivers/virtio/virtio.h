/*
 * virtio.h - devices made for virtual machines: what a driver of one sees, whatever it is attached by.
 *
 *	virtio_blk.c, ...     what the device does: its configuration, its requests
 *	virtqueue.c           rings of buffers between driver and device
 *	virtio_mmio.c         registers: features, status, where the rings are
 *
 * Life of a device: ACKNOWLEDGE, DRIVER, features agreed (FEATURES_OK), queues set up, DRIVER_OK.  A device that
 * breaks its promises is reset, and no more is asked of it (FAILED).
 * Further    Virtual I/O Device (VIRTIO) 1.2, OASIS.
 */
#ifndef DRIVERS_VIRTIO_VIRTIO_H
#define DRIVERS_VIRTIO_VIRTIO_H

#include "lib/types.h"

struct virtio_device;
struct virtqueue;

enum virtio_id { VIRTIO_ID_NET = 1, VIRTIO_ID_BLOCK = 2, VIRTIO_ID_CONSOLE = 3, VIRTIO_ID_RNG = 4 };

#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER	2
#define VIRTIO_STATUS_DRIVER_OK	4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_NEEDS_RESET 64
#define VIRTIO_STATUS_FAILED	128

/* Features of every device. */
#define VIRTIO_F_INDIRECT	BIT(28)
#define VIRTIO_F_EVENT_IDX	BIT(29)
#define VIRTIO_F_VERSION_1	BIT(32)

/* What a way of attaching devices supplies. */
struct virtio_bus {
	u64	(*features)(struct virtio_device *d);		/* that it offers */
	void	(*set_features)(struct virtio_device *d, u64 f);
	u8	(*status)(struct virtio_device *d);
	void	(*set_status)(struct virtio_device *d, u8 status);	/* 0: reset, and wait until it is */
	u8	(*config8)(struct virtio_device *d, uint off);
	u32	(*config32)(struct virtio_device *d, uint off);
	u32	(*generation)(struct virtio_device *d);		/* changes when the configuration does */
	uint	(*queue_max)(struct virtio_device *d, uint index);	/* entries; 0: no such queue */
	int	(*queue_set)(struct virtio_device *d, struct virtqueue *q);	/* tell where it is. 0 or -errno */
	void	(*notify)(struct virtio_device *d, uint index);
};

struct virtio_device {			/* Guarded by: i immutable once probed */
	const char *name;		/* [i] for messages: "virtio_mmio@10008000" */
	u32	id;			/* [i] enum virtio_id */
	const struct virtio_bus *bus;	/* [i] */
	u64	features;		/* [i] agreed on */
	const struct virtio_driver *driver;	/* [i] */
	void	*private;		/* [i] the driver's */
};

struct virtio_driver {
	const char *name;
	u32	id;
	u64	features;		/* that it knows, beyond those of every device */
	/* Features are agreed. Set up queues, then virtio_ready(). 0 or -errno. */
	int	(*probe)(struct virtio_device *d);
	void	(*queue_interrupt)(struct virtio_device *d);	/* a ring may have moved. Interrupts off */
	void	(*config_interrupt)(struct virtio_device *d);	/* NULL: not interested */
};

/* A device was found: its driver, if there is one. 0 or -errno. */
int	virtio_probe(struct virtio_device *d);
void	virtio_ready(struct virtio_device *d);		/* DRIVER_OK: requests may be made */
/* The device does nothing any more, and touches no memory; it is never used again. */
void	virtio_stop(struct virtio_device *d);
static inline bool virtio_has(const struct virtio_device *d, u64 feature) { return d->features & feature; }

/* A field of the configuration. 64 bits are read twice if they changed in between. */
static inline u8 virtio_config8(struct virtio_device *d, uint off) { return d->bus->config8(d, off); }
static inline u32 virtio_config32(struct virtio_device *d, uint off) { return d->bus->config32(d, off); }
u64	virtio_config64(struct virtio_device *d, uint off);

extern const struct virtio_driver virtio_blk_driver;

#endif
