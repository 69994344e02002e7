/*
 * auxv.h - what the kernel tells a new program, above its environment.
 * Source: Linux include/uapi/linux/auxvec.h, riscv asm/auxvec.h.
 */
#ifndef ABI_AUXV_H
#define ABI_AUXV_H

#include "abi/check.h"

#define AT_NULL		0
#define AT_IGNORE	1
#define AT_EXECFD	2
#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_BASE		7
#define AT_FLAGS	8
#define AT_ENTRY	9
#define AT_NOTELF	10
#define AT_UID		11
#define AT_EUID		12
#define AT_GID		13
#define AT_EGID		14
#define AT_PLATFORM	15
#define AT_HWCAP	16	/* bit ('X' - 'A') for each single-letter extension X */
#define AT_CLKTCK	17
#define AT_SECURE	23
#define AT_BASE_PLATFORM 24
#define AT_RANDOM	25	/* address of 16 random bytes */
#define AT_HWCAP2	26
#define AT_EXECFN	31
#define AT_SYSINFO_EHDR	33	/* the vDSO's ELF header */
/* Of each level a size, and line size and ways; 0: not known. */
#define AT_L1I_CACHESIZE 40
#define AT_L1I_CACHEGEOMETRY 41
#define AT_L1D_CACHESIZE 42
#define AT_L1D_CACHEGEOMETRY 43
#define AT_L2_CACHESIZE	44
#define AT_L2_CACHEGEOMETRY 45
#define AT_L3_CACHESIZE	46
#define AT_L3_CACHEGEOMETRY 47
#define AT_MINSIGSTKSZ	51

struct abi_auxv {
	uint64_t a_type;
	uint64_t a_val;
};
ABI_SIZE(struct abi_auxv, 16);

#endif
