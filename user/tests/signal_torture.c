/*
 * signal_torture: storms of signals leave nothing changed and lose nothing.
 *
 * A loop in assembly fills all integer and floating-point registers and fcsr from a table that differs in each round,
 * runs over many instructions, and compares them.  Meanwhile other processes, a thread and a timer send signals; the
 * handlers spoil every register, nest, run on the alternate stack, or jump out.  Real-time signals that were queued
 * all arrive, in order.  Frames that a program forges give it nothing.
 */
#include <sched.h>
#include <setjmp.h>
#include <sys/time.h>
#include "test.h"

#define RT(n)		(SIGRTMIN + 3 + (n))
#define MSEC		400			/* of each storm */

struct table {					/* read and written by the loop below */
	unsigned long x[32];			/* [2], sp, is not used; [3] gp, [4] tp are */
	unsigned long f[32];
	unsigned long fcsr;
};

/*
 * long registers_spin(const struct table *in, struct table *out, long turns): all registers but sp and one from `in`,
 * `turns` times around some instructions of all kinds, and to `out`.
 */
long	registers_spin(const struct table *in, struct table *out, long turns);
asm(
"	.text\n"
"	.balign 4\n"
"registers_spin:\n"
"	addi	sp, sp, -256\n"
"	sd	ra, 0(sp); sd gp, 8(sp); sd tp, 16(sp); sd a1, 24(sp)\n"
"	sd	s0, 32(sp); sd s1, 40(sp); sd s2, 48(sp); sd s3, 56(sp); sd s4, 64(sp); sd s5, 72(sp)\n"
"	sd	s6, 80(sp); sd s7, 88(sp); sd s8, 96(sp); sd s9, 104(sp); sd s10, 112(sp); sd s11, 120(sp)\n"
"	fsd	fs0, 128(sp); fsd fs1, 136(sp); fsd fs2, 144(sp); fsd fs3, 152(sp); fsd fs4, 160(sp)\n"
"	fsd	fs5, 168(sp)\n"
"	fsd	fs6, 176(sp); fsd fs7, 184(sp); fsd fs8, 192(sp); fsd fs9, 200(sp); fsd fs10, 208(sp)\n"
"	fsd	fs11, 216(sp)\n"
"	sd	a2, 224(sp)\n"
"	ld	t0, 512(a0)\n"
"	fscsr	t0\n"
"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
"	fld	f\\n, 256+\\n*8(a0)\n"
"	.endr\n"
"	.irp n, 1,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,10\n"
"	ld	x\\n, \\n*8(a0)\n"
"	.endr\n"
"1:	nop; nop; nop; addi t6, t6, 5; addi t6, t6, -5; xor s11, s11, gp; xor s11, s11, gp\n"
"	fsgnjn.d f31, f31, f31; fsgnjn.d f31, f31, f31; fsgnjn.d f7, f7, f7; fsgnjn.d f7, f7, f7\n"
"	sd	t5, 232(sp); sd t4, 240(sp)\n"
"	ld	t5, 224(sp); addi t5, t5, -1; sd t5, 224(sp); mv t4, t5\n"
"	ld	t5, 232(sp)\n"
"	bnez	t4, 2f\n"
"	ld	t4, 240(sp)\n"
"	j	3f\n"
"2:	ld	t4, 240(sp)\n"
"	j	1b\n"
"3:	sd	t6, 248(sp)\n"
"	ld	t6, 24(sp)\n"
"	.irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
"	sd	x\\n, \\n*8(t6)\n"
"	.endr\n"
"	ld	t5, 248(sp)\n"
"	sd	t5, 31*8(t6)\n"
"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
"	fsd	f\\n, 256+\\n*8(t6)\n"
"	.endr\n"
"	frcsr	t5\n"
"	sd	t5, 512(t6)\n"
"	fscsr	zero\n"
"	ld	ra, 0(sp); ld gp, 8(sp); ld tp, 16(sp)\n"
"	ld	s0, 32(sp); ld s1, 40(sp); ld s2, 48(sp); ld s3, 56(sp); ld s4, 64(sp); ld s5, 72(sp)\n"
"	ld	s6, 80(sp); ld s7, 88(sp); ld s8, 96(sp); ld s9, 104(sp); ld s10, 112(sp); ld s11, 120(sp)\n"
"	fld	fs0, 128(sp); fld fs1, 136(sp); fld fs2, 144(sp); fld fs3, 152(sp); fld fs4, 160(sp)\n"
"	fld	fs5, 168(sp)\n"
"	fld	fs6, 176(sp); fld fs7, 184(sp); fld fs8, 192(sp); fld fs9, 200(sp); fld fs10, 208(sp)\n"
"	fld	fs11, 216(sp)\n"
"	addi	sp, sp, 256\n"
"	ret\n"
/*
 * void handler_spoils(int): everything that a call need not preserve, and more. gp and tp may hold anything here, so
 * the C part is entered with its own.
 */
"	.globl	handler_spoils\n"
"handler_spoils:\n"
"	addi	sp, sp, -32\n"
"	sd	ra, 0(sp); sd gp, 8(sp); sd tp, 16(sp)\n"
"	la	t0, own_gp; ld gp, (t0); ld tp, 8(t0)\n"
"	call	handler_body\n"
"	li	t0, 0x5a; fscsr t0\n"
"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
"	fcvt.d.w f\\n, sp\n"
"	.endr\n"
"	ld	ra, 0(sp)\n"
"	addi	sp, sp, 32\n"
"	.irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
"	li	x\\n, -\\n\n"
"	.endr\n"
"	ret\n"
"	.data\n"
"	.balign 8\n"
"own_gp:	.dword 0, 0\n"
"	.text\n"
);
extern unsigned long own_gp[2];
void	handler_spoils(int sig);

