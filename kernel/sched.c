/*
 * sched.c - who runs next on each hart: the mechanism; policies are tables (sched_rr.c, ...).
 *
 *	           sched_start, wake_task                  schedule
 *	  asleep -------------------------> on a queue -------------> rq->curr
 *	     ^                                  ^   put_back             |
 *	     |                                  +------------------------+  still ready
 *	     +-----------------------------------------------------------+  state not TASK_RUNNING
 *
 * Data        struct rq (sched.h), one per cpu.
 * Locks       rq->lock [q], interrupts off. A task's fields marked [q] belong to the lock of
 *             cpu_rq(t->cpu); t->cpu itself changes only under the locks it names before and after.
 *             The lock is held across switch_to(): taken by the task that leaves, released
 *             by the one that comes (finish_switch).
 * Invariants  S1  whoever holds rq->lock sees no switch half done: a task of this cpu is
 *                 rq->curr, or on a queue of it, or its registers are saved.  So a task
 *                 that wakes up on another cpu never runs there before it has left here.
 *             S2  se.queued <=> on a queue of cpu_rq(t->cpu); curr is never queued.
 *             S3  if somebody waits and curr has a slice, rq->slice is pending, for its end or before,
 *                 and at most SLICE_LOOK ahead.  Otherwise it may be; it is not cancelled at each
 *                 switch, for it is cheaper to let it run out and find nobody waiting.
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
#include "kernel/params.h"
#include "kernel/pi.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/mm.h"

const struct sched_class *sched_classes[] = { &sched_rt, &sched_fair, &sched_idle, NULL };

static struct rq rqs[MAX_CPUS];
static struct rq *rq_of_cpu[MAX_CPUS];	/* a load is cheaper than multiplying by sizeof(struct rq), again and again */
cpumask_t sched_idle_cpus;

/* rq->after */
#define AFTER_FREE	1		/* who left has ended */
#define AFTER_MIGRATE	2		/* he may not use this cpu any more */
#define AFTER_RT	4		/* this cpu runs something less urgent than before, or more */

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

void
rq_resched(struct rq *rq)
{
	struct task *t = rq->curr;

	if (READ_ONCE(t->arch.work) & TASK_WORK_RESCHED)
		return;
	__atomic_fetch_or(&t->arch.work, TASK_WORK_RESCHED, __ATOMIC_SEQ_CST);
	if (rq->cpu != current->cpu)
		cpu_kick(rq->cpu);
}

/* --- slices --- */

#define SLICE_LOOK	(4 * NSEC_PER_MSEC)

/* When curr's slice must be looked at, if nothing tells before: 0 if never, or rq->slice is pending until then. */
static inline u64
slice_untold(struct rq *rq) MUST_HOLD(rq->lock)
{
	u64 left = rq->curr->se.class->slice(rq, rq->curr), end;

	end = ticks_to_monotonic(rq->curr->se.exec_start) + MIN(left, SLICE_LOOK);
	return left == SLICE_FOREVER || (timer_pending(&rq->slice) && rq->slice.expires <= end) ? 0 : end;
}

/* Keep S3. On rq's cpu. */
static void
slice_arm(struct rq *rq) MUST_HOLD(rq->lock)
{
	u64 end = slice_untold(rq);

	if (end)
		timer_start(&rq->slice, end);
}

/* t has just been queued: must S3 be seen to? For whom curr will make room for soon, a cheaper test does. */
static ALWAYS_INLINE bool
slice_wanted(struct rq *rq, int how) MUST_HOLD(rq->lock)
{
	if (how & ENQ_SYNC)
		return !timer_pending(&rq->slice);
	return (rq->nr_ready == 1 || rq->curr->se.prio) && slice_untold(rq);
}

static void
slice_expired(struct timer *timer)
{
	struct rq *rq = container_of(timer, struct rq, slice);
	cpumask_t idle = READ_ONCE(sched_idle_cpus);

	sched_load_sample();
	if (rq->nr_ready && idle)
		cpu_kick(bit_lowest(idle));	/* it missed its chance to steal */
	spin_lock_irqoff(&rq->lock);
	if (rq->nr_ready) {
		rq_charge(rq, timer_ticks());
		if (rq->curr->se.class->slice(rq, rq->curr) == 0)
			rq_resched(rq);
		else
			slice_arm(rq);
	}
	spin_unlock_irqoff(&rq->lock);
	if (rq->nr_ready)
		balance_periodic(rq);
}

/* --- queues --- */

