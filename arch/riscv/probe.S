/* probe.S - may this CSR be used?  Firmware may not have opened what the device tree advertises. */
#include "csr.h"

	.text
/* bool timer_probe_sstc(void): interrupts off, during boot. */
	.globl	timer_probe_sstc
timer_probe_sstc:
	csrr	t0, stvec
	la	t1, 1f
	csrw	stvec, t1
	li	a0, 0
	csrr	t1, CSR_STIMECMP		/* traps to 1 if closed */
	li	a0, 1
	.balign 4
1:	csrw	stvec, t0
	ret
