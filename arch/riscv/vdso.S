/*
 * vdso.S - the vDSO (vdso/), linked for itself, as a page of constants.
 */
	.section .vdso, "a"
	.balign 4096
	.globl	vdso_image
vdso_image:
	.incbin "vdso/vdso.so"
	.balign 4096, 0
