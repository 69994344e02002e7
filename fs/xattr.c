/*
 * xattr.c - extended attributes: setxattr, getxattr, listxattr, removexattr and their l and f forms.
 *
 *	user.NAME	anybody's, by the file's permission bits; on regular files and directories only
 *	trusted.NAME	who has CAP_SYS_ADMIN; nobody else sees that they are there
 *	security.NAME	read by all, written with CAP_SYS_ADMIN (security.capability: CAP_SETFCAP)
 *
 * Here is who may do what, and the copying; what a file has is kept by its file system
 * (super_ops.getxattr and its neighbours), which knows names of these three kinds alone.
 * Locks       inode->lock: for writing round a change, for reading round a look.
 * Not here    ext4/xattr.c, xattr_set.c; memxattr.c for RAM file systems.  system.posix_acl_*: there are no ACLs.
 * Further     xattr(7), setxattr(2).
 */
#include "abi/xattr.h"
#include "fs/internal.h"
#include "fs/notify.h"
#include "fs/xattr.h"
#include "kernel/fdtable.h"
#include "lib/string.h"
#include "mm/slab.h"

#define FILE_CAPABILITY	XATTR_SECURITY_PREFIX "capability"

static inline bool is_kind(const char *name, const char *prefix) { return !strncmp(name, prefix, strlen(prefix)); }

/* --- who may --- */

