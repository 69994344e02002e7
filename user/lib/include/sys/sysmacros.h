/* sysmacros.h - device numbers. */
#ifndef SYS_SYSMACROS_H
#define SYS_SYSMACROS_H

#include <bits/names.h>
#include "abi/stat.h"

#define major(dev)	ABI_DEV_MAJOR(dev)
#define minor(dev)	ABI_DEV_MINOR(dev)
#define makedev(a, b)	((unsigned long)ABI_DEV(a, b))

#endif
