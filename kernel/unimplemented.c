/*
 * unimplemented.c - which system calls were asked for and are not there: /proc/unimplemented.
 *
 * The list is the work still to do. A line is a number and the program that called it, with how often.
 *
 * Data        rows[], in the order in which they were first seen. When it is full, a new one takes the place of the
 *             one seen least, the first of such; those are then counted together.
 * Locks       lock, a spinlock that takes nothing.
 */
#include "kernel/unimplemented.h"

#include "abi/errno.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/string.h"

#define ROWS_MAX	256

static struct spinlock lock = SPINLOCK_INIT(RANK_FS);
static struct unimplemented rows[ROWS_MAX];	/* [lock] */
static uint nrows;				/* [lock] */
static u64 others;				/* [lock] */

static const char *const names[NR_SYSCALLS] = {
#define NAME(nr, name)	[nr] = #name,
#include "kernel/syscall_names.def"
#undef NAME
};

/* The row for a new one. */
static struct unimplemented *
free_row(void) MUST_HOLD(lock)
{
	struct unimplemented *least = rows;

	if (nrows < ROWS_MAX)
		return &rows[nrows++];
	for (uint i = 1; i < nrows; i++)
		if (rows[i].count < least->count)
			least = &rows[i];
	others += least->count;
	return least;
}

static struct unimplemented *
find_row(ulong nr, const char *comm) MUST_HOLD(lock)
{
	struct unimplemented *row;

	for (uint i = 0; i < nrows; i++)
		if (rows[i].nr == nr && !strncmp(rows[i].comm, comm, TASK_COMM_LEN))
			return &rows[i];
	row = free_row();
	row->nr = nr;
	row->count = 0;
	strlcpy(row->comm, comm, TASK_COMM_LEN);
	return row;
}

/* Any number without a line in syscalls.def. It is the eighth argument: a7 lies behind the others in the frame. */
long
sys_ni(const ulong *a)
{
	spin_lock(&lock);
	find_row(a[7], current->comm)->count++;
	spin_unlock(&lock);
	return -ENOSYS;
}

bool
unimplemented_get(uint i, struct unimplemented *out)
{
	bool there = true;

	spin_lock(&lock);
	if (i < nrows)
		*out = rows[i];
	else if (i == nrows && others)
		*out = (struct unimplemented){ .nr = ~0UL, .count = others, .comm = "(others)" };
	else
		there = false;
	spin_unlock(&lock);
	return there;
}

const char *
syscall_name(ulong nr)
{
	return nr < NR_SYSCALLS && names[nr] ? names[nr] : "-";
}
