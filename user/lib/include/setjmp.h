/* setjmp.h - ra, sp, s0-s11, and the signal mask for the sig variants. */
#ifndef SETJMP_H
#define SETJMP_H

typedef struct {
	unsigned long regs[14];
	unsigned long mask;
	int	have_mask;
} jmp_buf[1], sigjmp_buf[1];

int	setjmp(jmp_buf env) __attribute__((returns_twice));
void	longjmp(jmp_buf env, int value) __attribute__((noreturn));
/* Saves the mask, then setjmp: a macro, for setjmp must return into the caller's own frame. */
#define sigsetjmp(env, save)	(__sigsetjmp_mask(env, save), setjmp(env))
void	__sigsetjmp_mask(sigjmp_buf env, int save);
void	siglongjmp(sigjmp_buf env, int value) __attribute__((noreturn));

#endif
