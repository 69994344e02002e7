/*
 * fpu_regs.S - the 32 double registers and fcsr, to and from a struct fp_regs.
 *
 * The kernel is compiled without F and D; .insn states these few instructions by their encoding:
 * fsd is S-type 0x27/3, fld I-type 0x07/3.  Both routines leave sstatus.FS on, which means nothing
 * in the kernel: the way back to user mode writes it.
 */
#include "asm-offsets.h"
#include "csr.h"

	.text
/* void fpu_store(struct fp_regs *to) */
	.globl	fpu_store
fpu_store:
	li	t0, SSTATUS_FS
	csrs	sstatus, t0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	.insn	s 0x27, 3, x\n, 8 * \n(a0)
	.endr
	csrr	t0, 0x003			/* fcsr */
	sw	t0, TASK_FCSR - TASK_FP(a0)
	ret

/* void fpu_load(const struct fp_regs *from) */
	.globl	fpu_load
fpu_load:
	li	t0, SSTATUS_FS
	csrs	sstatus, t0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	.insn	i 0x07, 3, x\n, 8 * \n(a0)
	.endr
	lw	t0, TASK_FCSR - TASK_FP(a0)
	csrw	0x003, t0
	ret
