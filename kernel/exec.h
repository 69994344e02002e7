/*
 * exec.h - replacing a process's program. Source: System V ABI ch. 3-5, execve(2), Linux's auxiliary vector.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "lib/types.h"

/* From the kernel itself: start path as current's program (init). 0 or -errno. */
int	exec_kernel(const char *path, char *const argv[], char *const envp[]);

#endif
