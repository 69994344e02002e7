/*
 * registers.c - as /init: tasks with random values in every register that a switch must keep, who take turns.
 *
 * Each calls sched_yield, and is preempted while it spins, TURNS times, and looks after each. Prints how many values were
 * lost (integer registers first, then floating point), plus 1, times KEY.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define INTEGER	13			/* s0 to s11, and gp */
#define FLOAT	32

static volatile unsigned long *lost;	/* [0] integer, [1] floating point; shared */

static unsigned long
mix(unsigned long x)
{
	x = (x ^ x >> 31) * 0x7fb5d329728ea185UL;
	x = (x ^ x >> 27) * 0x81dadef4bc2dd44dUL;
	return x ^ x >> 33;
}

/* Fill s0 to s11 and gp from in, yield or spin with them, and store them in out. */
__attribute__((naked)) static void
keep_integer(const unsigned long *in, unsigned long *out, unsigned long spins)
{
	__asm__ volatile(
		"addi	sp, sp, -128\n\t"
		"sd	s0, 0(sp)\n\tsd s1, 8(sp)\n\tsd s2, 16(sp)\n\tsd s3, 24(sp)\n\tsd s4, 32(sp)\n\tsd s5, 40(sp)\n\t"
		"sd	s6, 48(sp)\n\tsd s7, 56(sp)\n\tsd s8, 64(sp)\n\tsd s9, 72(sp)\n\tsd s10, 80(sp)\n\tsd s11, 88(sp)\n\t"
		"sd	gp, 96(sp)\n\tsd a1, 104(sp)\n\tsd a2, 112(sp)\n\t"
		"ld	s0, 0(a0)\n\tld s1, 8(a0)\n\tld s2, 16(a0)\n\tld s3, 24(a0)\n\tld s4, 32(a0)\n\tld s5, 40(a0)\n\t"
		"ld	s6, 48(a0)\n\tld s7, 56(a0)\n\tld s8, 64(a0)\n\tld s9, 72(a0)\n\tld s10, 80(a0)\n\tld s11, 88(a0)\n\t"
		"ld	gp, 96(a0)\n\t"
		"1:\n\tli	a7, 124\n\tecall\n\t"		/* sched_yield */
		"ld	a2, 112(sp)\n\t"
		"2:\n\taddi a2, a2, -1\n\tbgtz a2, 2b\n\t"
		"ld	a1, 104(sp)\n\t"
		"sd	s0, 0(a1)\n\tsd s1, 8(a1)\n\tsd s2, 16(a1)\n\tsd s3, 24(a1)\n\tsd s4, 32(a1)\n\tsd s5, 40(a1)\n\t"
		"sd	s6, 48(a1)\n\tsd s7, 56(a1)\n\tsd s8, 64(a1)\n\tsd s9, 72(a1)\n\tsd s10, 80(a1)\n\tsd s11, 88(a1)\n\t"
		"sd	gp, 96(a1)\n\t"
		"ld	s0, 0(sp)\n\tld s1, 8(sp)\n\tld s2, 16(sp)\n\tld s3, 24(sp)\n\tld s4, 32(sp)\n\tld s5, 40(sp)\n\t"
		"ld	s6, 48(sp)\n\tld s7, 56(sp)\n\tld s8, 64(sp)\n\tld s9, 72(sp)\n\tld s10, 80(sp)\n\tld s11, 88(sp)\n\t"
		"ld	gp, 96(sp)\n\taddi sp, sp, 128\n\tret");
}

#define EACH(DO) \
	DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15) \
	DO(16) DO(17) DO(18) DO(19) DO(20) DO(21) DO(22) DO(23) DO(24) DO(25) DO(26) DO(27) DO(28) DO(29) DO(30) DO(31)
#define LOAD(n)		"fld f" #n ", 8*" #n "(%0)\n\t"
#define STORE(n)	"fsd f" #n ", 8*" #n "(%1)\n\t"
#define CLOBBER(n)	, "f" #n

/* The same with f0 to f31. */
static void
keep_float(const unsigned long *in, unsigned long *out, unsigned long spins)
{
	register long a7 __asm__("a7") = 124;		/* sched_yield */

	__asm__ volatile(EACH(LOAD)
		"ecall\n\t"
		"mv	t0, %2\n"
		"2:\taddi t0, t0, -1\n\tbgtz t0, 2b\n\t"
		EACH(STORE)
		: : "r"(in), "r"(out), "r"(spins), "r"(a7) : "memory", "a0", "t0" EACH(CLOBBER));
}

static void
task(unsigned long number)
{
	unsigned long in[FLOAT], out[FLOAT];

	for (unsigned long turn = 0; turn < TURNS; turn++) {
		for (unsigned long i = 0; i < FLOAT; i++)
			in[i] = mix(KEY + (number * TURNS + turn) * FLOAT + i);
		if (WHICH == 0)
			keep_integer(in, out, SPINS);
		else
			keep_float(in, out, SPINS);
		for (unsigned long i = 0; i < (WHICH ? FLOAT : INTEGER); i++)
			if (in[i] != out[i])
				__atomic_fetch_add(lost, 1, __ATOMIC_SEQ_CST);
	}
	_exit(0);
}

int
main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	lost = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned long i = 0; i < TASKS; i++)
		if (fork() == 0)
			task(i);
	for (unsigned long i = 0; i < TASKS; i++)
		wait(NULL);
	printf("registers %lu\n", (*lost + 1) * KEY);
	for (;;)
		pause();
}
