/*
 * virtqueue.c - the split ring of virtio.
 *
 *	desc    [0][1][2]...		buffers, chained; unused ones are chained, too
 *	avail   idx, ring[]		we write: heads of chains for the device
 *	used    idx, ring[]		the device writes: heads of chains it is done with
 *
 *	driver					device
 *	fill descriptors, ring[idx]		read idx
 *	fence w,w				fence
 *	idx++					read ring[], descriptors
 *	fence					write used->ring, fence, used->idx++
 *	read avail_event: notify?		fence, read used_event: interrupt?
 *
 * With EVENT_IDX each side says at which index it wants to hear of it: we are interrupted for the next chain and not
 * for those that we find while we look; a busy device is not notified at all.
 *
 * What the device writes is not believed: a head that we did not give, or more chains than there can be, and the
 * queue is broken.
 * Further     Virtio 1.2, 2.7.
 */
#include "drivers/virtio/virtqueue.h"

#include "abi/errno.h"
#include "arch/barrier.h"
#include "drivers/virtio/virtio.h"
#include "kernel/printk.h"
#include "lib/bitops.h"
#include "mm/frame.h"
#include "mm/slab.h"

#define RING_ALIGN	PAGE_SIZE	/* of the used ring: the old interface wants it behind the others, aligned so */

static inline u16 *used_event(struct virtqueue *q) { return &q->avail->ring[q->size]; }
static inline u16 *avail_event(struct virtqueue *q) { return (u16 *)&q->used->ring[q->size]; }

/* ---- making one ---- */

/* One block: descriptors and avail, then used on the next page. */
static int
alloc_rings(struct virtqueue *q)
{
	size_t first = ALIGN_UP(q->size * sizeof(struct virtq_desc) + sizeof(struct virtq_avail) + 2 * (q->size + 1),
				RING_ALIGN);
	size_t all = first + sizeof(struct virtq_used) + 8 * q->size + 2;
	struct frame *f;

	while (PAGE_SIZE << q->order < all)
		q->order++;
	f = frame_alloc(q->order, GFP_ZERO);
	if (!f)
		return -ENOMEM;
	q->desc = frame_va(f);
	q->avail = (struct virtq_avail *)(q->desc + q->size);
	q->used = (struct virtq_used *)((char *)q->desc + first);
	return 0;
}

struct virtqueue *
virtqueue_create(struct virtio_device *d, uint index)
{
	uint max = d->bus->queue_max(d, index);
	struct virtqueue *q = kzalloc(sizeof(*q), GFP_KERNEL);
	int err = -ENOMEM;

	if (!q)
		goto out;
	q->device = d;
	q->index = index;
	q->event_idx = virtio_has(d, VIRTIO_F_EVENT_IDX);
	q->indirect = virtio_has(d, VIRTIO_F_INDIRECT);
	err = -ENODEV;
	if (!max)
		goto out_free;
	q->size = 1U << bit_highest(MIN(max, (uint)VIRTQUEUE_MAX));
	err = alloc_rings(q);
	if (err)
		goto out_free;
	for (uint i = 0; i < q->size; i++)
		q->desc[i].next = i + 1;
	q->nfree = q->size;
	err = d->bus->queue_set(d, q);
	if (!err)
		return q;
	frame_free(va_frame(q->desc), q->order);
out_free:
	kfree(q);
out:
	pr_err("%s: no queue %u: error %d\n", d->name, index, -err);
	return NULL;
}

void
virtqueue_destroy(struct virtqueue *q)
{
	if (!q)
		return;
	frame_free(va_frame(q->desc), q->order);
	kfree(q);
}

/* ---- giving ---- */

int
virtqueue_begin(struct virtqueue *q, struct virtq_chain *c, uint n, struct virtq_desc *table, void *token)
{
	if (q->broken)
		return -EIO;
	if (q->nfree < (table ? 1 : n))
		return -EBUSY;
	c->q = q;
	c->table = table;
	c->token = token;
	c->n = n;
	c->head = q->free;
	c->at = table ? table : &q->desc[c->head];
	return 0;
}

void
virtqueue_end(struct virtq_chain *c)
{
	struct virtqueue *q = c->q;
	struct virtq_desc *d = &q->desc[c->head];

	c->last->flags &= ~VIRTQ_DESC_NEXT;
	if (c->table) {
		q->free = d->next;
		d->addr = virt_to_phys(c->table);
		d->len = c->n * sizeof(*d);
		d->flags = VIRTQ_DESC_INDIRECT;
	} else {
		q->free = c->last->next;
	}
	q->length[c->head] = c->table ? 1 : c->n;
	q->nfree -= q->length[c->head];
	q->tokens[c->head] = c->token;
	q->avail->ring[q->next_avail & (q->size - 1)] = c->head;
	smp_wmb();
	q->next_avail++;
	WRITE_ONCE(q->avail->idx, q->next_avail);
}

void
virtqueue_kick(struct virtqueue *q)
{
	u16 before = q->told, now = q->next_avail;
	bool wanted;

	if (before == now)
		return;
	q->told = now;
	smp_mb();			/* idx before what the device wants to hear of */
	if (q->event_idx)
		wanted = (u16)(now - READ_ONCE(*avail_event(q)) - 1) < (u16)(now - before);
	else
		wanted = !(READ_ONCE(q->used->flags) & 1);
	if (wanted)
		q->device->bus->notify(q->device, q->index);
}

/* ---- getting back ---- */

/* Chain `head` is ours again: its descriptors go to the front of the free ones. */
static void *
release(struct virtqueue *q, u32 head)
{
	void *token = q->tokens[head];
	u16 last = head;

	for (uint i = 1; i < q->length[head]; i++)
		last = q->desc[last].next;
	q->desc[last].next = q->free;
	q->free = head;
	q->nfree += q->length[head];
	q->tokens[head] = NULL;
	return token;
}

static void *
broken(struct virtqueue *q, const char *what, uint value)
{
	q->broken = true;
	pr_err("%s: queue %u: %s (%u)\n", q->device->name, q->index, what, value);
	return NULL;
}

void *
virtqueue_take(struct virtqueue *q, u32 *written)
{
	u16 idx = READ_ONCE(q->used->idx);
	u32 id;

	if (q->broken)
		return NULL;
	if (idx == q->next_used && q->event_idx) {
		WRITE_ONCE(*used_event(q), q->next_used);
		smp_mb();		/* then look again: the device may not have seen it */
		idx = READ_ONCE(q->used->idx);
	}
	if (idx == q->next_used)
		return NULL;
	if ((u16)(idx - q->next_used) > q->size)
		return broken(q, "the device says it is done with more than it had", (u16)(idx - q->next_used));
	smp_rmb();			/* idx before the entry, and what the device wrote */
	id = READ_ONCE(q->used->ring[q->next_used & (q->size - 1)].id);
	*written = READ_ONCE(q->used->ring[q->next_used & (q->size - 1)].len);
	if (id >= q->size || !q->tokens[id])
		return broken(q, "the device is done with what it was not given", id);
	q->next_used++;
	return release(q, id);
}

void *
virtqueue_take_back(struct virtqueue *q)
{
	for (uint i = 0; i < q->size; i++)
		if (q->tokens[i])
			return release(q, i);
	return NULL;
}
