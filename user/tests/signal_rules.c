/*
 * signal_rules: order, limits, flags, stopping and continuing, threads, alternate stacks, orphans, exec: what POSIX
 * and Linux promise about signals beyond the plain handler of signals.c.
 */
#include <sched.h>
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "test.h"

#define THREAD	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define RT(n)	(SIGRTMIN + 2 + (n))

static volatile int hits, order[64], values[64], by[64];
static volatile int thread_up, thread_go, thread_tid;
static char *self;

static int gettid_(void) { return syscall(SYS_gettid); }

static void
note(int sig, siginfo_t *info, void *context)
{
	(void)context;
	order[hits] = sig;
	values[hits] = info->si_code == SI_QUEUE ? info->si_int : -1;
	by[hits] = gettid_();
	hits++;
}

static void
catch(int sig, unsigned long flags, sigset_t mask)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = note;
	sa.sa_flags = SA_SIGINFO | flags;
	sa.sa_mask = mask;
	CHECK(sigaction(sig, &sa, NULL) == 0);
}

static sigset_t bit(int sig) { return 1UL << (sig - 1); }
static void mask(int how, sigset_t s) { CHECK(sigprocmask(how, &s, NULL) == 0); }
static void queue(int sig, int v) { CHECK(sigqueue(getpid(), sig, (union sigval){ .sival_int = v }) == 0); }
static sigset_t pending(void) { sigset_t s; CHECK(sigpending(&s) == 0); return s; }

/* Wait until *flag. */
static void until(volatile int *flag) { while (!*flag) pause_ms(1); }

static pid_t
child(void (*body)(void))
{
	pid_t p;

	fflush(stdout);
	p = fork();
	CHECK(p >= 0);
	if (!p) {
		body();
		_exit(0);
	}
	return p;
}

static void
start_thread(int (*body)(void *))
{
	char *stack = map_anon(16 * PAGE, PROT_READ | PROT_WRITE);

	thread_up = thread_go = 0;
	CHECK(clone(body, stack + 16 * PAGE, THREAD, NULL) > 0);
	until(&thread_up);
}

/* ---- order, and how many ---- */

/* All handlers wait for the mask of the first: then each runs alone and the order shows. */
static void
delivery_order(void)
{
	sigset_t all = ~0UL;
	int want[][2] = {
		/* the thread's own first, each set by number; standard ones do not queue */
		{ SIGUSR1, -1 },
		{ RT(0), -1 }, { SIGUSR2, -1 },
		{ RT(0), 1 }, { RT(0), 2 }, { RT(1), 3 }, { RT(1), 4 },
	};
	int n = sizeof want / sizeof *want;

	for (const int *s = (int []){ SIGUSR1, SIGUSR2, RT(0), RT(1), 0 }; *s; s++)
		catch(*s, 0, all);
	mask(SIG_SETMASK, all);
	queue(RT(1), 3);
	queue(RT(0), 1);
	queue(SIGUSR2, 7);
	queue(SIGUSR2, 8);
	CHECK(kill(getpid(), SIGUSR2) == 0);
	queue(RT(0), 2);
	queue(RT(1), 4);
	CHECK(tgkill(getpid(), gettid_(), RT(0)) == 0 && tgkill(getpid(), gettid_(), SIGUSR1) == 0);
	hits = 0;
	/* With all blocked in each handler, one is taken at a time. */
	mask(SIG_SETMASK, 0);
	CHECK(hits == n);
	want[2][1] = 7;
	for (int i = 0; i < n; i++)
		if (order[i] != want[i][0] || values[i] != want[i][1]) {
			printf("%d: signal %d value %d, wanted %d %d\n", i, order[i], values[i], want[i][0],
			       want[i][1]);
			exit(1);
		}
}

