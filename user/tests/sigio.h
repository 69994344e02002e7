/*
 * sigio.h - signals about a file, caught: what the last one said, and how many came.
 */
#ifndef SIGIO_H
#define SIGIO_H

#include "test.h"

static volatile int count, signo, code, fd;
static volatile long band;

static inline void
handler(int sig, siginfo_t *i, void *ctx)
{
	(void)ctx;
	signo = sig;
	code = i->si_code;
	band = ((long *)i)[2];
	fd = ((int *)i)[6];
	count++;
}

static inline void
catch(int sig)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO | SA_RESTART };

	sa.sa_sigaction = handler;
	CHECK(sigaction(sig, &sa, NULL) == 0);
	count = 0;
}

#endif
