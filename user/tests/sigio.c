/*
 * sigio.c - SIGIO: F_SETOWN and F_SETOWN_EX, F_SETSIG with its reason, O_ASYNC on pipes and FIOASYNC, process groups,
 * and what bad arguments get.
 */
#include <sys/ioctl.h>
#include "abi/ioctl.h"
#include "sigio.h"

#ifndef F_SETOWN_EX
#define F_SETOWN_EX	15
#define F_GETOWN_EX	16
#endif
#ifndef F_SETSIG
#define F_SETSIG	10
#define F_GETSIG	11
#endif
#ifndef O_ASYNC
#define O_ASYNC		020000
#endif

struct owner { int type, pid; };

/* Until n signals have come. */
static void
await(int n)
{
	for (int i = 0; i < 1000 && count < n; i++)
		pause_ms(5);
	CHECK(count == n);
}

static void
async(int f, int on)
{
	int flags = fcntl(f, F_GETFL);

	CHECK(fcntl(f, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC) == 0);
	CHECK(!(fcntl(f, F_GETFL) & O_ASYNC) == !on);
}

static void
test_owner(void)
{
	int f[2];
	struct owner o = { 9, 0 };
	pid_t child;

	CHECK(pipe(f) == 0);
	CHECK(fcntl(f[0], F_GETOWN) == 0 && fcntl(f[0], F_GETSIG) == 0);
	CHECK(fcntl(f[0], F_SETOWN, getpid()) == 0 && fcntl(f[0], F_GETOWN) == getpid());
	CHECK(fcntl(f[0], F_GETOWN_EX, &o) == 0 && o.type == 1 && o.pid == getpid());
	CHECK(syscall(SYS_fcntl, f[0], F_SETOWN, -getpgrp()) == 0);
	CHECK(fcntl(f[0], F_GETOWN_EX, &o) == 0 && o.type == 2 && o.pid == getpgrp());
	o.type = 0;
	o.pid = syscall(SYS_gettid);
	CHECK(fcntl(f[0], F_SETOWN_EX, &o) == 0 && fcntl(f[0], F_GETOWN) == o.pid);
	o.type = 3;
	CHECK_ERRNO(EINVAL, fcntl(f[0], F_SETOWN_EX, &o));
	o.type = 1;
	o.pid = 0x3fffffff;			/* more than a pid can be */
	CHECK_ERRNO(ESRCH, fcntl(f[0], F_SETOWN_EX, &o));
	CHECK_ERRNO(ESRCH, fcntl(f[0], F_SETOWN, 0x3fffffff));
	CHECK_ERRNO(EFAULT, fcntl(f[0], F_SETOWN_EX, NULL));
	CHECK(fcntl(f[0], F_GETOWN) == getpid());		/* as it was */
	CHECK(fcntl(f[0], F_SETOWN, 0) == 0 && fcntl(f[0], F_GETOWN) == 0);
	CHECK_ERRNO(EINVAL, fcntl(f[0], F_SETSIG, 65));
	CHECK_ERRNO(EINVAL, fcntl(f[0], F_SETSIG, -1));
	CHECK(fcntl(f[0], F_SETSIG, 40) == 0 && fcntl(f[0], F_GETSIG) == 40);
	/* One that has been waited for is nobody. */
	child = fork();
	if (child == 0)
		_exit(0);
	CHECK(fcntl(f[0], F_SETOWN, child) == 0);
	CHECK(waitpid(child, NULL, 0) == child);
	CHECK(fcntl(f[0], F_GETOWN) == 0);
	close(f[0]);
	close(f[1]);
}

static void
test_pipe(void)
{
	int f[2], file = open("/proc/self/exe", O_RDONLY), on = 1;
	char c;

	CHECK(pipe(f) == 0);
	catch(SIGIO);
	async(f[0], 1);
	CHECK(write(f[1], "x", 1) == 1);
	pause_ms(20);
	CHECK(count == 0);					/* nobody owns it */
	CHECK(fcntl(f[0], F_SETOWN, getpid()) == 0);
	CHECK(write(f[1], "x", 1) == 1);
	await(1);
	CHECK(signo == SIGIO && code == 0x80);			/* SI_KERNEL */
	CHECK(read(f[0], &c, 1) == 1);
	CHECK(write(f[1], "x", 1) == 1);			/* the pipe was not empty */
	await(2);
	/* With a signal of its own it says why. */
	catch(41);
	CHECK(fcntl(f[0], F_SETSIG, 41) == 0);
	CHECK(write(f[1], "x", 1) == 1);
	await(1);
	CHECK(signo == 41 && code == 1 && fd == f[0] && band == (1 | 0x40));	/* POLL_IN */
	async(f[0], 0);
	CHECK(write(f[1], "x", 1) == 1);
	pause_ms(20);
	CHECK(count == 1);
	CHECK(ioctl(f[0], FIOASYNC, &on) == 0 && (fcntl(f[0], F_GETFL) & O_ASYNC));
	close(f[1]);						/* the last writer */
	await(2);
	CHECK_ERRNO(ENOTTY, ioctl(file, FIOASYNC, &on));
	close(file);
	close(f[0]);
}

/* Every process of the group. */
static void
test_group(void)
{
	int f[2], status;
	pid_t child = fork();

	if (child == 0) {
		CHECK(setpgid(0, 0) == 0 && pipe(f) == 0);
		catch(SIGIO);
		child = fork();
		if (child == 0) {
			await(1);
			_exit(0);
		}
		pause_ms(20);
		CHECK(syscall(SYS_fcntl, f[0], F_SETOWN, -getpid()) == 0);
		async(f[0], 1);
		CHECK(write(f[1], "x", 1) == 1);
		await(1);
		CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && exited(status, 0));
}

int
main(void)
{
	setpgid(0, 0);
	test_owner();
	test_pipe();
	test_group();
	return 0;
}
