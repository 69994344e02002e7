/*
 * balance.c - which cpu a task runs on: choosing one when it wakes, stealing when one is idle.
 *
 *	wake-up		the waker's cpu if it says it will sleep (WAKE_SYNC); else
 *			previous cpu if idle > any idle cpu it may use > previous cpu
 *	idle cpu	takes a waiting task from the cpu with the longest queue, before wfi
 *
 * Data        sched_idle_cpus (sched.c).
 * Locks       two run queues at once: the lower cpu's first.
 * Not here    which task of a queue may leave it: sched_class.steal.
 */
#include "kernel/balance.h"
#include "arch/cpu.h"
#include "lib/bitops.h"

int
balance_choose_cpu(struct task *t)
{
	cpumask_t idle = READ_ONCE(sched_idle_cpus), allowed = t->se.allowed;
	int cpu = t->cpu;

	if (!(idle & allowed))
		return allowed & BIT(cpu) || !(allowed & cpus_online) ? cpu : bit_lowest(allowed & cpus_online);
	idle &= allowed;
	if (!(idle & BIT(cpu)))
		cpu = bit_lowest(idle);
	/* Spoken for: the next wake-up looks for another. It says so again when it is idle again. */
	__atomic_fetch_and(&sched_idle_cpus, ~BIT(cpu), __ATOMIC_RELAXED);
	return cpu;
}

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

static void
lock_both(struct rq *a, struct rq *b) NO_TSA
{
	struct rq *first = a->cpu < b->cpu ? a : b, *second = a->cpu < b->cpu ? b : a;

	spin_lock_irqoff(&first->lock);
	spin_lock_irqoff_nested(&second->lock);
}

bool
balance_steal(struct rq *rq) NO_TSA
{
	const struct sched_class *const *c;
	struct task *t = NULL;
	struct rq *from;
	int cpu = busiest(rq->cpu);

	if (cpu < 0)
		return false;
	from = cpu_rq(cpu);
	lock_both(rq, from);
	if (rq->nr_ready == 0) {
		for (c = sched_classes; *c && !t; c++)
			t = (*c)->steal(from, rq->cpu);
		if (t) {
			rq_dequeue(from, t);
			sched_note_migration(rq, t);
			rq_enqueue(rq, t, false);
		}
	}
	spin_unlock_irqoff(&from->lock);
	spin_unlock_irqoff(&rq->lock);
	return t != NULL;
}
