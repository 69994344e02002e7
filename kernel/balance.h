/* balance.h - between sched.c (the switch) and balance.c (which cpu), and the load average. */
#ifndef KERNEL_BALANCE_H
#define KERNEL_BALANCE_H

#include "kernel/sched.h"

extern cpumask_t sched_idle_cpus;	/* [a] running their idle task and not yet chosen for another */

/* The cpu where t, which is ready and nowhere, had best run. */
int	balance_choose_cpu(struct task *t);
/* The rest: interrupts off, no run queue locked. */
/* rq's cpu has nothing to do: take a waiting task from another. True if it got one. */
bool	balance_steal(struct rq *rq);
/* Somebody waits on rq's cpu, this one: give others their part of that. */
void	balance_periodic(struct rq *rq);
/* Real-time tasks that wait on rq's cpu go where something less urgent runs; of others, come here if it is here. */
void	balance_push_rt(struct rq *rq);
void	balance_rt(struct rq *rq);
/* Two queues' locks, interrupts off: the lower cpu's first. */
void	rq_lock_both(struct rq *a, struct rq *b) NO_TSA;
void	rq_unlock_both(struct rq *a, struct rq *b) NO_TSA;

/* sched.c: ask rq's cpu to choose again; and take a waiting task to another queue. */
void	rq_resched(struct rq *rq) MUST_HOLD(rq->lock);
void	rq_migrate(struct rq *from, struct rq *to, struct task *t) MUST_HOLD(from->lock) MUST_HOLD(to->lock);

/* loadavg.c: note how many tasks are ready, if it is time to. */
void	sched_load_sample(void);

/* task.c */
void	task_first_run(void);		/* in a new task, interrupts on */
void	task_finish_exit(struct task *t);	/* t has left its stack for ever */

#endif
