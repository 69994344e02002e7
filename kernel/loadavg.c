/*
 * loadavg.c - the load average: how many tasks were ready, averaged over 1, 5 and 15 minutes.
 *
 * Without a periodic tick samples are taken when somebody passes by: a slice ended, a hart
 * is about to wait for an interrupt, or the average is asked for.  Sample times that passed
 * unseen count as what is found then.
 *
 * Locks       load_lock.
 */
#include "kernel/balance.h"
#include "kernel/time.h"

#define PERIOD		(5 * NSEC_PER_SEC)
#define FIXED_1		2048UL		/* 1.0 */

/* FIXED_1 / exp(5 s / 1, 5, 15 min) */
static const ulong decay[3] = { 1884, 2014, 2037 };

static struct spinlock load_lock = SPINLOCK_INIT(RANK_NONE);	/* Guarded by: l load_lock  a atomic */
static u64 next_sample;			/* [a] written under [l] */
static ulong load[3];			/* [l] in 2048ths */

/* Tasks that run or wait to. */
static ulong
ready_now(void)
{
	ulong n = 0;

	for (int cpu = 0; cpu < ncpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		n += READ_ONCE(rq->nr_ready) + (READ_ONCE(rq->curr) != rq->idle);
	}
	return n;
}

void
sched_load_sample(void)
{
	u64 now = clock_monotonic();
	ulong n, flags;
	u64 periods;

	if (likely(now < READ_ONCE(next_sample)))
		return;
	n = ready_now() * FIXED_1;
	flags = spin_lock_irqsave(&load_lock);
	if (now >= next_sample) {
		periods = (now - next_sample) / PERIOD + 1;
		WRITE_ONCE(next_sample, next_sample + periods * PERIOD);
		for (periods = MIN(periods, 2000UL); periods; periods--)	/* then all memory has faded */
			for (int i = 0; i < 3; i++)
				load[i] = (load[i] * decay[i] + n * (FIXED_1 - decay[i])) / FIXED_1;
	}
	spin_unlock_irqrestore(&load_lock, flags);
}

void
sched_loadavg(ulong out[3])
{
	ulong flags;

	sched_load_sample();
	flags = spin_lock_irqsave(&load_lock);
	for (int i = 0; i < 3; i++)
		out[i] = load[i];
	spin_unlock_irqrestore(&load_lock, flags);
}
