/*
 * irq.h - external interrupts: a controller's table and the handlers.
 */
#ifndef DRIVERS_IRQ_H
#define DRIVERS_IRQ_H

#include "lib/types.h"

struct irq_chip {
	const char *name;
	int	node;			/* in the device tree */
	void	*private;
	void	(*enable)(struct irq_chip *c, u32 source);	/* deliver to the boot cpu's context */
	void	(*disable)(struct irq_chip *c, u32 source);
	u32	(*claim)(struct irq_chip *c);			/* 0: none */
	void	(*complete)(struct irq_chip *c, u32 source);
	void	(*init_hart)(struct irq_chip *c);		/* this cpu's context: threshold 0 */
	u32	nsources;
	struct irq_action { void (*fn)(void *); void *arg; ulong count; } *actions;	/* by source */
	struct irq_chip *next;
};

int	irq_chip_register(struct irq_chip *c);		/* allocates actions */
int	irq_attach(int controller_node, u32 source, void (*fn)(void *), void *arg);
void	irq_init_hart(void);				/* every chip, this cpu */
void	irq_dispatch(void);				/* from the trap handler: external interrupt pending */

#endif
