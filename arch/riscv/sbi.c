/*
 * sbi.c - calls to the firmware, and cpu sets as the firmware wants them.
 *
 * SBI names harts by a base hart id and a mask of 64 above it.  Hart ids may be sparse, so a set of cpus
 * becomes one call for each run of 64 ids that has a member; on all known machines that is one call.
 *
 * Further     RISC-V SBI 2.0.
 */
#include "sbi.h"
#include "arch/cpu.h"
#include "lib/bitops.h"

bool
sbi_has(ulong ext)
{
	struct sbiret r = sbi_call(SBI_BASE, 3, ext, 0, 0, 0);

	return r.error == SBI_SUCCESS && r.value;
}

void
sbi_vendor(ulong *mvendorid, ulong *marchid, ulong *mimpid)
{
	*mvendorid = sbi_call(SBI_BASE, 4, 0, 0, 0, 0).value;
	*marchid = sbi_call(SBI_BASE, 5, 0, 0, 0, 0).value;
	*mimpid = sbi_call(SBI_BASE, 6, 0, 0, 0, 0).value;
}

void
sbi_set_timer(u64 when)
{
	sbi_call(SBI_TIME, 0, when, 0, 0, 0);
}

long
sbi_hart_start(ulong hartid, paddr_t entry, ulong opaque)
{
	return sbi_call(SBI_HSM, 0, hartid, entry, opaque, 0).error;
}

long
sbi_hart_status(ulong hartid)
{
	struct sbiret r = sbi_call(SBI_HSM, 2, hartid, 0, 0, 0);

	return r.error ? r.error : r.value;
}

void
sbi_hart_stop(void)
{
	sbi_call(SBI_HSM, 1, 0, 0, 0, 0);
}

long
sbi_reset(u32 type, u32 reason)
{
	return sbi_call(SBI_SRST, 0, type, reason, 0, 0).error;
}

/* One call of (ext, fid) for each run of harts in the set, the rest of the arguments being (start, size). */
static void
call_on(u64 cpus, ulong ext, ulong fid, ulong start, ulong size)
{
	while (cpus) {
		ulong base = cpu_hartid(bit_lowest(cpus)), mask = 0, hartid;
		u64 left;

		for (left = cpus; left; left &= left - 1)
			base = MIN(base, cpu_hartid(bit_lowest(left)));
		for (left = cpus; left; left &= left - 1) {
			hartid = cpu_hartid(bit_lowest(left));
			if (hartid - base < 64) {
				mask |= BIT(hartid - base);
				cpus &= ~BIT(bit_lowest(left));
			}
		}
		sbi_call(ext, fid, mask, base, start, size);
	}
}

void
sbi_send_ipi(u64 cpus)
{
	call_on(cpus, SBI_IPI, 0, 0, 0);
}

void
sbi_remote_fence_i(u64 cpus)
{
	call_on(cpus, SBI_RFENCE, 0, 0, 0);
}

void
sbi_remote_sfence(u64 cpus)
{
	call_on(cpus, SBI_RFENCE, 1, 0, ~0UL);
}