static volatile int hits, depth, deepest, outside;
static volatile int jumping;			/* SIGUSR2 leaves by siglongjmp */
static sigjmp_buf out;
static char alt[65536] __attribute__((aligned(16)));

/* Called by handler_spoils. A little of everything: nested signals, system calls, floating point. */
__attribute__((used)) void
handler_body(int sig)
{
	static volatile double d = 1.5;
	int here = ++depth;

	hits++;
	if (here > deepest)
		deepest = here;
	d = d * 1.0000001 + sig;
	if (here < 4 && (hits & 3) == 0)
		raise(sig == SIGUSR1 ? SIGALRM : SIGUSR1);
	if ((hits & 7) == 0)
		syscall(SYS_getppid);
	depth--;
}

static void
handler_jumps(int sig)
{
	hits++;
	if (jumping)
		siglongjmp(out, sig);
	outside++;
}

static void
set(int sig, void (*fn)(int), unsigned long flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = fn;
	sa.sa_flags = flags;
	CHECK(sigaction(sig, &sa, NULL) == 0);
}

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static volatile long *progress;			/* shared: what the victim gets done between signals */

/*
 * A process that sends sig to `to`, in one of three ways, until it is killed: as fast as it can, but only so many
 * before the victim has got on, however slow the machine is.
 */
static pid_t
sender(pid_t to, int sig, int how)
{
	pid_t p = fork();
	long seen = -1;
	int sent = 0;

	CHECK(p >= 0);
	if (!p)
		for (;;) {
			if (*progress != seen) {
				seen = *progress;
				sent = 0;
			}
			if (sent++ > 20) {
				sched_yield();
				continue;
			}
			if (how == 0)
				kill(to, sig);
			else if (how == 1)
				tgkill(to, to, sig);
			else
				sigqueue(to, sig, (union sigval){ .sival_int = 1 });
		}
	return p;
}

static void
end_child(pid_t p)
{
	CHECK(kill(p, SIGKILL) == 0);
	while (waitpid(p, NULL, 0) != p)
		CHECK(errno == EINTR);
}

static struct table in, got;

static void
fill(unsigned long seed)
{
	unsigned long *p = in.x;

	for (int i = 0; i < 64; i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		p[i] = seed;
	}
	in.fcsr = seed >> 60 & 3;		/* flags; rounding stays as it is */
	in.x[10] = (unsigned long)&in;
}

static void
compare(void)
{
	for (int i = 1; i < 32; i++)
		if (i != 2 && got.x[i] != in.x[i]) {
			printf("x%d is %lx, was %lx\n", i, got.x[i], in.x[i]);
			exit(1);
		}
	for (int i = 0; i < 32; i++)
		if (got.f[i] != in.f[i]) {
			printf("f%d is %lx, was %lx\n", i, got.f[i], in.f[i]);
			exit(1);
		}
	if (got.fcsr != in.fcsr) {
		printf("fcsr is %lx, was %lx\n", got.fcsr, in.fcsr);
		exit(1);
	}
}

/* ---- registers under fire ---- */

static void
registers(void)
{
	struct itimerval t = { 0 };
	pid_t senders[3], me = getpid();
	stack_t ss = { alt, 0, sizeof alt };
	long end = now_ms() + MSEC, round = 0;

	asm volatile("sd gp, (%0); sd tp, 8(%0)" :: "r"(own_gp) : "memory");
	CHECK(sigaltstack(&ss, NULL) == 0);
	set(SIGUSR1, handler_spoils, 0);
	set(SIGUSR2, handler_spoils, SA_ONSTACK | SA_NODEFER);
	set(SIGALRM, handler_spoils, SA_ONSTACK | SA_RESTART);
	set(RT(0), handler_spoils, 0);
	senders[0] = sender(me, SIGUSR1, 0);
	senders[1] = sender(me, SIGUSR2, 1);
	senders[2] = sender(me, RT(0), 2);
	while (now_ms() < end || hits < 100) {
		/* One signal of the timer per round, each time at another place: the victim gets on, however slow. */
		t.it_value.tv_usec = 50 + round * 37 % 700;
		CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
		fill(++round);
		registers_spin(&in, &got, 2000);
		compare();
		(*progress)++;
	}
	memset(&t, 0, sizeof t);
	CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
	for (int i = 0; i < 3; i++)
		end_child(senders[i]);
	CHECK(deepest > 1 && depth == 0);
}

