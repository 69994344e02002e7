/*
 * virtqueue.h - a ring on which a driver gives buffers to a virtio device, and gets them back.
 *
 *	virtqueue_begin(q, &c, n, table, token)		a chain of n pieces
 *	virtqueue_piece(&c, pa, len, written)		those that the device reads first, then those it writes
 *	virtqueue_end(&c)				the device may take it
 *	virtqueue_kick(q)				tell the device, if it wants to be told
 *	... interrupt ...
 *	token = virtqueue_take(q, &written)		a chain that came back, NULL: none
 *
 * The caller locks.
 */
#ifndef DRIVERS_VIRTIO_VIRTQUEUE_H
#define DRIVERS_VIRTIO_VIRTQUEUE_H

#include "lib/types.h"

#define VIRTQUEUE_MAX	256		/* entries that we use */

struct virtio_device;

struct virtq_desc {			/* as the device sees it */
	u64	addr;
	u32	len;
	u16	flags;
	u16	next;
};
static_assert(sizeof(struct virtq_desc) == 16, "Virtio 1.2, 2.7.5");

#define VIRTQ_DESC_NEXT		1
#define VIRTQ_DESC_WRITE	2	/* the device writes it */
#define VIRTQ_DESC_INDIRECT	4	/* it holds descriptors */

struct virtq_avail { u16 flags, idx, ring[]; };		/* then u16 used_event */
struct virtq_used { u16 flags, idx; struct { u32 id, len; } ring[]; };	/* then u16 avail_event */

struct virtqueue {			/* Guarded by: i immutable  l the caller's lock */
	struct virtio_device *device;	/* [i] */
	uint	index;			/* [i] of the device's queues */
	uint	size;			/* [i] entries, a power of two */
	bool	event_idx, indirect;	/* [i] agreed features */
	bool	broken;			/* [l] the device wrote nonsense: nothing comes out any more */
	struct virtq_desc *desc;	/* [i] the three parts, in one block of memory */
	struct virtq_avail *avail;
	struct virtq_used *used;
	uint	order;			/* [i] of that block */
	u16	free, nfree;		/* [l] chain of unused descriptors */
	u16	next_avail;		/* [l] what avail->idx becomes */
	u16	told;			/* [l] avail->idx when the device was last told, or did not want to be */
	u16	next_used;		/* [l] the next entry of used to look at */
	void	*tokens[VIRTQUEUE_MAX];	/* [l] by head of chain; NULL: not the device's */
	u16	length[VIRTQUEUE_MAX];	/* [l] descriptors of that chain */
};

struct virtq_chain {			/* being built */
	struct virtqueue *q;
	struct virtq_desc *at;		/* the next one */
	struct virtq_desc *last;
	struct virtq_desc *table;	/* NULL: in the ring itself */
	void	*token;
	uint	n;
	u16	head;
};

/* Queue `index` of d. NULL and a message: no memory, or no such queue. */
struct virtqueue *virtqueue_create(struct virtio_device *d, uint index);
void	virtqueue_destroy(struct virtqueue *q);
/*
 * table: memory for n descriptors, the caller's until the chain comes back, so that the chain takes one entry of the
 * ring; NULL: n entries. token: not NULL. 0 or -EBUSY: the ring is too full. All n pieces must follow.
 */
int	virtqueue_begin(struct virtqueue *q, struct virtq_chain *c, uint n, struct virtq_desc *table, void *token);
void	virtqueue_end(struct virtq_chain *c);
void	virtqueue_kick(struct virtqueue *q);
/* What came back: its token, and how many bytes the device says it wrote. NULL: nothing, and an interrupt will come. */
void	*virtqueue_take(struct virtqueue *q, u32 *written);
/* One of the tokens that the device still has, for when it is gone. NULL: none. */
void	*virtqueue_take_back(struct virtqueue *q);

static inline void
virtqueue_piece(struct virtq_chain *c, paddr_t pa, u32 len, bool written)
{
	struct virtq_desc *d = c->at;

	d->addr = pa;
	d->len = len;
	d->flags = VIRTQ_DESC_NEXT | (written ? VIRTQ_DESC_WRITE : 0);
	c->last = d;
	if (c->table) {
		d->next = d - c->table + 1;
		c->at = d + 1;
	} else {
		c->at = &c->q->desc[d->next];	/* as the free chain goes */
	}
}

#endif
