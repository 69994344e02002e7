/*
 * sched_idle.c - the class of each cpu's idle task, which runs when nobody else can.
 *
 * It is never on a queue: sched.c picks rq->idle when nothing is ready.  It stands in the table of
 * classes so that everybody preempts it, and so that nobody asks "is it the idle task?".
 */
#include "kernel/sched.h"

static void
idle_enqueue(struct rq *rq, struct task *t, int how)
{
}

static void
idle_dequeue(struct rq *rq, struct task *t)
{
}

static struct task *
idle_pick(struct rq *rq)
{
	return rq->idle;
}

static void
idle_put_back(struct rq *rq, struct task *t, bool yielded)
{
}

static u64
idle_slice(struct rq *rq, struct task *t)
{
	return SLICE_FOREVER;
}

static u64
idle_quantum(const struct task *t)
{
	return 0;
}

static struct task *
idle_steal(struct rq *rq, int to_cpu)
{
	return NULL;
}

const struct sched_class sched_idle = {
	.name = "idle",
	.order = 2,
	.enqueue = idle_enqueue,
	.dequeue = idle_dequeue,
	.pick = idle_pick,
	.put_back = idle_put_back,
	.slice = idle_slice,
	.quantum = idle_quantum,
	.steal = idle_steal,
};
