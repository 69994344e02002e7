/* signals: handlers, masks, pending, restart, alternate stack, nesting, queueing and defaults. */
#include <poll.h>
#include "test.h"

static volatile int count, last, nested, on_alt;
static char alt[32768];

static void handler(int sig) { count++; last = sig; }

static void
with_info(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)context;
	CHECK(info->si_signo == sig);
	last = info->si_pid;
	on_alt = &here >= alt && &here < alt + sizeof alt;
}

static void
nest(int sig)
{
	nested++;
	if (nested < 3)
		kill(getpid(), sig);	/* blocked while we run, unless SA_NODEFER */
	last = nested;
}

static void
set(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = fn;
	sa.sa_flags = flags;
	CHECK(sigaction(sig, &sa, NULL) == 0);
}

static void ignored_term(void) { signal(SIGTERM, SIG_IGN); kill(getpid(), SIGTERM); _exit(7); }
static void
forged_frame(void)
{
	/* rt_sigreturn with a stack pointer that no kernel made. */
	asm volatile("addi sp, sp, -1001; li a7, 139; ecall" ::: "memory");
}

static void kill_self(void) { signal(SIGKILL, SIG_IGN); kill(getpid(), SIGKILL); _exit(7); }

int
main(void)
{
	sigset_t s, old;
	stack_t ss = { alt, 0, sizeof alt };
	struct sigaction sa;
	int fds[2];
	char c;
	pid_t p;

	set(SIGUSR1, handler, 0);
	CHECK(kill(getpid(), SIGUSR1) == 0 && count == 1 && last == SIGUSR1);
	CHECK_ERRNO(EINVAL, sigaction(SIGKILL, &(struct sigaction){ .sa_handler = handler }, NULL));
	CHECK_ERRNO(EINVAL, kill(getpid(), 65));
	CHECK_ERRNO(ESRCH, kill(999999, 0));
	CHECK(exited(in_child(ignored_term), 7) && killed(in_child(kill_self), SIGKILL));

	CHECK(killed(in_child(forged_frame), SIGSEGV));

	/* Blocked: pending once, delivered at unblock. */
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &s, &old) == 0);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	CHECK(count == 1);
	CHECK(sigpending(&s) == 0 && sigismember(&s, SIGUSR1));
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0 && count == 2);

	/* sigsuspend lets it in and puts the mask back. */
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, &old);
	kill(getpid(), SIGUSR1);
	CHECK_ERRNO(EINTR, sigsuspend(&old));
	CHECK(count == 3);
	sigprocmask(SIG_SETMASK, NULL, &s);
	CHECK(sigismember(&s, SIGUSR1));
	sigprocmask(SIG_SETMASK, &old, NULL);

	/* EINTR without SA_RESTART, the whole call with it. */
	CHECK(pipe(fds) == 0);
	for (int restart = 0; restart < 2; restart++) {
		set(SIGUSR1, handler, restart ? SA_RESTART : 0);
		p = fork();
		if (p == 0) {
			pause_ms(50);
			kill(getppid(), SIGUSR1);
			pause_ms(50);
			CHECK(write(fds[1], "x", 1) == 1);
			_exit(0);
		}
		if (restart)
			CHECK(read(fds[0], &c, 1) == 1 && c == 'x');
		else {
			CHECK_ERRNO(EINTR, read(fds[0], &c, 1));
			CHECK(read(fds[0], &c, 1) == 1);
		}
		waitpid(p, NULL, 0);
	}

	/* The alternate stack. */
	CHECK(sigaltstack(&ss, NULL) == 0);
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = with_info;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK;
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	kill(getpid(), SIGUSR2);
	CHECK(on_alt && last == getpid());

	/* Nesting is held back until the handler returns. */
	set(SIGUSR1, nest, 0);
	kill(getpid(), SIGUSR1);
	CHECK(nested == 3 && last == 3);
	set(SIGUSR1, handler, SA_RESETHAND);
	kill(getpid(), SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	CHECK(sa.sa_handler == SIG_DFL);

	/* Real-time signals queue, in order of number. */
	count = 0;
	set(34, handler, 0);
	sigemptyset(&s);
	sigaddset(&s, 34);
	sigprocmask(SIG_BLOCK, &s, &old);
	for (int i = 0; i < 5; i++)
		kill(getpid(), 34);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK(count == 5);
	return 0;
}
