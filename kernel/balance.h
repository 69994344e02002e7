/* balance.h - between sched.c (the switch) and balance.c (which cpu), and the load average. */
#ifndef KERNEL_BALANCE_H
#define KERNEL_BALANCE_H

#include "kernel/sched.h"

extern cpumask_t sched_idle_cpus;	/* [a] running their idle task and not yet chosen for another */

/* The cpu where t, which is ready and nowhere, had best run. */
int	balance_choose_cpu(struct task *t);
/* rq's cpu has nothing to do: take a waiting task from another. True if it got one. Interrupts off. */
bool	balance_steal(struct rq *rq);

/* sched.c: put a ready task on a queue, or take it off. */
void	rq_enqueue(struct rq *rq, struct task *t, bool wakeup) MUST_HOLD(rq->lock);
void	rq_dequeue(struct rq *rq, struct task *t) MUST_HOLD(rq->lock);

/* loadavg.c: note how many tasks are ready, if it is time to. */
void	sched_load_sample(void);

/* task.c */
void	task_first_run(void);		/* in a new task, interrupts on */
void	task_finish_exit(struct task *t);	/* t has left its stack for ever */

#endif
