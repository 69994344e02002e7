/*
 * permission.c - who may do what to a file, by mode bits and capabilities.
 *
 * Further     path_resolution(7), capabilities(7), "Sticky bit" in inode(7).
 */
#include "abi/mount.h"
#include "fs/internal.h"

bool
inode_owner(const struct inode *inode)
{
	return inode->uid == current->fsuid || capable(CAP_FOWNER);
}

/* By the mode's bits for who current is to this file, else by capability. */
int
generic_permission(struct inode *inode, int mask)
{
	u32 mode = inode->mode;

	if (current->fsuid == inode->uid)
		mode >>= 6;
	else if (((mode >> 3 ^ mode) & 7) && task_in_group(inode->gid))
		mode >>= 3;
	if (!(mask & ~mode & 7))
		return 0;
	if (S_ISDIR(inode->mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return 0;
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return 0;
	/* Nobody may execute what has no x bit at all. */
	if ((!(mask & MAY_EXEC) || (inode->mode & 0111)) && capable(CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

int
inode_permission(struct inode *inode, int mask)
{
	if ((mask & MAY_WRITE) && (inode->sb->flags & MS_RDONLY) &&
	    (S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode)))
		return -EROFS;
	if (unlikely(inode->ops->permission))
		return inode->ops->permission(inode, mask);
	return generic_permission(inode, mask);
}

int
dir_may_create(struct inode *dir)
{
	if (dir->flags & INODE_DEAD)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* isdir: by rmdir, or as the target of a directory's rename. */
int
dir_may_delete(struct inode *dir, struct inode *victim, bool isdir)
{
	int err = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((dir->mode & S_ISVTX) && victim->uid != current->fsuid && dir->uid != current->fsuid &&
	    !capable(CAP_FOWNER))
		return -EPERM;
	if (isdir && !S_ISDIR(victim->mode))
		return -ENOTDIR;
	if (!isdir && S_ISDIR(victim->mode))
		return -EISDIR;
	return 0;
}
