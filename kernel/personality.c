/*
 * personality.c - personality(2): small differences that a program may ask for, kept through fork and exec.
 *
 * Two of the bits mean something here, as they do on riscv64 Linux to programs of today: ADDR_NO_RANDOMIZE
 * (mm/placement.c) and READ_IMPLIES_EXEC (mm/sysmmap.c). The others are remembered. A program that runs with other ids
 * than its caller's has none of those its caller could weaken it with (personality_after_exec).
 */
#include "abi/personality.h"
#include "kernel/exec_private.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define ASK		0xffffffffU	/* sets nothing */
#define UNSAFE		(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO)

u32
personality_after_exec(bool sets_id)
{
	return current->personality & ~(u32)(PER_MASK | (sets_id ? UNSAFE : 0));
}

/* personality(2): the one before. */
long
sys_personality(const ulong *a)
{
	u32 old = current->personality, new = a[0];

	if (new != ASK)
		current->personality = new;
	return old;
}
