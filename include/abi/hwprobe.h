/*
 * hwprobe.h - what the harts can do, and flushing their instruction caches.
 * Source: Linux arch/riscv/include/uapi/asm/hwprobe.h, Documentation/riscv/hwprobe.rst,
 * asm/cacheflush.h.
 */
#ifndef ABI_HWPROBE_H
#define ABI_HWPROBE_H

#include "abi/check.h"

#define RISCV_HWPROBE_KEY_MVENDORID	0
#define RISCV_HWPROBE_KEY_MARCHID	1
#define RISCV_HWPROBE_KEY_MIMPID	2
#define RISCV_HWPROBE_KEY_BASE_BEHAVIOR	3
#define RISCV_HWPROBE_BASE_BEHAVIOR_IMA	1
#define RISCV_HWPROBE_KEY_IMA_EXT_0	4
#define RISCV_HWPROBE_IMA_FD		1
#define RISCV_HWPROBE_IMA_C		2
#define RISCV_HWPROBE_KEY_CPUPERF_0	5
#define RISCV_HWPROBE_MISALIGNED_UNKNOWN 0

struct abi_hwprobe {
	int64_t	key;			/* set to -1 by the kernel if unknown */
	uint64_t value;
};
ABI_SIZE(struct abi_hwprobe, 16);

#define SYS_RISCV_FLUSH_ICACHE_LOCAL	1UL

#endif
