/* csr.h - control and status registers of S-mode. RISC-V privileged ISA 1.12, ch. 4. */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#define SSTATUS_SPIE		0x20		/* SIE after sret */
#define SSTATUS_SPP		0x100		/* sret goes to S-mode */
#define SSTATUS_VS		0x600
#define SSTATUS_FS		0x6000		/* floating point: */
#define SSTATUS_FS_CLEAN	0x4000
#define SSTATUS_FS_DIRTY	0x6000
#define SSTATUS_SUM		0x40000
#define SSTATUS_MXR		0x80000
#define SSTATUS_UXL_64		0x200000000

#define SIE_SOFT		0x2
#define SIE_TIMER		0x20
#define SIE_EXT			0x200

#define SATP_SV39		0x8000000000000000
#define CSR_STIMECMP		0x14d		/* Sstc; by number, for old assemblers */

#define CAUSE_INTERRUPT		0x8000000000000000
#define IRQ_SOFT		1
#define IRQ_TIMER		5
#define IRQ_EXT			9

#define CAUSE_FETCH_MISALIGNED	0
#define CAUSE_FETCH_ACCESS	1
#define CAUSE_ILLEGAL		2
#define CAUSE_BREAKPOINT	3
#define CAUSE_LOAD_MISALIGNED	4
#define CAUSE_LOAD_ACCESS	5
#define CAUSE_STORE_MISALIGNED	6
#define CAUSE_STORE_ACCESS	7
#define CAUSE_ECALL		8
#define CAUSE_FETCH_PAGE	12
#define CAUSE_LOAD_PAGE		13
#define CAUSE_STORE_PAGE	15

#ifndef __ASSEMBLER__
#define csr_read(csr)		({ unsigned long v_; asm volatile("csrr %0, " #csr : "=r"(v_) : : "memory"); v_; })
#define csr_write(csr, v)	asm volatile("csrw " #csr ", %0" : : "rK"((unsigned long)(v)) : "memory")
#define csr_set(csr, v)		asm volatile("csrs " #csr ", %0" : : "rK"((unsigned long)(v)) : "memory")
#define csr_clear(csr, v)	asm volatile("csrc " #csr ", %0" : : "rK"((unsigned long)(v)) : "memory")
#endif

#endif
