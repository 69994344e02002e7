/*
 * queue.c - a disk's queue: bios become requests, requests go to the driver and come back.
 *
 *	           bio_submit                                                      done()
 *	               |                                                             ^
 *	   START ------+--------------> DATA --------------------> WRITTEN ------- ENDED
 *	     |  flush, or PREFLUSH:      |  q->bios, then part of    |  FUA that the disk does not know:
 *	     +----> q->flushes ----------+  one request or more      +----> q->flushes -----+
 *
 *	a request:  free --request_take--> pending --ops->start--> the driver's --request_done--> finished --> free
 *
 * One flush serves all bios that were waiting for one when it started; those that come later wait for the next.
 * Nobody sleeps here: a bio that finds no free request waits in q->bios until one is.
 *
 * Data        struct block_queue, struct request (private.h, block.h).
 * Locks       q->lock, with interrupts off.  done() is called without it: it takes locks of lower rank.
 * Invariants  Q1  a request is on exactly one of: free, pending, finished, the driver.
 *             Q2  b->requests counts the requests that hold a part of b; it is 0 and every piece is in one before
 *                 the bio moves on.
 * Not here    checks (bio.c); sorting (plug.c): what is pending is given to the driver in the order it came.
 */
#include "abi/errno.h"
#include "drivers/block/private.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "mm/slab.h"

enum bio_phase { BIO_START, BIO_DATA, BIO_WRITTEN, BIO_ENDED };

/* ---- the pieces of a request, for drivers ---- */

/* it->bio, it->vec and it->vec_off say where the next piece is: make it the current one. */
static void
iter_load(struct request_iter *it)
{
	const struct block_limits *l = &it->rq->queue->limits;
	const struct bio_vec *v = &it->bio->vec[it->vec];

	it->frame = v->frame;
	it->off = v->off + it->vec_off;
	it->len = MIN(v->len - it->vec_off, it->left);
	if (l->max_vec_bytes)
		it->len = MIN(it->len, l->max_vec_bytes);
	it->left -= it->len;
	it->vec_off += it->len;
	if (it->vec_off == v->len) {
		it->vec++;
		it->vec_off = 0;
	}
}

struct request_iter
request_first(struct request *rq)
{
	struct request_iter it = { .rq = rq, .left = rq->sectors << SECTOR_SHIFT };

	if (rq->part) {
		it.bio = rq->part;
		it.vec = rq->part_vec;
		it.vec_off = rq->part_off;
	} else {
		it.bio = list_first(&rq->bios, struct bio, link);
	}
	if (rq->nvecs)
		iter_load(&it);
	return it;
}

void
request_step(struct request_iter *it)
{
	it->len = 0;
	if (!it->left)
		return;
	if (it->vec == it->bio->nvecs) {
		it->bio = list_entry(it->bio->link.next, struct bio, link);
		it->vec = 0;
	}
	iter_load(it);
}

/* ---- statistics ---- */

static void
stats_begin(struct block_device *dev, u64 now)
{
	struct block_stats *s = &dev->stats;

	if (!s->in_flight++)
		s->busy_since = now;
}

static void
stats_end(struct block_device *dev, const struct request *rq, u64 now)
{
	struct block_stats *s = &dev->stats;

	s->ios[rq->op]++;
	s->sectors[rq->op] += rq->sectors;
	s->ns[rq->op] += now - rq->start_ns;
	if (!--s->in_flight)
		s->busy_ns += now - s->busy_since;
}

static void
request_begin(struct request *rq)
{
	rq->start_ns = clock_monotonic();
	stats_begin(rq->dev, rq->start_ns);
	if (rq->dev->whole != rq->dev)
		stats_begin(rq->dev->whole, rq->start_ns);
}

/* ---- a bio's way ---- */

