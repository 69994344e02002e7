/*
 * clone.S - int clone(int (*f)(void *), void *stack, int flags, void *arg, ptid, tls, ctid).
 *
 * The child starts on a new stack, so no C code can return through the call.
 */
	.section .text.clone, "ax"
	.globl	clone
clone:
	addi	a1, a1, -16
	andi	a1, a1, -16
	sd	a0, 0(a1)		# the child finds its function and argument on its stack
	sd	a3, 8(a1)
	mv	a0, a2			# the kernel's order: flags, stack, ptid, tls, ctid
	mv	a2, a4
	mv	a3, a5
	mv	a4, a6
	li	a7, 220
	ecall
	beqz	a0, 1f
	tail	__syscall_return
1:	mv	fp, zero
	ld	a1, 0(sp)
	ld	a0, 8(sp)
	jalr	a1
	li	a7, 93			# exit: this thread alone
	ecall
