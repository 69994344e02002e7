/* start.c - from crt0.S to main(), and the way out: exit, atexit, abort. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "sys.h"

int	main(int argc, char **argv, char **envp);
void	__stdio_flush(void) __attribute__((weak));

int errno;
char **environ;
char *program_invocation_short_name = "?";

static unsigned long *auxv;
static void (*at_exit[32])(void);
static int nat_exit;

long
__syscall_return(long r)
{
	if ((unsigned long)r < -4095UL)
		return r;
	errno = -r;
	return -1;
}

void
_exit(int status)
{
	for (;;)
		SYS(exit_group, status);
}

void
_Exit(int status)
{
	_exit(status);
}

int
atexit(void (*f)(void))
{
	if (nat_exit == sizeof at_exit / sizeof *at_exit)
		return -1;
	at_exit[nat_exit++] = f;
	return 0;
}

void
exit(int status)
{
	while (nat_exit)
		at_exit[--nat_exit]();
	if (__stdio_flush)
		__stdio_flush();
	_exit(status);
}

void
abort(void)
{
	long set = 1L << (SIGABRT - 1), standard[3] = { 0 };
	int pid = SYS0(getpid), tid = SYS0(gettid);

	SYS(tgkill, pid, tid, SIGABRT);
	SYS(rt_sigaction, SIGABRT, standard, 0, 8);	/* it was caught or ignored: not any more */
	SYS(rt_sigprocmask, SIG_UNBLOCK, &set, 0, 8);
	SYS(tgkill, pid, tid, SIGABRT);
	_exit(127);
}

unsigned long
getauxval(unsigned long type)
{
	unsigned long *a;

	for (a = auxv; *a; a += 2)
		if (*a == type)
			return a[1];
	errno = ENOENT;
	return 0;
}

/* sp points to argc, as the kernel left it. */
__attribute__((noreturn, used)) void
__libc_start(long *sp)
{
	int argc = *sp;
	char **argv = (char **)(sp + 1), **p = argv + argc + 1;

	environ = p;
	while (*p)
		p++;
	auxv = (unsigned long *)(p + 1);
	if (argc > 0) {
		char *name = argv[0], *s;

		for (s = name; *s; s++)
			if (*s == '/')
				name = s + 1;
		program_invocation_short_name = name;
	}
	exit(main(argc, argv, environ));
}
