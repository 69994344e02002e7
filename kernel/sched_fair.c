/*
 * sched_fair.c - time sharing by EEVDF: the earliest eligible virtual deadline first.
 *
 * Everybody's vruntime advances while he runs, in ns times 1024 / weight: the heavier, the slower.  The weighted mean
 * of those who want to run is the time of the queue, V.
 *
 *	lag       V - vruntime: what the queue owes a task. Who is owed something, or nothing, is eligible
 *	deadline  when a slice asked for at some vruntime would be done: vruntime + slice * 1024 / weight
 *
 *	             ran too much        | is owed something
 *	                 not eligible    V   eligible: of these the earliest deadline runs
 *	   ---------------x-------x------|---x-----x-------------> vruntime, downward
 *
 * By eligibility nobody gets more than his share, by the deadline nobody waits much longer than a slice for it, and a
 * shorter slice is served sooner.  One step of nice is a quarter more or less weight: 1.25 to 1.
 *
 * Data        rq->fair: those who wait, in a tree by deadline, of which each node knows the least vruntime below it.
 *             V needs no sum over all: `sum` of weight * (vruntime - zero), and `weight`, follow each change.  `zero`
 *             stays near V, so that the products stay small.  curr is not in the tree and counted extra.
 * Locks       rq->lock throughout.
 * Invariants  F1  sum and weight are what the tree's tasks add up to; an empty tree has weight 0, and V = zero.
 *             F2  first and last are the ends of the tree, while there is one.
 *             F3  a sleeper keeps its vruntime, on the queue where it fell asleep: sleeping counts as waiting, but for
 *                 a slice at most, and who ran ahead has made good for it when V has caught up (fair_enqueue).
 *             F4  between two queues, or classes, vruntime and deadline count from V (fair_leave, fair_enter).
 * Not here    when a slice ends (sched.c); which cpu (balance.c).
 * Further     Stoica and Abdel-Wahab, Earliest Eligible Virtual Deadline First, 1995; docs/scheduling.md.
 */
#include "abi/sched.h"
#include "kernel/sched.h"

#define SLICE_NS	(3 * NSEC_PER_MSEC)
#define SLICE_MIN	(NSEC_PER_MSEC / 10)
#define SLICE_MAX	(100 * NSEC_PER_MSEC)
#define NICE_0_SHIFT	10			/* nice 0 weighs 1024 */
#define IDLE_WEIGHT	3			/* of SCHED_IDLE */
#define STEAL_LOOK	8

/* By nice, -20 to 19: 1024 / 1.25^nice. */
static const u32 weights[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
	1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
	110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
};

static inline struct sched_entity *
entity(struct rb_node *n)
{
	return rb_entry(n, struct sched_entity, node);
}

/* Virtual times wrap around; their differences do not. */
static inline s64
distance(u64 from, u64 to)
{
	return (s64)(to - from);
}

/* --- weight --- */

/* `ran` timer ticks as virtual ns. Up to 2^40 ticks at a time: more are only possible while nobody waits. */
static inline u64
virtual_ns(const struct sched_entity *se, u64 ran)
{
	return (unsigned __int128)(ran << 24) * se->inverse >> 64;
}

void
sched_weigh(struct task *t)
{
	struct sched_entity *se = &t->se;
	u64 tick = timer_ns_per_tick << 40 | timer_ns_frac >> 24;	/* ns in 2^-40 */
	s64 old = se->weight, new = se->policy == SCHED_IDLE ? IDLE_WEIGHT : weights[20 + se->nice];

	se->weight = new;
	se->inverse = tick / new << NICE_0_SHIFT;
	se->vslice = (se->slice << NICE_0_SHIFT) / new;
	/* Who was owed some time is owed as much, which is more virtual time for the lighter. */
	se->deadline = (s64)(se->deadline - se->vruntime) * old / new;
	se->vruntime = (s64)se->vruntime * old / new;
	se->deadline += se->vruntime;
}

u64
sched_slice(u64 ns)
{
	return ns ? MIN(MAX(ns, SLICE_MIN), SLICE_MAX) : SLICE_NS;
}

/* --- the tree --- */

/* The least vruntime at and below n. */
static inline u64
least_below(struct rb_node *n)
{
	u64 least = entity(n)->vruntime;

	if (n->left && distance(entity(n->left)->least, least) > 0)
		least = entity(n->left)->least;
	if (n->right && distance(entity(n->right)->least, least) > 0)
		least = entity(n->right)->least;
	return least;
}

/* For the tree. */
static void
least_update(struct rb_node *n, bool upward)
{
	u64 was;

	if (!upward) {
		entity(n)->least = least_below(n);
		return;
	}
	do {
		was = entity(n)->least;
		entity(n)->least = least_below(n);
	} while (entity(n)->least != was && (n = n->parent));
}

