/* signal.h - the riscv64 signal frame. Linux arch/riscv uapi: sigcontext.h, ucontext.h. */
#ifndef ARCH_SIGNAL_H
#define ARCH_SIGNAL_H

#include "abi/signal.h"
#include "lib/types.h"

struct trapframe;

/*
 * Push a frame so that user mode runs the handler. `top`: where to push below (alternate stack or
 * regs->sp); mask and altstack are stored in it. 0, or -EFAULT if the stack is not writable.
 */
int	sigframe_push(struct trapframe *r, ulong top, const struct abi_siginfo *info,
		      const struct abi_sigaction *sa, u64 mask, const struct abi_sigaltstack *ss, ulong trampoline);
/* Undo: registers, mask and altstack from the frame at r->sp. Never raises privilege. 0 or -EFAULT. */
int	sigframe_pop(struct trapframe *r, u64 *mask, struct abi_sigaltstack *ss);

#endif
