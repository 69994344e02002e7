/* klog.h - the kernel's log. */
#ifndef SYS_KLOG_H
#define SYS_KLOG_H

#include <bits/names.h>
#include "abi/sysinfo.h"

int	klogctl(int op, char *buf, int n);

#endif