static NOINLINE void
tree_insert(struct fair_rq *f, struct sched_entity *se)
{
	struct rb_node **slot = &f->tree.node, *parent = NULL;

	f->sum += distance(f->zero, se->vruntime) * se->weight;
	f->weight += se->weight;
	if (distance(entity(f->last)->deadline, se->deadline) >= 0) {	/* who yields, say: no way down */
		parent = f->last;
		slot = &parent->right;
		f->last = &se->node;
	}
	while (*slot) {
		parent = *slot;
		slot = distance(entity(parent)->deadline, se->deadline) < 0 ? &parent->left : &parent->right;
	}
	if (slot == &f->first->left)
		f->first = &se->node;
	rb_insert(&f->tree, &se->node, parent, slot);
}

/* Into an empty tree. */
static inline void
tree_first(struct fair_rq *f, struct sched_entity *se)
{
	rb_insert_first(&f->tree, &se->node);
	f->first = f->last = &se->node;
	se->least = f->zero = se->vruntime;
	f->sum = 0;
	f->weight = se->weight;
}

static inline void
tree_add(struct fair_rq *f, struct sched_entity *se)
{
	if (f->tree.node)
		tree_insert(f, se);
	else
		tree_first(f, se);
}

/* Not the only one. */
static NOINLINE void
tree_remove(struct fair_rq *f, struct sched_entity *se)
{
	if (f->first == &se->node)
		f->first = rb_next(&se->node);
	if (f->last == &se->node)
		f->last = rb_prev(&se->node);
	f->sum -= distance(f->zero, se->vruntime) * se->weight;
	f->weight -= se->weight;
	rb_remove(&f->tree, &se->node);
	/* zero follows V. */
	f->sum -= distance(f->zero, se->vruntime) * (s64)f->weight;
	f->zero = se->vruntime;
}

/* The only one. */
static inline void
tree_last(struct fair_rq *f, struct sched_entity *se)
{
	f->tree.node = NULL;
	f->weight = 0;
	f->zero = se->vruntime;
}

/* --- the time of the queue --- */

static inline bool
runs_here(const struct rq *rq, const struct task *except)
{
	return rq->curr->se.class == &sched_fair && rq->curr != except;
}

/* V, as if `except` were not there. curr has been charged. */
static u64
fair_time(const struct rq *rq, const struct task *except)
{
	const struct fair_rq *f = &rq->fair;
	s64 sum = f->sum, weight = f->weight;

	if (!weight)
		return f->zero;			/* where curr was when it was charged last */
	if (runs_here(rq, except)) {
		sum += distance(f->zero, rq->curr->se.vruntime) * rq->curr->se.weight;
		weight += rq->curr->se.weight;
	}
	return f->zero + sum / weight;
}

/* Is t, which waits, owed anything? */
static bool
eligible(const struct rq *rq, const struct task *t)
{
	const struct fair_rq *f = &rq->fair;
	s64 sum = f->sum, weight = f->weight;

	if (runs_here(rq, NULL)) {
		sum += distance(f->zero, rq->curr->se.vruntime) * rq->curr->se.weight;
		weight += rq->curr->se.weight;
	}
	return distance(f->zero, t->se.vruntime) * weight <= sum;
}

static void
fair_charge(struct rq *rq, struct task *t, u64 ran)
{
	t->se.vruntime += virtual_ns(&t->se, ran);
	if (!rq->fair.tree.node)
		rq->fair.zero = t->se.vruntime;
}

/* --- coming and going --- */

/* No more behind than a slice, no more ahead than two. */
static inline void
limit_lag(struct sched_entity *se, u64 time)
{
	s64 ahead = distance(time, se->vruntime);

	if (ahead < -(s64)se->vslice)
		se->vruntime = time - se->vslice;
	else if (ahead > 2 * (s64)se->vslice)
		se->vruntime = time + 2 * se->vslice;
}

static void
fair_leave(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	struct sched_entity *se = &t->se;
	s64 asked = distance(se->vruntime, se->deadline);
	u64 time;

	rq_charge(rq, timer_ticks());
	time = fair_time(rq, t);
	limit_lag(se, time);
	se->vruntime -= time;
	se->deadline = se->vruntime + asked;
}

static void
fair_enter(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	struct sched_entity *se = &t->se;
	u64 time;

	if (rq->curr != t)
		rq_charge(rq, timer_ticks());	/* t itself has been, and counts from V for now (F4) */
	time = fair_time(rq, t);
	se->vruntime += time;
	se->deadline += time;
	if (distance(se->vruntime, se->deadline) <= 0)
		se->deadline = se->vruntime + se->vslice;
}

/* A sleeper has its place by its old vruntime, and asks for a slice; a new task, for half of one. */
static NOINLINE void
enqueue_among(struct rq *rq, struct task *t, int how) MUST_HOLD(rq->lock)
{
	struct sched_entity *se = &t->se;

	rq_charge(rq, timer_ticks());
	if (how & ENQ_WAKE) {
		limit_lag(se, fair_time(rq, t));
		se->deadline = se->vruntime + se->vslice;
	} else if (how & ENQ_NEW) {
		se->deadline = se->vruntime + se->vslice / 2;
	}
	tree_add(&rq->fair, se);
}

