/*
 * every_syscall_number: any number with any rubbish returns, or at worst harms its caller alone.
 *
 * Each number has a child of its own, in a session of its own, that dies of an alarm if the call
 * blocks.  A few are left out, since what they do with rubbish others would feel.
 */
#include <sys/time.h>
#include "test.h"

static const long rubbish[] = { 0, 1, -1, 4095, 0x10000, 0x7fffffff, -4096, 0x4000000000, 1L << 63 };
#define N	((int)(sizeof rubbish / sizeof rubbish[0]))
#define RETURNED 42

/* kill(-1), a clone that goes on with this program, the priority, the name and the clock of everybody. */
static int
left_out(int nr)
{
	return nr == SYS_kill || nr == SYS_clone || nr == SYS_setpriority || nr == SYS_sethostname || nr == 162 ||
	       nr == SYS_clock_settime || nr == SYS_settimeofday || nr == SYS_adjtimex || nr == SYS_clock_adjtime;
}

/* What may end, replace or confine the process that calls it. */
static int
may_kill(int nr)
{
	switch (nr) {
	case SYS_exit: case SYS_exit_group: case SYS_rt_sigreturn: case SYS_tkill: case SYS_tgkill:
	case SYS_mmap: case SYS_munmap: case SYS_mremap: case SYS_mprotect: case SYS_brk: case SYS_madvise:
	case 117:		/* ptrace */
	case 277:		/* seccomp */
	case 288:		/* pkey_mprotect */
		return 1;
	}
	return 0;
}

static void
hammer(int nr)
{
	struct itimerval end = { { 0, 0 }, { 0, 300000 } };
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	setitimer(ITIMER_REAL, &end, NULL);
	for (unsigned long i = 0; i < 40; i++) {
		unsigned long x = nr * 7919UL + i * 104729UL;

		syscall(nr, rubbish[x % N], rubbish[x / 7 % N], rubbish[x / 49 % N],
			rubbish[x / 343 % N], rubbish[x / 2401 % N], rubbish[x / 16807 % N]);
	}
	_exit(RETURNED);
}

int
main(void)
{
	int status;
	pid_t p;

	for (int nr = 0; nr < 470; nr++) {
		if (left_out(nr))
			continue;
		p = fork();
		CHECK(p >= 0);
		if (p == 0)
			hammer(nr);
		CHECK(waitpid(p, &status, 0) == p);
		if (!exited(status, RETURNED) && !killed(status, SIGALRM) && !may_kill(nr)) {
			printf("number %d: wait status %#x\n", nr, status);
			return 1;
		}
	}
	for (int nr = 600; nr < 2000; nr += 7)
		CHECK_ERRNO(ENOSYS, syscall(nr, 0, 0, 0));
	CHECK_ERRNO(ENOSYS, syscall(-1, 0, 0, 0));
	CHECK_ERRNO(ENOSYS, syscall(0x7fffffffffffffffL, 0, 0, 0));
	return 0;
}
