/* errata.h - what is known to be wrong with the cores that this machine has. */
#ifndef RISCV_ERRATA_H
#define RISCV_ERRATA_H

#include "lib/types.h"

#define ERRATUM_FENCE_ADDRESS	BIT(0)	/* sfence.vma with an address does not always forget it */
#define ERRATUM_FETCH_ADDRESS	BIT(1)	/* stval of a failed fetch has zeros above bit 38 */

extern u32 errata;			/* [a] of any hart; bits are only added, by harts as they start */

void	errata_add(ulong mvendorid, ulong marchid, ulong mimpid);

#endif
