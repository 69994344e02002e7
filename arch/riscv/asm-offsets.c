/*
 * asm-offsets.c - sizes and offsets for assembly.
 *
 * Compiled to assembly only; the Makefile turns each "->NAME value" of the output into a #define in
 * asm-offsets.h.
 */
#include "arch/pagetable.h"
#include "arch/switch.h"
#include "arch/trap.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/layout.h"
#include "private.h"

#define DEFINE(name, value)	asm volatile("\n.ascii \"->" #name " %0 \"" : : "i"((long)(value)))
#define FRAME(name, field)	DEFINE(FRAME_##name, offsetof(struct trapframe, field))
#define TASK(name, field)	DEFINE(TASK_##name, offsetof(struct task, field))

void	asm_offsets(void);

void
asm_offsets(void)
{
	DEFINE(FRAME_SIZE, sizeof(struct trapframe));
	FRAME(PC, pc);
	FRAME(RA, ra);
	FRAME(SP, sp);
	FRAME(GP, gp);
	FRAME(TP, tp);
	FRAME(T0, t0);
	FRAME(T1, t1);
	FRAME(T2, t2);
	FRAME(S0, s0);
	FRAME(S1, s1);
	FRAME(A0, a0);
	FRAME(A1, a1);
	FRAME(A2, a2);
	FRAME(A3, a3);
	FRAME(A4, a4);
	FRAME(A5, a5);
	FRAME(A6, a6);
	FRAME(A7, a7);
	FRAME(S2, s2);
	FRAME(S3, s3);
	FRAME(S4, s4);
	FRAME(S5, s5);
	FRAME(S6, s6);
	FRAME(S7, s7);
	FRAME(S8, s8);
	FRAME(S9, s9);
	FRAME(S10, s10);
	FRAME(S11, s11);
	FRAME(T3, t3);
	FRAME(T4, t4);
	FRAME(T5, t5);
	FRAME(T6, t6);
	FRAME(STATUS, status);
	FRAME(CAUSE, cause);
	FRAME(BADADDR, badaddr);
	FRAME(ORIG_A0, orig_a0);

	TASK(WORK, arch.work);
	TASK(KERNEL_SP, arch.kernel_sp);
	TASK(STACK_LOW, arch.stack_low);
	TASK(SCRATCH, arch.scratch);
	TASK(RA, arch.ra);
	TASK(FP, arch.fp);
	TASK(FCSR, arch.fp.fcsr);
	TASK(CPU, cpu);
	DEFINE(WORK_LOOP, TASK_WORK_RESCHED | TASK_WORK_SIGNAL);

	DEFINE(START_HARTID, offsetof(struct hart_start, hartid));
	DEFINE(START_SIZE, sizeof(struct hart_start));
	DEFINE(START_CPUS, MAX_CPUS);
	DEFINE(START_SATP, offsetof(struct hart_start, satp));
	DEFINE(START_SP, offsetof(struct hart_start, sp));
	DEFINE(START_TASK, offsetof(struct hart_start, task));
	DEFINE(START_ENTRY, offsetof(struct hart_start, entry));

	DEFINE(STACK_SIZE, KSTACK_SIZE);
	DEFINE(STACK_SHIFT, __builtin_ctzl(KSTACK_SIZE));
	DEFINE(OVERFLOW_STACK_SHIFT, __builtin_ctzl(OVERFLOW_STACK_SIZE));
	DEFINE(SYSCALLS, NR_SYSCALLS);
}
