/*
 * sched_rt.c - real time: SCHED_FIFO and SCHED_RR, strictly by priority.
 *
 * Data        rq->rt[p]: the tasks of priority p that wait, the next one first; rq->rt_bitmap
 *             has bit p set when there is one, so that the highest is one count of zeros away.
 * Locks       rq->lock throughout.
 * Invariants  bit p of rt_bitmap is set <=> rt[p] is not empty.
 * Further     sched(7); POSIX.1-2017, 2.8.4 Process Scheduling.
 */
#include "abi/sched.h"
#include "kernel/sched.h"
#include "lib/bitops.h"

#define RR_SLICE_NS	(100 * NSEC_PER_MSEC)

static inline u64 *
rt_word(struct rq *rq, int prio)
{
	return &rq->rt_bitmap[prio / 64];
}

static void
rt_enqueue(struct rq *rq, struct task *t, bool wakeup)
{
	list_push_back(&rq->rt[t->se.prio], &t->se.link);
	*rt_word(rq, t->se.prio) |= BIT(t->se.prio % 64);
}

static void
rt_dequeue(struct rq *rq, struct task *t)
{
	int prio = t->se.prio;

	list_remove(&t->se.link);
	if (list_empty(&rq->rt[prio]))
		*rt_word(rq, prio) &= ~BIT(prio % 64);
}

/* The highest priority that has a waiting task, -1 if none. */
static inline int
rt_highest(const struct rq *rq)
{
	if (rq->rt_bitmap[1])
		return 64 + bit_highest(rq->rt_bitmap[1]);
	return rq->rt_bitmap[0] ? bit_highest(rq->rt_bitmap[0]) : -1;
}

static struct task *
rt_pick(struct rq *rq)
{
	int prio = rt_highest(rq);
	struct task *t;

	if (prio < 0)
		return NULL;
	t = list_first(&rq->rt[prio], struct task, se.link);
	rt_dequeue(rq, t);
	return t;
}

/* Preempted: first of its priority; at the end of its slice, or by sched_yield: last. */
static void
rt_put_back(struct rq *rq, struct task *t, bool yielded)
{
	if (yielded) {
		rt_enqueue(rq, t, false);
	} else {
		list_push_front(&rq->rt[t->se.prio], &t->se.link);
		*rt_word(rq, t->se.prio) |= BIT(t->se.prio % 64);
	}
}

static bool
rt_preempts(struct rq *rq, struct task *t)
{
	return t->se.prio > rq->curr->se.prio;
}

static u64
rt_slice(struct rq *rq, struct task *t)
{
	return t->se.policy == SCHED_RR ? RR_SLICE_NS : 0;
}

/* The most urgent one that may run there. */
static struct task *
rt_steal(struct rq *rq, int to_cpu)
{
	struct task *t;

	if (rt_highest(rq) < 0)
		return NULL;
	for (int prio = rt_highest(rq); prio > 0; prio--)
		list_for_each(t, &rq->rt[prio], se.link)
			if (t->se.allowed & BIT(to_cpu))
				return t;
	return NULL;
}

const struct sched_class sched_rt = {
	.name = "real time",
	.order = 0,
	.enqueue = rt_enqueue,
	.dequeue = rt_dequeue,
	.pick = rt_pick,
	.put_back = rt_put_back,
	.preempts = rt_preempts,
	.slice = rt_slice,
	.steal = rt_steal,
};
