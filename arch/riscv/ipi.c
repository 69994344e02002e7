/*
 * ipi.c - interrupts from one hart to another.
 *
 * An interrupt carries no data: the sender leaves a reason in the target's pending word first.  A kick
 * has no reason; that the target was interrupted, and looks at its work on the way out, is all it wants.
 *
 *	sender				target
 *	pending |= reason  (release)	clear SSIP
 *	sbi_send_ipi			pending -> 0  (acquire), act
 *
 * Locks       calls are one at a time: `calling` is a lock taken with interrupts on, so that a hart that
 *             waits for it still answers others' calls.
 */
#include "arch/atomic.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/irqflags.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "csr.h"
#include "kernel/task.h"
#include "lib/bitops.h"
#include "private.h"
#include "sbi.h"

#define IPI_CALL	BIT(0)
#define IPI_HALT	BIT(1)

static ulong pending[MAX_CPUS];			/* [a] IPI_* */
static const struct trapframe *halted[MAX_CPUS];	/* [a] where a stopped hart was */

static u32 calling;				/* [a] 1: somebody uses the three below */
static void (*call_fn)(void *);
static void *call_arg;
static cpumask_t call_left;			/* [a] cpus that have not finished */

static void
send(cpumask_t mask, ulong reason)
{
	cpumask_t left;

	for (left = mask; left; left &= left - 1)
		__atomic_or_fetch(&pending[bit_lowest(left)], reason, __ATOMIC_RELEASE);
	sbi_send_ipi(mask);
}

void
cpu_kick(int cpu)
{
	sbi_send_ipi(BIT(cpu));
}

void
cpu_call(cpumask_t mask, void (*fn)(void *), void *arg)
{
	cpumask_t others;
	ulong flags;

	preempt_disable();
	others = mask & READ_ONCE(cpus_online) & ~BIT(cpu_number());
	if (others) {
		while (__atomic_exchange_n(&calling, 1, __ATOMIC_ACQUIRE))
			cpu_relax();
		call_fn = fn;
		call_arg = arg;
		__atomic_store_n(&call_left, others, __ATOMIC_RELEASE);
		send(others, IPI_CALL);
	}
	if (mask & BIT(cpu_number())) {
		flags = irq_save();
		fn(arg);
		irq_restore(flags);
	}
	if (others) {
		while (__atomic_load_n(&call_left, __ATOMIC_ACQUIRE))
			cpu_relax();
		__atomic_store_n(&calling, 0, __ATOMIC_RELEASE);
	}
	preempt_enable();
}

/* A software interrupt; r is what it interrupted. */
void
ipi_interrupt(struct trapframe *r)
{
	int cpu = cpu_number();
	ulong why;

	csr_clear(sip, SIE_SOFT);
	why = __atomic_exchange_n(&pending[cpu], 0, __ATOMIC_ACQ_REL);
	if (why & IPI_HALT)
		cpu_halt_self(r);
	if (why & IPI_CALL) {
		call_fn(call_arg);
		__atomic_and_fetch(&call_left, ~BIT(cpu), __ATOMIC_RELEASE);
	}
}

void
cpu_halt_self(const struct trapframe *r)
{
	irq_disable();
	__atomic_store_n(&halted[cpu_number()], r, __ATOMIC_RELEASE);
	csr_write(sie, 0);
	for (;;)
		cpu_wfi();
}

/* Waits a tenth of a second for each to stop: one with interrupts off never will. */
void
cpu_halt_others(void)
{
	cpumask_t others = cpus_online & ~BIT(cpu_number()), left;
	u64 deadline = timer_ticks() + timer_hz / 10;

	if (!others)
		return;
	send(others, IPI_HALT);
	for (left = others; left && timer_ticks() < deadline; cpu_relax())
		if (__atomic_load_n(&halted[bit_lowest(left)], __ATOMIC_ACQUIRE))
			left &= left - 1;
}

const struct trapframe *
cpu_halted_regs(int cpu)
{
	return __atomic_load_n(&halted[cpu], __ATOMIC_ACQUIRE);
}
