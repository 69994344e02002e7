/*
 * sched.h - who runs next on each cpu.  Mechanism (sched.c) and the table each policy fills.
 *
 * Classes stand in strict order in sched_classes[]: real time, time sharing, idle.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/schedtrace.h"
#include "kernel/task.h"

struct rq {				/* Guarded by: q lock  a atomic  i immutable */
	struct spinlock lock;
	int	cpu;			/* [i] */
	struct task *curr;		/* [q] */
	struct task *idle;		/* [i] */
	int	nr_ready;		/* [a] queued, not counting curr */
	bool	slice_over;		/* [q] curr has used up its slice */
	u8	after;			/* [q] what finish_switch does with the task that left: AFTER_* in sched.c */
	struct list rr;			/* [q] time sharing by round-robin: oldest first */
	u64	rt_bitmap[2];		/* [q] bit p: rt[p] not empty */
	struct list rt[100];		/* [q] real time, by priority */
	struct timer slice;		/* ends curr's slice if somebody waits then; left to run out otherwise */
	u64	switches;		/* [q] */
	u64	idle_ns;		/* [q] */
	u64	waited;			/* [q] by the tasks that it ran, between being ready and running; timer ticks */
	ulong	nr_migrations;		/* [q] tasks that came from another cpu */
};

struct sched_class {
	const char *name;
	int	order;			/* place in sched_classes: smaller runs first */
	/* All with rq->lock held. */
	void	(*enqueue)(struct rq *rq, struct task *t, bool wakeup);
	void	(*dequeue)(struct rq *rq, struct task *t);
	/* Take the task to run next off the queue; NULL if this class has none. */
	struct task *(*pick)(struct rq *rq);
	/* curr stops running but stays ready: put it back. yielded: by its own wish, or its slice is used up. */
	void	(*put_back)(struct rq *rq, struct task *t, bool yielded);
	/* Should waking t preempt rq->curr, of the same class? NULL: never. */
	bool	(*preempts)(struct rq *rq, struct task *t);
	/* How long t may run while others of the class wait, ns; 0: for ever. */
	u64	(*slice)(struct rq *rq, struct task *t);
	/* A task that another cpu may take, off the queue; NULL if none. */
	struct task *(*steal)(struct rq *rq, int to_cpu);
};

extern const struct sched_class sched_rt, sched_rr, sched_idle;
extern const struct sched_class *const sched_classes[];		/* in order, NULL-terminated */
struct rq *cpu_rq(int cpu);

/* --- what is counted and traced as it happens --- */

/* t is ready from now on: woken, or new. */
static inline void
sched_note_ready(struct task *t, enum trace_event event)
{
	t->se.ready_since = timer_ticks();
	schedtrace_ready(t, event);
}

/* t, which does not run, comes from another cpu to rq's. */
static inline void
sched_note_migration(struct rq *rq, struct task *t) MUST_HOLD(rq->lock)
{
	rq->nr_migrations++;
	t->se.migrations++;
	schedtrace_migrate(t, rq->cpu);
}

/* t is put on rq's cpu. */
static inline void
sched_note_run(struct rq *rq, struct task *t, u64 now) MUST_HOLD(rq->lock)
{
	t->se.exec_start = now;
	if (t == rq->idle)
		return;
	t->se.waited += now - t->se.ready_since;
	rq->waited += now - t->se.ready_since;
}

void	sched_init(void);
void	sched_init_cpu(int cpu, struct task *idle);
void	sched_idle_loop(void) NORETURN;

/* current's state, before it tests what it waits for: with the fence that pairs with wake_task's. */
static inline void
set_state(int state)
{
	WRITE_ONCE(current->state, state);
	smp_mb();
}

void	schedule(void);				/* give up the cpu; current sleeps unless TASK_RUNNING */
void	sched_yield_current(void);
void	sched_preempt(void);			/* from trap return to kernel code: reschedule if due and allowed */
/* First run of a new task. */
void	sched_start(struct task *t);
/* Make t ready if its state is in `mask`. True if it was asleep so. Any context. */
bool	wake_task(struct task *t, int mask);
#define WAKE_ANY	(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | TASK_KILLABLE)
/*
 * In wake_task's mask, or a wait queue's key: the waker is about to sleep, so t had best follow it on this cpu
 * rather than an idle one be woken for it. If the waker goes on after all, an idle cpu takes t at the slice's end.
 */
#define WAKE_SYNC	BIT(16)
/* A new task's first instructions: finish the switch that started it. */
void	schedule_tail(struct task *prev);
/* CPU time of a task including the stretch it is running now, ns. */
u64	task_runtime(struct task *t);
int	sched_set_affinity(struct task *t, cpumask_t allowed);
int	sched_set_policy(struct task *t, int policy, int prio);
/*
 * t runs at real-time priority rt_prio if its own is less (0: not any more): inheritance, by pi.c alone, which sees
 * that there are no two at a time for one task. May be called with preemption off: who is outdone goes later.
 */
void	sched_donate(struct task *t, int rt_prio);
void	sched_set_nice(struct task *t, int nice);
/* loadavg in 1/2048ths. */
void	sched_loadavg(ulong out[3]);

#endif
