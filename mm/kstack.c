/*
 * kstack.c - kernel stacks: KSTACK_SIZE bytes in the vmap area, an unmapped page below each.
 *
 * Data        stacks[]: per cpu, stacks that tasks have left, so that fork and exit in a row do
 *             not touch kernel page tables. They are made and freed some at a time: every change
 *             of those tables costs a flush on each hart.
 * Locks       none: a cpu's own stacks, interrupts off [c].
 */
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/internal.h"
#include "mm/vmap.h"

#define KEEP_MIN	16
#define KEEP_MAX	128

static struct {
	uint	n;			/* [c] */
	void	*stack[KEEP_MAX];	/* [c] */
} stacks[MAX_CPUS];
static uint keep_most = KEEP_MIN;	/* [i] so many does a cpu keep; half as many are made or freed at once */

/* Keep s if this cpu has room for it. */
static bool
keep(void *s)
{
	ulong flags = irq_save();
	int cpu = current->cpu;
	bool room = stacks[cpu].n < keep_most;

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
	void *s, *made[KEEP_MAX / 2];
	uint n;

	if (alloc_should_fail(0))
		return NULL;
	s = take();
	if (likely(s))
		return s;
	n = vmalloc_many(made, keep_most / 2, KSTACK_SIZE);
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
	void *old[KEEP_MAX / 2];
	uint n = 0;

#ifdef DEBUG
	memset(s, 0xdb, KSTACK_SIZE);	/* and leak.c finds no pointers there */
#endif
	if (likely(keep(s)))
		return;
	old[n++] = s;
	while (n < keep_most / 2 && (s = take()))
		old[n++] = s;
	free_batch(old, n);
}

/* What all cpus keep together is at most 1/32 of RAM; after cpu_init. */
void
kstack_init(void)
{
	u64 most = frames_total_ram() / 32 / (KSTACK_SIZE / PAGE_SIZE) / ncpus;

	keep_most = MIN(MAX(most, (u64)KEEP_MIN), (u64)KEEP_MAX);
}