/* Move b on to what it needs next; at its end to `ended`. */
static void
bio_advance(struct block_queue *q, struct bio *b, struct list *ended) MUST_HOLD(q->lock)
{
	const struct block_limits *l = &q->limits;

	if (unlikely(q->failed && !b->error))
		b->error = -EIO;
	if (unlikely(b->op == BIO_DISCARD && !l->discard))
		b->error = -EOPNOTSUPP;
	if (unlikely(b->error))
		b->phase = BIO_ENDED;
	switch (b->phase) {
	case BIO_START:
		b->phase = BIO_DATA;
		if (l->flush && (b->op == BIO_FLUSH || (b->flags & BIO_PREFLUSH))) {
			list_push_back(&q->flushes, &b->link);
			return;
		}
		/* fall through */
	case BIO_DATA:
		b->phase = BIO_WRITTEN;
		if (b->bytes) {
			list_push_back(&q->bios, &b->link);
			return;
		}
		b->flags &= ~BIO_FUA;		/* of nothing */
		/* fall through */
	case BIO_WRITTEN:
		b->phase = BIO_ENDED;
		if (l->flush && !l->fua && b->op == BIO_WRITE && (b->flags & BIO_FUA)) {
			list_push_back(&q->flushes, &b->link);
			return;
		}
		/* fall through */
	default:
		list_push_back(ended, &b->link);
	}
}

/* ---- from bios to requests ---- */

/* Flags that a request's bios must share. */
static u8
request_flags(const struct block_queue *q, const struct bio *b)
{
	return q->limits.fua && b->op == BIO_WRITE ? b->flags & BIO_FUA : 0;
}

static uint
count_pieces(const struct block_limits *l, const struct bio *b)
{
	uint n = 0;

	if (!l->max_vec_bytes)
		return b->nvecs;
	for (uint i = 0; i < b->nvecs; i++)
		n += DIV_ROUND_UP(b->vec[i].len, l->max_vec_bytes);
	return n;
}

/* Put b, first of q->bios and of npieces, in front of a pending request or behind it, if they are neighbours. */
static bool
merge(struct block_queue *q, struct bio *b, uint npieces) MUST_HOLD(q->lock)
{
	u64 sector = b->dev->start + b->sector;
	u32 sectors = b->bytes >> SECTOR_SHIFT;
	u8 flags = request_flags(q, b);
	struct request *rq;
	struct list *at;

	for (at = q->pending.prev; at != &q->pending; at = at->prev) {
		rq = list_entry(at, struct request, link);
		if (rq->op != b->op || rq->dev != b->dev || rq->flags != flags || rq->part ||
		    rq->nvecs + npieces > q->limits.max_vecs ||
		    (q->limits.max_sectors && rq->sectors + sectors > q->limits.max_sectors))
			continue;
		if (rq->sector + rq->sectors == sector) {
			list_remove(&b->link);
			list_push_back(&rq->bios, &b->link);
		} else if (sector + sectors == rq->sector) {
			list_remove(&b->link);
			list_push_front(&rq->bios, &b->link);
			rq->sector = sector;
		} else {
			continue;
		}
		b->requests = 1;
		rq->nvecs += npieces;
		rq->sectors += sectors;
		b->dev->stats.merges[b->op]++;
		if (b->dev->whole != b->dev)
			b->dev->whole->stats.merges[b->op]++;
		return true;
	}
	return false;
}

/* A free request for b, pending; NULL: there is none. Its bios, pieces and sectors are the caller's. */
static struct request *
request_take(struct block_queue *q, struct bio *b) MUST_HOLD(q->lock)
{
	struct request *rq = list_first(&q->free, struct request, link);

	if (!rq)
		return NULL;
	list_remove(&rq->link);
	rq->dev = b->dev;
	rq->op = b->op;
	rq->flags = request_flags(q, b);
	rq->part = NULL;
	rq->error = 0;
	request_begin(rq);
	list_push_back(&q->pending, &rq->link);
	return rq;
}

