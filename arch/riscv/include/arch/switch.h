/*
 * switch.h - from one kernel stack to another, and the birth of a task's stack.
 */
#ifndef ARCH_SWITCH_H
#define ARCH_SWITCH_H

#include "lib/types.h"

struct task;
struct trapframe;

/*
 * Saved by switch_to(), in task.arch.  First member of struct task is struct task_arch:
 * entry.S addresses it through tp (offsets made by arch/riscv/asm-offsets.c).
 */
struct task_arch {
	u32	work;		/* [a] TASK_WORK_*: looked at on every return to user mode */
	s32	preempt_count;	/* [o] >0: no preemption (spinlocks held, or asked for) */
	ulong	kernel_sp;	/* the trapframe at the top of the kernel stack: sp after a trap from user mode */
	ulong	stack_low;	/* lowest address of the kernel stack, for overflow checks */
	ulong	scratch;	/* entry.S's, with interrupts off */
	ulong	ra, sp, gp, s[12]; /* registers while not running: what C preserves, and user mode's gp */
	bool	fp_used;	/* since exec; else the FP registers read 0: see fpu.c */
	int	fp_cpu;		/* the cpu whose registers hold fp, -1 none */
	struct fp_regs {	/* as in the signal frame */
		ulong	f[32];
		u32	fcsr, zero;
	} fp;
};

/* Run next; returns, later and perhaps elsewhere, in the task that called; the result is who ran before it. */
struct task *switch_to(struct task *prev, struct task *next);

/*
 * Prepare t (t->stack is set) so that the first switch to it calls fn(arg) in the kernel, which may return
 * once it has filled task_trapframe(t) (exec_kernel): t then goes on in user mode...
 */
void	task_arch_init_kernel(struct task *t, void (*fn)(void *), void *arg);
/* ...or returns to user mode with a copy of regs (a0 = 0), sp and tp replaced if not 0; schedule_tail(prev) first. */
void	task_arch_init_user(struct task *t, const struct trapframe *regs, ulong sp, ulong tls, bool set_tls);

/* FP: lazily saved; the unit is off until the first FP instruction. */
void	fpu_switch(struct task *prev, struct task *next);	/* called by switch_to's caller */
void	fpu_fork(struct task *child, struct task *parent);	/* parent == current */
void	fpu_exec(struct task *t);				/* registers read 0 again */
bool	fpu_trap(struct trapframe *r);		/* illegal instruction: true if it was the first FP use */
void	fpu_save(struct task *t);		/* t->arch.fp holds the truth */
void	fpu_reload(struct task *t);		/* t->arch.fp is about to change (sigreturn): forget the registers */

#endif