/* ---- jumping out of handlers, from the alternate stack too ---- */

static void
jumps(void)
{
	stack_t ss = { alt, 0, sizeof alt }, now;
	pid_t p;
	volatile int landed = 0;
	sigset_t s;

	CHECK(sigaltstack(&ss, NULL) == 0);
	hits = 0;
	set(SIGUSR2, handler_jumps, SA_ONSTACK);
	p = sender(getpid(), SIGUSR2, 0);
	while (landed < 200) {
		if (sigsetjmp(out, 1)) {
			jumping = 0;
			landed++;
			CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == 0);
			CHECK(sigprocmask(SIG_BLOCK, NULL, &s) == 0 && s == 0);
		}
		jumping = 1;
		for (volatile int i = 0; i < 1000; i++)
			;
		jumping = 0;
		(*progress)++;
	}
	end_child(p);
	CHECK(hits >= landed);
}

/* ---- nothing that was queued is lost, whatever else goes on ---- */

#define QUEUED 400
static volatile int arrived[2], wrong;

static void
collect(int sig, siginfo_t *info, void *context)
{
	int n = sig - RT(1);

	(void)context;
	if (info->si_code != SI_QUEUE || info->si_int != arrived[n])
		wrong++;
	arrived[n]++;
	(*progress)++;
}

static void
no_loss(void)
{
	struct sigaction sa = { .sa_sigaction = collect, .sa_flags = SA_SIGINFO | SA_RESTART };
	pid_t p[3], me = getpid();

	CHECK(sigaction(RT(1), &sa, NULL) == 0 && sigaction(RT(2), &sa, NULL) == 0);
	set(SIGUSR1, handler_jumps, SA_RESTART);
	jumping = 0;
	p[2] = sender(me, SIGUSR1, 0);
	for (int k = 0; k < 2; k++) {
		p[k] = fork();
		CHECK(p[k] >= 0);
		if (!p[k]) {
			for (int i = 0; i < QUEUED; i++)
				while (sigqueue(me, RT(1 + k), (union sigval){ .sival_int = i }))
					CHECK(errno == EAGAIN && sched_yield() == 0);
			_exit(0);
		}
	}
	while (arrived[0] < QUEUED || arrived[1] < QUEUED)
		pause_ms(1);
	CHECK(!wrong && arrived[0] == QUEUED && arrived[1] == QUEUED);
	for (int k = 0; k < 2; k++)
		while (waitpid(p[k], NULL, 0) != p[k])
			CHECK(errno == EINTR);
	end_child(p[2]);
}

/* ---- stop, continue and handlers against each other, while others fork and exit ---- */

static void
stops(void)
{
	volatile long *counter = progress;
	long before;
	int status;
	pid_t victim, noise;

	*counter = 0;
	victim = fork();
	CHECK(victim >= 0);
	if (!victim) {
		set(SIGUSR1, handler_jumps, 0);
		for (;;) {
			pid_t p = fork();

			if (p == 0)
				_exit(0);
			while (p > 0 && waitpid(p, NULL, 0) < 0 && errno == EINTR)
				;
			(*counter)++;
		}
	}
	while (!*counter)
		pause_ms(1);
	noise = sender(victim, SIGUSR1, 0);
	for (int i = 0; i < 50; i++) {
		CHECK(kill(victim, SIGSTOP) == 0);
		CHECK(waitpid(victim, &status, WUNTRACED) == victim && WIFSTOPPED(status) &&
		      WSTOPSIG(status) == SIGSTOP);
		before = *counter;
		sched_yield();
		CHECK(*counter == before);
		CHECK(kill(victim, SIGCONT) == 0);
		CHECK(waitpid(victim, &status, WCONTINUED) == victim && WIFCONTINUED(status));
	}
	kill(noise, SIGSTOP);
	before = *counter;
	while (*counter == before)
		pause_ms(1);
	end_child(noise);
	end_child(victim);
}

/* ---- forged frames ---- */

struct frame { siginfo_t info; ucontext_t uc; };

/* rt_sigreturn with sp at the frame. */
static void
sigreturn_to(const void *frame)
{
	asm volatile("mv sp, %0; li a7, 139; ecall; ebreak" :: "r"(frame) : "memory");
}