/* Make t, which is on no queue, ready to run on rq; preempt who must be. */
static ALWAYS_INLINE void
enqueue(struct rq *rq, struct task *t, int how) MUST_HOLD(rq->lock)
{
	const struct sched_class *class = t->se.class, *now = rq->curr->se.class;

	t->cpu = rq->cpu;
	t->se.queued = true;
	rq->nr_ready++;
	class->enqueue(rq, t, how);
	if (class == now ? !(how & ENQ_SYNC) && class->preempts && class->preempts(rq, t, how) :
			   class->order < now->order) {
		rq_resched(rq);
	} else if (slice_wanted(rq, how)) {
		if (rq->cpu == current->cpu)
			slice_arm(rq);
		else
			rq_resched(rq);		/* it arms its own */
	}
}

static void
rq_dequeue(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	t->se.class->dequeue(rq, t);
	t->se.queued = false;
	rq->nr_ready--;
}

/* t, on no queue, belongs to rq from now on, and does no longer. */
static inline void
rq_enter(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	if (t->se.class->enter)
		t->se.class->enter(rq, t);
}

static inline void
rq_leave(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	if (t->se.class->leave)
		t->se.class->leave(rq, t);
}

void
rq_migrate(struct rq *from, struct rq *to, struct task *t)
{
	assert_held(&from->lock);
	assert_held(&to->lock);
	rq_dequeue(from, t);
	rq_leave(from, t);
	rq_enter(to, t);
	sched_note_migration(to, t);
	enqueue(to, t, 0);
}

/* As task_place, on a cpu that may be another. */
static NOINLINE void
task_place_on(int cpu, struct rq *rq, struct task *t, int how) NO_TSA
{
	while (cpu != rq->cpu) {
		struct rq *from = rq;

		rq = rq_of_cpu[cpu];
		spin_unlock_irqoff(&from->lock);	/* to wakers t is running, or still on_cpu */
		rq_lock_both(from, rq);
		rq_leave(from, t);
		rq_enter(rq, t);
		t->cpu = cpu;
		sched_note_migration(rq, t);
		spin_unlock_irqoff(&from->lock);
		if (likely(t->se.allowed & BIT(cpu)))
			break;
		cpu = balance_choose_cpu(t);
	}
	WRITE_ONCE(t->on_cpu, 0);
	enqueue(rq, t, how);
	spin_unlock_irqoff(&rq->lock);
	if (t->se.prio)
		balance_push_rt(rq);
}

/*
 * Put t, ready but neither queued nor running, on the queue of a cpu that suits it: this one if ENQ_SYNC. rq is its own
 * and locked; it is released.
 */
static ALWAYS_INLINE void
task_place(struct rq *rq, struct task *t, int how) NO_TSA
{
	bool here = how & ENQ_SYNC ? rq->cpu == current->cpu : !(READ_ONCE(sched_idle_cpus) & t->se.allowed) &&
					(t->se.allowed & BIT(rq->cpu)) && !t->se.prio;

	if (unlikely(!here)) {
		task_place_on(how & ENQ_SYNC ? current->cpu : balance_choose_cpu(t), rq, t, how);
		return;
	}
	enqueue(rq, t, how);
	spin_unlock_irqoff(&rq->lock);
}

/* Would t, which is not in a hurry, run here as soon as current sleeps? */
static inline bool
follows_waker(const struct task *t)
{
	const struct rq *here = rq_of_cpu[current->cpu];

	return t->se.allowed & BIT(here->cpu) && here->nr_ready == 0 && current != here->idle && !t->se.prio;
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
	else
		task_place(rq, t, (mask & WAKE_SYNC) && follows_waker(t) ? ENQ_WAKE | ENQ_SYNC : ENQ_WAKE);
	irq_restore(flags);
	return true;
}

void
sched_start(struct task *t) NO_TSA
{
	ulong flags = irq_save();
	struct rq *rq = task_rq_lock(t);

	WRITE_ONCE(t->state, TASK_RUNNING);
	sched_note_ready(t, TRACE_NEW);
	rq_enter(rq, t);
	task_place(rq, t, ENQ_NEW);
	irq_restore(flags);
	if (READ_ONCE(current->arch.work) & TASK_WORK_RESCHED)
		preempt_resched();
}

/* --- switching --- */

/* The task to run next, off its queue. There is always one: the idle task. */
static inline struct task *
rq_pick(struct rq *rq) MUST_HOLD(rq->lock)
{
	const struct sched_class **c;
	struct task *t;

	if (rq->nr_ready == 0)
		return rq->idle;
	c = rq->rt.waiting ? sched_classes : sched_classes + 1;	/* mostly nobody is there to be asked */
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

	if (likely(!(after & AFTER_MIGRATE)))
		WRITE_ONCE(prev->on_cpu, 0);
	if (!prev->mm) {
		borrowed = prev->active_mm;
		prev->active_mm = NULL;
	}
	if (unlikely(after)) {
		rq->after = 0;
		if (after & AFTER_MIGRATE) {
			task_place_on(balance_choose_cpu(prev), rq, prev, 0);
			rq = NULL;
		}
	}
	if (rq)
		spin_unlock_irqoff(&rq->lock);
	if (unlikely(after & AFTER_RT))
		balance_rt(rq_of_cpu[current->cpu]);
	irq_restore(flags);
	if (unlikely(borrowed != NULL))
		mm_drop(borrowed);
	if (unlikely(after & AFTER_FREE))
		task_finish_exit(prev);
}

