/*
 * head.S - the first instructions of every hart.
 *
 * The boot hart enters at image_start with a0 = hart id and a1 = the device tree's physical address, paging
 * off, at any 2 MiB boundary.  It clears .bss, has early_init() build tables that map the image at IMAGE_BASE,
 * loads satp and goes on at its virtual address.  No identity map is needed: stvec holds that virtual address
 * when satp is written, the next fetch faults, and the trap is the jump.
 *
 * Further: docs/boot.md; Linux Documentation/arch/riscv/boot-image-header.rst.
 */
#include "asm-offsets.h"
#include "csr.h"

	.section .head, "ax"
	.option norvc
	.globl	_start
_start:
	j	boot_entry			/* 0x00 code0 */
	nop					/* 0x04 code1 */
	.dword	0x200000			/* 0x08 text_offset */
	.dword	image_size			/* 0x10 with .bss */
	.dword	0				/* 0x18 flags: little endian */
	.word	2				/* 0x20 version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"			/* 0x30 magic */
	.ascii	"RSC\5"				/* 0x38 magic2 */
	.word	0
	.option rvc

boot_entry:
	csrw	sie, zero
	la	t0, park
	csrw	stvec, t0
	la	t0, booting			/* the first takes it... */
	li	t1, 1
	amoswap.w.aq t1, t1, (t0)
	bnez	t1, astray

	la	t0, bss_start			/* both multiples of 64 */
	la	t1, bss_end
1:	sd	zero, 0(t0)
	sd	zero, 8(t0)
	sd	zero, 16(t0)
	sd	zero, 24(t0)
	sd	zero, 32(t0)
	sd	zero, 40(t0)
	sd	zero, 48(t0)
	sd	zero, 56(t0)
	addi	t0, t0, 64
	bltu	t0, t1, 1b

	la	sp, boot_stack + STACK_SIZE
	la	tp, boot_idle_task
	mv	s0, zero
	call	early_init			/* a0, a1 as they came; a0 = satp */

	la	t0, image_start
	li	t1, 0xffffffff80000000
	sub	t1, t1, t0			/* virtual minus physical */
	la	t0, 2f
	add	t0, t0, t1
	csrw	stvec, t0
	add	sp, sp, t1
	add	tp, tp, t1
	sfence.vma
	csrw	satp, a0
	.balign 4
2:	la	t0, trap_entry			/* virtual from here on */
	csrw	stvec, t0
	csrw	sscratch, zero
	la	t0, boot_stack
	sd	t0, TASK_STACK_LOW(tp)
	call	kernel_main

/*
 * ...and any other should have come by secondary_entry. OpenSBI before 1.2 marks a hart as starting before it writes
 * where to; a hart that looks just then comes here, with the boot hart's arguments. What it was to pick up is in
 * hart_starts, under its id in a0.
 */
astray:
	la	t0, hart_starts
	li	t1, START_CPUS
1:	ld	t2, START_ENTRY(t0)
	beqz	t2, 2f
	ld	t2, START_HARTID(t0)
	beq	t2, a0, 3f
2:	addi	t0, t0, START_SIZE
	addi	t1, t1, -1
	bnez	t1, 1b
	j	astray
3:	fence	r, rw
	mv	a1, t0

/* Every other hart: a0 = hart id, a1 = physical address of its struct hart_start. */
	.globl	secondary_entry
secondary_entry:
	csrw	sie, zero
	ld	t0, START_ENTRY(a1)
	ld	t1, START_SATP(a1)
	ld	sp, START_SP(a1)
	ld	tp, START_TASK(a1)
	mv	s0, zero
	csrw	stvec, t0
	csrw	sscratch, zero
	sfence.vma
	csrw	satp, t1
	.balign 4
park:	wfi
	j	park

	.balign 4
	.globl	secondary_virtual
secondary_virtual:				/* what START_ENTRY holds */
	la	t0, trap_entry
	csrw	stvec, t0
	call	cpu_secondary

	.data
	.balign 4
booting:
	.word	0			/* not .bss: that is cleared by whoever gets it */

	.section .bss
	.balign 16
	.globl	boot_stack
boot_stack:
	.space	STACK_SIZE
	.globl	overflow_stacks
overflow_stacks:
	.space	16 << OVERFLOW_STACK_SHIFT
