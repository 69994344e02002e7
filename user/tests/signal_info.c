/*
 * signal_info: what a handler learns from siginfo, for every way a signal can come; and nothing of the kernel's memory.
 */
#include <sys/resource.h>
#include <sys/time.h>
#include "test.h"

#define CODE_KERNEL	0x80
#define CODE_TKILL	(-6)
#define MEMBERS		48			/* the bytes that may mean something; the rest is zero */

static volatile int hits;
static siginfo_t got;
static char file[] = "/tmp/signal_info.tmp";

static void
keep(int sig, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(sig == info->si_signo);
	got = *info;
	hits++;
}

/* A fault's handler: keep what it says and go on behind main's fault(). */
static unsigned long resume_at;
static void
keep_and_skip(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	keep(sig, info, context);
	uc->uc_mcontext.sc_regs.pc = resume_at;
}

static void
catch(int sig, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = fn;
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	CHECK(sigaction(sig, &sa, NULL) == 0);
}

/* One has come: it says code, and all bytes from `from` on are zero. */
static void
came(int line, int sig, int code, unsigned from)
{
	const char *p = (const char *)&got;

	if (!hits || got.si_signo != sig || got.si_code != code || got.si_errno) {
		printf("line %d: hits %d signo %d code %d errno %d, wanted signal %d code %d\n", line, hits,
		       got.si_signo, got.si_code, got.si_errno, sig, code);
		exit(1);
	}
	for (unsigned i = from; i < sizeof got; i++)
		if (p[i]) {
			printf("line %d: byte %u is %d\n", line, i, p[i]);
			exit(1);
		}
	hits = 0;
}

#define CAME(sig, code, from)	came(__LINE__, sig, code, from)
#define FROM_ME()		CHECK(got.si_pid == getpid() && got.si_uid == getuid())

static void
fault(void (*body)(void))
{
	hits = 0;
	asm volatile("la t0, 1f; sd t0, (%0); jalr %1; 1:" :: "r"(&resume_at), "r"(body)
		     : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6",
		       "a7", "memory");
}

static char *volatile bad;
static void load(void) { asm volatile("lb t0, (%0)" :: "r"(bad) : "t0"); }
static void store(void) { asm volatile("sb zero, (%0)" :: "r"(bad) : "memory"); }
static void jump(void) { asm volatile("jr %0" :: "r"(bad)); }
static void illegal(void) { asm volatile(".balign 4; .word 0xffffffff"); }
static void breakpoint(void) { asm volatile("ebreak"); }

static void
faults(void)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *map;

	for (const int *s = (int []){ SIGSEGV, SIGBUS, SIGILL, SIGTRAP, 0 }; *s; s++)
		catch(*s, keep_and_skip);
	bad = map_anon(PAGE, PROT_READ);
	fault(store);
	CAME(SIGSEGV, SEGV_ACCERR, 24);
	CHECK(got.si_addr == bad);
	fault(jump);
	CAME(SIGSEGV, SEGV_ACCERR, 24);
	CHECK(got.si_addr == bad);
	CHECK(munmap(bad, PAGE) == 0);
	fault(load);
	CAME(SIGSEGV, SEGV_MAPERR, 24);
	CHECK(got.si_addr == bad);
	fault(jump);
	CAME(SIGSEGV, SEGV_MAPERR, 24);
	CHECK(got.si_addr == bad);
	bad = (char *)(1UL << 38);		/* no address for Sv39 */
	fault(jump);
	CAME(SIGSEGV, SEGV_MAPERR, 24);
	CHECK(got.si_addr == bad);
	bad = (char *)0xffffffff80000001UL;
	fault(store);
	CAME(SIGSEGV, SEGV_MAPERR, 24);
	CHECK(got.si_addr == bad);
	/* A mapped file that has become shorter. */
	CHECK(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
	map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && ftruncate(fd, PAGE) == 0);
	bad = map + PAGE + 5;
	fault(load);
	CAME(SIGBUS, BUS_ADRERR, 24);
	CHECK(got.si_addr == bad);
	bad = map + 5;
	load();
	CHECK(!hits);
	munmap(map, 2 * PAGE);
	close(fd);
	fault(illegal);
	CAME(SIGILL, ILL_ILLOPC, 24);
	CHECK((unsigned long)got.si_addr - (unsigned long)illegal < 16);
	fault(breakpoint);
	CAME(SIGTRAP, TRAP_BRKPT, 24);
	CHECK((unsigned long)got.si_addr - (unsigned long)breakpoint < 16);
}

