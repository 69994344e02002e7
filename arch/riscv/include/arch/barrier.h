/* barrier.h - ordering of memory and device accesses. RISC-V unprivileged ISA, FENCE; RVWMO. */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

#define barrier()	asm volatile("" : : : "memory")
#define mb()		asm volatile("fence iorw, iorw" : : : "memory")
#define smp_mb()	asm volatile("fence rw, rw" : : : "memory")
#define smp_rmb()	asm volatile("fence r, r" : : : "memory")
#define smp_wmb()	asm volatile("fence w, w" : : : "memory")
#define io_wmb()	asm volatile("fence w, o" : : : "memory")	/* memory before device */
#define io_rmb()	asm volatile("fence i, r" : : : "memory")	/* device before memory */
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)

static inline void
cpu_relax(void)
{
	asm volatile(".4byte 0x0100000f" : : : "memory");	/* pause (Zihintpause), else a hint */
}

#endif
