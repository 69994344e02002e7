/*
 * async.h - signals about a file: whom, which, and O_ASYNC.
 */
#ifndef FS_ASYNC_H
#define FS_ASYNC_H

#include "lib/types.h"

struct file;

/* fcntl's F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG and their _EX; what the call returns. */
long	async_fcntl(struct file *f, uint cmd, ulong arg);
/* O_ASYNC on or off for f, known to current as fd. 0 or -ENOMEM; the flag itself is the caller's. */
int	async_set(struct file *f, int fd, bool on);
void	async_end(struct file *f);	/* f goes: its last reference has */
/* Signals about f go to current's process, if nobody was named. 0 or -ENOMEM. Then POLL_MSG for it, as fd, at once. */
int	async_own(struct file *f);
void	async_message(struct file *f, int fd);
void	async_init(void);
/* ioctl's SIOCSPGRP for sockets: as F_SETOWN. */
long	async_set_owner(struct file *f, int who);

#endif
