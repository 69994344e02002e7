/*
 * sched_rr.c - time sharing by round-robin: everybody in turn, a slice each (sched=rr).
 *
 * Data        rq->rr: waiting tasks, the next one first.
 * Locks       rq->lock throughout.
 * Not here    when a slice ends (sched.c); shares by weight, and sleepers first (sched_fair.c).
 *
 * A task that wakes goes to the back and preempts nobody; one that a real-time task preempted
 * goes back to the front with the rest of its slice.  nice stretches or shrinks the slice.
 */
#include "abi/sched.h"
#include "kernel/sched.h"

#define SLICE_NS	(10 * NSEC_PER_MSEC)	/* at nice 0 */

static void
rr_enqueue(struct rq *rq, struct task *t, int how)
{
	if (how & ENQ_WAKE)
		t->se.slice_used = 0;
	list_push_back(&rq->rr, &t->se.link);
}

static void
rr_dequeue(struct rq *rq, struct task *t)
{
	list_remove(&t->se.link);
}

static struct task *
rr_pick(struct rq *rq)
{
	struct task *t = list_first(&rq->rr, struct task, se.link);

	if (t)
		list_remove(&t->se.link);
	return t;
}

static void
rr_charge(struct rq *rq, struct task *t, u64 ran)
{
	t->se.slice_used += ran;
}

/* 1 ms at nice 19 and for SCHED_IDLE, 10 at 0, 30 at -20. */
static u64
rr_quantum(const struct task *t)
{
	int nice = t->se.nice;

	if (t->se.policy == SCHED_IDLE)
		return NSEC_PER_MSEC;
	if (nice > 0)
		return SLICE_NS - nice * (SLICE_NS - NSEC_PER_MSEC) / 19;
	return SLICE_NS + -nice * (SLICE_NS / 10);
}

static u64
rr_slice(struct rq *rq, struct task *t)
{
	u64 used = timer_ticks_to_ns(t->se.slice_used), whole = rr_quantum(t);

	return used < whole ? whole - used : 0;
}

static void
rr_put_back(struct rq *rq, struct task *t, bool yielded)
{
	if (!yielded && rr_slice(rq, t)) {
		list_push_front(&rq->rr, &t->se.link);
	} else {
		t->se.slice_used = 0;
		list_push_back(&rq->rr, &t->se.link);
	}
}

/* The one that would wait longest. */
static struct task *
rr_steal(struct rq *rq, int to_cpu)
{
	struct task *t;

	for (struct list *l = rq->rr.prev; l != &rq->rr; l = l->prev) {
		t = list_entry(l, struct task, se.link);
		if (t->se.allowed & BIT(to_cpu))
			return t;
	}
	return NULL;
}

const struct sched_class sched_rr = {
	.name = "round-robin",
	.order = 1,
	.enqueue = rr_enqueue,
	.dequeue = rr_dequeue,
	.pick = rr_pick,
	.charge = rr_charge,
	.put_back = rr_put_back,
	.slice = rr_slice,
	.quantum = rr_quantum,
	.steal = rr_steal,
};