/* A user's limit of queued signals: a real-time one is refused, kill's and standard ones lose their information. */
static void
queue_limit(void)
{
	struct rlimit r = { 3, 3 };
	siginfo_t info;
	sigset_t s = bit(RT(0)) | bit(RT(1)) | bit(SIGUSR1);

	CHECK(setuid(12345) == 0 && setrlimit(RLIMIT_SIGPENDING, &r) == 0);
	mask(SIG_SETMASK, s);
	for (int i = 0; i < 3; i++)
		queue(RT(0), i);
	CHECK_ERRNO(EAGAIN, sigqueue(getpid(), RT(0), (union sigval){ 0 }));
	CHECK_ERRNO(EAGAIN, sigqueue(getpid(), RT(1), (union sigval){ 0 }));
	CHECK(pending() == bit(RT(0)));
	CHECK(kill(getpid(), RT(1)) == 0 && kill(getpid(), RT(1)) == 0);	/* one bit, no information */
	CHECK(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 5 }) == 0);
	CHECK(pending() == s);
	CHECK(sigwaitinfo(&s, &info) == SIGUSR1 && info.si_code == SI_USER && info.si_pid == 0 && info.si_int == 0);
	for (int i = 0; i < 3; i++)
		CHECK(sigwaitinfo(&s, &info) == RT(0) && info.si_code == SI_QUEUE && info.si_int == i);
	CHECK(sigwaitinfo(&s, &info) == RT(1) && info.si_code == SI_USER && info.si_pid == 0 && info.si_uid == 0);
	CHECK(pending() == 0);
}

/* ---- sa_flags ---- */

static void nothing(int sig) { (void)sig; }
static volatile int depth, deepest, dives;
static void
dive(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	if (dives++ < 3)
		raise(sig);
	depth--;
}

static void
action_flags(void)
{
	struct sigaction sa, old;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = dive;
	/* 0x400 and 0x20 mean nothing: they are taken out */
	sa.sa_flags = SA_NODEFER | 0x400 | 0x20;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0 && sigaction(SIGUSR1, NULL, &old) == 0);
	CHECK(old.sa_flags == SA_NODEFER && old.sa_handler == dive);
	raise(SIGUSR1);
	CHECK(deepest == 4);
	sa.sa_flags = 0;
	deepest = dives = 0;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	raise(SIGUSR1);
	CHECK(deepest == 1);
	/* RESETHAND: the action is default before the handler runs; the other flags stay. */
	hits = 0;
	catch(SIGUSR1, SA_RESETHAND | SA_NODEFER, 0);
	raise(SIGUSR1);
	CHECK(hits == 1 && sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
	CHECK(old.sa_flags == (SA_SIGINFO | SA_RESETHAND | SA_NODEFER));
	/* KILL and STOP can never be in a mask. */
	sa.sa_handler = nothing;
	sa.sa_mask = ~0UL;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0 && sigaction(SIGUSR1, NULL, &old) == 0);
	CHECK(old.sa_mask == ~(bit(SIGKILL) | bit(SIGSTOP)));
	mask(SIG_SETMASK, ~0UL);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &sa.sa_mask) == 0 && sa.sa_mask == ~(bit(SIGKILL) | bit(SIGSTOP)));
	mask(SIG_SETMASK, 0);
	CHECK_ERRNO(EINVAL, sigaction(SIGSTOP, &sa, NULL));
	CHECK(sigaction(SIGSTOP, NULL, &old) == 0);
	CHECK_ERRNO(EINVAL, sigprocmask(3, &sa.sa_mask, NULL));
	CHECK(sigprocmask(3, NULL, NULL) == 0);
	/* Ignoring throws away what is pending. */
	mask(SIG_BLOCK, bit(SIGUSR1) | bit(SIGCHLD));
	raise(SIGUSR1);
	kill(getpid(), SIGCHLD);
	CHECK(pending() == (bit(SIGUSR1) | bit(SIGCHLD)));
	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	CHECK(pending() == 0);
	mask(SIG_SETMASK, 0);
}

/* ---- children: who is told, who is buried ---- */

static void at_once(void) { }

