/*
 * signal.c - the frame a signal handler runs on, and the way back.
 *
 * The frame is abi_rt_sigframe (include/abi/signal.h).  It is written in pieces straight from where the
 * values are: struct trapframe begins like abi_user_regs, struct fp_regs like abi_fp_state.
 */
#include "arch/signal.h"
#include "abi/errno.h"
#include "arch/switch.h"
#include "arch/trap.h"
#include "csr.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/usercopy.h"

#define AT(frame, member)	UPTR((frame) + offsetof(struct abi_rt_sigframe, member))
#define REGS_SIZE		sizeof(struct abi_user_regs)

static_assert(offsetof(struct trapframe, t6) + 8 == REGS_SIZE, "regs are copied whole");
static_assert(sizeof(struct fp_regs) == offsetof(struct abi_fp_state, rest_), "fp is copied whole");

/* uc_flags .. uc_sigmask and the unused rest, which directly follow info. */
struct frame_head {
	struct abi_siginfo info;
	u64	flags, link;
	struct abi_sigaltstack stack;
	u64	sigmask;
	u8	unused[128];		/* 120 and padding */
};
static_assert(sizeof(struct frame_head) == offsetof(struct abi_rt_sigframe, uc.uc_mcontext), "head is copied whole");

static int
push_fp(ulong frame)
{
	const size_t used = sizeof(struct fp_regs), all = sizeof(struct abi_fp_state);

	if (!current->arch.fp_used)
		return clear_user(AT(frame, uc.uc_mcontext.sc_fpregs), all);
	fpu_save(current);
	if (copy_to_user(AT(frame, uc.uc_mcontext.sc_fpregs), &current->arch.fp, used))
		return -EFAULT;
	return clear_user(AT(frame, uc.uc_mcontext.sc_fpregs.rest_), all - used);
}

int
sigframe_push(struct trapframe *r, ulong top, const struct abi_siginfo *info, const struct abi_sigaction *sa,
	      u64 mask, const struct abi_sigaltstack *ss, ulong trampoline)
{
	ulong frame = (top - sizeof(struct abi_rt_sigframe)) & ~15UL;
	struct frame_head head = { .info = *info, .stack = *ss, .sigmask = mask };

	if (copy_to_user(UPTR(frame), &head, sizeof(head)) ||
	    copy_to_user(AT(frame, uc.uc_mcontext.sc_regs), r, REGS_SIZE) || push_fp(frame))
		return -EFAULT;
	r->pc = sa->sa_handler;
	r->sp = frame;
	r->ra = trampoline;
	r->a0 = info->si_signo;
	r->a1 = frame + offsetof(struct abi_rt_sigframe, info);
	r->a2 = frame + offsetof(struct abi_rt_sigframe, uc);
	return 0;
}

static int
pop_fp(ulong frame)
{
	u32 reserved[3];

	/* The last three words name an extension that follows; there is none. */
	if (copy_from_user(reserved, UPTR(frame + sizeof(struct abi_rt_sigframe) - sizeof(reserved)), sizeof(reserved)) ||
	    reserved[0] || reserved[1] || reserved[2])
		return -EFAULT;
	fpu_reload(current);
	return copy_from_user(&current->arch.fp, AT(frame, uc.uc_mcontext.sc_fpregs), sizeof(struct fp_regs));
}

int
sigframe_pop(struct trapframe *r, u64 *mask, struct abi_sigaltstack *ss)
{
	const size_t skip = offsetof(struct frame_head, stack);
	struct frame_head head;
	ulong frame = r->sp;

	if (copy_from_user(&head.stack, UPTR(frame + skip), sizeof(head.stack) + sizeof(head.sigmask)) || pop_fp(frame) ||
	    copy_from_user(r, AT(frame, uc.uc_mcontext.sc_regs), REGS_SIZE))
		return -EFAULT;
	r->cause = ~0UL;			/* no longer a system call: nothing to restart */
	*mask = head.sigmask;
	*ss = head.stack;
	return 0;
}

ulong
vdso_sigreturn_offset(void)
{
	return 0;
}
