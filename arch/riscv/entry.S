/*
 * entry.S - the way into the kernel, and back to user mode.
 *
 * sscratch tells where a trap came from: it holds the current task in user mode and 0 in the kernel.
 * The three ways:
 *
 *	ecall		saves what C may clobber, calls syscall_table[a7], restores, returns
 *	other, user	saves everything, trap_user()
 *	kernel		saves everything, trap_kernel()
 *
 * The kernel never touches gp, and C preserves s0..s11, so a system call leaves the user's values in
 * those registers.  Who needs them in memory stores them first: SYSCALL_FULL calls go through a stub
 * here, and pending work takes the slow path.  The frame's a0 stays the caller's until then, so that
 * the call sees its arguments at &frame->a0 and may be restarted.
 *
 * Every return writes sstatus from the frame: it turns interrupts off, and neither SPP nor FS of the
 * CSR need mean anything while the kernel runs.
 *
 * Where sp is a frame the CFI says what is in it, so that a debugger's backtrace goes on in the program.
 */
#include "asm-offsets.h"
#include "csr.h"

.macro SAVE_S
	sd	gp, FRAME_GP(sp)
	sd	s0, FRAME_S0(sp)
	sd	s1, FRAME_S1(sp)
	sd	s2, FRAME_S2(sp)
	sd	s3, FRAME_S3(sp)
	sd	s4, FRAME_S4(sp)
	sd	s5, FRAME_S5(sp)
	sd	s6, FRAME_S6(sp)
	sd	s7, FRAME_S7(sp)
	sd	s8, FRAME_S8(sp)
	sd	s9, FRAME_S9(sp)
	sd	s10, FRAME_S10(sp)
	sd	s11, FRAME_S11(sp)
.endm

.macro RESTORE_S
	ld	gp, FRAME_GP(sp)
	ld	s0, FRAME_S0(sp)
	ld	s1, FRAME_S1(sp)
	ld	s2, FRAME_S2(sp)
	ld	s3, FRAME_S3(sp)
	ld	s4, FRAME_S4(sp)
	ld	s5, FRAME_S5(sp)
	ld	s6, FRAME_S6(sp)
	ld	s7, FRAME_S7(sp)
	ld	s8, FRAME_S8(sp)
	ld	s9, FRAME_S9(sp)
	ld	s10, FRAME_S10(sp)
	ld	s11, FRAME_S11(sp)
.endm

/* What C may clobber, less t0 and t1. */
.macro SAVE_CALLER
	sd	ra, FRAME_RA(sp)
	sd	t2, FRAME_T2(sp)
	sd	t3, FRAME_T3(sp)
	sd	t4, FRAME_T4(sp)
	sd	t5, FRAME_T5(sp)
	sd	t6, FRAME_T6(sp)
	sd	a0, FRAME_A0(sp)
	sd	a1, FRAME_A1(sp)
	sd	a2, FRAME_A2(sp)
	sd	a3, FRAME_A3(sp)
	sd	a4, FRAME_A4(sp)
	sd	a5, FRAME_A5(sp)
	sd	a6, FRAME_A6(sp)
	sd	a7, FRAME_A7(sp)
.endm

/* All that C may clobber, less a0. */
.macro RESTORE_CALLER
	ld	ra, FRAME_RA(sp)
	ld	t0, FRAME_T0(sp)
	ld	t1, FRAME_T1(sp)
	ld	t2, FRAME_T2(sp)
	ld	t3, FRAME_T3(sp)
	ld	t4, FRAME_T4(sp)
	ld	t5, FRAME_T5(sp)
	ld	t6, FRAME_T6(sp)
	ld	a1, FRAME_A1(sp)
	ld	a2, FRAME_A2(sp)
	ld	a3, FRAME_A3(sp)
	ld	a4, FRAME_A4(sp)
	ld	a5, FRAME_A5(sp)
	ld	a6, FRAME_A6(sp)
	ld	a7, FRAME_A7(sp)
.endm

/* Of a trap in the kernel. */
.macro SAVE_CSRS
	csrr	t0, scause
	csrr	t1, sepc
	csrr	t2, sstatus
	csrr	t3, stval
	sd	tp, FRAME_TP(sp)
	sd	t0, FRAME_CAUSE(sp)
	sd	t1, FRAME_PC(sp)
	sd	t2, FRAME_STATUS(sp)
	sd	t3, FRAME_BADADDR(sp)
.endm

