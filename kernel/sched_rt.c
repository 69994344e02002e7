/*
 * sched_rt.c - real time: SCHED_FIFO and SCHED_RR, strictly by priority.
 *
 * A cpu is in real time for at most sched_rt_runtime_us of every sched_rt_period_us while others wait: an endless loop
 * of priority 99 leaves a shell to kill it from.  If nobody else waits there is nothing to limit.
 *
 *	period  |<------------------ 1 s ------------------>|
 *	        | real time: 0.95 s               | others  | real time ...
 *
 * Data        rq->rt.list[p]: the tasks of priority p that wait, the next one first; rq->rt.bitmap has bit p set when
 *             there is one, so that the highest is one count of zeros away.
 * Locks       rq->lock throughout.
 * Invariants  T1  bit p of bitmap is set <=> list[p] is not empty.
 *             T2  if real time is held back, rt.refill is pending.
 * Not here    to which cpu a task goes that must wait here (balance.c); RLIMIT_RTTIME (cputimer.c).
 * Further     sched(7); POSIX.1-2017, 2.8.4 Process Scheduling.
 */
#include "abi/errno.h"
#include "abi/sched.h"
#include "kernel/balance.h"
#include "kernel/sched.h"
#include "lib/bitops.h"

int sched_rt_period_us = 1000000;
int sched_rt_runtime_us = 950000;
int sched_rr_timeslice_ms = SCHED_RR_TIMESLICE_MS;

/* --- the lists --- */

static inline u64 *
rt_word(struct rq *rq, int prio)
{
	return &rq->rt.bitmap[prio / 64];
}

static void
rt_add(struct rq *rq, struct task *t, bool first)
{
	struct list *list = &rq->rt.list[t->se.prio];

	if (first)
		list_push_front(list, &t->se.link);
	else
		list_push_back(list, &t->se.link);
	*rt_word(rq, t->se.prio) |= BIT(t->se.prio % 64);
	WRITE_ONCE(rq->rt.waiting, rq->rt.waiting + 1);
}

static void
rt_dequeue(struct rq *rq, struct task *t)
{
	int prio = t->se.prio;

	list_remove(&t->se.link);
	if (list_empty(&rq->rt.list[prio]))
		*rt_word(rq, prio) &= ~BIT(prio % 64);
	WRITE_ONCE(rq->rt.waiting, rq->rt.waiting - 1);
}

int
rt_highest(const struct rq *rq)
{
	if (rq->rt.bitmap[1])
		return 64 + bit_highest(rq->rt.bitmap[1]);
	return rq->rt.bitmap[0] ? bit_highest(rq->rt.bitmap[0]) : -1;
}

static void
rt_enqueue(struct rq *rq, struct task *t, int how)
{
	if (how & ENQ_WAKE) {
		t->se.slice_used = 0;
		t->se.unslept = 0;
	}
	rt_add(rq, t, false);
}

/* --- how much real time there may be --- */

static inline u64
rt_period(void)
{
	return READ_ONCE(sched_rt_period_us) * NSEC_PER_USEC;
}

/* What is left of this period's, ns. */
static u64
rt_left(const struct rq *rq)
{
	int limit = READ_ONCE(sched_rt_runtime_us);
	u64 runtime = limit * NSEC_PER_USEC;

	if (limit < 0)
		return SLICE_FOREVER;
	return rq->rt.used < runtime ? runtime - rq->rt.used : 0;
}

/* A new period has begun by now? */
static void
rt_roll(struct rq *rq, u64 now)
{
	u64 period = rt_period();

	if (now - rq->rt.period < period)
		return;
	rq->rt.period += (now - rq->rt.period) / period * period;
	rq->rt.used = 0;
}

static void
rt_charge(struct rq *rq, struct task *t, u64 ran)
{
	u64 now = ticks_to_monotonic(t->se.exec_start);

	t->se.slice_used += ran;
	t->se.unslept += ran;
	rt_roll(rq, now);
	rq->rt.used += MIN(timer_ticks_to_ns(ran), now - rq->rt.period);
}

static void
rt_refilled(struct timer *timer)
{
	struct rq *rq = container_of(timer, struct rq, rt.refill);

	spin_lock_irqoff(&rq->lock);
	rt_roll(rq, clock_monotonic());
	rq_resched(rq);
	spin_unlock_irqoff(&rq->lock);
}

/* Is it the others' turn, of whom somebody waits? On rq's cpu. */
static bool
rt_held_back(struct rq *rq)
{
	if (rq->nr_ready == rq->rt.waiting || rt_left(rq))
		return false;
	rt_roll(rq, clock_monotonic());
	if (rt_left(rq))
		return false;
	if (!timer_pending(&rq->rt.refill))
		timer_start(&rq->rt.refill, rq->rt.period + rt_period());
	return true;
}

int
sched_rt_set_bandwidth(int period_us, int runtime_us)
{
	if (period_us < 1 || runtime_us < -1 || runtime_us > period_us)
		return -EINVAL;
	WRITE_ONCE(sched_rt_period_us, period_us);
	WRITE_ONCE(sched_rt_runtime_us, runtime_us);
	return 0;
}

/* --- choosing --- */

static struct task *
rt_pick(struct rq *rq)
{
	int prio = rt_highest(rq);
	struct task *t;

	if (prio < 0 || unlikely(rt_held_back(rq)))
		return NULL;
	t = list_first(&rq->rt.list[prio], struct task, se.link);
	rt_dequeue(rq, t);
	return t;
}

static u64
rt_quantum(const struct task *t)
{
	return t->se.policy == SCHED_RR ? READ_ONCE(sched_rr_timeslice_ms) * NSEC_PER_MSEC : 0;
}

/* What is left of the slice alone. */
static u64
rt_turn(const struct task *t)
{
	u64 whole = rt_quantum(t), used = timer_ticks_to_ns(t->se.slice_used);

	if (!whole)
		return SLICE_FOREVER;
	return used < whole ? whole - used : 0;
}

static u64
rt_slice(struct rq *rq, struct task *t)
{
	u64 turn = rt_turn(t);

	return rq->nr_ready == rq->rt.waiting ? turn : MIN(turn, rt_left(rq));
}

/* Preempted: first of its priority; at the end of its slice, or by sched_yield: last. */
static void
rt_put_back(struct rq *rq, struct task *t, bool yielded)
{
	bool over = yielded || !rt_turn(t);

	if (over)
		t->se.slice_used = 0;
	rt_add(rq, t, !over);
}

static bool
rt_preempts(struct rq *rq, struct task *t, int how)
{
	return t->se.prio > rq->curr->se.prio;
}

/* The most urgent one that may run there. */
static struct task *
rt_steal(struct rq *rq, int to_cpu)
{
	struct task *t;

	for (int prio = rt_highest(rq); prio > 0; prio--)
		list_for_each(t, &rq->rt.list[prio], se.link)
			if (t->se.allowed & BIT(to_cpu))
				return t;
	return NULL;
}

void
rt_init(struct rq *rq)
{
	for (uint i = 0; i < ARRAY_SIZE(rq->rt.list); i++)
		list_init(&rq->rt.list[i]);
	timer_setup(&rq->rt.refill, rt_refilled);
}

const struct sched_class sched_rt = {
	.name = "real time",
	.order = 0,
	.enqueue = rt_enqueue,
	.dequeue = rt_dequeue,
	.pick = rt_pick,
	.charge = rt_charge,
	.put_back = rt_put_back,
	.preempts = rt_preempts,
	.slice = rt_slice,
	.quantum = rt_quantum,
	.steal = rt_steal,
};
