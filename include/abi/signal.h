/*
 * signal.h - signals, their information, and the frame a handler runs on.
 *
 * riscv has no SA_RESTORER: the kernel supplies the return trampoline.
 * SIG_DFL and SIG_IGN are plain numbers here; a C library gives them a
 * function pointer's type.
 * Source: Linux include/uapi/asm-generic/signal.h, signal-defs.h, siginfo.h;
 * arch/riscv/include/uapi/asm/ucontext.h, sigcontext.h, ptrace.h.
 */
#ifndef ABI_SIGNAL_H
#define ABI_SIGNAL_H

#include "abi/check.h"

#define ABI_NSIG	64	/* signals are 1..64; a set is one 64-bit word, bit signo-1 */

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGIOT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGSTKFLT	16
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGXCPU		24
#define SIGXFSZ		25
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGWINCH	28
#define SIGIO		29
#define SIGPOLL		SIGIO
#define SIGPWR		30
#define SIGSYS		31
#define SIGRTMIN	32
#define SIGRTMAX	64

#define SIG_DFL		0UL
#define SIG_IGN		1UL

#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2

#define SA_NOCLDSTOP	0x00000001UL
#define SA_NOCLDWAIT	0x00000002UL
#define SA_SIGINFO	0x00000004UL
#define SA_UNSUPPORTED	0x00000400UL
#define SA_EXPOSE_TAGBITS 0x00000800UL
#define SA_ONSTACK	0x08000000UL
#define SA_RESTART	0x10000000UL
#define SA_NODEFER	0x40000000UL
#define SA_RESETHAND	0x80000000UL

#define SS_ONSTACK	1		/* ss_flags; linux/signal.h */
#define SS_DISABLE	2
#define SS_AUTODISARM	0x80000000U
#define MINSIGSTKSZ	2048
#define SIGSTKSZ	8192

struct abi_sigaction {
	uint64_t sa_handler;		/* SIG_DFL, SIG_IGN or a user address */
	uint64_t sa_flags;
	uint64_t sa_mask;
};
ABI_SIZE(struct abi_sigaction, 24);

struct abi_sigaltstack {
	uint64_t ss_sp;
	int32_t	ss_flags;
	uint64_t ss_size;
};
ABI_SIZE(struct abi_sigaltstack, 24);
ABI_OFFSET(struct abi_sigaltstack, ss_size, 16);

/* ---- si_code ---- */

#define SI_USER		0
#define SI_KERNEL	0x80
#define SI_QUEUE	(-1)
#define SI_TIMER	(-2)
#define SI_MESGQ	(-3)
#define SI_ASYNCIO	(-4)
#define SI_SIGIO	(-5)
#define SI_TKILL	(-6)
#define SI_DETHREAD	(-7)
#define SI_ASYNCNL	(-60)

#define ILL_ILLOPC	1
#define ILL_ILLOPN	2
#define ILL_ILLADR	3
#define ILL_ILLTRP	4
#define ILL_PRVOPC	5
#define ILL_PRVREG	6
#define ILL_COPROC	7
#define ILL_BADSTK	8

#define FPE_INTDIV	1
#define FPE_INTOVF	2
#define FPE_FLTDIV	3
#define FPE_FLTOVF	4
#define FPE_FLTUND	5
#define FPE_FLTRES	6
#define FPE_FLTINV	7
#define FPE_FLTSUB	8

#define SEGV_MAPERR	1
#define SEGV_ACCERR	2

#define BUS_ADRALN	1
#define BUS_ADRERR	2
#define BUS_OBJERR	3

#define TRAP_BRKPT	1
#define TRAP_TRACE	2
#define TRAP_BRANCH	3
#define TRAP_HWBKPT	4
#define TRAP_UNK	5

#define CLD_EXITED	1
#define CLD_KILLED	2
#define CLD_DUMPED	3
#define CLD_TRAPPED	4
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

#define POLL_IN		1
#define POLL_OUT	2
#define POLL_MSG	3
#define POLL_ERR	4
#define POLL_PRI	5
#define POLL_HUP	6

#define SYS_SECCOMP	1

/* The greatest code of each: what only other architectures send is counted. */
#define ILL_LAST	11
#define FPE_LAST	15
#define SEGV_LAST	10
#define BUS_LAST	5
#define TRAP_LAST	6
#define SYS_LAST	2

union abi_sigval {
	int32_t	sival_int;
	uint64_t sival_ptr;
};

