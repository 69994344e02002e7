/*
 * latency.h - the longest sections in which a hart could not be preempted (the debug build, and LATENCY=1).
 *
 * A section begins when interrupts or preemption go off and ends when both are on again.
 */
#ifndef KERNEL_LATENCY_H
#define KERNEL_LATENCY_H

#include "lib/types.h"

#define LATENCY_FRAMES	4

struct latency_section {
	u64	ticks;			/* how long; 0: none */
	int	pid;			/* who ran at its end */
	char	comm[16];
	ulong	begin[LATENCY_FRAMES], end[LATENCY_FRAMES];	/* pcs, the innermost first; 0: no more */
};

#ifdef LATENCY
#define LATENCY_TIMED	1
/* Interrupts or preemption have just gone off, or were off already. */
void	latency_begin(void);
/* Interrupts are about to be on, and so is preemption, unless it is still off. They are off. */
void	latency_end(void);
/* Preemption has just gone on; interrupts may be off. */
void	latency_preemptible(void);
/* Each section that was kept, to fn. The same one may have been kept by several harts. 0 or -ENOMEM. */
int	latency_report(void (*fn)(void *arg, int cpu, const struct latency_section *s), void *arg);
void	latency_reset(void);
#else
#define LATENCY_TIMED	0
static inline void latency_begin(void) { }
static inline void latency_end(void) { }
static inline void latency_preemptible(void) { }
#endif

#endif
