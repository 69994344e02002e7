/*
 * sched.c - who runs next on each hart: the mechanism; policies are tables (sched_rt.c, ...).
 *
 *	           sched_start, wake_task                  schedule
 *	  asleep -------------------------> on a queue -------------> rq->curr
 *	     ^                                  ^   put_back             |
 *	     |                                  +------------------------+  still ready
 *	     +-----------------------------------------------------------+  state not TASK_RUNNING
 *
 * Data        struct rq (sched.h), one per cpu.
 * Locks       rq->lock [q], interrupts off. A task's fields marked [q] belong to the lock of
 *             cpu_rq(t->cpu); t->cpu itself changes only under the lock it names before.
 *             The lock is held across switch_to(): taken by the task that leaves, released
 *             by the one that comes (finish_switch).
 * Invariants  S1  whoever holds rq->lock sees no switch half done: a task of this cpu is
 *                 rq->curr, or on a queue of it, or its registers are saved.  So a task
 *                 that wakes up on another cpu never runs there before it has left here.
 *             S2  se.queued <=> on a queue of cpu_rq(t->cpu); curr is never queued.
 *             S3  if somebody waits and curr has a slice, rq->slice is pending, for its end or before.
 *                 Otherwise it may be; it is not cancelled at each switch, for it is cheaper to let
 *                 it run out and find nobody waiting.
 * Not here    where a task should run, stealing (balance.c); what waiting means (waitq.c).
 */
#include "kernel/sched.h"
#include "abi/errno.h"
#include "abi/sched.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/switch.h"
#include "arch/timer.h"
#include "drivers/block/block.h"
#include "kernel/balance.h"
#include "kernel/lockcheck.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "lib/bitops.h"
#include "mm/mm.h"

const struct sched_class *const sched_classes[] = { &sched_rt, &sched_rr, &sched_idle, NULL };

static struct rq rqs[MAX_CPUS];
static struct rq *rq_of_cpu[MAX_CPUS];	/* a load is cheaper than multiplying by sizeof(struct rq), again and again */
cpumask_t sched_idle_cpus;

enum after { AFTER_NOTHING, AFTER_FREE, AFTER_MIGRATE };	/* rq->after */

struct rq *
cpu_rq(int cpu)
{
	return rq_of_cpu[cpu];
}

/* Lock the queue that t belongs to. Interrupts are off. */
static ALWAYS_INLINE struct rq *
task_rq_lock(struct task *t) NO_TSA
{
	for (;;) {
		int cpu = READ_ONCE(t->cpu);
		struct rq *rq = rq_of_cpu[cpu];

		spin_lock_irqoff(&rq->lock);
		if (likely(t->cpu == cpu))
			return rq;
		spin_unlock_irqoff(&rq->lock);
	}
}

/* --- the need to reschedule --- */

/* Ask rq's cpu to choose again. */
static void
rq_resched(struct rq *rq) MUST_HOLD(rq->lock)
{
	struct task *t = rq->curr;

	if (READ_ONCE(t->arch.work) & TASK_WORK_RESCHED)
		return;
	__atomic_fetch_or(&t->arch.work, TASK_WORK_RESCHED, __ATOMIC_SEQ_CST);
	if (rq->cpu != current->cpu)
		cpu_kick(rq->cpu);
}

/* --- slices --- */

/* What is left of t's slice, ns, not counting its present stretch; 0: it has none. */
static inline u64
slice_left(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	return t->se.slice_left ? t->se.slice_left : t->se.class->slice(rq, t);
}

/* When curr's slice ends, if nothing tells before: 0 if it has none, or rq->slice is pending until then. */
static inline u64
slice_untold(struct rq *rq) MUST_HOLD(rq->lock)
{
	u64 left = slice_left(rq, rq->curr), end = ticks_to_monotonic(rq->curr->se.exec_start) + left;

	return !left || (timer_pending(&rq->slice) && rq->slice.expires <= end) ? 0 : end;
}

/* Keep S3. On rq's cpu. */
static void
slice_arm(struct rq *rq) MUST_HOLD(rq->lock)
{
	u64 end = slice_untold(rq);

	if (end)
		timer_start(&rq->slice, end);
}