/* From here on sp is a frame of what was interrupted; to be found in it: pc and what a plain call saves... */
.macro CFI_CALLER
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 64			/* pc */
	.cfi_def_cfa sp, 0
	.cfi_offset 64, FRAME_PC
	.cfi_offset ra, FRAME_RA
	.cfi_offset sp, FRAME_SP
	.cfi_offset tp, FRAME_TP
	.cfi_offset t0, FRAME_T0
	.cfi_offset t1, FRAME_T1
	.cfi_offset t2, FRAME_T2
	.cfi_offset a0, FRAME_A0
	.cfi_offset a1, FRAME_A1
	.cfi_offset a2, FRAME_A2
	.cfi_offset a3, FRAME_A3
	.cfi_offset a4, FRAME_A4
	.cfi_offset a5, FRAME_A5
	.cfi_offset a6, FRAME_A6
	.cfi_offset a7, FRAME_A7
	.cfi_offset t3, FRAME_T3
	.cfi_offset t4, FRAME_T4
	.cfi_offset t5, FRAME_T5
	.cfi_offset t6, FRAME_T6
.endm

/* ...or everything. */
.macro CFI_ALL
	CFI_CALLER
	.cfi_offset gp, FRAME_GP
	.cfi_offset s0, FRAME_S0
	.cfi_offset s1, FRAME_S1
	.cfi_offset s2, FRAME_S2
	.cfi_offset s3, FRAME_S3
	.cfi_offset s4, FRAME_S4
	.cfi_offset s5, FRAME_S5
	.cfi_offset s6, FRAME_S6
	.cfi_offset s7, FRAME_S7
	.cfi_offset s8, FRAME_S8
	.cfi_offset s9, FRAME_S9
	.cfi_offset s10, FRAME_S10
	.cfi_offset s11, FRAME_S11
.endm

	.cfi_sections .debug_frame
	.text
	.balign 64
	.globl	trap_entry
trap_entry:
	csrrw	tp, sscratch, tp
	beqz	tp, from_kernel

	/* From user mode, on the empty kernel stack: interrupts are off until the frame is whole. */
	sd	sp, TASK_SCRATCH(tp)
	ld	sp, TASK_KERNEL_SP(tp)
	sd	t0, FRAME_T0(sp)
	sd	t1, FRAME_T1(sp)
	csrr	t0, scause
	li	t1, CAUSE_ECALL
	bne	t0, t1, from_user

	/* A system call. */
	SAVE_CALLER
	ld	t0, TASK_SCRATCH(tp)
	csrrw	t1, sscratch, zero
	sd	t0, FRAME_SP(sp)
	sd	t1, FRAME_TP(sp)
	csrr	t0, sepc
	addi	t0, t0, 4
	sd	t0, FRAME_PC(sp)
	csrr	t0, sstatus
	sd	t0, FRAME_STATUS(sp)		/* before a switch may look at FS in it */
	CFI_CALLER
	csrsi	sstatus, 2			/* interrupts on */
	li	t0, SYSCALLS
	bgeu	a7, t0, 3f
	slli	t0, a7, 3
	la	t1, syscall_table
	add	t1, t1, t0
	ld	t1, 0(t1)
1:	addi	a0, sp, FRAME_A0
	jalr	t1
2:	csrci	sstatus, 2			/* before FS is read: a switch changes it in the frame */
	ld	t0, FRAME_STATUS(sp)
	lw	t1, TASK_WORK(tp)
	csrw	sstatus, t0
	bnez	t1, syscall_work
	ld	t0, FRAME_PC(sp)
	csrw	sepc, t0
	csrw	sscratch, tp
	.cfi_endproc
	RESTORE_CALLER
	ld	tp, FRAME_TP(sp)
	ld	sp, FRAME_SP(sp)
	sret
3:	la	t1, sys_ni
	j	1b

	/* Work is pending after a plain call: complete the frame, then as any other return. */
syscall_work:
	ld	t0, FRAME_A0(sp)
	li	t1, CAUSE_ECALL
	sd	t0, FRAME_ORIG_A0(sp)
	sd	t1, FRAME_CAUSE(sp)
	sd	a0, FRAME_A0(sp)
	SAVE_S
	j	ret_to_user

	/* A call that needs the whole frame: t1 = its function, ra = 2b above and not needed. */
syscall_full:
	li	t0, CAUSE_ECALL
	ld	t2, FRAME_A0(sp)
	sd	t0, FRAME_CAUSE(sp)
	sd	t2, FRAME_ORIG_A0(sp)
	SAVE_S
	CFI_ALL
	jalr	t1
	sd	a0, FRAME_A0(sp)
	j	ret_to_user
	.cfi_endproc

#define SYSCALL(nr, name, args)
#define SYSCALL_FULL(nr, name, args)	\
	.globl	syscall_full_##name;	\
syscall_full_##name:			\
	la	t1, sys_##name;		\
	j	syscall_full
#include "kernel/syscalls.def"

	/* A fault or an interrupt in user mode: t0 = scause, t0 and t1 are saved. */
