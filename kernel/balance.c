/*
 * balance.c - which cpu a task runs on: choosing one when it wakes, stealing when one is idle, taking turns.
 *
 *	wake-up		the waker's cpu if it says it will sleep (WAKE_SYNC); else
 *			previous cpu if idle > any idle cpu it may use > previous cpu
 *	idle cpu	takes a waiting task from the cpu with the longest queue, before wfi
 *	slice's end	a cpu on which others wait gives one away, to whom has less to do; also if that merely turns the
 *			difference round: of five equal tasks on four cpus another pair shares one each time
 *	real time	wake-up: idle > previous cpu if it preempts there > where the least urgent runs.
 *			A cpu that gets less urgent pulls; one with tasks that wait for a more urgent one pushes
 *
 * Data        sched_idle_cpus (sched.c); rq->prio, rq->rt.waiting: looked at without locks.
 * Locks       two run queues at once: the lower cpu's first.
 * Invariants  B1  no real-time task waits while a cpu it may use runs something less urgent: who queues one looks at
 *                 the others' prio after that, who lowers its prio looks at the others' queues after that, each with
 *                 a full fence between.
 * Not here    which task of a queue may leave it: sched_class.steal.
 */
#include "kernel/balance.h"
#include "arch/cpu.h"
#include "kernel/time.h"
#include "lib/bitops.h"

#define TURN_NS		(24 * NSEC_PER_MSEC)	/* how often a cpu gives a task away */
#define LOAD_ONE	1024			/* of a task at nice 0 */

/* Of those allowed, the cpu that runs the least urgent, if that is less urgent than prio; else `cpu`. */
static int
least_urgent(cpumask_t allowed, int cpu, int prio)
{
	int best = cpu;

	for (int i = 0; i < ncpus; i++) {
		int there = READ_ONCE(cpu_rq(i)->prio);

		if ((allowed & cpus_online & BIT(i)) && there < prio) {
			prio = there;
			best = i;
		}
	}
	return best;
}

int
balance_choose_cpu(struct task *t)
{
	cpumask_t idle = READ_ONCE(sched_idle_cpus), allowed = t->se.allowed;
	int cpu = t->cpu;

	if (!(idle & allowed)) {
		if (!(allowed & BIT(cpu)) && (allowed & cpus_online))
			cpu = bit_lowest(allowed & cpus_online);
		if (t->se.prio && READ_ONCE(cpu_rq(cpu)->prio) >= t->se.prio)
			cpu = least_urgent(allowed, cpu, t->se.prio);
		return cpu;
	}
	idle &= allowed;
	if (!(idle & BIT(cpu)))
		cpu = bit_lowest(idle);
	/* Spoken for: the next wake-up looks for another. It says so again when it is idle again. */
	__atomic_fetch_and(&sched_idle_cpus, ~BIT(cpu), __ATOMIC_RELAXED);
	return cpu;
}

void
rq_lock_both(struct rq *a, struct rq *b) NO_TSA
{
	struct rq *first = a->cpu < b->cpu ? a : b, *second = a->cpu < b->cpu ? b : a;

	spin_lock_irqoff(&first->lock);
	spin_lock_irqoff_nested(&second->lock);
}

void
rq_unlock_both(struct rq *a, struct rq *b) NO_TSA
{
	spin_unlock_irqoff(&a->lock);
	spin_unlock_irqoff(&b->lock);
}

/* --- idle --- */

/* The cpu with most tasks waiting, -1 if none has any. A look without locks. */
static int
busiest(int self)
{
	int best = -1, most = 0;

	for (int cpu = 0; cpu < ncpus; cpu++) {
		int n = READ_ONCE(cpu_rq(cpu)->nr_ready);

		if (cpu != self && n > most) {
			most = n;
			best = cpu;
		}
	}
	return best;
}

