/*
 * vdso.h - the code and the data that every address space maps: how a program reads a clock without a system call.
 *
 * The kernel and the vDSO read the wall clock with the same functions from the same words, so that no program ever
 * sees the two disagree.
 */
#ifndef ARCH_VDSO_H
#define ARCH_VDSO_H

#include "abi/elf.h"
#include "arch/barrier.h"
#include "arch/timer.h"

#define VDSO_NO_CLOCK	(1L << 32)	/* larger than any clockid_t */
#define VDSO_COARSE_NS	4000000		/* what clock_getres says of the coarse clocks, as Linux at 250 Hz */

/*
 * A reader pairs the time with the offset of one and the same setting of the clock:
 *
 *	the kernel sets the clock		a reader, in user or kernel mode
 *	sequence++		(odd)		wait until sequence is even
 *	write barrier				read barrier
 *	realtime_offset = ...			the time CSR, realtime_offset
 *	write barrier				read barrier
 *	sequence++		(even)		again, if sequence has changed
 *
 * Else one who is interrupted between the two would return a time that neither the old clock nor the new one
 * has ever shown.
 */
struct vdso_data {		/* Guarded by: i immutable after boot  s sequence  a atomic */
	u64	boot_ticks;		/* [i] the time CSR when CLOCK_MONOTONIC was 0 */
	u64	ns_per_tick, ns_frac;	/* [i] timer_ns_per_tick, timer_ns_frac */
	u64	realtime_offset;	/* [s] realtime - monotonic, ns */
	u32	sequence;		/* [a] odd while realtime_offset changes */
	s64	plain_clock;		/* [i] CLOCK_MONOTONIC if ns_frac is 0, else VDSO_NO_CLOCK */
	u64	nsec_per_sec;		/* [i] 10^9: one instruction to load, two to make */
};

/* [vvar]: a page of its own, mapped read-only. */
extern union vdso_vvar { struct vdso_data data; u8 page[PAGE_SIZE]; } vdso_vvar;
/* [vdso]: the ELF image, PAGE_SIZE bytes, page-aligned, mapped read-execute behind [vvar]. */
extern const u8	vdso_image[];
/* Where in the image handlers return to: vdso.ld, ENTRY. */
static inline ulong vdso_sigreturn_offset(void) { return ((const struct elf64_ehdr *)vdso_image)->e_entry; }

/* Of memory, and of CSRs, which count as device input for a fence. */
static inline void vdso_read_barrier(void) { asm volatile("fence ir, ir" : : : "memory"); }

static ALWAYS_INLINE u64
vdso_monotonic(const struct vdso_data *d)
{
	return timer_scale(timer_ticks() - d->boot_ticks, d->ns_per_tick, d->ns_frac);
}

static ALWAYS_INLINE u64
vdso_realtime(const struct vdso_data *d)
{
	u32 seq;
	u64 ns;

	do {
		while (unlikely((seq = READ_ONCE(d->sequence)) & 1))
			cpu_relax();
		vdso_read_barrier();
		ns = vdso_monotonic(d) + READ_ONCE(d->realtime_offset);
		vdso_read_barrier();
	} while (unlikely(READ_ONCE(d->sequence) != seq));
	return ns;
}

#endif
