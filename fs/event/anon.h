/*
 * anon.h - open files that are not in any file system: what they have in common, and how each is known.
 */
#ifndef FS_EVENT_ANON_H
#define FS_EVENT_ANON_H

#include "fs/vfs.h"

/*
 * A descriptor for a new file with these operations, whose anon_name is what /proc/PID/fd shows.  flags: O_CLOEXEC and
 * the status flags.  It, or -errno: then `private` is still the caller's and no operation has been called.
 */
long	anon_open(const struct file_ops *ops, void *private, u32 flags);
/* The same without a descriptor. ERR_PTR. */
struct file *anon_file(const struct file_ops *ops, void *private, u32 flags);

void	anon_init(void);

#endif
