/*
 * switch.S - from one task's kernel stack to another's.
 *
 * What C preserves across a call is all that a task has in registers when it gives up the cpu here, and
 * gp: it belongs to user mode, and a system call's fast entry leaves it where it is. The FP registers are
 * fpu.c's business.
 */
#include "asm-offsets.h"

	.text
/* struct task *switch_to(struct task *prev, struct task *next): returns prev, in next. */
	.globl	switch_to
switch_to:
	sd	ra, TASK_RA(a0)
	sd	sp, TASK_KSP(a0)
	sd	gp, TASK_GP(a0)
	sd	s0, TASK_S + 0(a0)
	sd	s1, TASK_S + 8(a0)
	sd	s2, TASK_S + 16(a0)
	sd	s3, TASK_S + 24(a0)
	sd	s4, TASK_S + 32(a0)
	sd	s5, TASK_S + 40(a0)
	sd	s6, TASK_S + 48(a0)
	sd	s7, TASK_S + 56(a0)
	sd	s8, TASK_S + 64(a0)
	sd	s9, TASK_S + 72(a0)
	sd	s10, TASK_S + 80(a0)
	sd	s11, TASK_S + 88(a0)
	mv	tp, a1
	ld	ra, TASK_RA(a1)
	ld	sp, TASK_KSP(a1)
	ld	gp, TASK_GP(a1)
	ld	s0, TASK_S + 0(a1)
	ld	s1, TASK_S + 8(a1)
	ld	s2, TASK_S + 16(a1)
	ld	s3, TASK_S + 24(a1)
	ld	s4, TASK_S + 32(a1)
	ld	s5, TASK_S + 40(a1)
	ld	s6, TASK_S + 48(a1)
	ld	s7, TASK_S + 56(a1)
	ld	s8, TASK_S + 64(a1)
	ld	s9, TASK_S + 72(a1)
	ld	s10, TASK_S + 80(a1)
	ld	s11, TASK_S + 88(a1)
	ret
