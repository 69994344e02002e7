/* exec.h - replacing a process's program. Source: System V ABI ch. 3-5, Linux fs/exec.c's contract (execve(2)). */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "lib/types.h"

struct strings {		/* argv or envp in kernel pages, counted and measured */
	int	count;
	size_t	bytes;
	char	*buf;			/* kmalloc'd or vmalloc'd, strings back to back */
};

/* From the kernel itself: start path as current's program (init). 0 or -errno. */
int	exec_kernel(const char *path, char *const argv[], char *const envp[]);

#endif
