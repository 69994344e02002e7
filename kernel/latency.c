/*
 * latency.c - how long a hart was deaf: sections with interrupts or preemption off, the longest ones kept.
 *
 *	irq_save, irq_disable, preempt_disable, an interrupt	latency_begin: the first of them begins a section
 *	irq_restore, irq_enable, its end			latency_end: ends it, if nothing is off any more
 *	preempt_enable						latency_preemptible: the same
 *
 * A section belongs to the hart, not to the task: it goes on across a switch. Waiting for a lock counts, and so do
 * interrupts that come while preemption is off; waiting for an interrupt (wfi) does not.
 *
 * Data        struct hart: the section it is in, and the longest that have ended, one for each pair of places.
 * Locks       its own hart's, interrupts off; others ask it by an interrupt.
 * Not here    what is printed (fs/proc/latency.c).
 */
#ifdef LATENCY
#include "kernel/latency.h"
#include "abi/errno.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/slab.h"

#define KEPT	24

struct hart {				/* Guarded by: o its own hart, interrupts off */
	bool	inside;			/* [o] a section has begun */
	u64	since;			/* [o] timer ticks */
	ulong	begin[LATENCY_FRAMES];	/* [o] where */
	u64	least;			/* [o] the ticks of the shortest that is kept; 0: there is room */
	struct latency_section kept[KEPT];	/* [o] in no order */
} ALIGNED(64);

static struct hart harts[MAX_CPUS];

/* With preemption off and interrupts on, one may come between any two lines: it begins the section, or is in it. */
void
latency_begin(void)
{
	struct hart *h = &harts[current->cpu];

	if (h->inside)
		return;
	h->since = timer_ticks();
	barrier();
	h->inside = true;
	barrier();
	backtrace_save(h->begin, LATENCY_FRAMES, (ulong)__builtin_frame_address(0));
}

/* Were both between the same places? Two frames tell callers of the same lock apart. */
static bool
same_places(const struct latency_section *a, const ulong *begin, const ulong *end)
{
	return a->begin[0] == begin[0] && a->begin[1] == begin[1] && a->end[0] == end[0] && a->end[1] == end[1];
}

/* The section that one between these places takes the place of: its like, or the shortest. */
static struct latency_section *
place_for(struct hart *h, const ulong *end)
{
	struct latency_section *least = h->kept;

	for (int i = 0; i < KEPT; i++) {
		if (h->kept[i].ticks && same_places(&h->kept[i], h->begin, end))
			return &h->kept[i];
		if (h->kept[i].ticks < least->ticks)
			least = &h->kept[i];
	}
	return least;
}

static u64
shortest(const struct hart *h)
{
	u64 least = h->kept[0].ticks;

	for (int i = 1; i < KEPT; i++)
		least = MIN(least, h->kept[i].ticks);
	return least;
}

static void
keep(struct hart *h, u64 ticks, ulong fp)
{
	struct latency_section *s;
	ulong end[LATENCY_FRAMES];

	backtrace_save(end, LATENCY_FRAMES, fp);
	s = place_for(h, end);
	if (s->ticks >= ticks)
		return;
	s->ticks = ticks;
	s->pid = current->pid;
	memcpy(s->comm, current->comm, sizeof(s->comm));
	memcpy(s->begin, h->begin, sizeof(s->begin));
	memcpy(s->end, end, sizeof(s->end));
	h->least = shortest(h);
}

/* fp: the frame of who was called because something is on again. */
static void
end(ulong fp)
{
	struct hart *h = &harts[current->cpu];
	u64 ticks;

	if (!h->inside || current->arch.preempt_count != 0)
		return;
	ticks = timer_ticks() - h->since;
	if (ticks > h->least)
		keep(h, ticks, fp);
	h->inside = false;
}

void
latency_end(void)
{
	end((ulong)__builtin_frame_address(0));
}

void
latency_preemptible(void)
{
	ulong flags = irq_save_untimed();

	if (flags)
		end((ulong)__builtin_frame_address(0));
	irq_restore_untimed(flags);
}

/* --- asked by others --- */

static void
hart_copy(void *arg)
{
	struct latency_section *copy = arg;
	int cpu = current->cpu;

	memcpy(copy + cpu * KEPT, harts[cpu].kept, sizeof(harts[cpu].kept));
}

static void
hart_reset(void *arg)
{
	memset(harts[current->cpu].kept, 0, sizeof(harts[0].kept));
	harts[current->cpu].least = 0;
}

int
latency_report(void (*fn)(void *arg, int cpu, const struct latency_section *s), void *arg)
{
	struct latency_section *copy = kzalloc(ncpus * KEPT * sizeof(*copy), GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	cpu_call(cpus_online, hart_copy, copy);
	for (int i = 0; i < ncpus * KEPT; i++)
		if (copy[i].ticks)
			fn(arg, i / KEPT, &copy[i]);
	kfree(copy);
	return 0;
}

void
latency_reset(void)
{
	cpu_call(cpus_online, hart_reset, NULL);
}
#endif
