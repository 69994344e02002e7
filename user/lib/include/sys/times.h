/* times.h - processor time. */
#ifndef SYS_TIMES_H
#define SYS_TIMES_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/time.h"

clock_t	times(struct tms *t);

#endif
