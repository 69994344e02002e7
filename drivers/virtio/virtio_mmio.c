/*
 * virtio_mmio.c - virtio devices at a place of memory, as QEMU's virt machine has eight of: a place without a device
 * says that it has device 0.
 *
 *	0x000 "virt"  0x004 version: 1 the old interface, 2 the new  0x008 device id
 *	0x010 features offered, 0x014 which 32   0x020 features taken, 0x024 which 32
 *	0x030 queue, 0x034 its greatest size, 0x038 its size
 *	    old: 0x028 page size, 0x03c alignment, 0x040 page number of the ring
 *	    new: 0x080 descriptors (64 bits), 0x090 avail, 0x0a0 used, 0x044 ready
 *	0x050 notify   0x060 interrupt: 1 queue, 2 configuration   0x064 acknowledge
 *	0x070 status   0x0fc generation of the configuration   0x100 configuration
 *
 * Further     Virtio 1.2, 4.2.
 */
#include "abi/errno.h"
#include "drivers/driver.h"
#include "drivers/virtio/virtio.h"
#include "drivers/virtio/virtqueue.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/vmap.h"

#define REG_MAGIC	0x000
#define REG_VERSION	0x004
#define REG_DEVICE_ID	0x008
#define REG_FEATURES	0x010
#define REG_FEATURES_SEL 0x014
#define REG_TAKEN	0x020
#define REG_TAKEN_SEL	0x024
#define REG_PAGE_SIZE	0x028
#define REG_QUEUE_SEL	0x030
#define REG_QUEUE_MAX	0x034
#define REG_QUEUE_SIZE	0x038
#define REG_QUEUE_ALIGN	0x03c
#define REG_QUEUE_PFN	0x040
#define REG_QUEUE_READY	0x044
#define REG_NOTIFY	0x050
#define REG_INTERRUPT	0x060
#define REG_INTERRUPT_ACK 0x064
#define REG_STATUS	0x070
#define REG_QUEUE_DESC	0x080
#define REG_QUEUE_AVAIL	0x090
#define REG_QUEUE_USED	0x0a0
#define REG_GENERATION	0x0fc
#define REG_CONFIG	0x100

#define MAGIC		0x74726976	/* "virt" */
#define INTERRUPT_QUEUE	1
#define INTERRUPT_CONFIG 2
#define RESET_LIMIT	(100 * NSEC_PER_MSEC)

struct mmio {				/* Guarded by: i immutable */
	struct virtio_device v;		/* first: the two share an address */
	volatile u8 *regs;		/* [i] */
	size_t	size;			/* [i] */
	bool	old;			/* [i] version 1 */
};

static inline u32
get(struct virtio_device *d, uint reg)
{
	return mmio_read32(((struct mmio *)d)->regs + reg);
}

static inline void
set(struct virtio_device *d, uint reg, u32 v)
{
	mmio_write32(((struct mmio *)d)->regs + reg, v);
}

static u64
mmio_features(struct virtio_device *d)
{
	u64 f;

	set(d, REG_FEATURES_SEL, 1);
	f = ((struct mmio *)d)->old ? 0 : get(d, REG_FEATURES);
	set(d, REG_FEATURES_SEL, 0);
	return f << 32 | get(d, REG_FEATURES);
}

static void
mmio_set_features(struct virtio_device *d, u64 f)
{
	set(d, REG_TAKEN_SEL, 0);
	set(d, REG_TAKEN, f);
	set(d, REG_TAKEN_SEL, 1);
	set(d, REG_TAKEN, f >> 32);
}

static u8
mmio_status(struct virtio_device *d)
{
	return get(d, REG_STATUS);
}

static void
mmio_set_status(struct virtio_device *d, u8 status)
{
	u64 limit = clock_monotonic() + RESET_LIMIT;

	set(d, REG_STATUS, status);
	while (!status && get(d, REG_STATUS) && clock_monotonic() < limit)
		;
}

static u8
mmio_config8(struct virtio_device *d, uint off)
{
	struct mmio *m = (struct mmio *)d;

	return REG_CONFIG + off < m->size ? mmio_read8(m->regs + REG_CONFIG + off) : 0;
}

static u32
mmio_config32(struct virtio_device *d, uint off)
{
	return REG_CONFIG + off + 4 <= ((struct mmio *)d)->size ? get(d, REG_CONFIG + off) : 0;
}

