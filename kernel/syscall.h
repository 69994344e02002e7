/*
 * syscall.h - the system-call table's shape. The calls themselves: syscalls.def.
 *
 * A call takes its six arguments as an array (in the trap frame) and returns its result or -errno.
 * SYSCALL_FULL marks those that need every register saved: clone, execve, rt_sigreturn.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "arch/atomic.h"
#include "lib/types.h"

#define NR_SYSCALLS	512

typedef long (*syscall_fn)(const ulong *a);
extern const syscall_fn syscall_table[NR_SYSCALLS];	/* absent ones: sys_ni */
extern const char *const syscall_names[NR_SYSCALLS];
extern const char *const syscall_args[NR_SYSCALLS];	/* "fd buf len" */

#define SYSCALL(nr, name, args)		long sys_##name(const ulong *a);
#define SYSCALL_FULL(nr, name, args)	long sys_##name(const ulong *a);
#include "kernel/syscalls.def"
#undef SYSCALL
#undef SYSCALL_FULL

long	sys_ni(const ulong *a);		/* -ENOSYS, and counts: unimplemented.c */

#endif
