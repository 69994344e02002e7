/* termios.h - terminal settings. */
#ifndef TERMIOS_H
#define TERMIOS_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/termios.h"

typedef unsigned int tcflag_t;
typedef unsigned char cc_t;
typedef unsigned int speed_t;

int	tcgetattr(int fd, struct termios *t);
int	tcsetattr(int fd, int when, const struct termios *t);
int	tcflush(int fd, int queue);
int	tcdrain(int fd);
void	cfmakeraw(struct termios *t);
speed_t	cfgetospeed(const struct termios *t);
pid_t	tcgetsid(int fd);

#endif
