/*
 * crt0.S - the first instructions of a program, and the two places a jump comes back to.
 *
 * The kernel enters _start with sp at argc, argv[], NULL, envp[], NULL, auxv[].
 */
	.section .text._start, "ax"
	.globl	_start
	.weak	__global_pointer$
_start:
	.option push
	.option norelax
	lla	gp, __global_pointer$
	.option pop
	mv	fp, zero		# a backtrace ends here
	mv	a0, sp
	andi	sp, sp, -16
	j	__libc_start