/* The old interface has none: what is read twice is read the same. */
static u32
mmio_generation(struct virtio_device *d)
{
	return ((struct mmio *)d)->old ? 0 : get(d, REG_GENERATION);
}

static uint
mmio_queue_max(struct virtio_device *d, uint index)
{
	set(d, REG_QUEUE_SEL, index);
	return get(d, REG_QUEUE_MAX);
}

static void
set64(struct virtio_device *d, uint reg, const void *p)
{
	u64 pa = virt_to_phys(p);

	set(d, reg, pa);
	set(d, reg + 4, pa >> 32);
}

static int
mmio_queue_set(struct virtio_device *d, struct virtqueue *q)
{
	bool old = ((struct mmio *)d)->old;
	u64 pfn = virt_to_phys(q->desc) >> PAGE_SHIFT;

	set(d, REG_QUEUE_SEL, q->index);
	if (get(d, old ? REG_QUEUE_PFN : REG_QUEUE_READY))
		return -EBUSY;
	set(d, REG_QUEUE_SIZE, q->size);
	if (!old) {
		set64(d, REG_QUEUE_DESC, q->desc);
		set64(d, REG_QUEUE_AVAIL, q->avail);
		set64(d, REG_QUEUE_USED, q->used);
		set(d, REG_QUEUE_READY, 1);
		return 0;
	}
	if (pfn >> 32)
		return -EINVAL;
	set(d, REG_PAGE_SIZE, PAGE_SIZE);
	set(d, REG_QUEUE_ALIGN, PAGE_SIZE);
	set(d, REG_QUEUE_PFN, pfn);
	return 0;
}

static void
mmio_notify(struct virtio_device *d, uint index)
{
	set(d, REG_NOTIFY, index);
}

static const struct virtio_bus mmio_bus = {
	.features = mmio_features,
	.set_features = mmio_set_features,
	.status = mmio_status,
	.set_status = mmio_set_status,
	.config8 = mmio_config8,
	.config32 = mmio_config32,
	.generation = mmio_generation,
	.queue_max = mmio_queue_max,
	.queue_set = mmio_queue_set,
	.notify = mmio_notify,
};

static void
mmio_interrupt(void *arg)
{
	struct virtio_device *d = arg;
	u32 why = get(d, REG_INTERRUPT);

	set(d, REG_INTERRUPT_ACK, why);
	if (!d->private)
		return;
	if (why & INTERRUPT_QUEUE)
		d->driver->queue_interrupt(d);
	if ((why & INTERRUPT_CONFIG) && d->driver->config_interrupt)
		d->driver->config_interrupt(d);
}

static int
virtio_mmio_probe(struct device *dev)
{
	struct mmio *m = kzalloc(sizeof(*m), GFP_KERNEL);
	u32 version;
	int err = -ENOMEM;

	if (!m)
		return -ENOMEM;
	m->regs = device_map(dev, 0, &m->size);
	if (!m->regs)
		goto out_free;
	err = -EINVAL;
	if (m->size < REG_CONFIG || get(&m->v, REG_MAGIC) != MAGIC)
		goto out_unmap;
	version = get(&m->v, REG_VERSION);
	m->v.id = get(&m->v, REG_DEVICE_ID);
	err = 0;
	if (!m->v.id)
		goto out_unmap;			/* an empty place */
	err = -ENODEV;
	if (version != 1 && version != 2) {
		pr_err("%s: version %u is unknown\n", dev->name, version);
		goto out_unmap;
	}
	m->old = version == 1;
	m->v.name = dev->name;
	m->v.bus = &mmio_bus;
	err = device_irq_attach(dev, 0, mmio_interrupt, &m->v);
	if (err)
		goto out_unmap;
	return virtio_probe(&m->v);		/* the handler keeps m, whatever comes of it */
out_unmap:
	iounmap(m->regs);
out_free:
	kfree(m);
	return err;
}

static const struct driver_match virtio_mmio_match[] = {
	{ "virtio,mmio", NULL },
	{ 0 },
};

const struct driver virtio_mmio_driver = {
	.name = "virtio_mmio",
	.level = DRIVER_NORMAL,
	.match = virtio_mmio_match,
	.probe = virtio_mmio_probe,
};