static void
slice_expired(struct timer *timer)
{
	struct rq *rq = container_of(timer, struct rq, slice);
	u64 left;

	sched_load_sample();
	if (rq->nr_ready && sched_idle_cpus)
		cpu_kick(bit_lowest(sched_idle_cpus));	/* it missed its chance to steal */
	spin_lock_irqoff(&rq->lock);
	if (rq->nr_ready && (left = slice_left(rq, rq->curr)) != 0) {
		if (timer_ticks_to_ns(timer_ticks() - rq->curr->se.exec_start) >= left) {
			rq->slice_over = true;
			rq_resched(rq);
		} else {
			slice_arm(rq);
		}
	}
	spin_unlock_irqoff(&rq->lock);
}

/* --- queues --- */

/* Make t, which is on no queue, ready to run on rq; preempt who must be. */
static ALWAYS_INLINE void
enqueue(struct rq *rq, struct task *t, bool wakeup) MUST_HOLD(rq->lock)
{
	const struct sched_class *class = t->se.class, *now = rq->curr->se.class;

	t->cpu = rq->cpu;
	if (wakeup)
		t->se.slice_left = 0;		/* a fresh slice */
	t->se.queued = true;
	rq->nr_ready++;
	class->enqueue(rq, t, wakeup);
	if (class == now ? class->preempts && class->preempts(rq, t) : class->order < now->order) {
		rq_resched(rq);
	} else if (rq->nr_ready == 1 && slice_untold(rq)) {
		if (rq->cpu == current->cpu)
			slice_arm(rq);
		else
			rq_resched(rq);		/* it arms its own */
	}
}

void
rq_enqueue(struct rq *rq, struct task *t, bool wakeup)
{
	assert_held(&rq->lock);
	enqueue(rq, t, wakeup);
}

void
rq_dequeue(struct rq *rq, struct task *t)
{
	assert_held(&rq->lock);
	t->se.class->dequeue(rq, t);
	t->se.queued = false;
	rq->nr_ready--;
}

/* As task_place, on a cpu that may be another. */
static NOINLINE void
task_place_on(int cpu, struct rq *rq, struct task *t, bool wakeup) NO_TSA
{
	while (cpu != rq->cpu) {
		t->cpu = cpu;			/* a preempted task keeps on_cpu meanwhile: a waker leaves it to us */
		spin_unlock_irqoff(&rq->lock);
		rq = rq_of_cpu[cpu];
		spin_lock_irqoff(&rq->lock);
		sched_note_migration(rq, t);
		if (likely(t->se.allowed & BIT(cpu)))
			break;
		cpu = balance_choose_cpu(t);
	}
	WRITE_ONCE(t->on_cpu, 0);
	enqueue(rq, t, wakeup);
	spin_unlock_irqoff(&rq->lock);
}

/*
 * Put t, ready but neither queued nor running, on the queue of a cpu that suits it. rq is its own and
 * locked; it is released.
 */
static ALWAYS_INLINE void
task_place(struct rq *rq, struct task *t, bool wakeup) NO_TSA
{
	if (unlikely((READ_ONCE(sched_idle_cpus) & t->se.allowed) || !(t->se.allowed & BIT(rq->cpu)))) {
		task_place_on(balance_choose_cpu(t), rq, t, wakeup);
		return;
	}
	enqueue(rq, t, wakeup);
	spin_unlock_irqoff(&rq->lock);
}

/* Would t run here as soon as current sleeps? */
static inline bool
follows_waker(const struct task *t)
{
	const struct rq *here = rq_of_cpu[current->cpu];

	return t->se.allowed & BIT(here->cpu) && here->nr_ready == 0 && current != here->idle;
}

bool
wake_task(struct task *t, int mask) NO_TSA
{
	struct rq *rq;
	ulong flags;

	smp_mb();			/* what it waits for happened before we look at its state */
	if (!(READ_ONCE(t->state) & mask))
		return false;
	flags = irq_save();
	rq = task_rq_lock(t);
	if (!(t->state & mask)) {
		spin_unlock_irqoff(&rq->lock);
		irq_restore(flags);
		return false;
	}
	WRITE_ONCE(t->state, TASK_RUNNING);
	sched_note_ready(t, TRACE_WAKE);
	if (t->on_cpu || t->se.queued)
		spin_unlock_irqoff(&rq->lock);	/* on its way to sleep, or to another cpu: it stays */
	else if ((mask & WAKE_SYNC) && follows_waker(t))
		task_place_on(current->cpu, rq, t, true);
	else
		task_place(rq, t, true);
	irq_restore(flags);
	return true;
}

