/*
 * irq.h - external interrupts: a controller's table and the handlers.
 */
#ifndef DRIVERS_IRQ_H
#define DRIVERS_IRQ_H

#include "arch/cpu.h"
#include "lib/types.h"

struct irq_action {			/* Guarded by: i immutable once enabled  a atomic */
	void	(*fn)(void *arg);	/* [i] called with interrupts off; NULL: unused source */
	void	*arg;			/* [i] */
	const char *name;		/* [i] for /proc/interrupts */
	ulong	count[MAX_CPUS];	/* each cpu adds to its own */
};

struct irq_chip {
	const char *name;
	int	node;			/* in the device tree */
	void	*private;
	void	(*enable)(struct irq_chip *c, u32 source);	/* deliver to the boot cpu's context */
	void	(*disable)(struct irq_chip *c, u32 source);
	u32	(*claim)(struct irq_chip *c);			/* 0: none */
	void	(*complete)(struct irq_chip *c, u32 source);
	void	(*init_hart)(struct irq_chip *c);		/* this cpu's context: threshold 0 */
	u32	nsources;		/* highest source number */
	struct irq_action **actions;	/* by source, NULL if unused */
	ulong	spurious;		/* claimed sources that nobody attached */
	struct irq_chip *next;
};

int	irq_chip_register(struct irq_chip *c);		/* allocates actions; 0 or -ENOMEM */
/* name stays valid for ever. 0, -ENODEV (no such controller), -EINVAL, -EBUSY (source taken), -ENOMEM. */
int	irq_attach(int controller_node, u32 source, const char *name, void (*fn)(void *), void *arg);
void	irq_init_hart(void);				/* every chip, this cpu */
void	irq_dispatch(void);				/* from the trap handler: external interrupt pending */

/* Call fn for every attached source, in order, for /proc. */
void	irq_for_each(void (*fn)(void *ctx, const struct irq_chip *c, u32 source, const struct irq_action *a),
		     void *ctx);

#endif
