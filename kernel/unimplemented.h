/*
 * unimplemented.h - system calls that programs asked for in vain.
 */
#ifndef KERNEL_UNIMPLEMENTED_H
#define KERNEL_UNIMPLEMENTED_H

#include "kernel/task.h"
#include "lib/types.h"

struct unimplemented {
	ulong	nr;			/* ~0: many numbers */
	u64	count;
	char	comm[TASK_COMM_LEN];	/* who called it */
};

/* The i-th, in the order in which they were first seen; false past the last. */
bool	unimplemented_get(uint i, struct unimplemented *out);
/* Linux's name of the number; "-" if it has none. */
const char *syscall_name(ulong nr);

#endif
