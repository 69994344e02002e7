/* stackprotect.h - the debug build's guard word in stack frames. */
#ifndef KERNEL_STACKPROTECT_H
#define KERNEL_STACKPROTECT_H

#ifdef DEBUG
/* Give the guard word this boot's value. The caller must never return, and other stacks must not exist yet. */
void	stackprotect_init(void);
#else
static inline void stackprotect_init(void) { }
#endif

#endif
