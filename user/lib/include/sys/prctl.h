/* prctl.h - operations on the caller. */
#ifndef SYS_PRCTL_H
#define SYS_PRCTL_H

#include "abi/prctl.h"

int	prctl(int op, ...);

#endif
