/* context.h - a coroutine's registers and stack. */
#ifndef FS_HOST_CONTEXT_H
#define FS_HOST_CONTEXT_H

#include <ucontext.h>
#include "lib/types.h"

struct context {
	void	*sp;			/* while not running, on x86-64 */
	ucontext_t uc;			/* elsewhere */
	const void *bottom;		/* of its stack, for the address sanitizer */
	size_t	size;
	void	*fake_stack;
};

void	context_make(struct context *c, void *stack, size_t size, void (*fn)(void));
/* Save in `from`, go on in `to`; last: from is never gone back to. */
void	context_switch(struct context *from, struct context *to, bool last);
void	context_started(void);		/* the first thing that fn does */

#endif
