/* posixtimer.h - what signals and the ends of processes must tell POSIX timers. */
#ifndef KERNEL_POSIXTIMER_H
#define KERNEL_POSIXTIMER_H

struct posix_timer;
struct process;
struct sigqueue;

void	posix_timer_put(struct posix_timer *t);
void	posix_timer_get_queued(struct sigqueue *q);	/* q is put on a queue */
/* The timer's signal is taken off its queue: fill in si_overrun, start the timer again. Sighand lock held. */
void	posix_timer_taken(struct sigqueue *q);
/* p ends, or begins another program. */
void	posix_timers_delete(struct process *p);

#endif
