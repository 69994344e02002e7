/*
 * switch.S - from one stack of the host to another: void host_switch(void **save_sp, void *load_sp).
 *
 * What C preserves goes on the old stack, and comes from the new one, in the order in which context_make (context.c)
 * lays it out. Other machines than x86-64 use the C library's swapcontext.
 */
#ifdef __x86_64__
	.text
	.globl	host_switch
	.type	host_switch, @function
host_switch:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	host_switch, .-host_switch
#endif
	.section .note.GNU-stack,"",@progbits
