/*
 * bio.c - requests as their submitters see them: memory, a run of sectors, a callback.
 *
 * Data        struct bio (block.h), from a slab for each of a few sizes.  reserve: a few of the biggest, so that what
 *             must be written can be, when there is no memory left: writing it is how memory is won back.
 * Locks       reserve_lock for the reserve: bio_free comes from interrupts.
 * Not here    what becomes of a bio that was submitted (plug.c, queue.c).
 */
#include "abi/errno.h"
#include "drivers/block/private.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "mm/slab.h"

#define RESERVE		4
#define WAIT_QUEUES	16

static struct bio_size {
	uint	nvecs;
	const char *name;
	struct slab_cache *cache;
} sizes[] = {
	{ 1, "bio-1", NULL }, { 4, "bio-4", NULL }, { 16, "bio-16", NULL }, { 64, "bio-64", NULL },
	{ BIO_MAX_VECS, "bio-256", NULL },
};

#define BIGGEST		(ARRAY_SIZE(sizes) - 1)

static struct spinlock reserve_lock = SPINLOCK_INIT(RANK_DRIVER);
static struct bio *reserve[RESERVE];
static uint nreserve;
static struct waitq reserve_wait = WAITQ_INIT(reserve_wait);

/* Tasks in bio_submit_wait sleep on one of these: the bio is gone when its submitter wakes, the queue is not. */
static struct waitq wait_queues[WAIT_QUEUES];

/* ---- memory ---- */

static struct bio *
reserve_take(void)
{
	struct bio *b = NULL;
	ulong flags = spin_lock_irqsave(&reserve_lock);

	if (nreserve)
		b = reserve[--nreserve];
	spin_unlock_irqrestore(&reserve_lock, flags);
	return b;
}

/* False: the reserve is full. */
static bool
reserve_give(struct bio *b)
{
	ulong flags = spin_lock_irqsave(&reserve_lock);
	bool given = nreserve < RESERVE;

	if (given)
		reserve[nreserve++] = b;
	spin_unlock_irqrestore(&reserve_lock, flags);
	if (given)
		wake_up(&reserve_wait);
	return given;
}

void
bio_init(struct bio *b, struct block_device *dev, enum bio_op op, uint maxvecs)
{
	list_init(&b->link);
	b->dev = dev;
	b->sector = 0;
	b->op = op;
	b->flags = 0;
	b->nvecs = 0;
	b->maxvecs = maxvecs;
	b->bytes = 0;
	b->error = 0;
	b->done = NULL;
	b->private = NULL;
}

struct bio *
bio_alloc(struct block_device *dev, enum bio_op op, uint nvecs, uint gfp)
{
	struct bio_size *s = sizes;
	uint maxvecs;
	struct bio *b;

	assert(nvecs <= BIO_MAX_VECS);
	while (s->nvecs < nvecs)
		s++;
	maxvecs = s->nvecs;
	/* Not at any price: sleeping for memory may mean waiting for what this bio is to write. */
	b = slab_alloc(s->cache, (gfp & ~GFP_ZERO) | GFP_ATOMIC);
	if (unlikely(!b)) {
		maxvecs = BIO_MAX_VECS;
		b = reserve_take();
		if (!b && (gfp & GFP_ATOMIC))
			return NULL;
		if (!b)
			wait_event(&reserve_wait, (b = reserve_take()) != NULL);
	}
	bio_init(b, dev, op, maxvecs);
	return b;
}

void
bio_free(struct bio *b)
{
	struct bio_size *s = sizes;

	if (b->maxvecs == BIO_MAX_VECS && unlikely(READ_ONCE(nreserve) < RESERVE) && reserve_give(b))
		return;
	while (s->nvecs < b->maxvecs)
		s++;
	slab_free(s->cache, b);
}

bool
bio_add(struct bio *b, struct frame *f, uint off, uint len)
{
	if (b->nvecs == b->maxvecs)
		return false;
	b->vec[b->nvecs++] = (struct bio_vec){ f, off, len };
	b->bytes += len;
	return true;
}

