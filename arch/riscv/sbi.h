/* sbi.h - calls to the firmware. RISC-V Supervisor Binary Interface 2.0; chapters named by extension. */
#ifndef RISCV_SBI_H
#define RISCV_SBI_H

#include "lib/types.h"

#define SBI_LEGACY_PUTCHAR	0x01
#define SBI_BASE		0x10
#define SBI_TIME		0x54494d45	/* "TIME" */
#define SBI_IPI			0x735049	/* "sPI" */
#define SBI_RFENCE		0x52464e43	/* "RFNC" */
#define SBI_HSM			0x48534d	/* "HSM" */
#define SBI_SRST		0x53525354	/* "SRST" */
#define SBI_DBCN		0x4442434e	/* "DBCN" */

#define SBI_SUCCESS		0

#define SBI_HSM_STARTED		0
#define SBI_HSM_STOPPED		1

#define SBI_SRST_SHUTDOWN	0
#define SBI_SRST_COLD_REBOOT	1
#define SBI_SRST_NO_REASON	0
#define SBI_SRST_FAILURE	1

struct sbiret {
	long	error;
	long	value;
};

static ALWAYS_INLINE struct sbiret
sbi_call(ulong ext, ulong fid, ulong arg0, ulong arg1, ulong arg2, ulong arg3)
{
	register ulong a0 asm("a0") = arg0;
	register ulong a1 asm("a1") = arg1;
	register ulong a2 asm("a2") = arg2;
	register ulong a3 asm("a3") = arg3;
	register ulong a6 asm("a6") = fid;
	register ulong a7 asm("a7") = ext;

	asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
	return (struct sbiret){ a0, a1 };
}

bool	sbi_has(ulong ext);
void	sbi_vendor(ulong *mvendorid, ulong *marchid, ulong *mimpid);	/* of this hart */
void	sbi_set_timer(u64 when);
long	sbi_hart_start(ulong hartid, paddr_t entry, ulong opaque);
long	sbi_hart_status(ulong hartid);
void	sbi_hart_stop(void);
long	sbi_reset(u32 type, u32 reason);	/* returns only if it failed */

/* On the harts of a set of cpus. */
void	sbi_send_ipi(u64 cpus);
void	sbi_remote_fence_i(u64 cpus);
void	sbi_remote_sfence(u64 cpus);		/* all addresses, all address spaces */

#endif