/* How many bytes of b are in requests. */
static u64
bytes_placed(const struct bio *b)
{
	u64 n = b->next_off;

	for (uint i = 0; i < b->next_vec; i++)
		n += b->vec[i].len;
	return n;
}

/* As much of b, from where the parts before it ended, as one request takes. */
static void
request_fill_part(struct request *rq, struct bio *b)
{
	const struct block_limits *l = &rq->queue->limits;
	u32 most = l->max_sectors ? l->max_sectors << SECTOR_SHIFT : ~0U, bytes = 0, n;

	rq->part = b;
	rq->part_vec = b->next_vec;
	rq->part_off = b->next_off;
	rq->sector = b->dev->start + b->sector + (bytes_placed(b) >> SECTOR_SHIFT);
	rq->nvecs = 0;
	while (b->next_vec < b->nvecs && rq->nvecs < l->max_vecs && bytes < most) {
		n = MIN(b->vec[b->next_vec].len - b->next_off, most - bytes);
		if (l->max_vec_bytes)
			n = MIN(n, l->max_vec_bytes);
		bytes += n;
		rq->nvecs++;
		b->next_off += n;
		if (b->next_off == b->vec[b->next_vec].len) {
			b->next_vec++;
			b->next_off = 0;
		}
	}
	rq->sectors = bytes >> SECTOR_SHIFT;
	b->requests++;
}

static bool
fits_one_request(const struct block_limits *l, const struct bio *b, uint npieces)
{
	return npieces <= l->max_vecs &&
	       (!l->max_sectors || b->bytes >> SECTOR_SHIFT <= l->max_sectors || b->op == BIO_DISCARD);
}

/* Put b, the first of q->bios, into requests. False: there are not enough of them. */
static bool
place(struct block_queue *q, struct bio *b) MUST_HOLD(q->lock)
{
	uint npieces = count_pieces(&q->limits, b);
	struct request *rq;

	if (unlikely(!fits_one_request(&q->limits, b, npieces))) {
		while (b->next_vec < b->nvecs) {
			rq = request_take(q, b);
			if (!rq)
				return false;
			request_fill_part(rq, b);
		}
		list_remove(&b->link);
		return true;
	}
	if (b->op != BIO_DISCARD && merge(q, b, npieces))
		return true;
	rq = request_take(q, b);
	if (!rq)
		return false;
	list_remove(&b->link);
	list_push_back(&rq->bios, &b->link);
	rq->sector = b->dev->start + b->sector;
	rq->sectors = b->bytes >> SECTOR_SHIFT;
	rq->nvecs = npieces;
	b->requests = 1;
	return true;
}

/* Start a flush for all who wait for one, unless one is under way. */
static void
flush_start(struct block_queue *q) MUST_HOLD(q->lock)
{
	struct request *rq = &q->flush;

	if (list_empty(&q->flushes) || q->flushing)
		return;
	q->flushing = true;
	list_splice_back(&rq->bios, &q->flushes);
	rq->dev = q->disk;
	rq->op = BIO_FLUSH;
	rq->error = 0;
	request_begin(rq);
	list_push_front(&q->pending, &rq->link);
}

/* ---- to the driver, and back ---- */

/* Give the driver what it takes. */
static void
start_pending(struct block_queue *q) MUST_HOLD(q->lock)
{
	struct request *rq;
	struct bio *b;
	bool any = false;
	int err;

	while ((b = list_first(&q->bios, struct bio, link)) && place(q, b))
		;
	flush_start(q);
	while ((rq = list_first(&q->pending, struct request, link))) {
		list_remove(&rq->link);
		q->starter = current;
		err = q->failed ? -EIO : q->ops->start(q->driver, rq);
		q->starter = NULL;
		if (err == -EBUSY) {
			list_push_front(&q->pending, &rq->link);
			break;
		}
		any = true;
		if (err) {
			rq->error = err;
			list_push_back(&q->finished, &rq->link);
		}
	}
	if (any && q->ops->commit)
		q->ops->commit(q->driver);
}

