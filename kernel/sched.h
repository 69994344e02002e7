/*
 * sched.h - who runs next on each cpu.  Mechanism (sched.c) and the table each policy fills.
 *
 * Classes stand in strict order in sched_classes[]: real time, time sharing, idle.  Time sharing is one of two, by the
 * boot parameter sched=: sched_fair.c, or sched_rr.c, which is the one to read first.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/schedtrace.h"
#include "kernel/task.h"

struct fair_rq {			/* all of it [q]; sched_fair.c */
	struct rb_root tree;		/* who waits, by deadline */
	struct rb_node *first, *last;	/* of them */
	u64	zero;
	s64	sum;
	u64	weight;
};

struct rt_rq {				/* sched_rt.c */
	u64	bitmap[2];		/* [q] bit p: list[p] not empty */
	struct list list[100];		/* [q] who waits, by priority */
	int	waiting;		/* [a] in all lists */
	u64	period;			/* [q] when the present one began, ns */
	u64	used;			/* [q] how long this cpu was in real time since, ns */
	struct timer refill;		/* the end of a period in which all was used */
};

struct rq {				/* Guarded by: q lock  a atomic  i immutable */
	struct spinlock lock;
	int	cpu;			/* [i] */
	struct task *curr;		/* [q] */
	struct task *idle;		/* [i] */
	int	nr_ready;		/* [a] queued, not counting curr */
	int	prio;			/* [a] curr's when it was put on the cpu */
	u8	after;			/* [q] what is to be done after the switch: AFTER_* in sched.c */
	struct fair_rq fair;
	struct list rr;			/* [q] time sharing by round-robin: oldest first */
	struct rt_rq rt;
	struct timer slice;		/* ends curr's slice if somebody waits then; left to run out otherwise */
	u64	switches;		/* [q] */
	u64	idle_ns;		/* [q] */
	u64	waited;			/* [q] by the tasks that it ran, between being ready and running; timer ticks */
	ulong	nr_migrations;		/* [q] tasks that came from another cpu */
	u64	balance_due;		/* [a] when to look again whether others have less to do, ns */
};

/* How a task comes to be ready; 0: it has been, elsewhere or as something else. */
#define ENQ_WAKE	1		/* it slept */
#define ENQ_SYNC	2		/* and its waker is about to, on this cpu: does not preempt its like */
#define ENQ_NEW		4		/* it has never run */

#define SLICE_FOREVER	(~0UL)

struct sched_class {
	const char *name;
	int	order;			/* place in sched_classes: smaller runs first */
	/* All but quantum with rq->lock held. */
	/* t, on no queue, belongs to rq's cpu and to this class from now on; does no longer. NULL: all the same. */
	void	(*enter)(struct rq *rq, struct task *t);
	void	(*leave)(struct rq *rq, struct task *t);
	void	(*enqueue)(struct rq *rq, struct task *t, int how);
	void	(*dequeue)(struct rq *rq, struct task *t);
	/* Take the task to run next off the queue; NULL if this class has none. */
	struct task *(*pick)(struct rq *rq);
	/* t, curr, has run for so many timer ticks more. NULL: who cares. */
	void	(*charge)(struct rq *rq, struct task *t, u64 ran);
	/* curr, charged, stops running but stays ready: put it back. yielded: by its own wish. */
	void	(*put_back)(struct rq *rq, struct task *t, bool yielded);
	/* Should t, which was just enqueued, preempt rq->curr, of the same class? NULL: never. */
	bool	(*preempts)(struct rq *rq, struct task *t, int how);
	/* How long curr may go on while others wait, ns from when it was charged last; 0: no longer; SLICE_FOREVER. */
	u64	(*slice)(struct rq *rq, struct task *t);
	/* A whole slice of t's, ns; 0: it ends never. */
	u64	(*quantum)(const struct task *t);
	/* A task that another cpu may take, off the queue; NULL if none. */
	struct task *(*steal)(struct rq *rq, int to_cpu);
};

extern const struct sched_class sched_rt, sched_fair, sched_rr, sched_idle;
extern const struct sched_class *sched_classes[];	/* in order, then NULL; fixed before the first task runs */
#define sched_sharing	(sched_classes[1])
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
	t->se.moved = timer_ticks();
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

/* Account for what rq->curr has run until now. */
static inline void
rq_charge(struct rq *rq, u64 now) MUST_HOLD(rq->lock)
{
	struct task *t = rq->curr;
	s64 ran = now - t->se.exec_start;

	if (unlikely(ran <= 0))
		return;				/* or another hart, whose clock is a little ahead, did it just now */
	t->se.exec_start = now;
	t->se.runtime += ran;
	if (t->se.class->charge)
		t->se.class->charge(rq, t, ran);
}

void	fair_init(struct rq *rq);
void	rt_init(struct rq *rq);
int	rt_highest(const struct rq *rq);	/* the highest priority that has a waiting task, -1 if none */

/* --- sched_fair.c: weights --- */
/* t's weight, by policy and nice value. t belongs to no queue (sched_class.leave). */
void	sched_weigh(struct task *t);
u64	sched_slice(u64 ns);			/* the slice that who asks for so much may have; 0: the usual one */

/* --- sched_rt.c: settings --- */
extern int sched_rt_period_us, sched_rt_runtime_us;	/* [a] of each period real time may take so much; -1: all */
#define SCHED_RR_TIMESLICE_MS	100
extern int sched_rr_timeslice_ms;			/* [a] of SCHED_RR */
int	sched_rt_set_bandwidth(int period_us, int runtime_us);	/* 0 or -EINVAL */

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
/* What is asked for, as struct abi_sched_attr has it; the caller has checked it. */
struct sched_change {
	int	policy, prio, nice;
	u64	slice;			/* ns; 0: the usual one */
	bool	reset_on_fork;
};
void	sched_change(struct task *t, const struct sched_change *c);
/*
 * t runs at real-time priority rt_prio if its own is less (0: not any more): inheritance, by pi.c alone, which sees
 * that there are no two at a time for one task. May be called with preemption off: who is outdone goes later.
 */
void	sched_donate(struct task *t, int rt_prio);
void	sched_set_nice(struct task *t, int nice);
void	sched_init_task(struct task *t);		/* time sharing, nice 0, anywhere */
void	sched_fork(struct task *t);			/* t, new, is scheduled as current is */
/* loadavg in 1/2048ths. */
void	sched_loadavg(ulong out[3]);

#endif
