/*
 * user_return.c - what must be done before a thread goes back to user mode.
 *
 * entry.S looks at task.arch.work on the way out; any bit brings the thread here, with all
 * its registers in the frame.  Work is looked at with interrupts off and they stay off until
 * user mode runs, so that a flag set later interrupts user mode instead of being missed.
 *
 * Not here    setting the flags (sched.c, signal.c); preemption inside the kernel (sched.c).
 */
#include "arch/irqflags.h"
#include "arch/trap.h"
#include "kernel/latency.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/task.h"

#define WORK	(TASK_WORK_RESCHED | TASK_WORK_SIGNAL | TASK_WORK_RESTORE_MASK)

/* Interrupts off at entry and at return. */
void
user_return_work(struct trapframe *r)
{
	struct task *t = current;
	u32 work;

	while ((work = READ_ONCE(t->arch.work)) & WORK) {
		irq_enable();
		if (work & TASK_WORK_RESCHED)
			schedule();
		if (work & TASK_WORK_SIGNAL)
			signal_deliver(r);
		/* Still set: no handler took saved_mask into its frame. */
		if (READ_ONCE(t->arch.work) & TASK_WORK_RESTORE_MASK) {
			__atomic_fetch_and(&t->arch.work, ~(u32)TASK_WORK_RESTORE_MASK, __ATOMIC_RELAXED);
			signal_set_mask(t->saved_mask);
		}
		irq_disable();
	}
	latency_end();
}
