/* poll.h - waiting for any of several files. */
#ifndef POLL_H
#define POLL_H

#include <bits/names.h>
#include <bits/types.h>
#include "abi/poll.h"

typedef unsigned long nfds_t;
struct timespec;

int	poll(struct pollfd *fds, nfds_t n, int timeout);
int	ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const unsigned long *mask);

#endif