static volatile int reached;
static char new_stack[8192] __attribute__((aligned(16)));
static struct frame good;

static void landed(void) { reached = 1; _exit(reached == 1 ? 7 : 1); }

/* A frame that sigreturn takes: to landed(), on a stack of its own. */
static struct frame *
forge(void)
{
	memset(&good, 0, sizeof good);
	good.uc.uc_mcontext.sc_regs.pc = (unsigned long)landed;
	good.uc.uc_mcontext.sc_regs.sp = (unsigned long)(new_stack + sizeof new_stack);
	asm volatile("mv %0, gp" : "=r"(good.uc.uc_mcontext.sc_regs.gp));
	asm volatile("mv %0, tp" : "=r"(good.uc.uc_mcontext.sc_regs.tp));
	return &good;
}

static void forged_good(void) { sigreturn_to(forge()); }
static void
forged_unaligned(void)
{
	static char room[sizeof good + 16] __attribute__((aligned(16)));

	memcpy(room + 8, forge(), sizeof good);
	sigreturn_to(room + 8);
}
static void forged_kernel_pc(void) { forge()->uc.uc_mcontext.sc_regs.pc = 0xffffffff80200000UL; sigreturn_to(&good); }
static void forged_null_pc(void) { forge()->uc.uc_mcontext.sc_regs.pc = 0; sigreturn_to(&good); }
static void forged_kernel_sp(void) { forge()->uc.uc_mcontext.sc_regs.sp = 0xffffffc000001000UL; sigreturn_to(&good); }
/* The words after the floating-point registers: a reserved one, then the header of an extension: none, of size 0. */
static void forged_reserved(void) { ((uint32_t *)&forge()->uc.uc_mcontext.sc_fpregs)[129] = 1; sigreturn_to(&good); }
static void forged_magic(void) { ((uint32_t *)&forge()->uc.uc_mcontext.sc_fpregs)[130] = 0x1234; sigreturn_to(&good); }
static void forged_size(void) { ((uint32_t *)&forge()->uc.uc_mcontext.sc_fpregs)[131] = 16; sigreturn_to(&good); }
static void forged_nowhere(void) { sigreturn_to((void *)0x1000); }
static void forged_in_kernel(void) { sigreturn_to((void *)0xffffffc000000000UL); }
static void
forged_half(void)
{
	char *two = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);

	munmap(two + PAGE, PAGE);
	sigreturn_to(two + PAGE - 512);
}
/* KILL and STOP stay unblocked, and a wild alternate stack is not taken. */
static void
landed_masked(void)
{
	sigset_t s;
	stack_t ss;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &s, 8);
	sigaltstack(NULL, &ss);
	_exit(s == ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1)) && ss.ss_flags == SS_DISABLE &&
	      ss.ss_size == 0 ? 7 : 1);
}
static void
forged_mask(void)
{
	stack_t wild = { new_stack, 77, 100 };

	forge()->uc.uc_mcontext.sc_regs.pc = (unsigned long)landed_masked;
	good.uc.uc_sigmask = ~0UL;
	memcpy(&good.uc.uc_stack, &wild, sizeof wild);
	sigreturn_to(&good);
}
static void forged_fcsr(void) { ((uint32_t *)&forge()->uc.uc_mcontext.sc_fpregs)[64] = ~0U; sigreturn_to(&good); }

static void
forged_frames(void)
{
	static void (*const taken[])(void) = { forged_good, forged_unaligned, forged_mask, forged_fcsr };
	static void (*const refused[])(void) = { forged_kernel_pc, forged_null_pc, forged_reserved, forged_magic,
		forged_size, forged_nowhere, forged_in_kernel, forged_half };
	int status, bad = 0;

	for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++) {
		status = in_child(taken[i]);
		if (!exited(status, 7)) {
			printf("frame %u was not taken: status %x\n", i, status);
			bad = 1;
		}
	}
	for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++) {
		status = in_child(refused[i]);
		if (!killed(status, SIGSEGV)) {
			printf("bad frame %u: status %x\n", i, status);
			bad = 1;
		}
	}
	/* With the kernel's sp it lands, and dies where it first uses it, if it does. */
	status = in_child(forged_kernel_sp);
	CHECK((killed(status, SIGSEGV) || exited(status, 7)) && !bad);
}

static const struct {
	const char *name;
	void	(*body)(void);
} parts[] = {
	{ "registers", registers },
	{ "jumps", jumps },
	{ "no loss", no_loss },
	{ "stops", stops },
	{ "forged frames", forged_frames },
};

int
main(void)
{
	progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)progress != MAP_FAILED);
	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
		printf("%s\n", parts[i].name);
		CHECK(exited(in_child(parts[i].body), 0));
	}
	return 0;
}
