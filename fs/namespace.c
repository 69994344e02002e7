/*
 * namespace.c - changing directories: mkdir, mknod, symlink, link, unlink, rmdir, rename; and
 * reading what links and places say: readlink, getcwd, chdir, chroot.
 *
 * Locks       the directory's inode lock for writing round look-up, checks and the file system's
 *             part; inside it the lock of the file whose link count changes (never a directory:
 *             its count changes with its parent locked).
 *             rename of two directories: the file system's rename_lock, which freezes the tree's
 *             shape, then the ancestor's lock first; unrelated ones by address.
 * Further     the man pages, section 2; every errno here is in one of them.
 */
#include "fs/internal.h"
#include "fs/notify.h"
#include "lib/string.h"
#include "mm/slab.h"

/* --- making names --- */

/*
 * Find the directory of name and lock it, with a new name in it, negative: *d. wants_dir: "x/" will do.
 * On success end with create_end. NO_TSA: what unlocks calls the directory by another name.
 */
static int
create_begin(struct walk *w, int dfd, const char *name, bool wants_dir, struct dentry **out)
	ACQUIRES_IF_0(w->at.dentry->inode->lock) NO_TSA
{
	struct inode *dir;
	struct dentry *d;
	int err;

	err = walk_to_parent(w, dfd, name);
	if (err)
		return err;
	if (w->type != LAST_NAME) {
		walk_end(w, NULL);
		return -EEXIST;
	}
	dir = w->at.dentry->inode;
	rwsem_lock_write(&dir->lock);
	d = lookup_locked(w->at.dentry, &w->last, true);
	if (IS_ERR(d)) {
		err = PTR_ERR(d);
		goto out_unlock;
	}
	if (d->inode)
		err = -EEXIST;
	else if (w->slash && !wants_dir)
		err = -ENOENT;
	if (!err)
		err = mount_may_write(&w->at);
	if (!err)
		err = dir_may_create(dir);
	if (err)
		goto out_put;
	*out = d;
	return 0;
out_put:
	lookup_undo(d);
out_unlock:
	rwsem_unlock_write(&dir->lock);
	walk_end(w, NULL);
	return err;
}

/* The end of it: err says whether there is such a name now, which is told. */
static void
create_end(struct walk *w, struct dentry *d, int err) RELEASES(w->at.dentry->inode->lock)
{
	if (!err)
		notify_name(w->at.dentry->inode, w->last.s, w->last.len,
			    IN_CREATE | (S_ISDIR(d->inode->mode) ? IN_ISDIR : 0));
	lookup_undo(d);
	rwsem_unlock_write(&w->at.dentry->inode->lock);
	walk_end(w, NULL);
}

int
vfs_mkdir(int dfd, const char *name, u32 mode)
{
	struct inode *dir;
	struct dentry *d;
	struct walk w;
	int err;

	err = create_begin(&w, dfd, name, true, &d);
	if (err)
		return err;
	dir = w.at.dentry->inode;
	err = dir->ops->mkdir ? dir->ops->mkdir(dir, d, S_IFDIR | (mode & 01777)) : -EPERM;
	create_end(&w, d, err);
	return err;
}

int
vfs_mknod_path(int dfd, const char *name, u32 mode, u32 rdev, struct path *out)
{
	struct inode *dir;
	struct dentry *d;
	struct walk w;
	int err;

	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		if (!capable(CAP_MKNOD))
			return -EPERM;
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	err = create_begin(&w, dfd, name, false, &d);
	if (err)
		return err;
	dir = w.at.dentry->inode;
	if (S_ISREG(mode))
		err = dir->ops->create ? dir->ops->create(dir, d, mode) : -EPERM;
	else
		err = dir->ops->mknod ? dir->ops->mknod(dir, d, mode, rdev) : -EPERM;
	if (!err && out) {
		*out = (struct path){ w.at.mnt, d };
		path_get(out);
	}
	create_end(&w, d, err);
	return err;
}

int
vfs_mknod(int dfd, const char *name, u32 mode, u32 rdev)
{
	return vfs_mknod_path(dfd, name, mode, rdev, NULL);
}