static void
child_flags(void)
{
	int status;
	pid_t p;

	/* NOCLDWAIT: no zombie, but the signal comes. Ignored: no signal either, even if it is blocked. */
	hits = 0;
	catch(SIGCHLD, SA_NOCLDWAIT, 0);
	p = child(at_once);
	CHECK_ERRNO(ECHILD, waitpid(p, &status, 0));
	CHECK(hits == 1);
	signal(SIGCHLD, SIG_IGN);
	mask(SIG_BLOCK, bit(SIGCHLD));
	p = child(at_once);
	CHECK_ERRNO(ECHILD, waitpid(p, &status, 0));
	CHECK(pending() == 0);
	mask(SIG_SETMASK, 0);
	/* NOCLDSTOP: only ends are told. */
	hits = 0;
	catch(SIGCHLD, SA_NOCLDSTOP, 0);
	if ((p = fork()) == 0)
		for (;;)
			pause();
	CHECK(kill(p, SIGSTOP) == 0 && waitpid(p, &status, WUNTRACED) == p && WIFSTOPPED(status) &&
	      WSTOPSIG(status) == SIGSTOP);
	CHECK(waitpid(p, &status, WUNTRACED | WNOHANG) == 0);
	CHECK(kill(p, SIGCONT) == 0 && waitpid(p, &status, WCONTINUED) == p && WIFCONTINUED(status));
	CHECK(waitpid(p, &status, WUNTRACED | WCONTINUED | WNOHANG) == 0 && hits == 0);
	/* Who is killed while stopped and not asked about yet has been killed. */
	CHECK(kill(p, SIGSTOP) == 0);
	CHECK(waitid(P_PID, p, &(siginfo_t){ 0 }, WSTOPPED | WNOWAIT) == 0);
	CHECK(kill(p, SIGKILL) == 0 && waitpid(p, &status, WUNTRACED | WCONTINUED) == p && killed(status, SIGKILL));
	CHECK(hits == 1);
	/* An exit signal of one's own; and none, which only __WALL and __WCLONE see. */
	hits = 0;
	catch(SIGUSR1, 0, 0);
	signal(SIGCHLD, SIG_DFL);
	if ((p = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0)) == 0)
		_exit(1);
	CHECK_ERRNO(ECHILD, waitpid(p, &status, 0));
	CHECK(waitpid(p, &status, __WCLONE) == p || (errno == EINTR && waitpid(p, &status, __WALL) == p));
	CHECK(exited(status, 1) && hits == 1);
}

/* A stopped process takes nothing but SIGCONT and SIGKILL; each of stop and continue undoes the other. */
static void
stop_and_continue(void)
{
	sigset_t s = bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGCONT);
	int status;
	pid_t p;

	mask(SIG_BLOCK, s);
	kill(getpid(), SIGTSTP);
	kill(getpid(), SIGTTIN);
	CHECK(pending() == (bit(SIGTSTP) | bit(SIGTTIN)));
	kill(getpid(), SIGCONT);
	CHECK((pending() & ~bit(SIGCONT)) == 0);
	catch(SIGCONT, 0, 0);
	kill(getpid(), SIGCONT);
	CHECK(pending() == bit(SIGCONT));
	kill(getpid(), SIGTTIN);
	CHECK(pending() == bit(SIGTTIN));
	kill(getpid(), SIGCONT);
	signal(SIGCONT, SIG_DFL);
	mask(SIG_SETMASK, 0);
	if ((p = fork()) == 0)
		for (;;)
			pause();
	CHECK(kill(p, SIGSTOP) == 0 && waitpid(p, &status, WUNTRACED) == p);
	CHECK(kill(p, SIGTERM) == 0);
	pause_ms(5);
	CHECK(waitpid(p, &status, WNOHANG | WUNTRACED) == 0);
	CHECK(kill(p, SIGCONT) == 0 && waitpid(p, &status, 0) == p && killed(status, SIGTERM));
}

/* ---- orphaned groups ---- */

static int report[2];

/* In its own group; SIGTSTP does not stop it once nobody could continue it. */
static void
member(void)
{
	signal(SIGHUP, nothing);
	hits = 0;
	catch(SIGHUP, 0, ~0UL);
	catch(SIGCONT, 0, ~0UL);
	CHECK(write(report[1], "r", 1) == 1);
	while (hits < 2)
		pause_ms(1);
	CHECK(order[0] + order[1] == SIGHUP + SIGCONT);
	kill(getpid(), SIGTSTP);		/* discarded: the group is an orphan */
	kill(getpid(), SIGTTIN);
	CHECK(write(report[1], "o", 1) == 1);
}

