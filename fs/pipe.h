/* pipe.h - pipes and FIFOs. */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "lib/types.h"

struct file;
struct uio;
extern const struct file_ops fifo_fops;
int	pipe_create(struct file *out[2], int flags);	/* [0] read end, [1] write end */

/* For splice.c. nonblock: as if the file had O_NONBLOCK. */
bool	file_is_pipe(const struct file *f);
bool	pipe_same(const struct file *a, const struct file *b);
ssize_t	pipe_read_uio(struct file *f, struct uio *u, bool nonblock);
ssize_t	pipe_write_uio(struct file *f, struct uio *u, bool nonblock);
/*
 * Copy up to size bytes without taking them, waiting for the first: how many; 0 at the end, -EAGAIN, -ERESTARTSYS.
 * lend, and bytes: nobody else gets any until pipe_return says how many of them are used up.
 */
ssize_t	pipe_peek(struct file *f, void *buf, size_t size, bool nonblock, bool lend);
void	pipe_return(struct file *f, size_t used);
/*
 * Until PIPE_BUF bytes fit: how many fit; -EAGAIN, -EPIPE with its signal, -ERESTARTSYS.
 * reserve, and room: nobody else writes until pipe_fill_reserved is called.
 */
ssize_t	pipe_wait_room(struct file *f, bool nonblock, bool reserve);
/* Write all of u, no more than was reserved and perhaps nothing: how much; -EPIPE with its signal, -ENOMEM. */
ssize_t	pipe_fill_reserved(struct file *f, struct uio *u);

#endif
