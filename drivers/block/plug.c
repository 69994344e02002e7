/*
 * plug.c - a task's bios held back for a moment, so that neighbours become one request.
 *
 *	block_plug_begin ... bio_submit, bio_submit ... block_plug_end: they go, sorted
 *	                                            \.. schedule(): the task sleeps, perhaps for one of them
 *
 * Data        struct block_plug, task->plug: only its own task touches it, with interrupts on (an interrupt handler
 *             that submits a bio does not add to the plug of the task it interrupted).
 */
#include "arch/irqflags.h"
#include "drivers/block/private.h"
#include "kernel/task.h"
#include "mm/slab.h"

#define PLUG_MAX	64

struct block_plug {
	struct list bios;		/* by queue and sector */
	uint	count;
	uint	nesting;
};

static struct slab_cache *plug_cache;

/* Without memory there is no plug, and bios go one by one. */
void
block_plug_begin(void)
{
	struct block_plug *p = current->plug;

	if (!p) {
		p = slab_alloc(plug_cache, GFP_ATOMIC);
		if (!p)
			return;
		list_init(&p->bios);
		p->count = 0;
		p->nesting = 0;
		current->plug = p;
	}
	p->nesting++;
}

void
block_plug_end(void)
{
	struct block_plug *p = current->plug;

	if (!p || --p->nesting)
		return;
	block_plug_flush();
	current->plug = NULL;
	slab_free(plug_cache, p);
}

void
block_plug_flush(void)
{
	struct block_plug *p = current->plug;
	struct list all, same;
	struct block_queue *q;
	struct bio *b;

	if (!p || !p->count)
		return;
	list_init(&all);
	list_splice_back(&all, &p->bios);
	p->count = 0;
	while ((b = list_first(&all, struct bio, link))) {
		q = b->dev->queue;
		list_init(&same);
		do {
			list_remove(&b->link);
			list_push_back(&same, &b->link);
			b = list_first(&all, struct bio, link);
		} while (b && b->dev->queue == q);
		queue_submit(q, &same);
	}
}

/* Does a come before b, or beside it? */
static bool
in_order(const struct bio *a, const struct bio *b)
{
	if (a->dev->queue != b->dev->queue)
		return a->dev->queue < b->dev->queue;
	return a->dev->start + a->sector <= b->dev->start + b->sector;
}

bool
plug_add(struct bio *b)
{
	struct block_plug *p = current->plug;
	struct list *at;

	if (!p || (b->op != BIO_READ && b->op != BIO_WRITE) || !irq_enabled())
		return false;
	/* Most come in ascending order. */
	for (at = p->bios.prev; at != &p->bios; at = at->prev)
		if (in_order(list_entry(at, struct bio, link), b))
			break;
	list_push_front(at, &b->link);
	if (++p->count >= PLUG_MAX)
		block_plug_flush();
	return true;
}

void
plug_init(void)
{
	plug_cache = slab_create("block_plug", sizeof(struct block_plug), 8, NULL);
}
