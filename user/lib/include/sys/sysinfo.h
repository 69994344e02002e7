/* sysinfo.h - totals of the whole system. */
#ifndef SYS_SYSINFO_H
#define SYS_SYSINFO_H

#include <bits/names.h>
#include "abi/sysinfo.h"

int	sysinfo(struct sysinfo *s);

#endif
