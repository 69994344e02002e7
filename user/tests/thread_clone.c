/*
 * thread_clone: threads made by clone share memory and descriptors, have a tid and a TLS pointer of
 * their own, are joined through CHILD_CLEARTID's futex, and end together at exit_group.
 */
#include <sched.h>
#include "test.h"

#define THREADS	8
#define ROUNDS	2000
#define FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | \
		 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
#define WAIT	0
#define WAKE	1

static volatile int lock, counter, tids[THREADS], seen_tid[THREADS], shared_fd = -1;
static volatile long seen_tls[THREADS];

static long futex(volatile int *a, int op, int v) { return syscall(SYS_futex, a, op, v, NULL, NULL, 0); }

/*
 * Start a thread: clone returns twice, and the child, on a stack of its own, calls fn(arg) and ends.
 * In assembly, since the child has no frame to return to; tls goes into tp.
 */
static long
thread(int (*fn)(long), long arg, char *stack_top, volatile int *tid, long tls)
{
	register long a0 asm("a0") = FLAGS;
	register long a1 asm("a1") = (long)stack_top;
	register long a2 asm("a2") = (long)tid;
	register long a3 asm("a3") = tls;
	register long a4 asm("a4") = (long)tid;
	register long a7 asm("a7") = SYS_clone;
	register long s2 asm("s2") = (long)fn;
	register long s3 asm("s3") = arg;

	asm volatile("ecall\n"
		     "bnez a0, 1f\n"
		     "mv a0, s3\n"
		     "jalr s2\n"
		     "li a7, 93\n"		/* exit, of this thread alone */
		     "ecall\n"
		     "1:\n"
		     : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7), "r"(s2), "r"(s3) : "memory", "ra");
	return a0;
}

/* Wait for the kernel to clear tid and wake us. */
static void
join(volatile int *tid)
{
	int v;

	while ((v = *tid))
		futex(tid, WAIT, v);
}

/* No errno in threads: it would be everybody's. */
static int
count(long me)
{
	long tls;

	asm volatile("mv %0, tp" : "=r"(tls));
	seen_tls[me] = tls;
	seen_tid[me] = syscall(SYS_gettid);
	for (int i = 0; i < ROUNDS; i++) {
		while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
			futex(&lock, WAIT, 1);
		counter = counter + 1;
		__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
		futex(&lock, WAKE, 1);
	}
	return 0;
}

static int
open_one(long unused)
{
	(void)unused;
	shared_fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
	return 0;
}

static int spin(long unused) { (void)unused; for (;;) counter = counter; return 0; }
static int leave(long code) { syscall(SYS_exit_group, code); return 0; }
static volatile int *volatile nowhere = (volatile int *)8;
static int fault(long unused) { (void)unused; *nowhere = 1; return 0; }

static char *
stack(void)
{
	return (char *)map_anon(4 * PAGE, PROT_READ | PROT_WRITE) + 4 * PAGE;
}

static void
group_exits(void)
{
	static volatile int t[3];

	thread(spin, 0, stack(), &t[0], 0);
	thread(spin, 0, stack(), &t[1], 0);
	thread(leave, 21, stack(), &t[2], 0);
	for (;;)
		pause();
}

static void
one_faults(void)
{
	static volatile int t[2];

	thread(spin, 0, stack(), &t[0], 0);
	thread(fault, 0, stack(), &t[1], 0);
	for (;;)
		pause();
}

static void
exec_ends_the_others(void)
{
	static volatile int t[2];
	char *argv[] = { "thread_clone", "single", NULL };

	thread(spin, 0, stack(), &t[0], 0);
	thread(spin, 0, stack(), &t[1], 0);
	execv("/proc/self/exe", argv);
	_exit(1);
}

int
main(int argc, char **argv)
{
	char line[100];

	(void)argv;
	if (argc > 1) {				/* after exec: one thread is left */
		CHECK(gettid() == getpid());
		snprintf(line, sizeof line, "/proc/self/task/%d", getpid());
		CHECK(access(line, F_OK) == 0);
		return 22;
	}
	for (int i = 0; i < THREADS; i++)
		CHECK(thread(count, i, stack(), &tids[i], 1000 + i) > 0);
	for (int i = 0; i < THREADS; i++)
		join(&tids[i]);
	CHECK(counter == THREADS * ROUNDS);
	for (int i = 0; i < THREADS; i++) {
		CHECK(seen_tls[i] == 1000 + i && seen_tid[i] > 0 && seen_tid[i] != getpid());
		for (int k = 0; k < i; k++)
			CHECK(seen_tid[k] != seen_tid[i]);
	}
	CHECK(thread(open_one, 0, stack(), &tids[0], 0) > 0);
	join(&tids[0]);
	CHECK(shared_fd >= 0 && fcntl(shared_fd, F_GETFD) == 0);
	/* Threads are no children. */
	CHECK_ERRNO(ECHILD, waitpid(-1, NULL, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_clone, CLONE_THREAD | CLONE_VM, stack(), NULL, NULL, NULL));
	CHECK_ERRNO(EINVAL, syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, NULL));

	CHECK(exited(in_child(group_exits), 21));
	CHECK(killed(in_child(one_faults), SIGSEGV));
	CHECK(exited(in_child(exec_ends_the_others), 22));
	return 0;
}
