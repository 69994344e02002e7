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

/* --- pipe_splice.c --- */
struct batch;
/*
 * Up to n bytes of what it holds into b, which is empty, waiting for the first: how many; 0 at the end, -EAGAIN,
 * -ERESTARTSYS. If bytes: nobody else gets any until pipe_return says how many of them are used up.
 */
ssize_t	pipe_lend(struct file *f, struct batch *b, size_t n, bool nonblock);
void	pipe_return(struct file *f, size_t used);
/*
 * Until PIPE_BUF bytes fit: how many fit; -EAGAIN, -EPIPE with its signal, -ERESTARTSYS. If room: nobody else writes
 * until pipe_fill_reserved is called.
 */
ssize_t	pipe_reserve(struct file *f, bool nonblock);
/* Write all of b, no more than was reserved and perhaps nothing: how much; -EPIPE with its signal, -ENOMEM. */
ssize_t	pipe_fill_reserved(struct file *f, const struct batch *b);
/* Up to n bytes from one pipe to another, and they stay in the first if `keep`: how many, 0 at the end, -errno. */
ssize_t	pipe_move(struct file *from, struct file *to, size_t n, bool nonblock, bool keep);

#endif
