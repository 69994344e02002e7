/*
 * irq.c - which handler belongs to which interrupt source.
 *
 * Data        chips: every controller, newest first. Each has a table of actions by source.
 * Locks       irq_lock for changes of the tables. irq_dispatch reads without it: an action is
 *             published with a release store before its source is enabled, and never goes away.
 * Not here    the controllers' registers (plic.c).
 */
#include "abi/errno.h"
#include "arch/barrier.h"
#include "drivers/irq.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"
#include "mm/slab.h"

static struct spinlock irq_lock = SPINLOCK_INIT(RANK_IRQ);
static struct irq_chip *chips;

int
irq_chip_register(struct irq_chip *c)
{
	ulong flags;

	c->actions = kzalloc((c->nsources + 1) * sizeof(c->actions[0]), GFP_KERNEL);
	if (!c->actions)
		return -ENOMEM;
	flags = spin_lock_irqsave(&irq_lock);
	c->next = chips;
	smp_store_release(&chips, c);
	spin_unlock_irqrestore(&irq_lock, flags);
	return 0;
}

static struct irq_chip *
chip_by_node(int node)
{
	for (struct irq_chip *c = smp_load_acquire(&chips); c; c = c->next)
		if (c->node == node)
			return c;
	return NULL;
}

int
irq_attach(int controller_node, u32 source, const char *name, void (*fn)(void *), void *arg)
{
	struct irq_chip *c = chip_by_node(controller_node);
	struct irq_action *a;
	int err = 0;
	ulong flags;

	if (!c)
		return -ENODEV;
	if (source == 0 || source > c->nsources)
		return -EINVAL;
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	a->fn = fn;
	a->arg = arg;
	a->name = name;

	flags = spin_lock_irqsave(&irq_lock);
	if (c->actions[source]) {
		err = -EBUSY;
	} else {
		smp_store_release(&c->actions[source], a);
		c->enable(c, source);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	if (err)
		kfree(a);
	return err;
}

void
irq_init_hart(void)
{
	for (struct irq_chip *c = smp_load_acquire(&chips); c; c = c->next)
		c->init_hart(c);
}

/* A source nobody attached is turned off: it would interrupt for ever. */
static void
irq_spurious(struct irq_chip *c, u32 source)
{
	ulong flags;

	if (c->spurious++ == 0)
		pr_warn("%s: interrupt %u has no handler; turned off\n", c->name, source);
	flags = spin_lock_irqsave(&irq_lock);
	c->disable(c, source);
	spin_unlock_irqrestore(&irq_lock, flags);
}

void
irq_dispatch(void)
{
	for (struct irq_chip *c = smp_load_acquire(&chips); c; c = c->next) {
		u32 source;

		while ((source = c->claim(c)) != 0) {
			struct irq_action *a = NULL;

			if (source <= c->nsources)
				a = smp_load_acquire(&c->actions[source]);
			if (likely(a)) {
				a->count[current->cpu]++;
				a->fn(a->arg);
			}
			c->complete(c, source);
			if (unlikely(!a))
				irq_spurious(c, source);
		}
	}
}

void
irq_for_each(void (*fn)(void *ctx, const struct irq_chip *c, u32 source, const struct irq_action *a), void *ctx)
{
	for (struct irq_chip *c = smp_load_acquire(&chips); c; c = c->next)
		for (u32 s = 1; s <= c->nsources; s++)
			if (c->actions[s])
				fn(ctx, c, s, c->actions[s]);
}
