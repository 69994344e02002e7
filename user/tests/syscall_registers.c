/* syscall_registers: a system call changes a0 and nothing else. */
#include "test.h"

int
main(void)
{
	for (int i = 0; i < 20000; i++) {
		long bad;

		asm volatile("li t0, 11; li t1, 12; li t2, 13; li t3, 14; li t4, 15; li t5, 16; li t6, 17\n"
			     "li a1, 21; li a2, 22; li a3, 23; li a4, 24; li a5, 25; li a6, 26; li s2, 31; li s11, 32\n"
			     "li a7, 124\n"		/* sched_yield */
			     "ecall\n"
			     "mv %0, a0\n"
			     "addi t0, t0, -11; or %0, %0, t0; addi t1, t1, -12; or %0, %0, t1\n"
			     "addi t2, t2, -13; or %0, %0, t2; addi t3, t3, -14; or %0, %0, t3\n"
			     "addi t4, t4, -15; or %0, %0, t4; addi t5, t5, -16; or %0, %0, t5\n"
			     "addi t6, t6, -17; or %0, %0, t6; addi a1, a1, -21; or %0, %0, a1\n"
			     "addi a2, a2, -22; or %0, %0, a2; addi a3, a3, -23; or %0, %0, a3\n"
			     "addi a4, a4, -24; or %0, %0, a4; addi a5, a5, -25; or %0, %0, a5\n"
			     "addi a6, a6, -26; or %0, %0, a6; addi a7, a7, -124; or %0, %0, a7\n"
			     "addi s2, s2, -31; or %0, %0, s2; addi s11, s11, -32; or %0, %0, s11\n"
			     : "=&r"(bad) :: "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4",
			     "a5", "a6", "a7", "s2", "s11", "memory");
		CHECK(bad == 0);
	}
	return 0;
}
