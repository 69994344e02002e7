/* errno.h - what went wrong; the numbers are the kernel's. */
#ifndef ERRNO_H
#define ERRNO_H

#include "abi/errno.h"

extern int errno;
extern char *program_invocation_short_name;

#endif
