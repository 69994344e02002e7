/*
 * syscall.c - the table of system calls, made from syscalls.def.
 *
 * arch/riscv/entry.S calls syscall_table[number] with a pointer to the arguments.  The entry of a
 * SYSCALL_FULL call is a stub there, which saves the registers that other calls leave alone.
 */
#include "kernel/syscall.h"

#define SYSCALL(nr, name, args)
#define SYSCALL_FULL(nr, name, args)	long syscall_full_##name(const ulong *a);
#include "kernel/syscalls.def"
#undef SYSCALL
#undef SYSCALL_FULL

/* Each entry replaces the sys_ni that stands for all. */
#pragma GCC diagnostic ignored "-Woverride-init"

const syscall_fn syscall_table[NR_SYSCALLS] = {
	[0 ... NR_SYSCALLS - 1] = sys_ni,
#define SYSCALL(nr, name, args)		[nr] = sys_##name,
#define SYSCALL_FULL(nr, name, args)	[nr] = syscall_full_##name,
#include "kernel/syscalls.def"
#undef SYSCALL
#undef SYSCALL_FULL
};

const char *const syscall_names[NR_SYSCALLS] = {
#define SYSCALL(nr, name, args)		[nr] = #name,
#define SYSCALL_FULL(nr, name, args)	[nr] = #name,
#include "kernel/syscalls.def"
#undef SYSCALL
#undef SYSCALL_FULL
};

const char *const syscall_args[NR_SYSCALLS] = {
#define SYSCALL(nr, name, args)		[nr] = args,
#define SYSCALL_FULL(nr, name, args)	[nr] = args,
#include "kernel/syscalls.def"
#undef SYSCALL
#undef SYSCALL_FULL
};
