/*
 * kstack.c - kernel stacks: KSTACK_SIZE bytes in the vmap area, an unmapped page below each.
 *
 * Data        stacks[]: per cpu, stacks that tasks have left, so that fork and exit in a row do
 *             not touch kernel page tables. They are made and freed some at a time: every change
 *             of those tables costs a flush on each hart.
 * Locks       none: a cpu's own stacks, interrupts off [c].
 */
#include "arch/irqflags.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/internal.h"
#include "mm/vmap.h"

#define KEEP	32
#define BATCH	8

static struct {
	uint	n;			/* [c] */
	void	*stack[KEEP];		/* [c] */
} stacks[MAX_CPUS];

/* Keep s if this cpu has room for it. */
static bool
keep(void *s)
{
	ulong flags = irq_save();
	int cpu = current->cpu;
	bool room = stacks[cpu].n < KEEP;

	if (room)
		stacks[cpu].stack[stacks[cpu].n++] = s;
	irq_restore(flags);
	return room;
}

/* One that this cpu kept; NULL. */
static void *
take(void)
{
	ulong flags = irq_save();
	int cpu = current->cpu;
	void *s = stacks[cpu].n ? stacks[cpu].stack[--stacks[cpu].n] : NULL;

	irq_restore(flags);
	return s;
}

static void
free_batch(void **s, uint n)
{
	vfree_many(s, n);
	mem_stat_add(MEM_KSTACK, -(long)(n * KSTACK_SIZE / PAGE_SIZE));
}

void *
kstack_alloc(void)
{
	void *s, *made[BATCH];
	uint n;

	if (alloc_should_fail(0))
		return NULL;
	s = take();
	if (likely(s))
		return s;
	n = vmalloc_many(made, BATCH, KSTACK_SIZE);
	mem_stat_add(MEM_KSTACK, n * KSTACK_SIZE / PAGE_SIZE);
	if (!n)
		return NULL;
	s = made[--n];
	while (n && keep(made[n - 1]))
		n--;
	if (n)
		free_batch(made, n);
	return s;
}

void
kstack_free(void *s)
{
	void *old[BATCH];
	uint n = 0;

#ifdef DEBUG
	memset(s, 0xdb, KSTACK_SIZE);	/* and leak.c finds no pointers there */
#endif
	if (likely(keep(s)))
		return;
	old[n++] = s;
	while (n < BATCH && (s = take()))
		old[n++] = s;
	free_batch(old, n);
}