void
sched_start(struct task *t) NO_TSA
{
	ulong flags = irq_save();

	WRITE_ONCE(t->state, TASK_RUNNING);
	sched_note_ready(t, TRACE_NEW);
	task_place(task_rq_lock(t), t, false);
	irq_restore(flags);
	if (READ_ONCE(current->arch.work) & TASK_WORK_RESCHED)
		preempt_resched();
}

/* --- switching --- */

/* The task to run next, off its queue. There is always one: the idle task. */
static inline struct task *
rq_pick(struct rq *rq) MUST_HOLD(rq->lock)
{
	const struct sched_class *const *c = sched_classes;
	struct task *t;

	if (rq->nr_ready == 0)
		return rq->idle;
	while ((t = (*c)->pick(rq)) == NULL)
		c++;
	t->se.queued = false;
	rq->nr_ready--;
	return t;
}

/* Address spaces: a kernel thread borrows the one it finds, and keeps it alive. */
static inline void
switch_mm(struct task *prev, struct task *next)
{
	if (next->se.class == &sched_idle) {
		if (prev->active_mm)
			mm_leave(prev->active_mm);	/* a kernel thread's reference ends in finish_switch */
		return;
	}
	if (!next->mm) {
		next->active_mm = prev->active_mm;
		if (prev->mm)
			mm_grab(prev->active_mm);
		else
			prev->active_mm = NULL;		/* its reference moves on */
		return;
	}
	if (prev->active_mm != next->mm)
		mm_switch(prev->active_mm, next->mm);
	next->active_mm = next->mm;
}

/*
 * Complete the switch from prev, on the stack of the task that came: release the run queue, restore interrupts,
 * and see to prev if it will not come back to do it itself.
 */
static ALWAYS_INLINE void
finish_switch(struct task *prev, ulong flags) NO_TSA
{
	struct rq *rq = rq_of_cpu[current->cpu];
	struct mm *borrowed = NULL;
	int after = rq->after;

	if (likely(after != AFTER_MIGRATE))
		WRITE_ONCE(prev->on_cpu, 0);
	if (!prev->mm) {
		borrowed = prev->active_mm;
		prev->active_mm = NULL;
	}
	if (unlikely(after)) {
		rq->after = AFTER_NOTHING;
		if (after == AFTER_MIGRATE) {
			task_place_on(balance_choose_cpu(prev), rq, prev, false);
			rq = NULL;
		}
	}
	if (rq)
		spin_unlock_irqoff(&rq->lock);
	irq_restore(flags);
	if (unlikely(borrowed != NULL))
		mm_drop(borrowed);
	if (unlikely(after == AFTER_FREE))
		task_finish_exit(prev);
}

enum mode { BY_WISH, PREEMPTED, YIELDED };

/* prev stays ready: back to its queue, with what is left of its slice. */
static void
put_back(struct rq *rq, struct task *prev, enum mode mode, u64 now) MUST_HOLD(rq->lock)
{
	bool over = mode == YIELDED || rq->slice_over;
	u64 left, ran;

	prev->se.ready_since = now;
	if (prev == rq->idle)
		return;
	if (unlikely(!(prev->se.allowed & BIT(rq->cpu)))) {
		rq->after = AFTER_MIGRATE;
		return;
	}
	if (!over && (left = slice_left(rq, prev)) != 0) {
		ran = timer_ticks_to_ns(now - prev->se.exec_start);
		over = ran >= left;
		prev->se.slice_left = left - ran;
	}
	if (over)
		prev->se.slice_left = 0;
	prev->se.queued = true;
	rq->nr_ready++;
	prev->se.class->put_back(rq, prev, over);
}

/* The idle task comes and goes; other cpus look at sched_idle_cpus to find one without work. */
static void
enter_idle(struct rq *rq)
{
	__atomic_fetch_or(&sched_idle_cpus, BIT(rq->cpu), __ATOMIC_SEQ_CST);
}

static void
leave_idle(struct rq *rq) MUST_HOLD(rq->lock)
{
	__atomic_fetch_and(&sched_idle_cpus, ~BIT(rq->cpu), __ATOMIC_RELAXED);
	rq->idle_ns = timer_ticks_to_ns(rq->idle->se.runtime);
	cpu_tick_start(rq->cpu);
}

