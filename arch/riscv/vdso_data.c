/*
 * vdso_data.c - what the vDSO reads: a page of its own, the only memory of the kernel that programs see.
 *
 * Not here    the code that programs run (vdso/); who writes the data (kernel/time.c); the mapping (mm/fault.c).
 */
#include "arch/vdso.h"
#include "abi/signal.h"

union vdso_vvar vdso_vvar ALIGNED(PAGE_SIZE);

static_assert(sizeof(union vdso_vvar) == PAGE_SIZE, "nothing else is shown to programs");
static_assert(offsetof(struct abi_rt_sigframe, uc.uc_mcontext.sc_regs) == 304, "REGS in vdso/calls.S");