static void
job_leader(void)
{
	int status;
	char c;
	pid_t p;

	CHECK(setsid() > 0);
	if ((p = fork()) == 0) {
		CHECK(setpgid(0, 0) == 0);
		member();
		_exit(0);
	}
	CHECK(read(report[0], &c, 1) == 1);
	CHECK(kill(p, SIGTSTP) == 0 && waitpid(p, &status, WUNTRACED) == p && WIFSTOPPED(status) &&
	      WSTOPSIG(status) == SIGTSTP);
}						/* and ends: the stopped group has no one left */

static void
orphans(void)
{
	char c;

	CHECK(pipe(report) == 0);
	CHECK(exited(in_child(job_leader), 0));
	CHECK(read(report[0], &c, 1) == 1 && c == 'o');
}

/* ---- threads ---- */

static int
idle_thread(void *arg)
{
	(void)arg;
	thread_tid = gettid_();
	thread_up = 1;
	until(&thread_go);
	thread_tid = 0;
	return 0;
}

static int
blocking_thread(void *arg)
{
	mask(SIG_SETMASK, ~0UL);
	return idle_thread(arg);
}

/* Sends to the process; the leader gets it as long as it does not block it. */
static int
sending_thread(void *arg)
{
	thread_tid = gettid_();
	kill(getpid(), RT(0));
	return idle_thread(arg);
}

static int
waiting_thread(void *arg)
{
	sigset_t s = bit(SIGUSR1);

	(void)arg;
	mask(SIG_SETMASK, ~0UL);
	thread_tid = gettid_();
	thread_up = 1;
	CHECK(sigwaitinfo(&s, NULL) == SIGUSR1);
	thread_tid = 0;
	return 0;
}

/* End the thread that thread_tid names, and wait until no signal can find it. */
static void
end_thread(void)
{
	pid_t tid = thread_tid;

	thread_go = 1;
	while (tgkill(getpid(), tid, 0) == 0)
		pause_ms(1);
	CHECK(errno == ESRCH);
}

/* The leader alone ends; the other thread is the process, under the leader's pid. */
static int
survivor(void *arg)
{
	(void)arg;
	thread_up = 1;
	wait_state(getpid(), getpid(), 'Z');
	/* to the leader's remains: lost */
	CHECK(kill(getpid(), 0) == 0 && tgkill(getpid(), getpid(), SIGTERM) == 0);
	CHECK(kill(gettid_(), 0) == 0);		/* any thread's id names the process */
	hits = 0;
	catch(SIGUSR1, 0, 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	until(&hits);
	_exit(0);
}

static void leader_ends(void) { start_thread(survivor); syscall(SYS_exit, 9); }
static void
exits_with_sleepers(void)
{
	int fds[2];

	CHECK(pipe(fds) == 0);
	start_thread(idle_thread);
	start_thread(blocking_thread);
	_exit(3);
}

static void
threads(void)
{
	int first;

	catch(RT(0), 0, bit(RT(1)));
	catch(RT(1), 0, 0);
	catch(SIGUSR1, 0, 0);
	hits = 0;
	start_thread(sending_thread);
	until(&hits);
	CHECK(by[0] == getpid());
	/* Blocked here: the other one takes it. */
	mask(SIG_BLOCK, bit(RT(0)));
	hits = 0;
	CHECK(kill(getpid(), RT(0)) == 0);
	until(&hits);
	CHECK(by[0] == thread_tid);
	/* Blocked by all: it waits for who unblocks first. To a thread that blocks it: that thread's alone. */
	first = thread_tid;
	CHECK(tgkill(getpid(), gettid_(), RT(0)) == 0);
	pause_ms(5);
	CHECK(hits == 1 && pending() == bit(RT(0)));
	mask(SIG_SETMASK, 0);
	CHECK(hits == 2 && by[1] == getpid() && by[1] != first);
	end_thread();
	/* Blocked by the leader and waited for by another, who has it blocked too. */
	mask(SIG_BLOCK, bit(SIGUSR1));
	start_thread(waiting_thread);
	pause_ms(5);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	while (thread_tid)
		pause_ms(1);
	mask(SIG_SETMASK, 0);
	CHECK(exited(in_child(leader_ends), 0));
	CHECK(exited(in_child(exits_with_sleepers), 3));
}

/* ---- the alternate stack ---- */

static char alt[16384] __attribute__((aligned(16)));
static volatile int on_alt;
static volatile stack_t seen;
static sigjmp_buf out;

static int within(const void *p) { return (char *)p >= alt && (char *)p < alt + sizeof alt; }

static void
look(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	stack_t now;
	char here;

	(void)sig, (void)info;
	on_alt = within(&here);
	memcpy((void *)&seen, &uc->uc_stack, sizeof seen);
	CHECK(sigaltstack(NULL, &now) == 0);
	if (!(seen.ss_flags & SS_AUTODISARM)) {
		CHECK(now.ss_flags == (on_alt ? SS_ONSTACK : now.ss_size ? 0 : SS_DISABLE));
		if (on_alt)
			CHECK_ERRNO(EPERM, sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL));
	} else {
		CHECK(now.ss_flags == SS_DISABLE && now.ss_size == 0);
	}
}