/* A fault cannot wait and cannot be ignored. */
static void blocked_fault(void) { sigset_t s; sigfillset(&s); sigprocmask(SIG_SETMASK, &s, NULL); bad = NULL; load(); }
static void ignored_fault(void) { signal(SIGSEGV, SIG_IGN); bad = NULL; load(); }

static void
sent(void)
{
	siginfo_t info;
	pid_t me = getpid();

	catch(SIGUSR1, keep);
	catch(SIGRTMIN + 3, keep);
	CHECK(kill(me, SIGUSR1) == 0);
	CAME(SIGUSR1, SI_USER, 24);
	FROM_ME();
	CHECK(kill(0, 0) == 0);
	CHECK(tgkill(me, syscall(SYS_gettid), SIGUSR1) == 0);
	CAME(SIGUSR1, CODE_TKILL, 24);
	FROM_ME();
	CHECK(sigqueue(me, SIGRTMIN + 3, (union sigval){ .sival_ptr = (void *)0x123456789abcdefUL }) == 0);
	CAME(SIGRTMIN + 3, SI_QUEUE, 32);
	FROM_ME();
	CHECK(got.si_ptr == (void *)0x123456789abcdefUL);
	/* Oneself may say anything; what lies behind the members does not arrive. */
	memset(&info, 0x55, sizeof info);
	info.si_errno = 0;
	info.si_code = SI_USER;
	CHECK(syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &info) == 0);
	CAME(SIGUSR1, SI_USER, MEMBERS);
	CHECK(got.si_pid == 0x55555555);
	info.si_code = SI_QUEUE;
	CHECK(syscall(240, me, syscall(SYS_gettid), SIGUSR1, &info) == 0);
	CAME(SIGUSR1, SI_QUEUE, MEMBERS);
	info.si_code = -100;			/* a code without known members: what is beyond must be zero */
	CHECK_ERRNO(E2BIG, syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &info));
	memset((char *)&info + MEMBERS, 0, sizeof info - MEMBERS);
	CHECK(syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &info) == 0);
	CAME(SIGUSR1, -100, MEMBERS);
	/* To others: not as if it came from the kernel or kill. */
	info.si_code = SI_USER;
	CHECK_ERRNO(EPERM, syscall(SYS_rt_sigqueueinfo, 1, 0, &info));
	CHECK_ERRNO(EPERM, syscall(240, 1, 1, 0, &info));
	info.si_code = CODE_TKILL;
	CHECK_ERRNO(EPERM, syscall(SYS_rt_sigqueueinfo, 1, 0, &info));
	info.si_code = SI_QUEUE;
	CHECK(syscall(SYS_rt_sigqueueinfo, 1, 0, &info) == 0 && syscall(240, 1, 1, 0, &info) == 0);
	CHECK_ERRNO(EINVAL, syscall(SYS_rt_sigqueueinfo, 1, 65, &info));
	CHECK_ERRNO(ESRCH, syscall(SYS_rt_sigqueueinfo, 999999, 65, &info));
	CHECK_ERRNO(EINVAL, syscall(240, 0, 1, 0, &info));
	CHECK_ERRNO(EINVAL, syscall(240, 1, -1, 0, &info));
	CHECK_ERRNO(ESRCH, syscall(240, 1, me, 0, &info));
	CHECK_ERRNO(EFAULT, syscall(240, me, me, SIGUSR1, NULL));
	/* kill looks for the process before it looks at the signal. */
	CHECK_ERRNO(ESRCH, kill(999999, 65));
	CHECK_ERRNO(EINVAL, kill(me, 65));
	CHECK_ERRNO(EINVAL, kill(me, -1));
	CHECK_ERRNO(ESRCH, kill(-999999, 65));
	CHECK_ERRNO(ESRCH, kill(-2147483647 - 1, 0));
	CHECK_ERRNO(EINVAL, tgkill(0, me, 0));
	CHECK_ERRNO(EINVAL, syscall(SYS_tkill, 0, 0));
	CHECK(!hits);
}