int
vfs_symlink(const char *target, int dfd, const char *name)
{
	struct inode *dir;
	struct dentry *d;
	struct walk w;
	int err;

	if (!*target)
		return -ENOENT;
	err = create_begin(&w, dfd, name, false, &d);
	if (err)
		return err;
	dir = w.at.dentry->inode;
	err = dir->ops->symlink ? dir->ops->symlink(dir, d, target) : -EPERM;
	create_end(&w, d, err);
	return err;
}

int
vfs_link(int odfd, const char *oname, int ndfd, const char *nname, uint flags)
{
	struct inode *dir, *i;
	struct dentry *d;
	struct path old;
	struct walk w;
	int err;

	if ((flags & LOOKUP_EMPTY) && !capable(CAP_DAC_READ_SEARCH))
		return -ENOENT;
	err = path_lookup(odfd, oname, flags, &old);
	if (err)
		return err;
	err = create_begin(&w, ndfd, nname, false, &d);
	if (err)
		goto out;
	i = old.dentry->inode;
	dir = w.at.dentry->inode;
	if (old.mnt != w.at.mnt)
		err = -EXDEV;
	else if (S_ISDIR(i->mode) || !dir->ops->link)
		err = -EPERM;
	if (!err) {
		rwsem_lock_write(&i->lock);
		err = i->nlink || (i->flags & INODE_LINKABLE) ? dir->ops->link(dir, d, i) : -ENOENT;
		if (!err)
			inode_flags_clear(i, INODE_LINKABLE);
		rwsem_unlock_write(&i->lock);
		if (!err)
			notify_inode(i, IN_ATTRIB);
	}
	create_end(&w, d, err);
out:
	path_put(&old);
	return err;
}

/* --- removing names --- */

/* d's lock keeps out who was about to make a name in it: then it is dead. */
static int
remove_dir(struct inode *dir, struct dentry *d) NO_TSA
{
	struct inode *i = d->inode;
	int err;

	if (!dir->ops->rmdir)
		return -EPERM;
	rwsem_lock_write(&i->lock);
	err = d_kill_if_empty(d);
	if (!err) {
		err = dir->ops->rmdir(dir, d);
		if (err)
			d_revive(d);
	}
	rwsem_unlock_write(&i->lock);
	return err;
}

static int
remove_file(struct inode *dir, struct dentry *d)
{
	struct inode *i = d->inode;
	int err;

	if (!dir->ops->unlink)
		return -EPERM;
	rwsem_lock_write(&i->lock);
	err = dir->ops->unlink(dir, d);
	rwsem_unlock_write(&i->lock);
	return err;
}

