/* barrier.h - the host's: one coroutine runs at a time, so only the compiler must be held back. */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

#define barrier()	asm volatile("" : : : "memory")
#define mb()		barrier()
#define smp_mb()	barrier()
#define smp_rmb()	barrier()
#define smp_wmb()	barrier()
#define io_wmb()	barrier()
#define io_rmb()	barrier()
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)

void	cpu_relax(void);		/* nobody else runs while we spin: panics after a while */

#endif
