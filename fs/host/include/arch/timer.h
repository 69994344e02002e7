/* timer.h - the host's clock: virtual, in ns, moved by machine.c. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "lib/types.h"

extern u64 host_now;

static inline u64 timer_ticks(void) { return host_now; }
static inline u64 timer_ticks_to_ns(u64 ticks) { return ticks; }
static inline u64 timer_ns_to_ticks(u64 ns) { return ns; }
void	timer_set(u64 when);

#endif
