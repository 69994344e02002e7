/*
 * pidfd.h - descriptors that name a process or a thread: a number that is never reused under its holder.
 */
#ifndef FS_EVENT_PIDFD_H
#define FS_EVENT_PIDFD_H

#include "lib/types.h"

struct file;
struct process;
struct task;

/* What a pidfd names. */
struct pid_ref {
	struct process *proc;		/* counted */
	struct task *thread;		/* counted; NULL: the whole process */
	bool	nonblock;		/* of the descriptor */
};
int	pidfd_get(int fd, struct pid_ref *r);	/* 0 or -EBADF; pid_ref_put() then */
int	pidfd_get_proc(int fd, struct pid_ref *r);	/* the same, and a directory /proc/PID will do; also -ESRCH */
void	pid_ref_put(struct pid_ref *r);

/*
 * For clone(CLONE_PIDFD): a file for t, which is in no table yet, and a descriptor reserved for it. The descriptor or
 * -errno; then fd_install() it, or fd_cancel() it and file_put().
 */
int	pidfd_prepare(struct task *t, bool thread, struct file **out);

#endif
