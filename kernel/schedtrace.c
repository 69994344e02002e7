/*
 * schedtrace.c - a ring of records for each hart: who left, who came, who woke, who moved.
 *
 * Data        rings[]: the last ring_size records of each hart; `written` counts all there ever were, and
 *             record n is at n mod ring_size, so that those before written - ring_size are lost.
 * Locks       A ring is written by its own hart alone, with interrupts off: no lock. control, a mutex: starting,
 *             stopping, reading. Rank: first, since text is made with it held.
 * Invariants  R1  written is counted up after the record is whole.
 *             R2  a hart writes only from its TRACE_BEGIN to its TRACE_END; rings change when none is between.
 * Not here    what it looks like (fs/proc/schedtrace.c), and as a picture (user/bin/schedtrace.c, grade/gantt.py).
 *
 * A reader copies a record and looks at `written` again: if the writer has come round meanwhile, the copy may be
 * of two records, and is lost.
 *
 *	writer, with interrupts off		reader
 *	slot n = the record			w = written		(acquire)
 *	written = n + 1		(release)	copy = slot n, for w - size < n < w
 *	slot n + size = another one		fence; written - n < size?  then copy is record n
 *
 * The writer is at slot n + size once written is n + size: so a copy needs written to be less.
 */
#include "kernel/schedtrace.h"
#include "abi/errno.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "kernel/mutex.h"
#include "kernel/sched.h"
#include "lib/string.h"
#include "mm/vmap.h"

struct ring {				/* Guarded by: c control  o its own hart, interrupts off */
	struct trace_record *records;	/* [c] NULL: none */
	u64	written;		/* [o] read by others (R1) */
	bool	begun;			/* [o] between TRACE_BEGIN and TRACE_END */
} ALIGNED(64);

static struct ring rings[MAX_CPUS];
static ulong ring_size;			/* a power of two; changed with control held and nobody tracing */
static struct mutex control = MUTEX_INIT(control, RANK_SCHEDTRACE);
bool schedtrace_on;

/* --- writing --- */

static char
trace_state(const struct task *t)
{
	if (t->se.queued)
		return 'R';		/* preempted perhaps on its way to sleep */
	switch (READ_ONCE(t->state)) {
	case TASK_RUNNING:		return 'R';
	case TASK_INTERRUPTIBLE:	return 'S';
	case TASK_STOPPED:		return 'T';
	case TASK_ZOMBIE:
	case TASK_DEAD:			return 'X';
	default:			return 'D';
	}
}

static int
trace_prio(const struct task *t)
{
	if (t->se.class == &sched_idle)
		return 140;
	return t->se.prio ? 99 - t->se.prio : 120 + t->se.nice;
}

void
schedtrace_record(enum trace_event event, const struct task *t, int other, const struct task *next)
{
	struct ring *ring = &rings[current->cpu];
	struct trace_record *r = &ring->records[ring->written & (ring_size - 1)];

	if (!ring->begun)
		return;
	r->time = timer_ticks();
	r->event = event;
	r->pid = t->pid;
	r->state = trace_state(t);
	r->prio = trace_prio(t);
	r->other = next ? next->pid : other;
	r->other_prio = next ? trace_prio(next) : 0;
	memcpy(r->comm, t->comm, sizeof(r->comm));
	smp_store_release(&ring->written, ring->written + 1);
}

/* On each hart, interrupts off: what runs there when the trace begins, and when it ends. */
static void
ring_begin(void *arg)
{
	rings[current->cpu].begun = true;
	schedtrace_record(TRACE_BEGIN, current, 0, NULL);
}

static void
ring_end(void *arg)
{
	schedtrace_record(TRACE_END, current, 0, NULL);
	rings[current->cpu].begun = false;
}

/* --- control --- */

static void
free_rings(void)
{
	for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
		vfree(rings[cpu].records);
		rings[cpu].records = NULL;
		rings[cpu].written = 0;
	}
	ring_size = 0;
}

/* Rings of at least `records` for each hart. 0 or -errno. */
static int
make_rings(ulong records)
{
	ulong size = 1;

	if (!records)
		records = SCHEDTRACE_DEFAULT / ncpus;
	while (size < records && size <= SCHEDTRACE_MAX)
		size *= 2;
	if (size * ncpus > SCHEDTRACE_MAX)
		return -EINVAL;
	free_rings();
	for (int cpu = 0; cpu < ncpus; cpu++) {
		rings[cpu].records = vmalloc(size * sizeof(struct trace_record));
		if (!rings[cpu].records) {
			free_rings();
			return -ENOMEM;
		}
	}
	ring_size = size;
	return 0;
}

int
schedtrace_start(ulong records)
{
	int err = -EBUSY;

	mutex_lock(&control);
	if (!schedtrace_on) {
		err = make_rings(records);
		if (!err) {
			WRITE_ONCE(schedtrace_on, true);
			cpu_call(cpus_online, ring_begin, NULL);
		}
	}
	mutex_unlock(&control);
	return err;
}

int
schedtrace_stop(void)
{
	int err = -EINVAL;

	mutex_lock(&control);
	if (schedtrace_on) {
		cpu_call(cpus_online, ring_end, NULL);
		WRITE_ONCE(schedtrace_on, false);
		err = 0;
	}
	mutex_unlock(&control);
	return err;
}

int
schedtrace_clear(void)
{
	int err = -EBUSY;

	mutex_lock(&control);
	if (!schedtrace_on) {
		free_rings();
		err = 0;
	}
	mutex_unlock(&control);
	return err;
}

/* --- reading --- */

/* Copy record n of ring. False: it has been overwritten. */
static bool
ring_read(const struct ring *ring, u64 n, struct trace_record *out)
{
	*out = ring->records[n & (ring_size - 1)];
	smp_rmb();
	return READ_ONCE(ring->written) - n < ring_size || !READ_ONCE(schedtrace_on);
}

void
schedtrace_report(void (*hart)(void *arg, int cpu, u64 written, u64 lost),
		  void (*record)(void *arg, int cpu, const struct trace_record *r), void *arg)
{
	struct trace_record r;

	mutex_lock(&control);
	for (int cpu = 0; cpu < ncpus && ring_size; cpu++) {
		u64 written = smp_load_acquire(&rings[cpu].written);
		u64 first = written > ring_size ? written - ring_size : 0;

		hart(arg, cpu, written, first);
		for (u64 n = first; n < written; n++)
			if (ring_read(&rings[cpu], n, &r))
				record(arg, cpu, &r);
	}
	mutex_unlock(&control);
}

ulong
schedtrace_size(void)
{
	return READ_ONCE(ring_size);
}