/* Goes deeper on the alternate stack until no frame fits. */
static void
sink(int sig)
{
	char room[1500];

	memset(room, sig, sizeof room);
	asm volatile("" :: "r"(room) : "memory");
	raise(sig);
	asm volatile("" :: "r"(room) : "memory");
}

static void
overflow(void)
{
	struct sigaction sa = { .sa_handler = sink, .sa_flags = SA_ONSTACK | SA_NODEFER };
	stack_t ss = { alt, 0, sizeof alt };

	CHECK(sigaltstack(&ss, NULL) == 0 && sigaction(SIGUSR1, &sa, NULL) == 0);
	raise(SIGUSR1);
}

static void
jump_out(int sig)
{
	siglongjmp(out, sig);
}

static void
alternate_stack(void)
{
	struct sigaction sa = { .sa_sigaction = look, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t ss = { alt, 0, sizeof alt }, old;

	CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE);
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	raise(SIGUSR1);
	CHECK(!on_alt);
	ss.ss_size = 2047;
	CHECK_ERRNO(ENOMEM, sigaltstack(&ss, NULL));
	ss.ss_size = sizeof alt;
	ss.ss_flags = 4;
	CHECK_ERRNO(EINVAL, sigaltstack(&ss, NULL));
	ss.ss_flags = SS_ONSTACK;		/* as good as 0 */
	CHECK(sigaltstack(&ss, NULL) == 0 && sigaltstack(NULL, &old) == 0 && old.ss_flags == 0 && old.ss_sp == alt);
	raise(SIGUSR1);
	CHECK(on_alt && seen.ss_sp == alt && seen.ss_size == sizeof alt && seen.ss_flags == SS_ONSTACK);
	CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == 0);
	ss.ss_flags = 0;
	CHECK(sigaltstack(&ss, NULL) == 0);
	raise(SIGUSR1);
	CHECK(on_alt && seen.ss_flags == 0);
	/* Disarmed while the handler runs, armed again after it. */
	ss.ss_flags = SS_AUTODISARM;
	CHECK(sigaltstack(&ss, NULL) == 0 && sigaltstack(NULL, &old) == 0 && old.ss_flags == (int)SS_AUTODISARM);
	raise(SIGUSR1);
	CHECK(on_alt && seen.ss_flags == (int)SS_AUTODISARM && seen.ss_sp == alt);
	CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == (int)SS_AUTODISARM && old.ss_sp == alt &&
	      old.ss_size == sizeof alt);
	/* Left by a jump instead of a return: it is free again, and so is the mask. */
	ss.ss_flags = 0;
	CHECK(sigaltstack(&ss, NULL) == 0);
	sa.sa_handler = jump_out;
	sa.sa_flags = SA_ONSTACK;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	for (volatile int i = 0; i < 50; i++) {
		if (!sigsetjmp(out, 1)) {
			raise(SIGUSR1);
			CHECK(0);
		}
		CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == 0);
		CHECK(sigprocmask(SIG_BLOCK, NULL, &sa.sa_mask) == 0 && sa.sa_mask == 0);
	}
	CHECK(killed(in_child(overflow), SIGSEGV));
	ss.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&ss, NULL) == 0 && sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE && !old.ss_sp);
	signal(SIGUSR1, SIG_DFL);
}

