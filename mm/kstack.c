/*
 * kstack.c - kernel stacks: KSTACK_SIZE bytes in the vmap area, an unmapped page below each.
 *
 * Data        stacks[]: per cpu, stacks that tasks have left, so that fork and exit in a row do
 *             not touch kernel page tables.
 * Locks       none: a cpu's own stacks, interrupts off [c].
 */
#include "arch/irqflags.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/vmap.h"

#define KEEP	16

static struct {
	uint	n;			/* [c] */
	void	*stack[KEEP];		/* [c] */
} stacks[MAX_CPUS];

void *
kstack_alloc(void)
{
	ulong flags = irq_save();
	int cpu = current->cpu;
	void *stack = stacks[cpu].n ? stacks[cpu].stack[--stacks[cpu].n] : NULL;

	irq_restore(flags);
	if (stack)
		return stack;
	stack = vmalloc(KSTACK_SIZE);
	if (stack)
		mem_stat_add(MEM_KSTACK, KSTACK_SIZE / PAGE_SIZE);
	return stack;
}

void
kstack_free(void *stack)
{
	ulong flags;
	int cpu;

#ifdef DEBUG
	memset(stack, 0xdb, KSTACK_SIZE);	/* and leak.c finds no pointers there */
#endif
	flags = irq_save();
	cpu = current->cpu;

	if (stacks[cpu].n < KEEP) {
		stacks[cpu].stack[stacks[cpu].n++] = stack;
		stack = NULL;
	}
	irq_restore(flags);
	if (stack) {
		vfree(stack);
		mem_stat_add(MEM_KSTACK, -(long)(KSTACK_SIZE / PAGE_SIZE));
	}
}
