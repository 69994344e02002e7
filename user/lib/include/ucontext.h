/* ucontext.h - the saved registers a signal handler is shown. */
#ifndef UCONTEXT_H
#define UCONTEXT_H

#include <signal.h>

#endif
