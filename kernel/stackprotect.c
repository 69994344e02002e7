/*
 * stackprotect.c - the word that each stack frame with an array ends in (debug build).
 *
 *	return address, saved s0	what an overflow would reach next
 *	__stack_chk_guard		copied here on entry, compared on return
 *	arrays				overflow this way: up
 *
 * -fstack-protector-strong makes both. This file is compiled without it.
 */
#ifdef DEBUG
#include "kernel/stackprotect.h"

#include "kernel/printk.h"
#include "kernel/random.h"

#define ENDS_STRINGS	(~0xffUL)	/* the lowest byte is NUL: no string can overwrite the word by itself */

void	__stack_chk_fail(void) NORETURN;	/* called by the compiler's code */

ulong __stack_chk_guard = 0x5ca1ab1e0ddba100;

void
stackprotect_init(void)
{
	static ulong word;		/* random_bytes() must return before the word changes */

	random_bytes(&word, sizeof(word));
	__stack_chk_guard = word & ENDS_STRINGS;
	word = 0;
}

void
__stack_chk_fail(void)
{
	ulong pc = (ulong)__builtin_return_address(0) - 1, offset, size;
	const char *name = symbol_lookup(pc, &offset, &size);

	panic("stack protector: %s wrote past the end of a local array", name ? name : "a function");
}
#endif
