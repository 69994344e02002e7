/*
 * virtio_blk.c - a virtual disk: /dev/vda, /dev/vdb, ... in the order in which the device tree lists them, as on Linux.
 *
 * A request is a chain: a header that the device reads (what, which sector), the data, a byte of status that it
 * writes.  Small ones take their entries of the ring, big ones one entry and a table.
 *
 *	configuration: 0 capacity (64 bits)  8 size_max  12 seg_max  20 block size  36 discard: sectors, 40 pieces
 *
 * Data        struct disk, with a slot for each request that the device may have.
 * Locks       disk->lock (RANK_DRIVER) for the ring and the slots: taken under the queue's, and by the interrupt.
 * Not here    the ring (virtqueue.c); queueing, merging, flushing (drivers/block/queue.c).
 * Further     Virtio 1.2, 5.2.
 */
#include "abi/errno.h"
#include "drivers/block/block.h"
#include "drivers/virtio/virtio.h"
#include "drivers/virtio/virtqueue.h"
#include "fs/dev.h"
#include "kernel/printk.h"
#include "mm/slab.h"

#define F_SIZE_MAX	BIT(1)
#define F_SEG_MAX	BIT(2)
#define F_RO		BIT(5)
#define F_BLK_SIZE	BIT(6)
#define F_FLUSH		BIT(9)
#define F_DISCARD	BIT(13)

#define CONFIG_CAPACITY	0
#define CONFIG_SIZE_MAX	8
#define CONFIG_SEG_MAX	12
#define CONFIG_BLK_SIZE	20
#define CONFIG_DISCARD_MAX 36
#define CONFIG_DISCARD_SEGS 40

#define TYPE_IN		0
#define TYPE_OUT	1
#define TYPE_FLUSH	4
#define TYPE_DISCARD	11

#define STATUS_OK	0
#define STATUS_UNSUPPORTED 2
#define STATUS_NONE	0xff		/* the device has not written it */

#define VIRTBLK_MAJOR	254
#define MINORS		16
#define SLOTS		64
#define SMALL		4		/* pieces of a chain that takes no table */
#define TABLES		8
#define TABLE_ENTRIES	VIRTQUEUE_MAX

struct slot {				/* a request at the device */
	struct { u32 type, reserved; u64 sector; } header;
	struct { u64 sector; u32 sectors, flags; } range;	/* of a discard */
	u8	status;
	struct request *rq;
	struct virtq_desc *table;	/* NULL: none */
	struct slot *next;		/* free */
};

struct disk {				/* Guarded by: i immutable  l lock */
	struct spinlock lock;
	struct virtio_device *device;	/* [i] */
	struct virtqueue *vq;		/* [i] */
	struct block_queue *queue;	/* [l] known from the first request on */
	bool	dead;			/* [l] it broke its promises */
	struct slot *free;		/* [l] */
	struct virtq_desc *tables[TABLES];	/* [l] unused ones */
	uint	ntables;		/* [l] */
	struct slot slots[SLOTS];
};

/* ---- to the device ---- */

/* Build rq's chain of n pieces. */
static void
chain_fill(struct virtq_chain *c, struct slot *s, struct request *rq)
{
	static const u8 types[] = {
		[BIO_READ] = TYPE_IN, [BIO_WRITE] = TYPE_OUT, [BIO_FLUSH] = TYPE_FLUSH, [BIO_DISCARD] = TYPE_DISCARD,
	};
	bool data = rq->op == BIO_READ || rq->op == BIO_WRITE;
	struct request_iter it;

	s->header.type = types[rq->op];
	s->header.reserved = 0;
	s->header.sector = data ? rq->sector : 0;
	s->status = STATUS_NONE;
	virtqueue_piece(c, virt_to_phys(&s->header), sizeof(s->header), false);
	if (data) {
		for (it = request_first(rq); it.len; request_step(&it))
			virtqueue_piece(c, frame_pa(it.frame) + it.off, it.len, rq->op == BIO_READ);
	} else if (rq->op == BIO_DISCARD) {
		s->range.sector = rq->sector;
		s->range.sectors = rq->sectors;
		s->range.flags = 0;
		virtqueue_piece(c, virt_to_phys(&s->range), sizeof(s->range), false);
	}
	virtqueue_piece(c, virt_to_phys(&s->status), 1, true);
}