/*
 * Alone, and followed on this cpu by whom it woke: so messages go to and fro, and that is to be cheap. The waker is not
 * charged first, for the tick has done it not long ago.
 */
static void
fair_enqueue(struct rq *rq, struct task *t, int how) MUST_HOLD(rq->lock)
{
	struct sched_entity *se = &t->se;

	if (!(how & ENQ_SYNC) || rq->fair.tree.node) {
		enqueue_among(rq, t, how);
		return;
	}
	limit_lag(se, rq->fair.zero);
	se->deadline = se->vruntime + se->vslice;
	tree_first(&rq->fair, se);
}

static void
fair_dequeue(struct rq *rq, struct task *t)
{
	if (rb_is_only(&rq->fair.tree, &t->se.node))
		tree_last(&rq->fair, &t->se);
	else
		tree_remove(&rq->fair, &t->se);
}

/* Is the slice that t asked for done, or all but a crumb? */
static inline bool
slice_done(const struct sched_entity *se)
{
	return distance(se->vruntime, se->deadline) <= (s64)(se->vslice >> 6);
}

/* Who yields gives up the rest of the slice, as if it had used it. */
static void
fair_put_back(struct rq *rq, struct task *t, bool yielded)
{
	struct sched_entity *se = &t->se;

	if (yielded && rq->fair.tree.node && !slice_done(se))
		se->vruntime = se->deadline;
	if (slice_done(se))
		se->deadline = se->vruntime + se->vslice;
	tree_add(&rq->fair, se);
}

/* --- choosing --- */

/* The earliest deadline of those whose vruntime is at most V: there is always one. */
static struct rb_node *
earliest_eligible(const struct fair_rq *f)
{
	struct rb_node *n = f->tree.node;

	if (distance(f->zero, entity(f->first)->vruntime) * (s64)f->weight <= f->sum)
		return f->first;
	while (n) {
		if (n->left && distance(f->zero, entity(n->left)->least) * (s64)f->weight <= f->sum)
			n = n->left;
		else if (distance(f->zero, entity(n)->vruntime) * (s64)f->weight <= f->sum)
			return n;
		else
			n = n->right;
	}
	return f->first;			/* not reached while F1 holds */
}

static NOINLINE struct task *
pick_among(struct fair_rq *f)
{
	struct sched_entity *se = entity(earliest_eligible(f));

	tree_remove(f, se);
	return container_of(se, struct task, se);
}

static struct task *
fair_pick(struct rq *rq)
{
	struct fair_rq *f = &rq->fair;
	struct rb_node *n = f->tree.node;

	if (!n)
		return NULL;
	if (!rb_is_only(&f->tree, n))
		return pick_among(f);
	tree_last(f, entity(n));
	return container_of(entity(n), struct task, se);
}

/* Everybody preempts SCHED_IDLE; else who is owed something and has the earlier deadline, unless in no hurry. */
static bool
fair_preempts(struct rq *rq, struct task *t, int how)
{
	const struct sched_entity *curr = &rq->curr->se;

	if ((curr->policy == SCHED_IDLE) != (t->se.policy == SCHED_IDLE))
		return curr->policy == SCHED_IDLE;
	return t->se.policy == SCHED_OTHER && !(how & ENQ_NEW) &&
	       distance(curr->deadline, t->se.deadline) < 0 && eligible(rq, t);
}

static u64
fair_slice(struct rq *rq, struct task *t)
{
	s64 left = distance(t->se.vruntime, t->se.deadline);

	return slice_done(&t->se) ? 0 : MAX((u64)left * t->se.weight >> NICE_0_SHIFT, 1UL);
}

static u64
fair_quantum(const struct task *t)
{
	return t->se.slice;
}

/* Of those who would wait longest, the one that has been on this cpu longest. */
static struct task *
fair_steal(struct rq *rq, int to_cpu)
{
	struct task *t, *best = NULL;
	int found = 0;

	for (struct rb_node *n = rb_last(&rq->fair.tree); n && found < STEAL_LOOK; n = rb_prev(n)) {
		t = container_of(entity(n), struct task, se);
		if (!(t->se.allowed & BIT(to_cpu)))
			continue;
		found++;
		if (!best || t->se.moved < best->se.moved)
			best = t;
	}
	return best;
}

void
fair_init(struct rq *rq)
{
	rq->fair.tree = (struct rb_root){ .update = least_update };
	rq->fair.zero = NSEC_PER_SEC << 6;	/* so that /proc shows nobody a time before 0 */
}

const struct sched_class sched_fair = {
	.name = "fair",
	.order = 1,
	.enter = fair_enter,
	.leave = fair_leave,
	.enqueue = fair_enqueue,
	.dequeue = fair_dequeue,
	.pick = fair_pick,
	.charge = fair_charge,
	.put_back = fair_put_back,
	.preempts = fair_preempts,
	.slice = fair_slice,
	.quantum = fair_quantum,
	.steal = fair_steal,
};
