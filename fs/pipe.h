/* pipe.h - pipes and FIFOs. */
#ifndef FS_PIPE_H
#define FS_PIPE_H

struct file;
extern const struct file_ops fifo_fops;
int	pipe_create(struct file *out[2], int flags);	/* [0] read end, [1] write end */

#endif
