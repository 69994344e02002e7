/* signal_registers: a handler that changes every register leaves none changed after it returns. */
#include "test.h"

static volatile int hits;

static void
handler(int sig)
{
	(void)sig;
	hits++;
	asm volatile("li t0, -1; li t1, -1; li t2, -1; li t3, -1; li t4, -1; li t5, -1; li t6, -1;"
		     "li a1, -1; li a2, -1; li a3, -1; li a4, -1; li a5, -1; li a6, -1;"
		     "fcvt.d.l ft0, t0; fmv.d ft1, ft0; fmv.d fa0, ft0; fmv.d fs0, ft0; fmv.d fs11, ft0"
		     ::: "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a1", "a2", "a3", "a4", "a5", "a6",
		     "ft0", "ft1", "fa0", "fs0", "fs11");
}

int
main(void)
{
	struct sigaction sa;
	pid_t p, me = getpid();

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	p = fork();
	if (p == 0)
		for (int i = 0; ; i++) {
			if (kill(me, SIGUSR1))
				_exit(0);
			pause_ms(1);
		}
	while (hits < 50) {
		/* Registers filled, spun on and compared in one piece of assembly. */
		long bad;
		asm volatile("li t1, 101; li t2, 102; li t3, 103; li t4, 104; li t5, 105; li t6, 106\n"
			     "fcvt.d.l fs0, t1; fcvt.d.l fs11, t2; fcvt.d.l ft1, t3\n"
			     "li a5, 200000\n"
			     "1: addi a5, a5, -1; bnez a5, 1b\n"
			     "li %0, 0\n"
			     "addi t1, t1, -101; or %0, %0, t1; addi t2, t2, -102; or %0, %0, t2\n"
			     "addi t3, t3, -103; or %0, %0, t3; addi t4, t4, -104; or %0, %0, t4\n"
			     "addi t5, t5, -105; or %0, %0, t5; addi t6, t6, -106; or %0, %0, t6\n"
			     "fcvt.l.d t1, fs0; addi t1, t1, -101; or %0, %0, t1\n"
			     "fcvt.l.d t1, fs11; addi t1, t1, -102; or %0, %0, t1\n"
			     "fcvt.l.d t1, ft1; addi t1, t1, -103; or %0, %0, t1\n"
			     : "=&r"(bad) :: "t1", "t2", "t3", "t4", "t5", "t6", "a5", "fs0", "fs11", "ft1");
		CHECK(bad == 0);
	}
	kill(p, SIGKILL);
	waitpid(p, NULL, 0);
	return 0;
}