/* rq has come back: its bios move on, and it is free. */
static void
request_end(struct block_queue *q, struct request *rq, struct list *ended) MUST_HOLD(q->lock)
{
	u64 now = clock_monotonic();
	struct bio *b = rq->part;

	stats_end(rq->dev, rq, now);
	if (rq->dev->whole != rq->dev)
		stats_end(rq->dev->whole, rq, now);
	if (b) {
		if (rq->error)
			b->error = rq->error;
		if (!--b->requests && b->next_vec == b->nvecs)
			bio_advance(q, b, ended);
	}
	while ((b = list_first(&rq->bios, struct bio, link))) {
		list_remove(&b->link);
		b->requests = 0;
		if (rq->error)
			b->error = rq->error;
		bio_advance(q, b, ended);
	}
	if (rq == &q->flush)
		q->flushing = false;
	else
		list_push_back(&q->free, &rq->link);
}

/* Do all there is to do, release the lock, and tell who waits. */
static void
queue_run(struct block_queue *q, struct list *ended, ulong flags) RELEASES(q->lock)
{
	struct request *rq;

	do {
		while ((rq = list_first(&q->finished, struct request, link))) {
			list_remove(&rq->link);
			request_end(q, rq, ended);
		}
		start_pending(q);
	} while (!list_empty(&q->finished));
	if (list_empty(ended)) {
		spin_unlock_irqrestore(&q->lock, flags);
		return;
	}
	preempt_disable();
	spin_unlock_irqoff(&q->lock);
	bios_done(ended);
	irq_restore(flags);
	preempt_enable();
}

void
queue_submit(struct block_queue *q, struct list *bios)
{
	struct list ended = LIST_INIT(ended);
	ulong flags = spin_lock_irqsave(&q->lock);
	struct bio *b;

	while ((b = list_first(bios, struct bio, link))) {
		list_remove(&b->link);
		bio_advance(q, b, &ended);
	}
	queue_run(q, &ended, flags);
}

void
request_done(struct request *rq, int error)
{
	struct list ended = LIST_INIT(ended);
	struct block_queue *q = rq->queue;
	ulong flags;

	rq->error = error;
	/* From inside start(): the lock is ours already, and whoever called start() sees to it. */
	if (READ_ONCE(q->starter) == current) {
		list_push_back(&q->finished, &rq->link);
		return;
	}
	flags = spin_lock_irqsave(&q->lock);
	list_push_back(&q->finished, &rq->link);
	queue_run(q, &ended, flags);
}

void
block_queue_kick(struct block_queue *q)
{
	struct list ended = LIST_INIT(ended);
	ulong flags = spin_lock_irqsave(&q->lock);

	queue_run(q, &ended, flags);
}

void
block_queue_fail(struct block_queue *q)
{
	struct list ended = LIST_INIT(ended);
	ulong flags = spin_lock_irqsave(&q->lock);

	q->failed = true;
	queue_run(q, &ended, flags);
}

struct block_queue *
queue_create(const struct block_limits *limits, const struct block_ops *ops, void *driver)
{
	struct block_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);
	uint i;

	if (!q)
		return NULL;
	spin_init(&q->lock, RANK_BLOCK);
	q->ops = ops;
	q->driver = driver;
	q->limits = *limits;
	list_init(&q->bios);
	list_init(&q->pending);
	list_init(&q->free);
	list_init(&q->finished);
	list_init(&q->flushes);
	q->flush.queue = q;
	list_init(&q->flush.link);
	list_init(&q->flush.bios);
	for (i = 0; i < QUEUE_REQUESTS; i++) {
		q->requests[i].queue = q;
		list_init(&q->requests[i].bios);
		list_push_back(&q->free, &q->requests[i].link);
	}
	return q;
}