/* The whole of a reschedule. */
static ALWAYS_INLINE void
reschedule(enum mode mode) NO_TSA
{
	struct task *prev = current, *next;
	ulong flags = irq_save();
	struct rq *rq = rq_of_cpu[prev->cpu];
	int state;
	u64 now;

	spin_lock_irqoff(&rq->lock);
	if (READ_ONCE(prev->arch.work) & TASK_WORK_RESCHED)
		__atomic_fetch_and(&prev->arch.work, ~(u32)TASK_WORK_RESCHED, __ATOMIC_RELAXED);
	now = timer_ticks();
	state = READ_ONCE(prev->state);
	if (state == TASK_INTERRUPTIBLE && mode != PREEMPTED && unlikely(signal_pending(prev))) {
		WRITE_ONCE(prev->state, TASK_RUNNING);
		state = TASK_RUNNING;
	}
	if (state == TASK_RUNNING || mode == PREEMPTED) {
		/* A preempted task stays ready whatever its state: it has not called schedule() yet. */
		prev->se.nivcsw += mode == PREEMPTED;
		put_back(rq, prev, mode, now);
	} else {
		prev->se.nvcsw++;
		if (unlikely(state & (TASK_ZOMBIE | TASK_DEAD)))
			rq->after = AFTER_FREE;
	}
	rq->slice_over = false;
	prev->se.runtime += now - prev->se.exec_start;

	next = rq_pick(rq);
	sched_note_run(rq, next, now);
	rq->curr = next;
	if (rq->nr_ready)
		slice_arm(rq);
	if (next == prev) {
		spin_unlock_irqoff(&rq->lock);
		irq_restore(flags);
		return;
	}

	if (prev == rq->idle)
		leave_idle(rq);
	if (next == rq->idle)
		enter_idle(rq);
	rq->switches++;
	schedtrace_switch(prev, next);
	next->on_cpu = 1;
	lockcheck_hand_over(&rq->lock, prev, next);
	switch_mm(prev, next);
	fpu_switch(prev, next);
	prev = switch_to(prev, next);
	finish_switch(prev, flags);
}

void
schedule(void)
{
	lockcheck_may_sleep();
	if (unlikely(current->plug != NULL))
		block_plug_flush();	/* who sleeps may be waiting for what he holds back */
	reschedule(BY_WISH);
}

/* The same, where it need not be fast. */
static NOINLINE void
stand_back(enum mode mode)
{
	reschedule(mode);
}

void
sched_yield_current(void)
{
	WRITE_ONCE(current->state, TASK_RUNNING);
	stand_back(YIELDED);
}

/* A new task's first instructions. */
void
schedule_tail(struct task *prev)
{
	finish_switch(prev, SSTATUS_SIE);
	task_first_run();
}

/* From trap return to kernel code that had interrupts on; they are off now. */
void
sched_preempt(void)
{
	struct task *t = current;

	if ((READ_ONCE(t->arch.work) & TASK_WORK_RESCHED) && t->arch.preempt_count == 0)
		stand_back(PREEMPTED);
}

/* preempt_enable found the need to reschedule: is it allowed? */
void
preempt_resched(void)
{
	if (irq_enabled() && current->arch.preempt_count == 0)
		stand_back(PREEMPTED);
}

/* --- changing how a task is scheduled --- */

/* Move t off its cpu if it may not use it, or make the cpu choose again. Releases rq. */
static void
task_requeue(struct rq *rq, struct task *t, bool queued) NO_TSA
{
	if (queued) {
		task_place(rq, t, false);
		return;
	}
	if (rq->curr == t)
		rq_resched(rq);
	spin_unlock_irqoff(&rq->lock);
}

int
sched_set_affinity(struct task *t, cpumask_t allowed) NO_TSA
{
	struct rq *rq;
	ulong flags;
	bool queued;

	if (!(allowed & cpus_online))
		return -EINVAL;
	flags = irq_save();
	rq = task_rq_lock(t);
	t->se.allowed = allowed;
	queued = t->se.queued && !(allowed & BIT(rq->cpu));
	if (queued)
		rq_dequeue(rq, t);
	if (queued || !(allowed & BIT(rq->cpu)))
		task_requeue(rq, t, queued);
	else
		spin_unlock_irqoff(&rq->lock);
	irq_restore(flags);
	preempt_disable();
	preempt_enable();		/* it may have been about ourselves */
	return 0;
}

