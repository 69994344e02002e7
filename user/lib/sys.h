/*
 * sys.h - how the library calls the kernel. Private to user/lib.
 *
 * SYS(name, args...) gives the kernel's raw answer, a result or -errno; CALL() sets errno
 * and returns -1 instead.  Missing arguments are passed as 0.
 */
#ifndef LIB_SYS_H
#define LIB_SYS_H

#include "abi/syscall.h"

long	__syscall_return(long r);

static inline long
__syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	register long a7 asm("a7") = n;
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;
	register long a3 asm("a3") = d;
	register long a4 asm("a4") = e;
	register long a5 asm("a5") = f;

	asm volatile("ecall" : "+r"(a0)
		     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
	return a0;
}

static inline long
__syscall3(long n, long a, long b, long c)
{
	register long a7 asm("a7") = n;
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;

	asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

#define SYS_PICK(_1, _2, _3, _4, _5, _6, n, ...) n
#define SYS_3(n, a, b, c, ...)	__syscall3(n, (long)(a), (long)(b), (long)(c))
#define SYS_6(n, a, b, c, d, e, f, ...) \
	__syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS_VIA(n, ...) \
	SYS_PICK(__VA_ARGS__, SYS_6, SYS_6, SYS_6, SYS_3, SYS_3, SYS_3)(n, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYS(name, ...)	SYS_VIA(SYS_##name, __VA_ARGS__)
#define SYS0(name)	__syscall3(SYS_##name, 0, 0, 0)
#define CALL(name, ...)	__syscall_return(SYS(name, __VA_ARGS__))

#endif