/*
 * Which members mean something follows from si_signo and si_code:
 *	kill, tkill			si_pid si_uid
 *	rt_sigqueueinfo, SI_MESGQ	si_pid si_uid si_value
 *	SI_TIMER			si_timerid si_overrun si_value
 *	SIGCHLD				si_pid si_uid si_status si_utime si_stime
 *	SIGILL SEGV BUS FPE TRAP	si_addr (si_addr_lsb)
 *	SIGIO				si_band si_fd
 *	SIGSYS				si_call_addr si_syscall si_arch
 */
struct abi_siginfo {
	int32_t	si_signo;
	int32_t	si_errno;
	int32_t	si_code;
	int32_t	pad_;
	union {
		struct {
			union {
				int32_t	si_pid;
				int32_t	si_timerid;
			};
			union {
				uint32_t si_uid;
				int32_t	si_overrun;
			};
			union {
				union abi_sigval si_value;
				int32_t	si_int;
				uint64_t si_ptr;
				int32_t	si_status;
			};
			int64_t	si_utime;	/* in ticks of ABI_CLK_TCK */
			int64_t	si_stime;
		};
		struct {
			uint64_t si_addr;
			int16_t	si_addr_lsb;
		};
		struct {
			int64_t	si_band;
			int32_t	si_fd;
		};
		struct {
			uint64_t si_call_addr;
			int32_t	si_syscall;
			uint32_t si_arch;
		};
		uint32_t fill_[28];
	};
};
ABI_SIZE(struct abi_siginfo, 128);
#define SI_MEMBERS	48		/* no member lies beyond */
ABI_OFFSET(struct abi_siginfo, si_pid, 16);
ABI_OFFSET(struct abi_siginfo, si_uid, 20);
ABI_OFFSET(struct abi_siginfo, si_value, 24);
ABI_OFFSET(struct abi_siginfo, si_status, 24);
ABI_OFFSET(struct abi_siginfo, si_utime, 32);
ABI_OFFSET(struct abi_siginfo, si_addr, 16);
ABI_OFFSET(struct abi_siginfo, si_fd, 24);
ABI_OFFSET(struct abi_siginfo, si_syscall, 24);

#define SIGEV_SIGNAL	0
#define SIGEV_NONE	1
#define SIGEV_THREAD	2
#define SIGEV_THREAD_ID	4

struct abi_sigevent {
	union abi_sigval sigev_value;
	int32_t	sigev_signo;
	int32_t	sigev_notify;
	int32_t	sigev_tid;		/* SIGEV_THREAD_ID */
	int32_t	pad_[11];
};
ABI_SIZE(struct abi_sigevent, 64);
ABI_OFFSET(struct abi_sigevent, sigev_tid, 16);

/* ---- the frame on the user stack: siginfo, then ucontext ---- */

struct abi_user_regs {			/* struct user_regs_struct: pc, then x1..x31 */
	uint64_t pc;
	uint64_t ra, sp, gp, tp;
	uint64_t t0, t1, t2;
	uint64_t s0, s1;
	uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
	uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	uint64_t t3, t4, t5, t6;
};
ABI_SIZE(struct abi_user_regs, 256);

struct abi_fp_state {			/* union __riscv_fp_state, as its D member */
	uint64_t f[32];
	uint32_t fcsr;
	uint32_t pad_;
	uint64_t rest_[33];		/* up to the size of its Q member; zero */
} __attribute__((aligned(16)));
ABI_SIZE(struct abi_fp_state, 528);
ABI_OFFSET(struct abi_fp_state, fcsr, 256);

struct abi_sigcontext {
	struct abi_user_regs sc_regs;
	struct abi_fp_state sc_fpregs;
};
ABI_SIZE(struct abi_sigcontext, 784);

struct abi_ucontext {
	uint64_t uc_flags;
	uint64_t uc_link;
	struct abi_sigaltstack uc_stack;
	uint64_t uc_sigmask;
	uint8_t	unused_[120];
	struct abi_sigcontext uc_mcontext;
};
ABI_SIZE(struct abi_ucontext, 960);
ABI_OFFSET(struct abi_ucontext, uc_sigmask, 40);
ABI_OFFSET(struct abi_ucontext, uc_mcontext, 176);

struct abi_rt_sigframe {		/* at sp when the handler starts */
	struct abi_siginfo info;
	struct abi_ucontext uc;
};
ABI_SIZE(struct abi_rt_sigframe, 1088);

#endif
