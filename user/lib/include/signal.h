/* signal.h - signals. A set is one 64-bit word, as the kernel's. */
#ifndef SIGNAL_H
#define SIGNAL_H

#include <bits/types.h>
#include "abi/signal.h"

#undef SIG_DFL
#undef SIG_IGN
#define SIG_DFL	((void (*)(int))0)
#define SIG_IGN	((void (*)(int))1)
#define SIG_ERR	((void (*)(int))-1)
#define NSIG	65
#define _NSIG	65

typedef int sig_atomic_t;
typedef unsigned long sigset_t;
typedef void (*sighandler_t)(int);

union sigval {
	int	sival_int;
	void	*sival_ptr;
};

/* As struct abi_siginfo, but pointers are pointers; signal.c checks that the layouts agree. */
typedef struct siginfo {
	int	si_signo, si_errno, si_code, pad_;
	union {
		struct {
			union { pid_t si_pid; int si_timerid; };
			union { uid_t si_uid; int si_overrun; };
			union { union sigval si_value; int si_int; void *si_ptr; int si_status; };
			clock_t	si_utime, si_stime;
		};
		struct { void *si_addr; short si_addr_lsb; };
		struct { long si_band; int si_fd; };
		struct { void *si_call_addr; int si_syscall; unsigned int si_arch; };
		unsigned int fill_[28];
	};
} siginfo_t;

typedef struct {
	void	*ss_sp;
	int	ss_flags;
	size_t	ss_size;
} stack_t;

typedef struct abi_sigcontext mcontext_t;
typedef struct abi_ucontext ucontext_t;

struct sigaction {
	union {
		void	(*sa_handler)(int);
		void	(*sa_sigaction)(int, siginfo_t *, void *);
	};
	unsigned long sa_flags;
	sigset_t sa_mask;
};

struct timespec;

void	(*signal(int sig, void (*handler)(int)))(int);
int	sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict old);
int	sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old);
int	sigpending(sigset_t *set);
int	sigsuspend(const sigset_t *set);
int	sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info);
int	sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info, const struct timespec *restrict timeout);
int	sigwait(const sigset_t *restrict set, int *restrict sig);
int	sigqueue(pid_t pid, int sig, const union sigval value);
int	sigaltstack(const stack_t *restrict ss, stack_t *restrict old);
int	sigemptyset(sigset_t *set);
int	sigfillset(sigset_t *set);
int	sigaddset(sigset_t *set, int sig);
int	sigdelset(sigset_t *set, int sig);
int	sigismember(const sigset_t *set, int sig);
int	kill(pid_t pid, int sig);
int	killpg(pid_t pgid, int sig);
int	tgkill(pid_t tgid, pid_t tid, int sig);
int	raise(int sig);

#endif
