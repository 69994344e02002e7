/*
 * timer.c - functions to call at a time: a tree of timers for each hart.
 *
 * Data        struct timer_tree: a red-black tree ordered by expiry, its first timer at hand.
 * Locks       tree->lock [t]. Rank: after run queues, for a run queue arms its slice timer.
 *             Callbacks run without it.
 * Invariants  T1  t->cpu == c <=> t is in tree c.
 *             T2  the hart's hardware timer is set no later than its first timer: starting
 *                 an earlier one sets it, cancelling leaves it (at worst one idle interrupt).
 *                 But later, by as long as the last interrupt took (PUT_OFF_NS at most), if it was due by its end.
 * Not here    what time it is (time.c).
 */
#include "kernel/time.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/timer.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/task.h"

#define AT_ONCE_NS	10000		/* how long one interrupt calls what is due */
#define PUT_OFF_NS	(10UL * AT_ONCE_NS)	/* how long the rest waits at most: an emulated hart may stand still */
#define FOREVER	(1UL << 62)		/* ns: no machine runs so long, and what is later does not fit in ticks */

struct timer_tree {			/* Guarded by: t lock  a atomic */
	struct spinlock lock;
	struct rb_root root;		/* [t] */
	struct timer *first;		/* [t] NULL: empty */
	struct timer *running;		/* [a] whose callback runs now */
	bool	from_user;		/* the interrupt that calls them came in user mode: its hart's own */
} ALIGNED(64);

static struct timer_tree trees[MAX_CPUS];

static inline struct timer *
timer_of(struct rb_node *n)
{
	return n ? rb_entry(n, struct timer, node) : NULL;
}

/* Ask the hardware for an interrupt at `when`. */
static void
timer_program(u64 when)
{
	timer_set(when < FOREVER ? clock_boot_ticks + timer_ns_to_ticks(when) : ~0UL);
}

static void
tree_insert(struct timer_tree *tree, struct timer *t)
{
	struct rb_node **slot = &tree->root.node, *parent = NULL;
	bool first = true;

	while (*slot) {
		parent = *slot;
		if (t->expires < timer_of(parent)->expires) {
			slot = &parent->left;
		} else {
			slot = &parent->right;
			first = false;
		}
	}
	rb_insert(&tree->root, &t->node, parent, slot);
	if (first)
		tree->first = t;
}

static void
tree_remove(struct timer_tree *tree, struct timer *t)
{
	if (tree->first == t)
		tree->first = timer_of(rb_next(&t->node));
	rb_remove(&tree->root, &t->node);
	smp_store_release(&t->cpu, -1);
}

/* Take t out of whichever tree it is in. True if it was in one. */
static bool
timer_dequeue(struct timer *t)
{
	for (;;) {
		int cpu = smp_load_acquire(&t->cpu);
		struct timer_tree *tree;

		if (cpu < 0)
			return false;
		tree = &trees[cpu];
		spin_lock_irqoff(&tree->lock);
		if (t->cpu == cpu) {
			tree_remove(tree, t);
			spin_unlock_irqoff(&tree->lock);
			return true;
		}
		spin_unlock_irqoff(&tree->lock);
	}
}

void
timer_setup(struct timer *t, void (*fn)(struct timer *))
{
	t->fn = fn;
	t->cpu = -1;
	t->expires = 0;
}

void
timer_start(struct timer *t, u64 expires)
{
	ulong flags = irq_save();
	int cpu = current->cpu;
	struct timer_tree *tree = &trees[cpu];

	timer_dequeue(t);
	spin_lock_irqoff(&tree->lock);
	t->expires = expires;
	t->cpu = cpu;
	tree_insert(tree, t);
	if (tree->first == t)
		timer_program(expires);
	spin_unlock_irqoff(&tree->lock);
	irq_restore(flags);
}

bool
timer_move(struct timer *t, u64 expires)
{
	ulong flags = irq_save();
	bool was = timer_dequeue(t);

	if (was)
		timer_start(t, expires);
	irq_restore(flags);
	return was;
}

/* Is its callback at work on another cpu? (On this one: then it is our caller.) Interrupts off. */
static bool
runs_elsewhere(const struct timer *t)
{
	for (int cpu = 0; cpu < ncpus; cpu++) {
		if (cpu != current->cpu && smp_load_acquire(&trees[cpu].running) == t)
			return true;
	}
	return false;
}

bool
timer_cancel(struct timer *t)
{
	bool was = false, again;
	ulong flags;

	do {				/* its callback may have started it again, even after timer_dequeue */
		flags = irq_save();
		was |= timer_dequeue(t);
		again = runs_elsewhere(t) || timer_pending(t);
		irq_restore(flags);
		cpu_relax();
	} while (again);
	return was;
}

/*
 * Call what is due, then set the hardware for the rest. From the trap handler, interrupts off. What became due
 * meanwhile, or is too much for one time, waits as long as this took: timers that start themselves again, however many,
 * leave half of the hart.
 */
void
timer_interrupt(bool from_user)
{
	struct timer_tree *tree = &trees[current->cpu];
	u64 start = clock_monotonic(), end;
	struct timer *t;

	tree->from_user = from_user;

	spin_lock_irqoff(&tree->lock);
	while ((t = tree->first) != NULL && t->expires <= start && clock_monotonic() - start <= AT_ONCE_NS) {
		WRITE_ONCE(tree->running, t);	/* before it leaves the tree: timer_cancel looks in this order */
		tree_remove(tree, t);
		spin_unlock_irqoff(&tree->lock);
		t->fn(t);
		smp_store_release(&tree->running, NULL);	/* t may be gone now */
		spin_lock_irqoff(&tree->lock);
	}
	end = clock_monotonic();
	timer_program(!t ? TIME_NEVER : t->expires > end ? t->expires : end + MIN(end - start, PUT_OFF_NS));
	spin_unlock_irqoff(&tree->lock);
}

bool
timer_from_user(void)
{
	return trees[current->cpu].from_user;
}

void
timers_init_cpu(int cpu)
{
	spin_init(&trees[cpu].lock, RANK_TIMER);
}

void
timers_init(void)
{
	clock_init();
	for (int cpu = 0; cpu < MAX_CPUS; cpu++)
		timers_init_cpu(cpu);
}

/* --- sleeping --- */

struct sleeper {
	struct timer timer;
	struct task *task;
};

static void
sleeper_wake(struct timer *t)
{
	wake_task(container_of(t, struct sleeper, timer)->task, WAKE_ANY);
}

int
sleep_prepared(u64 deadline)
{
	struct sleeper s = { .task = current };

	if (deadline == TIME_NEVER) {
		schedule();
	} else if (clock_monotonic() < deadline) {
		timer_setup(&s.timer, sleeper_wake);
		timer_start(&s.timer, deadline);
		schedule();
		timer_cancel(&s.timer);
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	if (clock_monotonic() >= deadline)
		return 0;
	return signal_pending(current) ? -ERESTARTSYS : 1;
}

int
sleep_until(u64 deadline)
{
	set_state(TASK_INTERRUPTIBLE);
	return sleep_prepared(deadline);
}
