/* ioctl.h - device control; struct winsize. */
#ifndef SYS_IOCTL_H
#define SYS_IOCTL_H

#include <bits/names.h>
#include "abi/ioctl.h"
#include "abi/termios.h"

int	ioctl(int fd, unsigned long request, ...);

#endif