/* ---- parents that end ---- */

static volatile int *word;			/* shared with children */

static void
subreaper_child(void)
{
	if (fork() == 0) {			/* the orphan */
		while (!*word)
			pause_ms(1);
		_exit(5);
	}
}

static void
dying_parent(void)
{
	if (fork() == 0) {
		int sig = 0;

		hits = 0;
		catch(RT(3), 0, 0);
		CHECK(prctl(PR_SET_PDEATHSIG, RT(3)) == 0 && prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == RT(3));
		CHECK_ERRNO(EINVAL, prctl(PR_SET_PDEATHSIG, 65));
		*word = 1;
		until(&hits);
		*word = order[0] == RT(3) ? 2 : 3;
		_exit(0);
	}
	while (*word != 1)
		pause_ms(1);
}

static void
death_and_heirs(void)
{
	int status, on = 7;
	pid_t p;

	word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(word != MAP_FAILED);
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &on) == 0 && on == 0);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 5) == 0);
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &on) == 0 && on == 1);
	CHECK(exited(in_child(subreaper_child), 0));
	*word = 1;
	CHECK((p = wait(&status)) > 0 && exited(status, 5));	/* a grandchild, now ours */
	*word = 0;
	CHECK(exited(in_child(dying_parent), 0));
	CHECK(wait(&status) > 0 && exited(status, 0) && *word == 2);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

/* ---- exec ---- */

/* The new program: what it inherits. */
static void
after_exec(void)
{
	struct sigaction sa;
	stack_t ss;

	CHECK(sigaction(SIGUSR1, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL && sa.sa_flags == 0 && sa.sa_mask == 0);
	CHECK(sigaction(SIGUSR2, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &sa.sa_mask) == 0 && sa.sa_mask == bit(RT(0)));
	CHECK(pending() == bit(RT(0)));
	CHECK(sigaltstack(NULL, &ss) == 0 && ss.ss_flags == SS_DISABLE);
	_exit(getpid() == gettid_() ? 42 : 1);
}

static int
exec_thread(void *arg)
{
	(void)arg;
	mask(SIG_SETMASK, bit(RT(0)));
	CHECK(kill(getpid(), RT(0)) == 0);
	execl("/proc/self/exe", self, "exec", NULL);
	_exit(1);
}

static void
exec_with_threads(void)
{
	stack_t ss = { alt, 0, sizeof alt };
	char *stack = map_anon(16 * PAGE, PROT_READ | PROT_WRITE);

	catch(SIGUSR1, SA_ONSTACK, bit(SIGTERM));
	signal(SIGUSR2, SIG_IGN);
	CHECK(sigaltstack(&ss, NULL) == 0);
	mask(SIG_SETMASK, bit(RT(0)));
	start_thread(idle_thread);
	start_thread(blocking_thread);
	CHECK(clone(exec_thread, stack + 16 * PAGE, THREAD, NULL) > 0);
	for (;;)
		pause();
}

static const struct {
	const char *name;
	void	(*body)(void);
	int	status;
} parts[] = {
	{ "order of delivery", delivery_order, 0 },
	{ "limit of the queue", queue_limit, 0 },
	{ "flags of an action", action_flags, 0 },
	{ "flags for children", child_flags, 0 },
	{ "stop and continue", stop_and_continue, 0 },
	{ "orphaned groups", orphans, 0 },
	{ "threads", threads, 0 },
	{ "the alternate stack", alternate_stack, 0 },
	{ "parents that end", death_and_heirs, 0 },
	{ "exec with threads", exec_with_threads, 42 },
};

int
main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		after_exec();
	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
		printf("%s\n", parts[i].name);
		CHECK(exited(in_child(parts[i].body), parts[i].status));
	}
	return 0;
}
