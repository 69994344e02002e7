/*
 * vdso.S - the page that every address space maps read-execute: where signal handlers return to.
 *
 * Debuggers and unwinders know a signal frame by exactly these two instructions.
 */
	.section .vdso, "a"
	.balign 4096
	.globl	vdso_page
vdso_page:
	.option norvc
	li	a7, 139				/* rt_sigreturn */
	ecall
	.balign 4096, 0
