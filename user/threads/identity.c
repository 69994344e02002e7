/*
 * identity.c - users and groups are each thread's to the kernel and the process's to POSIX: the C library makes every
 * thread change with the one that called, by a signal that no program sees.
 */
#include <grp.h>
#include "threads.h"

#define THREADS	5

static pthread_barrier_t barrier;
static _Atomic int right;

static bool
is(unsigned uid, unsigned gid)
{
	return syscall(SYS_getuid) == uid && syscall(SYS_geteuid) == uid && syscall(SYS_getgid) == gid;
}

static void *
sit(void *arg)
{
	long me = (long)arg;

	MUST(is(0, 0));
	pthread_barrier_wait(&barrier);
	if (me == 1) {				/* not the first thread */
		gid_t groups[] = { 77, 78 };

		CALL(setgroups(2, groups));
		CALL(setgid(12));
		CALL(setuid(34));
		CALL(setuid(0));
		CALL(seteuid(0));
	}
	pthread_barrier_wait(&barrier);
	right += is(34, 12) && syscall(SYS_getgroups, 0, NULL) == 2;
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void
change(void)
{
	pthread_t t[THREADS];

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (long i = 0; i < THREADS; i++)
		t[i] = start(sit, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	VALUE(right);
	VALUE(is(34, 12));
}

static void *
alone(void *unused)
{
	(void)unused;
	CALL(syscall(SYS_setresuid, 55, 55, 55));
	VALUE(syscall(SYS_getuid));
	return NULL;
}

int
identity_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHILD(change);
	puts("- the call itself changes one thread");
	join(start(alone, NULL));
	VALUE(syscall(SYS_getuid));
	return 0;
}
