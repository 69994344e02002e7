/* private.h - what the files of arch/riscv share with each other only. */
#ifndef RISCV_PRIVATE_H
#define RISCV_PRIVATE_H

#include "arch/cpu.h"
#include "kernel/task.h"
#include "lib/types.h"

#define cpu_number()	(current->cpu)		/* stays true only while this task cannot be preempted */

/* What a hart needs to enter the kernel: SBI hart_start hands it the physical address of one. */
struct hart_start {
	ulong	hartid;
	ulong	satp;
	ulong	sp;		/* virtual, as all below */
	ulong	task;
	ulong	entry;		/* written last: 0 until the rest is there */
};
extern struct hart_start hart_starts[];		/* by cpu */

/* head.S */
extern char image_size[];			/* an absolute symbol: its address is the size */
void	secondary_entry(void);			/* physical address given to SBI */
void	secondary_virtual(void);		/* where it goes on: hart_start.entry */
ulong	early_init(ulong hartid, paddr_t fdt);	/* early.c, before paging: the satp to load */
extern pte_t fixmap_table[];		/* level 1, of FIXMAP_BASE */

/* entry.S */
void	trap_entry(void);
void	ret_from_fork(void);
extern char trap_kernel_return[];		/* return address of trap_kernel(): its frame is a struct trapframe */
void	trap_bad_stack(struct trapframe *r) NORETURN;

#define OVERFLOW_STACK_SIZE	4096UL
extern char overflow_stacks[MAX_CPUS][OVERFLOW_STACK_SIZE];

/* fpu.S: all 32 registers and fcsr of this hart; turn the unit on. */
void	fpu_store(struct fp_regs *to);
void	fpu_load(const struct fp_regs *from);

/* cpu.c */
void	ipi_interrupt(struct trapframe *r);
void	cpu_secondary(void) NORETURN;
bool	cpu_all_have(const char *extension);	/* every hart's ISA names it, "sstc" */

/* timer.c */
bool	timer_probe_sstc(void);			/* probe.S: stimecmp can be accessed */

#endif
