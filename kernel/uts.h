/*
 * uts.h - the system's names, for uname(2) and /proc.
 */
#ifndef KERNEL_UTS_H
#define KERNEL_UTS_H

#include "abi/utsname.h"

#define UTS_SYSNAME	"Linux"			/* whose system calls these are */
#define UTS_RELEASE	"6.12.0-sextant"
#define UTS_VERSION	"#1 SMP PREEMPT Sextant"
#define UTS_MACHINE	"riscv64"

void	uts_get(struct abi_utsname *out);

#endif
