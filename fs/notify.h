/*
 * notify.h - the VFS says here what happens to files; inotify.c tells those who watch.
 *
 * As long as nobody watches anything each of these is a load and a branch.
 */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include "abi/inotify.h"
#include "fs/vfs.h"

struct qname;

extern uint notify_watches;		/* [a] in all */
static inline bool notify_on(void) { return unlikely(READ_ONCE(notify_watches) != 0); }

void	notify_inode_slow(struct inode *i, u32 mask);
void	notify_name_slow(struct inode *dir, const char *name, size_t len, u32 mask, u32 cookie);
void	notify_dentry_slow(struct dentry *d, u32 mask);
void	notify_gone_slow(struct inode *i, u32 mask);
void	notify_move_slow(struct inode *from, const struct qname *name, struct inode *to, const struct qname *to_name,
			 const struct inode *moved);
void	notify_unmount_slow(struct super_block *sb);

/* It happened to i itself. */
static inline void
notify_inode(struct inode *i, u32 mask)
{
	if (notify_on())
		notify_inode_slow(i, mask);
}

/* It happened to a name in dir; mask with IN_ISDIR where it is a directory's. */
static inline void
notify_name(struct inode *dir, const char *name, size_t len, u32 mask)
{
	if (notify_on())
		notify_name_slow(dir, name, len, mask, 0);
}

/* It happened to d's file: its directory learns of it by name, and the file itself. */
static inline void
notify_dentry(struct dentry *d, u32 mask)
{
	if (notify_on())
		notify_dentry_slow(d, mask);
}

static inline void
notify_file(struct file *f, u32 mask)
{
	if (notify_on() && f->path.dentry)
		notify_dentry_slow(f->path.dentry, mask);
}

/* A name of i is forgotten: if it was its last one, watches of it end. */
static inline void
notify_forgotten(struct inode *i)
{
	if (notify_on() && !i->nlink)
		notify_gone_slow(i, IN_DELETE_SELF);
}

static inline void
notify_unmount(struct super_block *sb)
{
	if (notify_on())
		notify_unmount_slow(sb);
}

#endif
