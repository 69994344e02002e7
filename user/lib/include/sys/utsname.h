/* utsname.h - the system's names. */
#ifndef SYS_UTSNAME_H
#define SYS_UTSNAME_H

#include <bits/names.h>
#include "abi/utsname.h"

int	uname(struct utsname *u);

#endif
