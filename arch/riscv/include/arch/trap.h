/*
 * trap.h - what user mode looked like when it trapped, and the calls between entry.S and C.
 *
 * The system-call path saves only what C may clobber; s0..s11 stay in their registers until
 * something needs them whole (signal frame, fork, exec, ptrace): entry.S then saves them here.
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include "arch/switch.h"
#include "lib/types.h"

/*
 * During a system call the frame holds pc (past the ecall), ra, sp, tp, t0..t6, a0..a7 and status;
 * gp, s0..s11, cause and orig_a0 only in a SYSCALL_FULL call, in user_return_work and in a fault.
 */
struct trapframe {		/* at the top of the kernel stack, 16-aligned */
	ulong	pc;		/* as struct user_regs_struct: pc, x1..x31 */
	ulong	ra, sp, gp, tp;
	ulong	t0, t1, t2;
	ulong	s0, s1;
	ulong	a0, a1, a2, a3, a4, a5, a6, a7;
	ulong	s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	ulong	t3, t4, t5, t6;
	ulong	status;		/* sstatus */
	ulong	cause;		/* scause; for a system call CAUSE_ECALL until it is restarted or done */
	ulong	badaddr;	/* stval */
	ulong	orig_a0;	/* a0 before the call's result replaced it */
};
static_assert(sizeof(struct trapframe) == 36 * 8, "entry.S knows this layout");

struct task;

/* The trapframe of a task that entered from user mode. */
static inline struct trapframe *
task_trapframe(struct task *t)
{
	return (struct trapframe *)((struct task_arch *)t)->kernel_sp;	/* arch is t's first member */
}

/* Entered by a system call and not yet marked done (for restart). */
#define CAUSE_ECALL_U	8

/* Portable accessors, for exec, clone and signals. */
static inline ulong regs_pc(const struct trapframe *r) { return r->pc; }
static inline ulong regs_sp(const struct trapframe *r) { return r->sp; }

/* Prepare r to start a program: pc, sp, everything else 0, FP off. */
void	trapframe_start(struct trapframe *r, ulong pc, ulong sp);

/* C side. */
void	trap_user(struct trapframe *r);		/* fault or interrupt from user mode, all registers saved */
void	trap_kernel(struct trapframe *r);
/*
 * Before return to user mode, when task.arch.work is not 0; all registers saved. Entered with interrupts off;
 * called again while RESCHED or SIGNAL is set. In kernel/user_return.c.
 */
void	user_return_work(struct trapframe *r);

/* For panic. */
void	regs_capture(struct trapframe *r);	/* the caller's registers, as if it had trapped on return */
void	regs_print(const struct trapframe *r);
/* Fill pcs with who called whom, up to n: begin with the function whose frame fp is. 0 after the last. */
void	backtrace_save(ulong *pcs, uint n, ulong fp);
void	backtrace_regs(const struct trapframe *r);	/* from a trap in the kernel */
void	panic_regs(const struct trapframe *r, const char *fmt, ...) NORETURN PRINTF_LIKE(2, 3);

/* Make this hart take traps: stvec, sscratch, sie. */
void	trap_init_hart(void);

#endif
