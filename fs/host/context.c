/*
 * context.c - coroutines: from one stack of the host to another.
 *
 * On x86-64 by a few instructions (switch.S); elsewhere by the C library's swapcontext, which asks the
 * system for the signal mask each time, and of which the address sanitizer warns.
 */
#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include "fs/host/context.h"

#ifdef __x86_64__
void	host_switch(void **save_sp, void *load_sp);	/* switch.S */

void
context_make(struct context *c, void *stack, size_t size, void (*fn)(void))
{
	u64 *sp = (u64 *)(((u64)stack + size) & ~15UL);

	*--sp = 0;			/* fn has no caller */
	*--sp = (u64)fn;		/* host_switch returns there, with the stack as after a call */
	for (int i = 0; i < 6; i++)
		*--sp = 0;
	c->sp = sp;
	c->bottom = stack;
	c->size = size;
}

static void
go(struct context *from, struct context *to)
{
	host_switch(&from->sp, to->sp);
}
#else
void
context_make(struct context *c, void *stack, size_t size, void (*fn)(void))
{
	if (getcontext(&c->uc))
		abort();
	c->uc.uc_stack.ss_sp = stack;
	c->uc.uc_stack.ss_size = size;
	c->bottom = stack;
	c->size = size;
	makecontext(&c->uc, fn, 0);
}

static void
go(struct context *from, struct context *to)
{
	swapcontext(&from->uc, &to->uc);
}
#endif

void
context_switch(struct context *from, struct context *to, bool last)
{
	__sanitizer_start_switch_fiber(last ? NULL : &from->fake_stack, to->bottom, to->size);
	go(from, to);
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
}

void
context_started(void)
{
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}