from_user:
	SAVE_CALLER
	SAVE_S
	ld	t1, TASK_SCRATCH(tp)
	csrrw	t2, sscratch, zero
	csrr	t3, sepc
	csrr	t4, sstatus
	csrr	t5, stval
	sd	t1, FRAME_SP(sp)
	sd	t2, FRAME_TP(sp)
	sd	t3, FRAME_PC(sp)
	sd	t4, FRAME_STATUS(sp)
	sd	t0, FRAME_CAUSE(sp)
	sd	t5, FRAME_BADADDR(sp)
	CFI_ALL
	mv	a0, sp
	mv	s0, zero			/* backtraces end here */
	call	trap_user

	/* Return to user mode from a whole frame at sp. */
ret_to_user:
	csrci	sstatus, 2
	lw	t0, TASK_WORK(tp)
	bnez	t0, 4f
ret_to_user_now:
	ld	t0, FRAME_STATUS(sp)
	ld	t1, FRAME_PC(sp)
	csrw	sstatus, t0
	csrw	sepc, t1
	csrw	sscratch, tp
	.cfi_endproc
	RESTORE_CALLER
	RESTORE_S
	ld	a0, FRAME_A0(sp)
	ld	tp, FRAME_TP(sp)
	ld	sp, FRAME_SP(sp)
	sret
	CFI_ALL
4:	mv	a0, sp
	mv	s0, zero
	call	user_return_work
	csrci	sstatus, 2
	lw	t0, TASK_WORK(tp)
	andi	t0, t0, WORK_LOOP
	bnez	t0, 4b
	j	ret_to_user_now
	.cfi_endproc

	/* A new task's first instructions: a0 = who ran before; s1(s2) or, if s1 is 0, to user mode. */
	.globl	ret_from_fork
ret_from_fork:
	call	schedule_tail
	beqz	s1, 5f
	mv	a0, s2
	jalr	s1
5:	ld	sp, TASK_KERNEL_SP(tp)
	j	ret_to_user

	/* A trap in the kernel. tp = 0, sscratch = the task: put them back. */
from_kernel:
	csrrw	tp, sscratch, tp
	sd	t0, TASK_SCRATCH(tp)
	ld	t0, TASK_STACK_LOW(tp)
	sub	t0, sp, t0			/* room below sp, which must hold the frame */
	addi	t0, t0, -FRAME_SIZE
	srli	t0, t0, STACK_SHIFT
	bnez	t0, bad_stack

	sd	sp, FRAME_SP - FRAME_SIZE(sp)
	addi	sp, sp, -FRAME_SIZE
	ld	t0, TASK_SCRATCH(tp)
	sd	t1, FRAME_T1(sp)
	sd	t0, FRAME_T0(sp)
	SAVE_CALLER
	SAVE_S
	SAVE_CSRS
	CFI_ALL
	mv	a0, sp
	call	trap_kernel
	.globl	trap_kernel_return
trap_kernel_return:
	ld	t0, FRAME_STATUS(sp)
	ld	t1, FRAME_PC(sp)
	csrw	sstatus, t0			/* interrupts off again */
	csrw	sepc, t1
	.cfi_endproc
	RESTORE_CALLER				/* C has preserved the rest */
	ld	a0, FRAME_A0(sp)
	ld	sp, FRAME_SP(sp)
	sret

	/* sp is outside the task's stack: report from a stack of this cpu's own. */
bad_stack:
	lw	t0, TASK_CPU(tp)
	addi	t0, t0, 1
	slli	t0, t0, OVERFLOW_STACK_SHIFT
	sd	t1, TASK_RA(tp)			/* never needed again: this task is lost */
	la	t1, overflow_stacks
	add	t1, t1, t0
	sd	sp, FRAME_SP - FRAME_SIZE(t1)
	addi	sp, t1, -FRAME_SIZE
	ld	t1, TASK_RA(tp)
	ld	t0, TASK_SCRATCH(tp)
	sd	t1, FRAME_T1(sp)
	sd	t0, FRAME_T0(sp)
	SAVE_CALLER
	SAVE_S
	SAVE_CSRS
	CFI_ALL
	mv	a0, sp
	call	trap_bad_stack
	.cfi_endproc

/* void regs_capture(struct trapframe *r): the caller's registers, where it will continue. */
	.globl	regs_capture
regs_capture:
	mv	t0, sp
	mv	sp, a0
	sd	t0, FRAME_SP(sp)
	sd	t0, FRAME_T0(sp)
	sd	t1, FRAME_T1(sp)
	SAVE_CALLER
	SAVE_S
	sd	ra, FRAME_PC(sp)
	sd	tp, FRAME_TP(sp)
	sd	zero, FRAME_CAUSE(sp)
	sd	zero, FRAME_BADADDR(sp)
	csrr	t1, sstatus
	ori	t1, t1, SSTATUS_SPP
	sd	t1, FRAME_STATUS(sp)
	mv	sp, t0
	ret
