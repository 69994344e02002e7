/*
 * signal.c - the frame a signal handler runs on, and the way back.
 *
 * The frame is abi_rt_sigframe (include/abi/signal.h).  Inside one page it is written in place, straight
 * from where the values are; across a page's end it is made here and copied.  struct trapframe begins like
 * abi_user_regs, struct fp_regs like abi_fp_state.
 */
#include "arch/signal.h"
#include "abi/errno.h"
#include "arch/switch.h"
#include "arch/trap.h"
#include "csr.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/usercopy.h"

#define REGS_SIZE	sizeof(struct abi_user_regs)

static_assert(offsetof(struct trapframe, t6) + 8 == REGS_SIZE, "regs are copied whole");
static_assert(sizeof(struct fp_regs) == offsetof(struct abi_fp_state, rest_), "fp is copied whole");

/* The last words of the frame name an extension that follows; there is none. */
#define REST_WORDS	(sizeof(((struct abi_fp_state *)0)->rest_) / 8)

/* Only what a handler may look at is written: the gaps keep what the stack held. */
static void
frame_fill(struct abi_rt_sigframe *f, const struct trapframe *r, const struct abi_siginfo *info, u64 mask,
	   const struct abi_sigaltstack *ss)
{
	struct abi_fp_state *fp = &f->uc.uc_mcontext.sc_fpregs;

	f->info = *info;
	f->uc.uc_flags = 0;
	f->uc.uc_link = 0;
	f->uc.uc_stack = *ss;
	f->uc.uc_sigmask = mask;
	memcpy(&f->uc.uc_mcontext.sc_regs, r, REGS_SIZE);
	if (current->arch.fp_used)
		memcpy(fp, &current->arch.fp, sizeof(struct fp_regs));
	else
		memset(fp, 0, sizeof(struct fp_regs));
	fp->rest_[REST_WORDS - 2] = 0;
	fp->rest_[REST_WORDS - 1] = 0;
}

int
sigframe_push(struct trapframe *r, ulong top, const struct abi_siginfo *info, const struct abi_sigaction *sa,
	      u64 mask, const struct abi_sigaltstack *ss, ulong trampoline)
{
	ulong frame = (top - sizeof(struct abi_rt_sigframe)) & ~15UL;
	struct abi_rt_sigframe *f, whole;

	fpu_save(current);
	f = user_window(UPTR(frame), sizeof(*f), true);
	if (likely(f)) {
		frame_fill(f, r, info, mask, ss);
		user_window_end();
	} else {
		memset(&whole, 0, sizeof(whole));
		frame_fill(&whole, r, info, mask, ss);
		if (copy_to_user(UPTR(frame), &whole, sizeof(whole)))
			return -EFAULT;
	}
	r->pc = sa->sa_handler;
	r->sp = frame;
	r->ra = trampoline;
	r->a0 = info->si_signo;
	r->a1 = frame + offsetof(struct abi_rt_sigframe, info);
	r->a2 = frame + offsetof(struct abi_rt_sigframe, uc);
	return 0;
}

static int
frame_take(const struct abi_rt_sigframe *f, struct trapframe *r, u64 *mask, struct abi_sigaltstack *ss)
{
	const struct abi_fp_state *fp = &f->uc.uc_mcontext.sc_fpregs;

	if (fp->rest_[REST_WORDS - 2] >> 32 || fp->rest_[REST_WORDS - 1])
		return -EFAULT;
	fpu_reload(current);
	memcpy(&current->arch.fp, fp, sizeof(struct fp_regs));
	memcpy(r, &f->uc.uc_mcontext.sc_regs, REGS_SIZE);
	*mask = f->uc.uc_sigmask;
	*ss = f->uc.uc_stack;
	return 0;
}

int
sigframe_pop(struct trapframe *r, u64 *mask, struct abi_sigaltstack *ss)
{
	uptr_t frame = UPTR(r->sp);
	struct abi_rt_sigframe *f, whole;
	int err;

	/* Unaligned: none of ours, but no reason to refuse. */
	f = frame.addr & 15 ? NULL : user_window(frame, sizeof(*f), false);
	if (likely(f)) {
		err = frame_take(f, r, mask, ss);
		user_window_end();
	} else {
		if (copy_from_user(&whole, frame, sizeof(whole)))
			return -EFAULT;
		err = frame_take(&whole, r, mask, ss);
	}
	r->cause = ~0UL;			/* no longer a system call: nothing to restart */
	return err;
}
