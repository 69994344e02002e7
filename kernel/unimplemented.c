/*
 * unimplemented.c - which system calls were asked for and are not there: /proc/unimplemented.
 *
 * The list is the work still to do. A line is a number and the program that called it, with how often.
 *
 * Data        rows[], in the order in which they were first seen. When it is full, new ones are counted together.
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

static struct unimplemented *
find_row(ulong nr, const char *comm) MUST_HOLD(lock)
{
	for (uint i = 0; i < nrows; i++)
		if (rows[i].nr == nr && !strncmp(rows[i].comm, comm, TASK_COMM_LEN))
			return &rows[i];
	if (nrows == ROWS_MAX)
		return NULL;
	rows[nrows].nr = nr;
	strlcpy(rows[nrows].comm, comm, TASK_COMM_LEN);
	return &rows[nrows++];
}

/* Any number without a line in syscalls.def. It is the eighth argument: a7 lies behind the others in the frame. */
long
sys_ni(const ulong *a)
{
	struct unimplemented *row;

	spin_lock(&lock);
	row = find_row(a[7], current->comm);
	if (row)
		row->count++;
	else
		others++;
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