static int
start_locked(struct disk *d, struct request *rq) MUST_HOLD(d->lock)
{
	uint n = 2 + (rq->op == BIO_DISCARD ? 1 : rq->nvecs);
	struct slot *s = d->free;
	struct virtq_desc *table = NULL;
	struct virtq_chain c;
	int err;

	d->queue = rq->queue;
	if (d->dead)
		return -EIO;
	if (!s)
		return -EBUSY;
	if (n > SMALL && d->ntables)
		table = d->tables[d->ntables - 1];
	err = virtqueue_begin(d->vq, &c, n, table, s);
	if (err)
		return err;
	d->free = s->next;
	d->ntables -= table != NULL;
	s->table = table;
	s->rq = rq;
	chain_fill(&c, s, rq);
	virtqueue_end(&c);
	return 0;
}

static int
disk_start(void *driver, struct request *rq)
{
	struct disk *d = driver;
	ulong flags = spin_lock_irqsave(&d->lock);
	int err = start_locked(d, rq);

	spin_unlock_irqrestore(&d->lock, flags);
	return err;
}

static void
disk_commit(void *driver)
{
	struct disk *d = driver;
	ulong flags = spin_lock_irqsave(&d->lock);

	if (!d->dead)
		virtqueue_kick(d->vq);
	spin_unlock_irqrestore(&d->lock, flags);
}

static const struct block_ops disk_ops = { .start = disk_start, .commit = disk_commit };

/* ---- and back ---- */

/* The slot is free; its request, with its error noted, goes on `done`. */
static void
slot_end(struct disk *d, struct slot *s, struct list *done) MUST_HOLD(d->lock)
{
	struct request *rq = s->rq;
	u8 status = READ_ONCE(s->status);

	rq->error = d->dead ? -EIO : status == STATUS_OK ? 0 : status == STATUS_UNSUPPORTED ? -EOPNOTSUPP : -EIO;
	list_push_back(done, &rq->link);
	if (s->table)
		d->tables[d->ntables++] = s->table;
	s->next = d->free;
	d->free = s;
}

/* The device broke its promises: it is stopped, and what it had has failed. */
static void
die(struct disk *d, struct list *done) MUST_HOLD(d->lock)
{
	struct slot *s;

	pr_err("%s: the disk is not used any more\n", d->device->name);
	d->dead = true;
	virtio_stop(d->device);
	while ((s = virtqueue_take_back(d->vq)))
		slot_end(d, s, done);
}

static void
disk_interrupt(struct virtio_device *v)
{
	struct disk *d = v->private;
	struct list done = LIST_INIT(done);
	struct block_queue *failed = NULL;
	struct request *rq;
	struct slot *s;
	ulong flags;
	u32 written;

	flags = spin_lock_irqsave(&d->lock);
	while (!d->dead && (s = virtqueue_take(d->vq, &written)))
		slot_end(d, s, &done);
	if (d->vq->broken && !d->dead) {
		die(d, &done);
		failed = d->queue;
	}
	spin_unlock_irqrestore(&d->lock, flags);
	while ((rq = list_first(&done, struct request, link))) {
		list_remove(&rq->link);
		request_done(rq, rq->error);
	}
	if (failed)
		block_queue_fail(failed);
}

/* The device says that something changed: that it cannot go on, perhaps. */
static void
disk_config_interrupt(struct virtio_device *v)
{
	struct disk *d = v->private;

	if (!(v->bus->status(v) & VIRTIO_STATUS_NEEDS_RESET))
		return;
	pr_err("%s: the device has failed\n", v->name);
	d->vq->broken = true;
	disk_interrupt(v);
}

/* ---- set-up ---- */

