/*
 * placement.c - where a new address space puts the stack, mappings, a movable program, and the heap.
 *
 *	USER_TOP
 *	   | up to 1 GiB at random
 *	stack, growing down
 *	   | its limit (128 MiB at least), the guard gap, and where the stack could have been
 *	   | up to 1 GiB at random
 *	mappings, downward: the interpreter, the vDSO, ...
 *
 *	heap, upward: up to 1 GiB at random above the program
 *	a program that may lie anywhere: two thirds up, and up to 1 GiB at random above that
 *
 * Who guesses an address must guess among 2^18. Nothing is at random after `norandmaps` or with
 * /proc/sys/kernel/randomize_va_space 0 or personality ADDR_NO_RANDOMIZE; with 1, the heap follows the program at once.
 *
 * Further     Linux's sysctl kernel.randomize_va_space, personality(2); the same shape and sizes as riscv64 Linux.
 */
#include "kernel/params.h"
#include "kernel/random.h"
#include "mm/internal.h"

#define RANDOM_SPAN	(1 * GiB)
#define STACK_ROOM_MIN	(128 * MiB)		/* kept free below the stack, whatever its limit... */
#define STACK_ROOM_MAX	(USER_TOP / 6 * 5)	/* ...and at most, as Linux */
/* Two thirds up, leaving room for the heap and for mappings above. */
#define DYN_BASE	(USER_TOP / 3 * 2 & PAGE_MASK)

int randomize_va_space = RANDOMIZE_HEAP;

void
placement_init(void)
{
	if (param_flag("norandmaps"))
		randomize_va_space = RANDOMIZE_NOTHING;
}

/* Whole pages, less than RANDOM_SPAN; 0 unless mm is to be random. */
static u64
random_offset(const struct mm *mm)
{
	u64 r = 0;

	if (mm->randomize)
		random_bytes(&r, sizeof(r));
	return ALIGN_DOWN(r % RANDOM_SPAN, PAGE_SIZE);
}

void
mm_place(struct mm *mm, u64 stack_limit, bool fixed)
{
	u64 pad, room;

	mm->randomize = fixed ? RANDOMIZE_NOTHING : READ_ONCE(randomize_va_space);
	pad = STACK_GUARD + (mm->randomize ? RANDOM_SPAN : 0);
	room = stack_limit > ~0UL - pad ? stack_limit : stack_limit + pad;
	room = MIN(MAX(room, STACK_ROOM_MIN), STACK_ROOM_MAX);
	mm->stack_top = USER_TOP - random_offset(mm);
	mm->mmap_top = ALIGN_DOWN(USER_TOP - room - random_offset(mm), PAGE_SIZE);
}

/* Room kept for an unlimited stack may reach below the usual place. */
u64
mm_place_program(struct mm *mm)
{
	u64 base = MIN((u64)DYN_BASE, ALIGN_DOWN(mm->mmap_top / 3 * 2, PAGE_SIZE));

	return base + random_offset(mm);
}

u64
mm_place_heap(struct mm *mm, u64 end)
{
	end = PAGE_ALIGN(end);
	return mm->randomize == RANDOMIZE_HEAP ? end + PAGE_SIZE + random_offset(mm) : end;
}

u64
mm_place_arguments(struct mm *mm)
{
	u64 r = 0;

	if (mm->randomize)
		random_bytes(&r, sizeof(r));
	return r % PAGE_SIZE & ~15UL;
}