enum mode { BY_WISH, PREEMPTED, YIELDED };

/* prev, charged, stays ready: back to its queue. */
static void
put_back(struct rq *rq, struct task *prev, enum mode mode) MUST_HOLD(rq->lock)
{
	prev->se.ready_since = prev->se.exec_start;
	if (prev == rq->idle)
		return;
	if (unlikely(!(prev->se.allowed & BIT(rq->cpu)))) {
		rq->after |= AFTER_MIGRATE;
		return;
	}
	prev->se.queued = true;
	rq->nr_ready++;
	prev->se.class->put_back(rq, prev, mode == YIELDED);
}

/* This cpu's priority changes: others may have something for it, or it for them. */
static NOINLINE void
change_prio(struct rq *rq, int prio) MUST_HOLD(rq->lock)
{
	if (prio < rq->prio || rq->rt.waiting)
		rq->after |= AFTER_RT;
	WRITE_ONCE(rq->prio, prio);
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

/* prev was chosen again. */
static void
stay(struct rq *rq, ulong flags) NO_TSA
{
	int after = rq->after;

	rq->after = 0;
	spin_unlock_irqoff(&rq->lock);
	if (after & AFTER_RT)
		balance_rt(rq);
	irq_restore(flags);
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
	rq_charge(rq, now);
	state = READ_ONCE(prev->state);
	if (state == TASK_INTERRUPTIBLE && mode != PREEMPTED && unlikely(signal_pending(prev))) {
		WRITE_ONCE(prev->state, TASK_RUNNING);
		state = TASK_RUNNING;
	}
	if (state == TASK_RUNNING || mode == PREEMPTED) {
		/* A preempted task stays ready whatever its state: it has not called schedule() yet. */
		prev->se.nivcsw += mode == PREEMPTED;
		put_back(rq, prev, mode);
	} else {
		prev->se.nvcsw++;
		if (unlikely(state & (TASK_ZOMBIE | TASK_DEAD)))
			rq->after |= AFTER_FREE;
	}

	next = rq_pick(rq);
	sched_note_run(rq, next, now);
	rq->curr = next;
	if (rq->nr_ready)
		slice_arm(rq);
	if (unlikely(rq->prio != next->se.prio))
		change_prio(rq, next->se.prio);
	if (next == prev) {
		stay(rq, flags);
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

/*
 * Between the two, what rq's class knows of t may change, and the class. begin returns whether t was queued; end puts
 * it where it belongs then, and releases rq. Lowered, a real-time task is the first of its new equals; raised, the last
 * (sched(7)).
 */
static bool
change_begin(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	bool queued = t->se.queued;

	if (queued)
		rq_dequeue(rq, t);
	else if (rq->curr == t)
		rq_charge(rq, timer_ticks());
	rq_leave(rq, t);
	return queued;
}

static void
change_end(struct rq *rq, struct task *t, bool queued, bool lowered) NO_TSA
{
	rq_enter(rq, t);
	if (queued && lowered) {
		t->se.queued = true;
		rq->nr_ready++;
		t->se.class->put_back(rq, t, false);
		spin_unlock_irqoff(&rq->lock);
		return;
	}
	if (queued) {
		task_place(rq, t, 0);
		return;
	}
	if (rq->curr == t)
		rq_resched(rq);
	spin_unlock_irqoff(&rq->lock);
}

/*
 * Let t's class and priority be what its own priority and the donated one make them. Between the two, too. Returns
 * whether it stays a real-time task, but of lower priority.
 */
static bool
set_effective(struct task *t)
{
	int prio = MAX(t->se.base_prio, t->se.donated), before = t->se.prio;

	WRITE_ONCE(t->se.prio, prio);
	t->se.class = prio ? &sched_rt : sched_sharing;
	return prio && prio < before;
}

/* It may have been about ourselves: choose again now if so. */
static void
resched_if_due(void)
{
	preempt_disable();
	preempt_enable();
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
	if (allowed & BIT(rq->cpu)) {
		spin_unlock_irqoff(&rq->lock);
	} else {
		queued = change_begin(rq, t);
		change_end(rq, t, queued, false);
	}
	irq_restore(flags);
	resched_if_due();
	/* Nobody is to see it on a cpu that it may not use, once we return. */
	while (READ_ONCE(rq->curr) == t && !(READ_ONCE(t->se.allowed) & BIT(rq->cpu)) && t != current)
		cpu_relax();
	return 0;
}

void
sched_change(struct task *t, const struct sched_change *c) NO_TSA
{
	ulong flags = irq_save();
	struct rq *rq = task_rq_lock(t);
	bool queued;

	t->se.reset_on_fork = c->reset_on_fork;
	if (t->se.policy == c->policy && t->se.base_prio == c->prio && t->se.nice == c->nice &&
	    t->se.slice == sched_slice(c->slice)) {
		spin_unlock_irqoff(&rq->lock);	/* it keeps its place */
		irq_restore(flags);
		return;
	}
	queued = change_begin(rq, t);
	t->se.policy = c->policy;
	t->se.base_prio = c->prio;
	t->se.nice = c->nice;
	t->se.slice_used = 0;
	t->se.slice = sched_slice(c->slice);
	sched_weigh(t);
	change_end(rq, t, queued, set_effective(t));
	irq_restore(flags);
	pi_priority_changed(t);
	resched_if_due();
}

void
sched_donate(struct task *t, int rt_prio) NO_TSA
{
	struct rq *rq;
	ulong flags;
	bool queued;

	if (t->se.donated == rt_prio)
		return;
	flags = irq_save();
	rq = task_rq_lock(t);
	t->se.donated = rt_prio;
	if (t->se.prio != MAX(t->se.base_prio, rt_prio)) {
		queued = change_begin(rq, t);
		t->se.slice_used = 0;
		change_end(rq, t, queued, set_effective(t));
	} else {
		spin_unlock_irqoff(&rq->lock);
	}
	irq_restore(flags);
}

void
sched_set_nice(struct task *t, int nice) NO_TSA
{
	ulong flags = irq_save();
	struct rq *rq = task_rq_lock(t);
	bool queued = change_begin(rq, t);

	t->se.nice = MIN(MAX(nice, -20), 19);
	sched_weigh(t);
	change_end(rq, t, queued, false);
	irq_restore(flags);
	resched_if_due();
}

u64
task_runtime(struct task *t) NO_TSA
{
	ulong flags = irq_save();
	struct rq *rq = task_rq_lock(t);
	u64 ticks;

	if (rq->curr == t)
		rq_charge(rq, timer_ticks());
	ticks = t->se.runtime;
	spin_unlock_irqoff(&rq->lock);
	irq_restore(flags);
	return timer_ticks_to_ns(ticks);
}

/* --- a task's first place --- */

void
sched_init_task(struct task *t)
{
	t->se.policy = SCHED_OTHER;
	t->se.allowed = ~0UL;
	t->se.slice = sched_slice(0);
	sched_weigh(t);
	set_effective(t);
}

/* The child of one with SCHED_RESET_ON_FORK gets nothing that takes a privilege. */
static void
reset(struct task *t)
{
	t->se.nice = t->se.base_prio ? 0 : MAX(t->se.nice, 0);
	t->se.policy = t->se.base_prio ? SCHED_OTHER : t->se.policy;
	t->se.base_prio = 0;
	t->se.slice = sched_slice(0);
	sched_weigh(t);
}

void
sched_fork(struct task *t) NO_TSA
{
	const struct sched_entity *me = &current->se;
	ulong flags = irq_save();
	struct rq *rq = task_rq_lock(current);	/* who changes us changes all of it, or nothing yet */

	t->cpu = rq->cpu;
	t->se.allowed = me->allowed;
	t->se.policy = me->policy;
	t->se.base_prio = me->base_prio;
	t->se.nice = me->nice;
	t->se.slice = me->slice;
	t->se.vslice = me->vslice;
	t->se.inverse = me->inverse;
	t->se.weight = me->weight;
	if (me->reset_on_fork)
		reset(t);
	spin_unlock_irqoff(&rq->lock);
	irq_restore(flags);
	set_effective(t);
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
	fair_init(rq);
	rt_init(rq);
	timer_setup(&rq->slice, slice_expired);
	cpu_tick_init(cpu);
	idle->se.class = &sched_idle;
	idle->se.exec_start = timer_ticks();
	idle->on_cpu = 1;
}

/* Which class time sharing is: sched=fair or sched=rr. */
static void
choose_sharing(void)
{
	const char *name = param("sched");

	if (!name || !strcmp(name, "fair"))
		return;
	if (!strcmp(name, "rr"))
		sched_sharing = &sched_rr;
	else
		pr_err("sched: \"%s\" is neither fair nor rr: it is fair\n", name);
}

void
sched_init(void)
{
	choose_sharing();
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
			cpu_nap();		/* an interrupt that is pending ends it, although they are off */
		irq_enable();
		if (READ_ONCE(t->arch.work) & TASK_WORK_RESCHED)
			schedule();
	}
}