static void
from_the_kernel(void)
{
	struct itimerval t = { { 0, 0 }, { 0, 1000 } };
	struct sigevent { union sigval v; int signo, notify, tid, pad[11]; } ev;
	struct { struct timespec interval, value; } its = { { 0, 0 }, { 0, 1000000 } };
	struct rlimit r = { 4096, RLIM_INFINITY };
	int fds[2], fd, timer;

	catch(SIGALRM, keep);
	CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
	while (!hits)
		pause_ms(1);
	CAME(SIGALRM, CODE_KERNEL, 16);
	memset(&ev, 0, sizeof ev);
	ev.v.sival_ptr = (void *)0x1122334455667788UL;
	ev.signo = SIGUSR1;
	if (syscall(107, CLOCK_MONOTONIC, &ev, &timer) == 0) {		/* timer_create */
		CHECK(syscall(110, timer, 0, &its, NULL) == 0);
		while (!hits)
			pause_ms(1);
		CHECK(got.si_code == SI_TIMER && got.si_ptr == ev.v.sival_ptr && got.si_pid == timer);
		CHECK(syscall(111, timer) == 0);
		hits = 0;
	}
	/* What a thread's own call brings on looks as if it had sent it. */
	catch(SIGPIPE, keep);
	CHECK(pipe(fds) == 0 && close(fds[0]) == 0);
	CHECK_ERRNO(EPIPE, write(fds[1], "x", 1));
	CAME(SIGPIPE, SI_USER, 24);
	FROM_ME();
	close(fds[1]);
	catch(SIGXFSZ, keep);
	fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && setrlimit(RLIMIT_FSIZE, &r) == 0);
	CHECK(pwrite(fd, "xy", 2, 4095) == 1 && !hits);
	CHECK_ERRNO(EFBIG, pwrite(fd, "x", 1, 4096));
	CAME(SIGXFSZ, SI_USER, 24);
	FROM_ME();
	CHECK_ERRNO(EFBIG, ftruncate(fd, 8192));
	CAME(SIGXFSZ, SI_USER, 24);
	r.rlim_cur = RLIM_INFINITY;
	CHECK(setrlimit(RLIMIT_FSIZE, &r) == 0 && close(fd) == 0);
}

static void
child_reports(int line, pid_t p, int code, int status)
{
	while (!hits)
		pause_ms(1);
	came(line, SIGCHLD, code, MEMBERS);
	CHECK(got.si_pid == p && got.si_uid == getuid() && got.si_status == status);
}

#define CHILD_REPORTS(code, status)	child_reports(__LINE__, p, code, status)

static void
of_children(void)
{
	siginfo_t info;
	pid_t p;

	catch(SIGCHLD, keep);
	if ((p = fork()) == 0)
		_exit(300);
	CHILD_REPORTS(CLD_EXITED, 300 & 255);
	/* waitid writes the members, and no others. */
	memset(&info, 0x55, sizeof info);
	CHECK(waitid(P_PID, p, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == p && info.si_code == CLD_EXITED);
	CHECK(info.si_signo == SIGCHLD && info.si_errno == 0 && info.si_uid == getuid() && info.si_status == 44);
	CHECK(info.fill_[6] == 0x55555555);
	CHECK(waitpid(p, NULL, 0) == p);
	if ((p = fork()) == 0)
		for (;;)
			pause();
	CHECK(kill(p, SIGSTOP) == 0);
	CHILD_REPORTS(CLD_STOPPED, SIGSTOP);
	CHECK(waitid(P_PID, p, &info, WSTOPPED | WNOWAIT) == 0 && info.si_code == CLD_STOPPED &&
	      info.si_status == SIGSTOP);
	CHECK(waitid(P_PID, p, &info, WSTOPPED) == 0 && info.si_pid == p);
	CHECK(waitid(P_PID, p, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == 0 && info.si_signo == 0);
	CHECK(kill(p, SIGCONT) == 0);
	CHILD_REPORTS(CLD_CONTINUED, SIGCONT);
	CHECK(waitid(P_PID, p, &info, WCONTINUED | WNOWAIT) == 0 && info.si_code == CLD_CONTINUED &&
	      info.si_status == SIGCONT);
	CHECK(waitid(P_PID, p, &info, WCONTINUED) == 0 && info.si_pid == p);
	CHECK(waitid(P_PID, p, &info, WCONTINUED | WNOHANG) == 0 && info.si_pid == 0);
	CHECK(kill(p, SIGKILL) == 0);
	CHILD_REPORTS(CLD_KILLED, SIGKILL);
	CHECK(waitpid(p, NULL, 0) == p);
	signal(SIGCHLD, SIG_DFL);
}

int
main(void)
{
	sent();
	from_the_kernel();
	of_children();
	CHECK(killed(in_child(blocked_fault), SIGSEGV) && killed(in_child(ignored_fault), SIGSEGV));
	faults();
	unlink(file);
	return 0;
}
