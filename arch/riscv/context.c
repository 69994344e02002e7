/*
 * context.c - from one task's kernel stack to another's.
 *
 * What C preserves across a call is all that a task has in registers when it gives up the cpu here, and
 * gp: it belongs to user mode, and a system call's fast entry leaves it where it is. A program's own s0 to s11
 * may be in them, too: a plain system call does not save them. The FP registers are fpu.c's business.
 */
#include "arch/switch.h"
#include "kernel/task.h"

#define AT(field)	"i" (offsetof(struct task, arch.field))

/*
 * Save ra, sp, gp and s0 to s11 in prev->arch (a0), load next's (a1), and let tp, which is `current`, be next. Returns,
 * on next's stack, to where next called this, with a0 as it is: next sees who ran before it. No prologue: the body is
 * all there is.
 */
__attribute__((naked)) struct task *
switch_to(struct task *prev, struct task *next)
{
	__asm__ volatile(
		"sd	ra, %0(a0)\n\t"
		"sd	sp, %1(a0)\n\t"
		"sd	gp, %2(a0)\n\t"
		"sd	s0, %3 + 0(a0)\n\t"
		"sd	s1, %3 + 8(a0)\n\t"
		"sd	s2, %3 + 16(a0)\n\t"
		"sd	s3, %3 + 24(a0)\n\t"
		"sd	s4, %3 + 32(a0)\n\t"
		"sd	s5, %3 + 40(a0)\n\t"
		"sd	s6, %3 + 48(a0)\n\t"
		"sd	s7, %3 + 56(a0)\n\t"
		"sd	s8, %3 + 64(a0)\n\t"
		"sd	s9, %3 + 72(a0)\n\t"
		"sd	s10, %3 + 80(a0)\n\t"
		"sd	s11, %3 + 88(a0)\n\t"
		"mv	tp, a1\n\t"
		"ld	ra, %0(a1)\n\t"
		"ld	sp, %1(a1)\n\t"
		"ld	gp, %2(a1)\n\t"
		"ld	s0, %3 + 0(a1)\n\t"
		"ld	s1, %3 + 8(a1)\n\t"
		"ld	s2, %3 + 16(a1)\n\t"
		"ld	s3, %3 + 24(a1)\n\t"
		"ld	s4, %3 + 32(a1)\n\t"
		"ld	s5, %3 + 40(a1)\n\t"
		"ld	s6, %3 + 48(a1)\n\t"
		"ld	s7, %3 + 56(a1)\n\t"
		"ld	s8, %3 + 64(a1)\n\t"
		"ld	s9, %3 + 72(a1)\n\t"
		"ld	s10, %3 + 80(a1)\n\t"
		"ld	s11, %3 + 88(a1)\n\t"
		"ret"
		: : AT(ra), AT(sp), AT(gp), AT(s));
}
