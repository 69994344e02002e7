/*
 * calls.S - what the vDSO does by a system call after all, and the way back from signal handlers.
 *
 * Nothing tells a program its hart or flushes other harts' instruction fetch: only the kernel can.
 */
	.text
	.macro	call name, number
	.balign	4
	.globl	\name
	.type	\name, @function
\name:	.cfi_startproc
	li	a7, \number
	ecall
	ret
	.cfi_endproc
	.size	\name, . - \name
	.endm

	call	__vdso_getcpu, 168
	call	__vdso_flush_icache, 259

/*
 * Debuggers and unwinders know a signal frame by exactly these two instructions, or by what is said of it here:
 * the interrupted registers are in the frame that sp points to, the pc as a 64th register (the psABI has no
 * other for it). Unwinders look for a caller at its return address less one, hence the nop.
 */
#define REGS	304			/* struct abi_rt_sigframe: pc, then x1 to x31 */
#define UPPER(offset) (offset) >> 7	/* the two bytes of a LEB128 number */
#define LOWER(offset) ((offset) & 127) | 128

	.balign	4
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 64
	/* The caller's sp: DW_CFA_def_cfa_expression, 4 bytes: DW_OP_breg2 offset, DW_OP_deref. */
	.cfi_escape 0x0f, 4, 0x72, LOWER(REGS + 2 * 8), UPPER(REGS + 2 * 8), 0x06
	/* Where register r was saved: DW_CFA_expression r, 3 bytes: DW_OP_breg2 offset. */
	.cfi_escape 0x10, 64, 3, 0x72, LOWER(REGS), UPPER(REGS)
	.macro	saved registers:vararg
	.irp	r, \registers
	.cfi_escape 0x10, \r, 3, 0x72, LOWER(REGS + \r * 8), UPPER(REGS + \r * 8)
	.endr
	.endm
	saved	1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	saved	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	nop
	.globl	__vdso_rt_sigreturn
	.type	__vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
	.option push
	.option norvc
	li	a7, 139
	ecall
	.option pop
	.cfi_endproc
	.size	__vdso_rt_sigreturn, . - __vdso_rt_sigreturn

	.section .note.GNU-stack, "", @progbits
