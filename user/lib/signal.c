/* signal.c - signals. The kernel supplies the code a handler returns to. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "sys.h"

_Static_assert(sizeof(struct sigaction) == sizeof(struct abi_sigaction), "sigaction");
_Static_assert(offsetof(struct sigaction, sa_flags) == offsetof(struct abi_sigaction, sa_flags), "sa_flags");
_Static_assert(sizeof(siginfo_t) == sizeof(struct abi_siginfo), "siginfo");
_Static_assert(offsetof(siginfo_t, si_status) == offsetof(struct abi_siginfo, si_status), "si_status");
_Static_assert(offsetof(siginfo_t, si_addr) == offsetof(struct abi_siginfo, si_addr), "si_addr");
_Static_assert(sizeof(stack_t) == sizeof(struct abi_sigaltstack), "sigaltstack");

int
sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict old)
{
	return CALL(rt_sigaction, sig, act, old, sizeof(sigset_t));
}

/* BSD's meaning: the handler stays, and calls are restarted. */
void
(*signal(int sig, void (*handler)(int)))(int)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;

	return sigaction(sig, &act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int
sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return CALL(rt_sigprocmask, how, set, old, sizeof *set);
}

int sigpending(sigset_t *set) { return CALL(rt_sigpending, set, sizeof *set); }
int sigsuspend(const sigset_t *set) { return CALL(rt_sigsuspend, set, sizeof *set); }
int sigaltstack(const stack_t *restrict ss, stack_t *restrict old) { return CALL(sigaltstack, ss, old); }
int kill(pid_t pid, int sig) { return CALL(kill, pid, sig); }
int killpg(pid_t pgid, int sig) { return CALL(kill, -pgid, sig); }
int tgkill(pid_t tgid, pid_t tid, int sig) { return CALL(tgkill, tgid, tid, sig); }
int raise(int sig) { return tgkill(getpid(), gettid(), sig); }

int
sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info, const struct timespec *restrict timeout)
{
	return CALL(rt_sigtimedwait, set, info, timeout, sizeof *set);
}

int
sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	return sigtimedwait(set, info, NULL);
}

int
sigwait(const sigset_t *restrict set, int *restrict sig)
{
	int s;

	do
		s = sigwaitinfo(set, NULL);
	while (s < 0 && errno == EINTR);
	if (s < 0)
		return errno;
	*sig = s;
	return 0;
}

int
sigqueue(pid_t pid, int sig, const union sigval value)
{
	siginfo_t info;

	memset(&info, 0, sizeof info);
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value = value;
	return CALL(rt_sigqueueinfo, pid, sig, &info);
}

int sigemptyset(sigset_t *set) { *set = 0; return 0; }
int sigfillset(sigset_t *set) { *set = ~0UL; return 0; }
int sigaddset(sigset_t *set, int sig) { *set |= 1UL << (sig - 1); return 0; }
int sigdelset(sigset_t *set, int sig) { *set &= ~(1UL << (sig - 1)); return 0; }
int sigismember(const sigset_t *set, int sig) { return *set >> (sig - 1) & 1; }

void
__sigsetjmp_mask(sigjmp_buf env, int save)
{
	env->have_mask = save;
	if (save)
		sigprocmask(SIG_SETMASK, NULL, &env->mask);
}

void
siglongjmp(sigjmp_buf env, int value)
{
	if (env->have_mask)
		sigprocmask(SIG_SETMASK, &env->mask, NULL);
	longjmp(env, value);
}

int
pause(void)
{
	sigset_t now;

	sigprocmask(SIG_SETMASK, NULL, &now);
	return sigsuspend(&now);
}

unsigned int
alarm(unsigned int seconds)
{
	struct itimerval v = { .it_value.tv_sec = seconds }, old;

	if (setitimer(ITIMER_REAL, &v, &old) < 0)
		return 0;
	return old.it_value.tv_sec + (old.it_value.tv_usec > 0);
}