/* Let t's class and priority be what its own priority and the donated one make them. Releases rq, its own. */
static void
task_reclass(struct rq *rq, struct task *t) NO_TSA
{
	bool queued = t->se.queued;
	int prio = MAX(t->se.base_prio, t->se.donated), before = t->se.prio;

	if (queued)
		rq_dequeue(rq, t);
	WRITE_ONCE(t->se.prio, prio);
	t->se.class = prio ? &sched_rt : &sched_rr;
	t->se.slice_left = 0;
	if (queued && prio && prio < before) {
		/* Lowered, it is the first of its new equals; raised, the last (sched(7)). */
		t->se.queued = true;
		rq->nr_ready++;
		t->se.class->put_back(rq, t, false);
		spin_unlock_irqoff(&rq->lock);
		return;
	}
	task_requeue(rq, t, queued);
}

void
sched_donate(struct task *t, int rt_prio) NO_TSA
{
	struct rq *rq;
	ulong flags;

	if (t->se.donated == rt_prio)
		return;
	flags = irq_save();
	rq = task_rq_lock(t);
	t->se.donated = rt_prio;
	if (t->se.prio != MAX(t->se.base_prio, rt_prio))
		task_reclass(rq, t);
	else
		spin_unlock_irqoff(&rq->lock);
	irq_restore(flags);
}

int
sched_set_policy(struct task *t, int policy, int prio) NO_TSA
{
	bool rt = policy == SCHED_FIFO || policy == SCHED_RR;
	struct rq *rq;
	ulong flags;

	if (policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE && !rt)
		return -EINVAL;
	if (rt ? prio < 1 || prio > 99 : prio != 0)
		return -EINVAL;
	flags = irq_save();
	rq = task_rq_lock(t);
	if (t->se.policy == policy && t->se.base_prio == prio) {
		spin_unlock_irqoff(&rq->lock);	/* it keeps its place */
		irq_restore(flags);
		return 0;
	}
	t->se.policy = policy;
	t->se.base_prio = prio;
	task_reclass(rq, t);
	irq_restore(flags);
	preempt_disable();
	preempt_enable();
	return 0;
}

void
sched_set_nice(struct task *t, int nice)
{
	WRITE_ONCE(t->se.nice, MIN(MAX(nice, -20), 19));	/* the next slice is measured by it */
}

u64
task_runtime(struct task *t) NO_TSA
{
	ulong flags = irq_save();
	struct rq *rq = task_rq_lock(t);
	u64 ticks = t->se.runtime;

	if (rq->curr == t)
		ticks += timer_ticks() - t->se.exec_start;
	spin_unlock_irqoff(&rq->lock);
	irq_restore(flags);
	return timer_ticks_to_ns(ticks);
}

/* --- start and idleness --- */

void
sched_init_cpu(int cpu, struct task *idle)
{
	struct rq *rq = &rqs[cpu];

	spin_init(&rq->lock, RANK_RUNQ);
	rq->cpu = cpu;
	rq->curr = rq->idle = idle;
	list_init(&rq->rr);
	for (uint i = 0; i < ARRAY_SIZE(rq->rt); i++)
		list_init(&rq->rt[i]);
	timer_setup(&rq->slice, slice_expired);
	cpu_tick_init(cpu);
	idle->se.class = &sched_idle;
	idle->se.exec_start = timer_ticks();
	idle->on_cpu = 1;
}

void
sched_init(void)
{
	for (int cpu = 0; cpu < MAX_CPUS; cpu++)
		rq_of_cpu[cpu] = &rqs[cpu];
	sched_init_cpu(0, current);
	cpus_online = BIT(0);
}

/* This cpu's idle task: look for work elsewhere, else wait for an interrupt. */
void
sched_idle_loop(void)
{
	struct task *t = current;
	struct rq *rq = rq_of_cpu[t->cpu];

	__atomic_fetch_or(&cpus_online, BIT(rq->cpu), __ATOMIC_SEQ_CST);
	enter_idle(rq);
	for (;;) {
		irq_disable();
		if (!(READ_ONCE(sched_idle_cpus) & BIT(rq->cpu)))
			enter_idle(rq);		/* a waker chose this cpu, and another cpu stole the task */
		sched_load_sample();
		if (!(READ_ONCE(t->arch.work) & TASK_WORK_RESCHED) && !balance_steal(rq))
			cpu_wfi();		/* an interrupt that is pending ends it, although they are off */
		irq_enable();
		if (READ_ONCE(t->arch.work) & TASK_WORK_RESCHED)
			schedule();
	}
}
