/*
 * membarrier.c - one thread makes a memory barrier for all: membarrier(2).
 *
 * A program whose hot path would need a fence leaves it out, and has the rare path ask for one on every hart instead.
 * Here each command is the same: a fence, and remote fences that the firmware makes on all other harts, which it
 * interrupts with an exchange of acquire and release order on each. A hart that switches to the program later, or is in
 * the kernel, passes fences on its way (mm_switch). So the commands differ only in who may ask.
 *
 * Further     membarrier(2).
 */
#include "abi/errno.h"
#include "abi/membarrier.h"
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/pagetable.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/mm.h"

#define REGISTERS	(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | \
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)
#define KNOWN		(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED | \
			 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_CMD_GET_REGISTRATIONS | REGISTERS)

static long
barrier_everywhere(void)
{
	smp_mb();
	icache_flush_all();
	smp_mb();
	return 0;
}

/* A private barrier needs the registration before it. */
static long
private_barrier(u32 registration)
{
	return READ_ONCE(current->mm->membarrier) & registration ? barrier_everywhere() : -EPERM;
}

/* membarrier(2). */
long
sys_membarrier(const ulong *a)
{
	int cmd = a[0];

	if (a[1] & 0xffffffff)
		return -EINVAL;			/* MEMBARRIER_CMD_FLAG_CPU is for restartable sequences */
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return KNOWN;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		return barrier_everywhere();
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return private_barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return private_barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE);
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		__atomic_fetch_or(&current->mm->membarrier, cmd, __ATOMIC_RELAXED);
		return 0;
	case MEMBARRIER_CMD_GET_REGISTRATIONS:
		return READ_ONCE(current->mm->membarrier);
	}
	return -EINVAL;
}
