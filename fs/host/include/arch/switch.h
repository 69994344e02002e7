/* switch.h - the host's: a kernel thread is a coroutine. */
#ifndef ARCH_SWITCH_H
#define ARCH_SWITCH_H

#include "lib/types.h"

struct host_context;

struct task_arch {
	u32	work;			/* [a] TASK_WORK_* */
	s32	preempt_count;		/* [o] */
	struct host_context *context;	/* its stack and registers: machine.c */
};

#endif
