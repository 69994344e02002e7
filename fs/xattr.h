/*
 * xattr.h - extended attributes, for the VFS and the file systems that keep them.
 */
#ifndef FS_XATTR_H
#define FS_XATTR_H

#include "abi/errno.h"
#include "abi/xattr.h"
#include "lib/types.h"

struct inode;
struct path;

/* --- xattr.c --- */
/* With the permissions of current. value NULL: remove. flags: XATTR_*. */
int	vfs_setxattr(const struct path *p, const char *name, const void *value, size_t size, int flags);
ssize_t	vfs_getxattr(const struct path *p, const char *name, void *buf, size_t size);
/* For listxattr: may current see names with this prefix? */
bool	xattr_visible(const char *prefix);
/* Put prefix, name and a NUL at buf + at; size 0: only count. The next `at`, or -ERANGE. */
ssize_t	xattr_list_add(char *buf, size_t size, size_t at, const char *prefix, const char *name, size_t len);
/* What setting with flags says of an attribute that exists, or does not: 0, -EEXIST, -ENODATA. */
static inline int
xattr_flags_check(bool exists, int flags)
{
	return exists && (flags & XATTR_CREATE) ? -EEXIST : !exists && (flags & XATTR_REPLACE) ? -ENODATA : 0;
}

/* --- memxattr.c: for file systems in memory. inode->lock held as super_ops says --- */
struct memxattr {			/* one attribute: name and its NUL, then the value */
	struct memxattr *next;
	u32	name_len, size;
	char	name[];
};
ssize_t	memxattr_get(const struct memxattr *head, const char *name, void *buf, size_t size);
ssize_t	memxattr_list(const struct memxattr *head, char *buf, size_t size);
/* *old: what it replaced or removed, the caller's to kfree; or NULL. 0, -ENOMEM, -EEXIST, -ENODATA. */
int	memxattr_set(struct memxattr **head, const char *name, const void *value, size_t size, int flags,
		     struct memxattr **old);
void	memxattr_free(struct memxattr *head);
static inline u64 memxattr_space(u64 name_len, u64 size) { return sizeof(struct memxattr) + name_len + 1 + size; }

#endif
