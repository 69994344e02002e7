/*
 * sched.h - making threads and ordering them.
 * Source: Linux include/uapi/linux/sched.h, sched/types.h.
 */
#ifndef ABI_SCHED_H
#define ABI_SCHED_H

#include "abi/check.h"

#define SCHED_NORMAL	0
#define SCHED_OTHER	0	/* the C library's name */
#define SCHED_FIFO	1
#define SCHED_RR	2
#define SCHED_BATCH	3
#define SCHED_IDLE	5
#define SCHED_DEADLINE	6
#define SCHED_RESET_ON_FORK 0x40000000

/* sched_attr.sched_flags */
#define SCHED_FLAG_RESET_ON_FORK	0x01
#define SCHED_FLAG_KEEP_POLICY		0x08
#define SCHED_FLAG_KEEP_PARAMS		0x10
#define SCHED_FLAG_UTIL_CLAMP		0x60
#define SCHED_FLAG_ALL			0x7f

#define CSIGNAL			0x000000ff
#define CLONE_NEWTIME		0x00000080
#define CLONE_VM		0x00000100
#define CLONE_FS		0x00000200
#define CLONE_FILES		0x00000400
#define CLONE_SIGHAND		0x00000800
#define CLONE_PIDFD		0x00001000
#define CLONE_PTRACE		0x00002000
#define CLONE_VFORK		0x00004000
#define CLONE_PARENT		0x00008000
#define CLONE_THREAD		0x00010000
#define CLONE_NEWNS		0x00020000
#define CLONE_SYSVSEM		0x00040000
#define CLONE_SETTLS		0x00080000
#define CLONE_PARENT_SETTID	0x00100000
#define CLONE_CHILD_CLEARTID	0x00200000
#define CLONE_DETACHED		0x00400000
#define CLONE_UNTRACED		0x00800000
#define CLONE_CHILD_SETTID	0x01000000
#define CLONE_NEWCGROUP		0x02000000
#define CLONE_NEWUTS		0x04000000
#define CLONE_NEWIPC		0x08000000
#define CLONE_NEWUSER		0x10000000
#define CLONE_NEWPID		0x20000000
#define CLONE_NEWNET		0x40000000
#define CLONE_IO		0x80000000U
#define CLONE_CLEAR_SIGHAND	0x100000000UL	/* clone3 only */
#define CLONE_INTO_CGROUP	0x200000000UL

#define CLONE_ARGS_SIZE_VER0	64
#define CLONE_ARGS_SIZE_VER1	80
#define CLONE_ARGS_SIZE_VER2	88

struct abi_clone_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;			/* lowest byte */
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;		/* VER1 */
	uint64_t set_tid_size;
	uint64_t cgroup;		/* VER2 */
};
ABI_SIZE(struct abi_clone_args, CLONE_ARGS_SIZE_VER2);
ABI_OFFSET(struct abi_clone_args, set_tid, CLONE_ARGS_SIZE_VER0);
ABI_OFFSET(struct abi_clone_args, cgroup, CLONE_ARGS_SIZE_VER1);

struct abi_sched_param {
	int32_t	sched_priority;
};
ABI_SIZE(struct abi_sched_param, 4);

#define SCHED_ATTR_SIZE_VER0	48
#define SCHED_ATTR_SIZE_VER1	56

struct abi_sched_attr {
	uint32_t size;
	uint32_t sched_policy;
	uint64_t sched_flags;
	int32_t	sched_nice;
	uint32_t sched_priority;
	uint64_t sched_runtime;		/* ns; of SCHED_OTHER and SCHED_BATCH the slice */
	uint64_t sched_deadline;
	uint64_t sched_period;
	uint32_t sched_util_min;	/* VER1 */
	uint32_t sched_util_max;
};
ABI_SIZE(struct abi_sched_attr, SCHED_ATTR_SIZE_VER1);
ABI_OFFSET(struct abi_sched_attr, sched_util_min, SCHED_ATTR_SIZE_VER0);

#endif
