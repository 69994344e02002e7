/*
 * cpu.h - this hart, the others, and the task that runs here.
 *
 * A "cpu" is a dense number 0..ncpus-1 in boot order (cpu 0 booted the kernel); a "hart id"
 * is the machine's name for it and indexes nothing.  In the kernel, tp holds `current`.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include "kernel/latency.h"
#include "lib/types.h"

#define MAX_CPUS	16

struct task;
struct trapframe;

static ALWAYS_INLINE struct task *
current_task(void)
{
	struct task *t;

	asm("mv %0, tp" : "=r"(t));	/* not volatile: constant within a function */
	return t;
}
#define current	current_task()

/* Sets of cpus. */
typedef u64 cpumask_t;
static_assert(MAX_CPUS <= 64, "a cpumask is one word");

extern int	ncpus;			/* harts found and started, or to be started */
extern cpumask_t cpus_online;		/* [a] running the scheduler */
ulong	cpu_hartid(int cpu);
int	cpu_of_hartid(ulong hartid);	/* -1 if unknown */

/* Wait for an interrupt, which ends it also when they are off. */
static inline void
cpu_wfi(void)
{
	latency_end();			/* not deaf, but waiting */
	asm volatile("wfi" : : : "memory");
	latency_begin();
}

/* The same for the idle loop, interrupts off: what other harts want forgotten, this one forgets when it wakes. */
void	cpu_nap(void);

/* Facts from the device tree, for /proc/cpuinfo and auxv. */
ulong	cpu_hwcap(void);		/* AT_HWCAP: bit per ISA letter */
const char *cpu_isa(int cpu);		/* "rv64imafdch_..." */
const char *cpu_mmu(int cpu);		/* "sv39" */
void	cpu_vendor(int cpu, ulong *mvendorid, ulong *marchid, ulong *mimpid);

/* Boot. */
void	cpu_init(void);			/* read /cpus; fill the table, cpu 0 = this hart */
void	crc32c_init(void);		/* lib/crc32c.h by an instruction of the harts', if they have it */
/* SBI HSM; each runs kernel_secondary(); a hart that fails is left out, with a message. */
void	cpu_start_others(void);

/*
 * Inter-processor interrupts, by SBI.  cpu_kick interrupts a hart so that it looks at its
 * need-resched flag and work; cpu_call runs fn(arg) on each cpu of mask with interrupts off
 * and waits for all (may not be called with interrupts off).
 */
void	cpu_kick(int cpu);
void	cpu_call(cpumask_t mask, void (*fn)(void *), void *arg);
void	cpu_halt_others(void);		/* for panic: stop them where they are, after they saved registers */
void	cpu_halt_self(const struct trapframe *r) NORETURN;	/* for a second panic */
const struct trapframe *cpu_halted_regs(int cpu);	/* where it was; NULL if it did not stop */

#endif
