/*
 * task.c - what a task's registers are before it first runs.
 */
#include "arch/switch.h"
#include "arch/trap.h"
#include "csr.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "private.h"

#define USER_STATUS	(SSTATUS_SPIE | SSTATUS_UXL_64)	/* to user mode, interrupts on, FP off */

/* The frame at the top of t's stack; switch_to(t) will run ret_from_fork below it. */
static struct trapframe *
stack_init(struct task *t)
{
	ulong low = (ulong)t->stack, frame = low + KSTACK_SIZE - sizeof(struct trapframe);

	t->arch.stack_low = low;
	t->arch.kernel_sp = frame;
	t->arch.ra = (ulong)ret_from_fork;
	t->arch.sp = frame;
	t->arch.fp_cpu = -1;
	memset(t->arch.s, 0, sizeof(t->arch.s));
	return (struct trapframe *)frame;
}

void
task_arch_init_kernel(struct task *t, void (*fn)(void *), void *arg)
{
	struct trapframe *r = stack_init(t);

	memset(r, 0, sizeof(*r));
	r->status = USER_STATUS;
	t->arch.s[1] = (ulong)fn;
	t->arch.s[2] = (ulong)arg;
}

void
task_arch_init_user(struct task *t, const struct trapframe *regs, ulong sp, ulong tls, bool set_tls)
{
	struct trapframe *r = stack_init(t);

	*r = *regs;
	r->a0 = 0;
	r->cause = ~0UL;			/* nothing to restart */
	r->status &= ~(ulong)SSTATUS_FS;
	if (sp)
		r->sp = sp;
	if (set_tls)
		r->tp = tls;
}

void
trapframe_start(struct trapframe *r, ulong pc, ulong sp)
{
	memset(r, 0, sizeof(*r));
	r->pc = pc;
	r->sp = sp;
	r->status = USER_STATUS;
	r->cause = ~0UL;
}