/* What the configuration says, checked. 0 or -EINVAL. */
static int
read_limits(struct virtio_device *v, uint ring, u32 block_size, struct block_limits *l)
{
	u32 unit = block_size >> SECTOR_SHIFT;

	if (ring < 4) {				/* a header, a piece, a status, and one to spare */
		pr_err("%s: a ring of %u is too small\n", v->name, ring);
		return -EINVAL;
	}
	*l = (struct block_limits){ .max_vecs = 1, .minors = MINORS, .flush = virtio_has(v, F_FLUSH) };
	if (virtio_has(v, F_SEG_MAX))
		l->max_vecs = MAX(virtio_config32(v, CONFIG_SEG_MAX), 1U);
	/* A chain must fit in an empty ring, should there be no table. */
	l->max_vecs = MIN(MIN(l->max_vecs, ring - 2), (uint)TABLE_ENTRIES - 2);
	if (virtio_has(v, F_SIZE_MAX)) {
		l->max_vec_bytes = ALIGN_DOWN(virtio_config32(v, CONFIG_SIZE_MAX), block_size);
		if (!l->max_vec_bytes) {
			pr_err("%s: takes less than a block at once\n", v->name);
			return -EINVAL;
		}
	}
	if (virtio_has(v, F_DISCARD) && virtio_config32(v, CONFIG_DISCARD_SEGS)) {
		l->max_discard = ALIGN_DOWN(virtio_config32(v, CONFIG_DISCARD_MAX), unit);
		l->discard = l->max_discard != 0;
	}
	return 0;
}

static int
disk_register(struct virtio_device *v, struct disk *d)
{
	static uint ndisks;
	u32 block_size = virtio_has(v, F_BLK_SIZE) ? virtio_config32(v, CONFIG_BLK_SIZE) : SECTOR_SIZE;
	u64 sectors = virtio_config64(v, CONFIG_CAPACITY);
	struct block_limits limits;
	char name[16];
	int err;

	if (block_size < SECTOR_SIZE || (block_size & (block_size - 1))) {
		pr_err("%s: a block of %u bytes cannot be\n", v->name, block_size);
		return -EINVAL;
	}
	err = read_limits(v, d->vq->size, block_size, &limits);
	if (err)
		return err;
	block_disk_name(name, sizeof(name), "vd", ndisks);
	virtio_ready(v);
	err = block_register(name, DEV(VIRTBLK_MAJOR, ndisks * MINORS), sectors, block_size, virtio_has(v, F_RO),
			     &limits, &disk_ops, d);
	ndisks += !err;
	return err;
}

static void
disk_free(struct disk *d)
{
	virtqueue_destroy(d->vq);
	while (d->ntables)
		kfree(d->tables[--d->ntables]);
	kfree(d);
}

static int
disk_probe(struct virtio_device *v)
{
	struct disk *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int err;

	if (!d)
		return -ENOMEM;
	spin_init(&d->lock, RANK_DRIVER);
	d->device = v;
	for (uint i = 0; i < SLOTS; i++) {
		d->slots[i].next = d->free;
		d->free = &d->slots[i];
	}
	d->vq = virtqueue_create(v, 0);
	if (!d->vq) {
		disk_free(d);
		return -ENODEV;
	}
	/* Fewer tables than wished for are enough: without one, a chain takes more of the ring. */
	while (virtio_has(v, VIRTIO_F_INDIRECT) && d->ntables < TABLES) {
		d->tables[d->ntables] = kmalloc(TABLE_ENTRIES * sizeof(struct virtq_desc), GFP_KERNEL);
		if (!d->tables[d->ntables])
			break;
		d->ntables++;
	}
	v->private = d;
	err = disk_register(v, d);
	if (!err)
		return 0;
	virtio_stop(v);			/* before its memory goes */
	v->private = NULL;
	disk_free(d);
	return err;
}

const struct virtio_driver virtio_blk_driver = {
	.name = "virtio_blk",
	.id = VIRTIO_ID_BLOCK,
	.features = F_SIZE_MAX | F_SEG_MAX | F_RO | F_BLK_SIZE | F_FLUSH | F_DISCARD,
	.probe = disk_probe,
	.queue_interrupt = disk_interrupt,
	.config_interrupt = disk_config_interrupt,
};
