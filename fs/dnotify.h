/*
 * dnotify.h - fcntl's F_NOTIFY.
 */
#ifndef FS_DNOTIFY_H
#define FS_DNOTIFY_H

#include "lib/types.h"

struct file;
struct files;
struct inode;

/* F_NOTIFY of f, which is current's descriptor fd: DN_* events more, or with none of them no more signals. */
long	dnotify_fcntl(int fd, struct file *f, u32 events);
/* owner closes a descriptor of f, whose inode has INODE_DNOTIFY. */
void	dnotify_close(struct file *f, const struct files *owner);
/* Something with these names (DN_*) happened in dir, which has INODE_DNOTIFY. */
void	dnotify_tell(struct inode *dir, u32 events);

#endif
