/*
 * time.h - clocks, and functions called at a time.
 *
 * All times are ns. CLOCK_MONOTONIC counts from boot; realtime is an offset to it, set from the
 * RTC at boot.  Each cpu has a tree of timers and programs its one hardware timer for the first.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "arch/timer.h"
#include "kernel/spinlock.h"
#include "lib/rbtree.h"

#define NSEC_PER_SEC	1000000000UL
#define NSEC_PER_MSEC	1000000UL
#define NSEC_PER_USEC	1000UL
#define TIME_NEVER	(~0UL)

u64	clock_monotonic(void);
u64	clock_realtime(void);			/* since 1970 */
/* As Linux: what the wall clock is set to is less. From there, 30 years of uptime end before ns fill 63 bits. */
#define CLOCK_SET_MAX	((9223372036UL - 30UL * 365 * 24 * 3600) * NSEC_PER_SEC)
/*
 * Set the wall clock, and tell what waits for a time by it (walltimer.c). It began no earlier than CLOCK_MONOTONIC: an
 * earlier time counts as that one.
 */
void	clock_set_realtime(u64 ns);
/* Move it. -EINVAL: out of that range. tell: it is a step, and TFD_TIMER_CANCEL_ON_SET says so. */
int	clock_adjust(s64 delta, bool tell);
void	clock_init(void);			/* CLOCK_MONOTONIC is 0 now */
u64	clock_to_monotonic(u64 realtime);	/* when the wall clock will say so, if nobody sets it; 0 if past */
extern u64 clock_boot_ticks;			/* timer_ticks() at boot */
static inline u64 ticks_to_monotonic(u64 ticks) { return timer_ticks_to_ns(ticks - clock_boot_ticks); }

/* Fetch a struct timespec or timeval as ns, saturating: 0, -EFAULT, -EINVAL (negative, or a fraction past a second). */
int	timespec_from_user(uptr_t p, u64 *ns);
int	timeval_from_user(uptr_t p, u64 *ns);
int	timespec_to_user(uptr_t p, u64 ns);		/* 0 or -EFAULT */
int	itimerval_from_user(uptr_t p, u64 *value, u64 *interval);
int	itimerspec_from_user(uptr_t p, u64 *value, u64 *interval);
int	itimerspec_to_user(uptr_t p, u64 value, u64 interval);
u64	deadline_after(u64 ns);				/* on CLOCK_MONOTONIC; saturates at TIME_NEVER */

/* Spans that users ask for are as long as a u64 holds: a sum that would wrap is never. */
static inline u64 time_add(u64 time, u64 span) { return span > TIME_NEVER - time ? TIME_NEVER : time + span; }
/* n intervals after time. */
static inline u64
time_forward(u64 time, u64 n, u64 interval)
{
	return n > (TIME_NEVER - time) / interval ? TIME_NEVER : time + n * interval;
}

struct timer {
	struct rb_node node;
	u64	expires;		/* CLOCK_MONOTONIC, ns */
	/* Called once on the cpu that started it, interrupts off. May start the timer again. */
	void	(*fn)(struct timer *t);
	int	cpu;			/* [a] whose tree, -1 not queued */
};

void	timer_setup(struct timer *t, void (*fn)(struct timer *));
void	timer_start(struct timer *t, u64 expires);	/* (re)start on this cpu */
bool	timer_move(struct timer *t, u64 expires);	/* the same if it is pending. Not while others start it */
/*
 * Not queued and not running anywhere when this returns (but may be called by fn itself). True if it was still
 * pending. Not with a lock held that fn takes.
 */
bool	timer_cancel(struct timer *t);
static inline bool timer_pending(const struct timer *t) { return READ_ONCE(t->cpu) >= 0; }

void	timers_init(void);		/* clocks and this cpu's tree */
void	timers_init_cpu(int cpu);
void	timer_interrupt(bool from_user);	/* from the trap handler, interrupts off */
bool	timer_from_user(void);		/* for a timer's callback: what did it interrupt? */

/* Sleep, interruptibly: 0 at the deadline, -ERESTARTSYS if a signal came, 1 if woken otherwise. */
int	sleep_until(u64 deadline);
/*
 * The same after the caller has set its state and tested what it waits for. The state is left alone: TASK_RUNNING
 * means that the wake-up has come already.
 */
int	sleep_prepared(u64 deadline);

#endif