uint
bio_best_vecs(const struct block_device *dev)
{
	const struct block_limits *l = &dev->queue->limits;
	uint n = MIN(l->max_vecs, (uint)BIO_MAX_VECS);

	if (l->max_sectors)
		n = MIN(n, MAX(l->max_sectors >> (PAGE_SHIFT - SECTOR_SHIFT), 1U));
	return n;
}

/* ---- submitting ---- */

/* Is b something that its device could do? 0 or -errno. */
static int
bio_check(const struct bio *b)
{
	const struct block_device *dev = b->dev;
	u32 unit = dev->block_size;

	if (b->op == BIO_FLUSH)
		return 0;
	if (b->op == BIO_DISCARD && !b->bytes)
		return -EIO;
	if ((b->bytes | b->sector << SECTOR_SHIFT) & (unit - 1))
		return -EIO;
	if (b->sector > dev->sectors || b->bytes >> SECTOR_SHIFT > dev->sectors - b->sector)
		return -EIO;
	if (b->op != BIO_READ && dev->read_only)
		return -EIO;
	/* A write of nothing may carry a flush. */
	return b->nvecs || b->op == BIO_DISCARD || (b->flags & BIO_PREFLUSH) ? 0 : -EIO;
}

void
bios_done(struct list *bios)
{
	struct bio *b;

	while ((b = list_first(bios, struct bio, link))) {
		list_remove(&b->link);
		b->done(b);
	}
}

void
bio_submit(struct bio *b)
{
	struct list one;
	ulong flags;
	int err = bio_check(b);

	if (unlikely(err)) {
		b->error = err;
		flags = irq_save();
		b->done(b);
		irq_restore(flags);
		return;
	}
	b->error = 0;
	b->phase = 0;
	b->next_vec = 0;
	b->next_off = 0;
	b->requests = 0;
	if (plug_add(b))
		return;
	list_init(&one);
	list_push_back(&one, &b->link);
	queue_submit(b->dev->queue, &one);
}

/* ---- waiting ---- */

static struct waitq *
wait_queue(const struct bio *b)
{
	return &wait_queues[((ulong)b >> 6) % WAIT_QUEUES];
}

static void
wait_done(struct bio *b)
{
	struct waitq *q = wait_queue(b);

	/* From here on b may be gone. */
	smp_store_release((bool *)b->private, true);
	wake_up_all(q);
}

int
bio_submit_wait(struct bio *b)
{
	bool done = false;

	b->done = wait_done;
	b->private = &done;
	b->flags |= BIO_SYNC;
	bio_submit(b);
	wait_event(wait_queue(b), smp_load_acquire(&done));
	return b->error;
}

int
block_flush(struct block_device *dev)
{
	struct bio b;

	bio_init(&b, dev, BIO_FLUSH, 0);
	return bio_submit_wait(&b);
}

int
block_discard(struct block_device *dev, u64 sector, u64 nsectors)
{
	const struct block_limits *l = &dev->queue->limits;
	u64 most = ALIGN_DOWN(l->max_discard ? l->max_discard : 1U << 22, dev->block_size >> SECTOR_SHIFT);
	struct bio b;
	int err = l->discard ? 0 : -EOPNOTSUPP;

	/* A bio counts its bytes in 32 bits. */
	most = MIN(most, 1UL << 22);
	while (nsectors && !err) {
		u64 n = MIN(nsectors, most);

		bio_init(&b, dev, BIO_DISCARD, 0);
		b.sector = sector;
		b.bytes = n << SECTOR_SHIFT;
		err = bio_submit_wait(&b);
		sector += n;
		nsectors -= n;
	}
	return err;
}

void
bio_init_caches(void)
{
	uint i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		sizes[i].cache = slab_create(sizes[i].name,
					     sizeof(struct bio) + sizes[i].nvecs * sizeof(struct bio_vec), 16, NULL);
	for (i = 0; i < WAIT_QUEUES; i++)
		waitq_init(&wait_queues[i]);
	while (nreserve < RESERVE) {
		struct bio *b = slab_alloc(sizes[BIGGEST].cache, GFP_KERNEL);

		if (!b)
			panic("no memory for the block layer");
		b->maxvecs = BIO_MAX_VECS;
		reserve_give(b);
	}
}