bool
balance_steal(struct rq *rq) NO_TSA
{
	const struct sched_class **c;
	struct task *t = NULL;
	struct rq *from;
	int cpu = busiest(rq->cpu);

	if (cpu < 0)
		return false;
	from = cpu_rq(cpu);
	rq_lock_both(rq, from);
	if (rq->nr_ready == 0) {
		for (c = sched_classes; *c && !t; c++)
			t = (*c)->steal(from, rq->cpu);
		if (t)
			rq_migrate(from, rq, t);
	}
	rq_unlock_both(rq, from);
	return t != NULL;
}

/* --- equal shares --- */

static u64
task_load(const struct task *t)
{
	return sched_sharing == &sched_fair ? t->se.weight : LOAD_ONE;
}

/* What rq's cpu has to do in time sharing, curr's part included. A look without locks. */
static u64
rq_load(const struct rq *rq)
{
	const struct task *curr = READ_ONCE(rq->curr);	/* it may end now, but its memory stays a task's */
	u64 load = sched_sharing == &sched_fair ? READ_ONCE(rq->fair.weight) :
						  (READ_ONCE(rq->nr_ready) - READ_ONCE(rq->rt.waiting)) * (u64)LOAD_ONE;

	return curr->se.class == sched_sharing ? load + task_load(curr) : load;
}

/* Would `to` have no more to do then than `from` has now? Nobody is sent to wait for a real-time task. */
static bool
worth_giving(const struct rq *from, const struct rq *to, const struct task *t)
{
	if (to->prio)
		return false;
	if (from->prio)
		return true;
	/* Who came last stays: else he would be the one that shares, always. */
	return t->se.moved <= from->curr->se.moved && rq_load(to) + task_load(t) <= rq_load(from);
}

static bool
give(struct rq *from, struct rq *to, u64 now) NO_TSA
{
	struct task *t;
	bool worth;

	rq_lock_both(from, to);
	t = sched_sharing->steal(from, to->cpu);
	worth = t && worth_giving(from, to, t);
	if (worth) {
		rq_migrate(from, to, t);
		from->balance_due = to->balance_due = now + TURN_NS;
	}
	rq_unlock_both(from, to);
	return worth;
}

void
balance_periodic(struct rq *rq)
{
	u64 now = clock_monotonic(), load;

	if (ncpus == 1 || now < READ_ONCE(rq->balance_due))
		return;
	load = rq->prio ? ~0UL : rq_load(rq);
	for (int i = 1; i < ncpus; i++) {
		struct rq *to = cpu_rq((rq->cpu + i) % ncpus);

		if ((cpus_online & BIT(to->cpu)) && !READ_ONCE(to->prio) && rq_load(to) < load && give(rq, to, now))
			return;
	}
}

/* --- real time --- */

/* The most urgent task that waits on `from` goes to `to` if it preempts there. */
static void
move_rt(struct rq *from, struct rq *to) NO_TSA
{
	struct task *t;

	rq_lock_both(from, to);
	t = sched_rt.steal(from, to->cpu);
	if (t && t->se.prio > MAX(to->prio, rt_highest(to)))
		rq_migrate(from, to, t);
	rq_unlock_both(from, to);
}

void
balance_push_rt(struct rq *rq)
{
	smp_mb();			/* B1 */
	for (int i = 1; i < ncpus && READ_ONCE(rq->rt.waiting); i++) {
		struct rq *to = cpu_rq((rq->cpu + i) % ncpus);

		if ((cpus_online & BIT(to->cpu)) && READ_ONCE(to->prio) < READ_ONCE(rq->prio))
			move_rt(rq, to);
	}
}

void
balance_rt(struct rq *rq)
{
	smp_mb();			/* B1 */
	for (int i = 1; i < ncpus; i++) {
		struct rq *from = cpu_rq((rq->cpu + i) % ncpus);

		if (READ_ONCE(from->rt.waiting) && READ_ONCE(from->prio) > READ_ONCE(rq->prio))
			move_rt(from, rq);
	}
	balance_push_rt(rq);
}