int
vfs_unlink(int dfd, const char *name, bool isdir)
{
	static const int not_dir[] = { [LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY };
	struct inode *dir, *gone = NULL;
	struct dentry *d;
	struct walk w;
	int err;

	err = walk_to_parent(&w, dfd, name);
	if (err)
		return err;
	if (w.type != LAST_NAME) {
		walk_end(&w, NULL);
		return isdir ? not_dir[w.type] : -EISDIR;
	}
	dir = w.at.dentry->inode;
	rwsem_lock_write(&dir->lock);
	d = lookup_locked(w.at.dentry, &w.last, false);
	if (IS_ERR(d)) {
		err = PTR_ERR(d);
		goto out;
	}
	if (w.slash && !isdir)
		err = S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
	if (!err)
		err = mount_may_write(&w.at);
	if (!err)
		err = dir_may_delete(dir, d->inode, isdir);
	if (!err && (d->flags & DENTRY_MOUNTED))
		err = -EBUSY;
	if (!err)
		err = isdir ? remove_dir(dir, d) : remove_file(dir, d);
	if (!err) {
		/* What the file held is given back when the directory is free for others again. */
		gone = d->inode;
		inode_get(gone);
		if (isdir)
			dcache_drop_children(d);	/* names known not to be in it keep it */
		else
			notify_inode(gone, IN_ATTRIB);
		d_delete(d);
	}
	dentry_put(d);
	if (!err)
		notify_name(dir, w.last.s, w.last.len, IN_DELETE | (isdir ? IN_ISDIR : 0));
out:
	rwsem_unlock_write(&dir->lock);
	if (gone)
		inode_put(gone);
	walk_end(&w, NULL);
	return err;
}

/* --- renaming --- */

/* One or two directories, and the rename lock if two: more than NO_TSA's analysis could follow. */
static void
rename_lock(struct dentry *a, struct dentry *b) NO_TSA
{
	struct dentry *first = a, *second = b;

	/* Two names of one directory there are only on a broken disk. */
	if (a->inode == b->inode) {
		rwsem_lock_write(&a->inode->lock);
		return;
	}
	mutex_lock(&a->sb->rename_lock);
	if (d_ancestor(b, a) || (a > b && !d_ancestor(a, b))) {
		first = b;
		second = a;
	}
	rwsem_lock_write(&first->inode->lock);
	rwsem_lock_write(&second->inode->lock);
}

static void
rename_unlock(struct dentry *a, struct dentry *b) NO_TSA
{
	rwsem_unlock_write(&a->inode->lock);
	if (a->inode == b->inode)
		return;
	rwsem_unlock_write(&b->inode->lock);
	mutex_unlock(&a->sb->rename_lock);
}

/* May od, in odir, take the place of nd, in ndir? Both directories locked. */
static int
rename_check(struct walk *ow, struct dentry *od, struct walk *nw, struct dentry *nd, uint flags)
{
	struct dentry *odir = ow->at.dentry, *ndir = nw->at.dentry;
	bool swap = flags & RENAME_EXCHANGE, isdir = S_ISDIR(od->inode->mode);
	int err;

	if (nd->inode && (flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (!nd->inode && swap)
		return -ENOENT;
	if (!isdir && (ow->slash || (!swap && nw->slash)))
		return -ENOTDIR;
	if (swap && nw->slash && !S_ISDIR(nd->inode->mode))
		return -ENOTDIR;
	if (d_ancestor(od, ndir))
		return -EINVAL;
	if (nd->inode && d_ancestor(nd, odir))
		return swap ? -EINVAL : -ENOTEMPTY;
	err = mount_may_write(&ow->at);
	if (!err)
		err = dir_may_delete(odir->inode, od->inode, isdir);
	if (err)
		return err;
	if (!nd->inode)
		err = dir_may_create(ndir->inode);
	else
		err = dir_may_delete(ndir->inode, nd->inode, swap ? S_ISDIR(nd->inode->mode) : isdir);
	/* A directory that moves gets another "..": that is writing to it. */
	if (!err && isdir && odir != ndir)
		err = inode_permission(od->inode, MAY_WRITE);
	if (!err && swap && odir != ndir && S_ISDIR(nd->inode->mode))
		err = inode_permission(nd->inode, MAY_WRITE);
	if (!err && ((od->flags | nd->flags) & DENTRY_MOUNTED))
		err = -EBUSY;
	if (!err && !odir->inode->ops->rename)
		err = -EPERM;
	return err;
}

/*
 * Checked: do it. Locked meanwhile: what is replaced, and directories that get another "..", which stands among their
 * names. No two tasks do so at once in one file system (rename_lock), so these two may be locked in any order.
 */
static int
rename_perform(struct dentry *odir, struct dentry *od, struct dentry *ndir, struct dentry *nd, uint flags) NO_TSA
{
	bool swap = flags & RENAME_EXCHANGE, across = odir->inode != ndir->inode;
	struct inode *gone = swap ? NULL : nd->inode;	/* whose name is replaced */
	struct inode *moved = across && S_ISDIR(od->inode->mode) ? od->inode : NULL;
	struct inode *other = gone || (across && nd->inode && S_ISDIR(nd->inode->mode)) ? nd->inode : NULL;
	bool kill = gone && S_ISDIR(gone->mode);
	struct d_names names;
	int err;

	err = d_move_prepare(&names, od, nd, swap);
	if (err)
		return err;
	if (moved)
		rwsem_lock_write(&moved->lock);
	if (other)
		rwsem_lock_write(&other->lock);
	if (kill)
		err = d_kill_if_empty(nd);
	if (!err) {
		err = odir->inode->ops->rename(odir->inode, od, ndir->inode, nd, flags);
		if (err && kill)
			d_revive(nd);
	}
	if (other)
		rwsem_unlock_write(&other->lock);
	if (moved)
		rwsem_unlock_write(&moved->lock);
	if (!err && kill)
		dcache_drop_children(nd);
	if (err)
		d_move_cancel(&names);
	else
		d_move(&names, od, nd, swap);
	return err;
}

/* It is done: moved has the place of nw; other, if there was one, that of ow (swap), or none. */
static void
rename_tell(const struct walk *ow, struct inode *moved, const struct walk *nw, struct inode *other, bool swap)
{
	struct inode *odir = ow->at.dentry->inode, *ndir = nw->at.dentry->inode;

	notify_move_slow(odir, &ow->last, ndir, &nw->last, moved);
	if (other && !swap)
		notify_inode(other, IN_ATTRIB);
	notify_inode(moved, IN_MOVE_SELF);
	if (!swap)
		return;
	notify_move_slow(ndir, &nw->last, odir, &ow->last, other);
	notify_inode(other, IN_MOVE_SELF);
}

int
vfs_rename(int odfd, const char *oname, int ndfd, const char *nname, uint flags)
{
	struct dentry *od, *nd;
	struct walk ow, nw;
	bool done = true;
	int err;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = walk_to_parent(&ow, odfd, oname);
	if (err)
		return err;
	err = walk_to_parent(&nw, ndfd, nname);
	if (err)
		goto out_old;
	if (ow.at.mnt != nw.at.mnt)
		err = -EXDEV;
	else if (ow.type != LAST_NAME)
		err = -EBUSY;
	else if (nw.type != LAST_NAME)
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (err)
		goto out_new;
	rename_lock(ow.at.dentry, nw.at.dentry);
	od = lookup_locked(ow.at.dentry, &ow.last, false);
	if (IS_ERR(od)) {
		err = PTR_ERR(od);
		goto out_unlock;
	}
	nd = lookup_locked(nw.at.dentry, &nw.last, true);
	if (IS_ERR(nd)) {
		err = PTR_ERR(nd);
		goto out_od;
	}
	err = rename_check(&ow, od, &nw, nd, flags);
	if (!err && od->inode != nd->inode)	/* two names of one file: nothing happens */
		err = rename_perform(ow.at.dentry, od, nw.at.dentry, nd, flags);
	else
		done = false;
	if (!err && done && notify_on())
		rename_tell(&ow, od->inode, &nw, nd->inode, flags & RENAME_EXCHANGE);
	lookup_undo(nd);
out_od:
	dentry_put(od);
out_unlock:
	rename_unlock(ow.at.dentry, nw.at.dentry);
out_new:
	walk_end(&nw, NULL);
out_old:
	walk_end(&ow, NULL);
	return err;
}

/* --- system calls --- */

long
sys_mkdirat(const ulong *a)
{
	struct name n;
	int err = name_get(&n, UPTR(a[1]));

	if (err)
		return err;
	err = vfs_mkdir(a[0], n.s, a[2] & ~current->fs->umask);
	name_put(&n);
	return err;
}

long
sys_mknodat(const ulong *a)
{
	struct name n;
	int err = name_get(&n, UPTR(a[1]));

	if (err)
		return err;
	err = vfs_mknod(a[0], n.s, (u32)a[2] & ~current->fs->umask, a[3]);
	name_put(&n);
	return err;
}

/* Two names from the user. */
static int
names_get(struct name *n, uptr_t first, struct name *m, uptr_t second)
{
	int err = name_get(n, first);

	if (err)
		return err;
	err = name_get(m, second);
	if (err)
		name_put(n);
	return err;
}

long
sys_symlinkat(const ulong *a)
{
	struct name target, n;
	int err = names_get(&target, UPTR(a[0]), &n, UPTR(a[2]));

	if (err)
		return err;
	err = vfs_symlink(target.s, a[1], n.s);
	name_put(&n);
	name_put(&target);
	return err;
}

long
sys_linkat(const ulong *a)
{
	struct name o, n;
	uint flags;
	int err;

	if (a[4] & ~(ulong)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	flags = (a[4] & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) | (a[4] & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	err = names_get(&o, UPTR(a[1]), &n, UPTR(a[3]));
	if (err)
		return err;
	err = vfs_link(a[0], o.s, a[2], n.s, flags);
	name_put(&n);
	name_put(&o);
	return err;
}

long
sys_unlinkat(const ulong *a)
{
	struct name n;
	int err;

	if (a[2] & ~(ulong)AT_REMOVEDIR)
		return -EINVAL;
	err = name_get(&n, UPTR(a[1]));
	if (err)
		return err;
	err = vfs_unlink(a[0], n.s, a[2] & AT_REMOVEDIR);
	name_put(&n);
	return err;
}

long
sys_renameat2(const ulong *a)
{
	struct name o, n;
	int err = names_get(&o, UPTR(a[1]), &n, UPTR(a[3]));

	if (err)
		return err;
	err = vfs_rename(a[0], o.s, a[2], n.s, a[4]);
	name_put(&n);
	name_put(&o);
	return err;
}

long
sys_readlinkat(const ulong *a)
{
	int size = a[3];
	struct inode *i = NULL;
	struct path p;
	struct name n;
	ssize_t len;
	char *buf;
	int err;

	if (size <= 0)
		return -EINVAL;
	err = name_get(&n, UPTR(a[1]));
	if (err)
		return err;
	err = path_lookup(a[0], n.s, LOOKUP_EMPTY, &p);
	if (!err) {
		i = p.dentry->inode;
		if (!S_ISLNK(i->mode) || !i->ops->readlink) {
			path_put(&p);
			err = *n.s ? -EINVAL : -ENOENT;
		}
	}
	name_put(&n);
	if (err)
		return err;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	len = buf ? i->ops->readlink(i, buf, MIN(size, PATH_MAX)) : -ENOMEM;
	if (len > size)
		len = size;
	if (len > 0 && copy_to_user(UPTR(a[2]), buf, len))
		len = -EFAULT;
	kfree(buf);
	path_put(&p);
	return len;
}

/* --- where we are --- */

/* Replace *place, of current's fs_context, by the directory p (whose count moves), if it may be searched. */
static int
place_set(struct path *place, struct path *p)
{
	struct fs_context *fs = current->fs;
	struct path old;
	int err = inode_permission(p->dentry->inode, MAY_EXEC);

	if (err) {
		path_put(p);
		return err;
	}
	spin_lock(&fs->lock);
	old = *place;
	*place = *p;
	spin_unlock(&fs->lock);
	path_put(&old);
	return 0;
}

long
sys_chdir(const ulong *a)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, UPTR(a[0]), LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	return err ? err : place_set(&current->fs->cwd, &p);
}

long
sys_fchdir(const ulong *a)
{
	struct path p;
	int err = path_of_fd(a[0], &p);

	if (err)
		return err;
	if (!S_ISDIR(p.dentry->inode->mode)) {
		path_put(&p);
		return -ENOTDIR;
	}
	return place_set(&current->fs->cwd, &p);
}

long
sys_chroot(const ulong *a)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, UPTR(a[0]), LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	if (!capable(CAP_SYS_CHROOT)) {
		path_put(&p);
		return -EPERM;
	}
	return place_set(&current->fs->root, &p);
}

long
sys_getcwd(const ulong *a)
{
	struct fs_context *fs = current->fs;
	struct path root, cwd;
	char *buf, *s;
	long n;

	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	spin_lock(&fs->lock);
	root = fs->root;
	cwd = fs->cwd;
	path_get(&root);
	path_get(&cwd);
	spin_unlock(&fs->lock);
	s = path_string(&cwd, &root, buf, PATH_MAX);
	if (path_deleted(&cwd)) {
		n = -ENOENT;
	} else if (IS_ERR(s)) {
		n = PTR_ERR(s);
	} else {
		n = buf + PATH_MAX - s;
		if ((ulong)n > a[1])
			n = -ERANGE;
		else if (copy_to_user(UPTR(a[0]), s, n))
			n = -EFAULT;
	}
	path_put(&cwd);
	path_put(&root);
	kfree(buf);
	return n;
}