/* May current read (MAY_READ) or change (MAY_WRITE) the attribute of this name? */
static int
xattr_permission(struct inode *i, const char *name, int mask)
{
	bool write = mask & MAY_WRITE;

	if (is_kind(name, XATTR_SECURITY_PREFIX) || is_kind(name, XATTR_SYSTEM_PREFIX))
		return 0;
	if (is_kind(name, XATTR_TRUSTED_PREFIX))
		return capable(CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
	if (is_kind(name, XATTR_USER_PREFIX)) {
		if (!S_ISREG(i->mode) && !S_ISDIR(i->mode))
			return write ? -EPERM : -ENODATA;
		if (S_ISDIR(i->mode) && (i->mode & S_ISVTX) && write && !inode_owner(i))
			return -EPERM;
	}
	return inode_permission(i, mask);
}

/* What the security attributes ask for beyond that, of who changes them. */
static int
security_permission(const char *name)
{
	if (!is_kind(name, XATTR_SECURITY_PREFIX))
		return 0;
	return capable(strcmp(name, FILE_CAPABILITY) ? CAP_SYS_ADMIN : CAP_SETFCAP) ? 0 : -EPERM;
}

/* Can the file system keep an attribute of this name? */
static int
xattr_supported(const struct inode *i, const char *name)
{
	static const char *const kinds[] = { XATTR_USER_PREFIX, XATTR_TRUSTED_PREFIX, XATTR_SECURITY_PREFIX };

	if (!i->sb->ops->getxattr)
		return -EOPNOTSUPP;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		if (is_kind(name, kinds[k]))
			return name[strlen(kinds[k])] ? 0 : -EINVAL;
	return -EOPNOTSUPP;
}

/* The layouts of security.capability that there are: by length and the revision in its first word. */
static bool
capability_valid(const void *value, size_t size)
{
	u32 magic;

	if (size < sizeof(magic))
		return false;
	memcpy(&magic, value, sizeof(magic));
	switch (magic >> 24) {
	case 2:
		return size == 20;
	case 3:
		return size == 24;
	}
	return false;
}

/* --- for all callers --- */

int
vfs_setxattr(const struct path *p, const char *name, const void *value, size_t size, int flags)
{
	struct inode *i = p->dentry->inode;
	int err = mount_may_write(p);

	if (err)
		return err;
	rwsem_lock_write(&i->lock);
	err = xattr_permission(i, name, MAY_WRITE);
	if (!err)
		err = security_permission(name);
	if (!err && value && !strcmp(name, FILE_CAPABILITY) && !capability_valid(value, size))
		err = -EINVAL;
	if (!err)
		err = xattr_supported(i, name);
	if (!err)
		err = i->sb->ops->setxattr(i, name, value, size, flags);
	rwsem_unlock_write(&i->lock);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

ssize_t
vfs_getxattr(const struct path *p, const char *name, void *buf, size_t size)
{
	struct inode *i = p->dentry->inode;
	ssize_t n = xattr_permission(i, name, MAY_READ);

	if (!n)
		n = xattr_supported(i, name);
	if (n)
		return n;
	rwsem_lock_read(&i->lock);
	n = i->sb->ops->getxattr(i, name, buf, size);
	rwsem_unlock_read(&i->lock);
	return n;
}

bool
xattr_visible(const char *prefix)
{
	return strcmp(prefix, XATTR_TRUSTED_PREFIX) || capable(CAP_SYS_ADMIN);
}

ssize_t
xattr_list_add(char *buf, size_t size, size_t at, const char *prefix, const char *name, size_t len)
{
	size_t prefix_len = strlen(prefix), end = at + prefix_len + len + 1;

	if (!size)
		return end;
	if (end > size)
		return -ERANGE;
	memcpy(buf + at, prefix, prefix_len);
	memcpy(buf + at + prefix_len, name, len);
	buf[end - 1] = 0;
	return end;
}

/* --- the calls: a path or descriptor, then what all three forms share --- */

/* The path of a call's first argument, counted; fd: it is a descriptor. */
static int
xattr_path(ulong arg, bool fd, uint lookup, struct path *out)
{
	struct file *f;
	bool put;

	if (!fd)
		return path_lookup_user(AT_FDCWD, UPTR(arg), lookup, out);
	f = fd_get(arg, &put);
	if (!f)
		return -EBADF;
	fd_put(f, put);
	return path_of_fd(arg, out) ? -EOPNOTSUPP : 0;
}

static int
xattr_name_get(char *to, uptr_t from)
{
	ssize_t n = strncpy_from_user(to, from, XATTR_NAME_MAX + 1);

	if (n < 0)
		return n;
	return n == 0 || n > XATTR_NAME_MAX ? -ERANGE : 0;
}

static long
do_setxattr(const ulong *a, bool fd, uint lookup)
{
	size_t size = a[3];
	int flags = a[4], err;
	char name[XATTR_NAME_MAX + 1];
	struct path p;
	void *value;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = xattr_name_get(name, UPTR(a[1]));
	if (err)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	value = kmalloc(size + 1, GFP_KERNEL);
	if (!value)
		return -ENOMEM;
	err = copy_from_user(value, UPTR(a[2]), size);
	if (!err)
		err = xattr_path(a[0], fd, lookup, &p);
	if (!err) {
		err = vfs_setxattr(&p, name, value, size, flags);
		path_put(&p);
	}
	kfree(value);
	return err;
}

/* n bytes of buf, or an error, for a caller who gave size bytes of room. */
static ssize_t
give_out(uptr_t to, const void *buf, ssize_t n, size_t size)
{
	if (n == -ERANGE && size >= XATTR_SIZE_MAX)
		return -E2BIG;
	if (n > 0 && size && copy_to_user(to, buf, n))
		return -EFAULT;
	return n;
}

static long
do_getxattr(const ulong *a, bool fd, uint lookup)
{
	size_t size = MIN(a[3], (ulong)XATTR_SIZE_MAX);
	char name[XATTR_NAME_MAX + 1];
	void *buf = NULL;
	struct path p;
	ssize_t n;

	n = xattr_name_get(name, UPTR(a[1]));
	if (n)
		return n;
	if (size && !(buf = kmalloc(size, GFP_KERNEL)))
		return -ENOMEM;
	n = xattr_path(a[0], fd, lookup, &p);
	if (!n) {
		n = give_out(UPTR(a[2]), buf, vfs_getxattr(&p, name, buf, size), size);
		path_put(&p);
	}
	kfree(buf);
	return n;
}

static long
do_listxattr(const ulong *a, bool fd, uint lookup)
{
	size_t size = MIN(a[2], (ulong)XATTR_LIST_MAX);
	struct path p;
	struct inode *i;
	void *buf = NULL;
	ssize_t n;

	if (size && !(buf = kmalloc(size, GFP_KERNEL)))
		return -ENOMEM;
	n = xattr_path(a[0], fd, lookup, &p);
	if (n)
		goto out;
	i = p.dentry->inode;
	if (i->sb->ops->listxattr) {
		rwsem_lock_read(&i->lock);
		n = i->sb->ops->listxattr(i, buf, size);
		rwsem_unlock_read(&i->lock);
	}
	n = give_out(UPTR(a[1]), buf, n, size);
	path_put(&p);
out:
	kfree(buf);
	return n;
}

static long
do_removexattr(const ulong *a, bool fd, uint lookup)
{
	char name[XATTR_NAME_MAX + 1];
	struct path p;
	int err;

	err = xattr_name_get(name, UPTR(a[1]));
	if (err)
		return err;
	err = xattr_path(a[0], fd, lookup, &p);
	if (err)
		return err;
	err = vfs_setxattr(&p, name, NULL, 0, XATTR_REPLACE);
	path_put(&p);
	return err;
}

long sys_setxattr(const ulong *a) { return do_setxattr(a, false, LOOKUP_FOLLOW); }
long sys_lsetxattr(const ulong *a) { return do_setxattr(a, false, 0); }
long sys_fsetxattr(const ulong *a) { return do_setxattr(a, true, 0); }
long sys_getxattr(const ulong *a) { return do_getxattr(a, false, LOOKUP_FOLLOW); }
long sys_lgetxattr(const ulong *a) { return do_getxattr(a, false, 0); }
long sys_fgetxattr(const ulong *a) { return do_getxattr(a, true, 0); }
long sys_listxattr(const ulong *a) { return do_listxattr(a, false, LOOKUP_FOLLOW); }
long sys_llistxattr(const ulong *a) { return do_listxattr(a, false, 0); }
long sys_flistxattr(const ulong *a) { return do_listxattr(a, true, 0); }
long sys_removexattr(const ulong *a) { return do_removexattr(a, false, LOOKUP_FOLLOW); }
long sys_lremovexattr(const ulong *a) { return do_removexattr(a, false, 0); }
long sys_fremovexattr(const ulong *a) { return do_removexattr(a, true, 0); }
