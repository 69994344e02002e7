/*
 * tmpfs.c - a file system in memory, with a limit: tmpfs, and rootfs, which is the same thing.
 *
 * Data        struct tmpfs, sb->private: limits and what is used.  Names are dentries, bytes are
 *             page caches (libfs.c); a symbolic link's target is inode->private, which of a file is the number
 *             of pages that count as promised whether they are there or not (mm/commit.c).
 * Locks       the VFS's; the counters are atomic.  A page is charged before it is made
 *             (mapping_ops.charge) and given back when the cache lets it go, so that the sum of
 *             st_blocks is what statfs calls used.
 * Further     tmpfs(5), and Linux Documentation/filesystems/tmpfs.rst for the options.
 */
#include "abi/mount.h"
#include "abi/memfd.h"
#include "abi/statfs.h"
#include "abi/xattr.h"
#include "fs/internal.h"
#include "fs/xattr.h"
#include "kernel/printk.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define DIRENT_SIZE	20		/* what a name adds to its directory's st_size, as on Linux */
#define PAGE_BLOCKS	(PAGE_SIZE / 512)
#define INODE_SPACE	1024UL		/* what an inode counts for, where user. attributes count their bytes */

struct tmpfs {				/* Guarded by: i immutable but for remount  a atomic */
	u64	max_pages, max_inodes;	/* [i] 0: no limit */
	u64	pages;			/* [a] used */
	u64	inode_space;		/* [a] used: INODE_SPACE for each inode, and user. attributes */
	u64	last_ino;		/* [a] */
	u32	mode, uid, gid;		/* [i] of the root */
	bool	size_given, inodes_given, mode_given;	/* [i] shown in /proc/mounts */
};

static const struct inode_ops tmpfs_dir_ops, tmpfs_file_ops, tmpfs_link_ops, tmpfs_special_ops;
static const struct super_ops tmpfs_super_ops;
static struct super_block *shmem_sb;
static struct mount *shmem_mount;	/* for files that have a path, but none that leads to them */

static inline struct tmpfs *tmpfs_of(const struct inode *i) { return i->sb->private; }

/* --- accounting --- */

/* Add n to *used, or refuse with -ENOSPC if that passes max. */
static int
charge(u64 *used, u64 max, u64 n)
{
	u64 now = __atomic_add_fetch(used, n, __ATOMIC_RELAXED);

	if (!max || now <= max)
		return 0;
	__atomic_fetch_sub(used, n, __ATOMIC_RELAXED);
	return -ENOSPC;
}

static void
uncharge(u64 *used, u64 n)
{
	__atomic_fetch_sub(used, n, __ATOMIC_RELAXED);
}

static int
tmpfs_charge(struct mapping *m, long pages)
{
	struct tmpfs *t = tmpfs_of(m->inode);
	bool promised = m->inode->private;
	int err = 0;

	if (pages > 0 && !promised && !commit_allows(NULL, pages))
		return -ENOSPC;
	if (pages > 0)
		err = charge(&t->pages, t->max_pages, pages);
	else
		uncharge(&t->pages, -pages);
	if (!err && !promised)
		commit_add(pages);
	if (!err)
		__atomic_fetch_add(&m->inode->blocks, pages * (long)PAGE_BLOCKS, __ATOMIC_RELAXED);
	return err;
}

static const struct mapping_ops tmpfs_mapping_ops = { .charge = tmpfs_charge };

/* --- inodes --- */

/* A new file as made in dir (NULL: the root). ERR_PTR. */
static struct inode *
tmpfs_inode(struct super_block *sb, struct inode *dir, u32 mode, u32 rdev)
{
	struct tmpfs *t = sb->private;
	struct inode *i;

	if (charge(&t->inode_space, t->max_inodes * INODE_SPACE, INODE_SPACE))
		return ERR_PTR(-ENOSPC);
	i = inode_create(sb, mode);
	if (!i) {
		uncharge(&t->inode_space, INODE_SPACE);
		return ERR_PTR(-ENOMEM);
	}
	i->ino = __atomic_add_fetch(&t->last_ino, 1, __ATOMIC_RELAXED);
	if (dir)
		inode_inherit_group(i, dir);
	switch (mode & S_IFMT) {
	case S_IFREG:
		i->ops = &tmpfs_file_ops;
		i->fops = &ram_file_fops;
		i->mapping.ops = &tmpfs_mapping_ops;
		i->seals = F_SEAL_SEAL;
		break;
	case S_IFDIR:
		i->ops = &tmpfs_dir_ops;
		i->fops = &ram_dir_fops;
		i->nlink = 2;
		i->size = 2 * DIRENT_SIZE;
		break;
	case S_IFLNK:
		i->ops = &tmpfs_link_ops;
		break;
	default:
		init_special_inode(i, i->mode, rdev);
		i->ops = &tmpfs_special_ops;
	}
	return i;
}

/* What attribute x takes of the file system's room for inodes: of user's only, for they are anybody's to make. */
static u64
xattr_room(const char *name, u64 size)
{
	return strncmp(name, XATTR_USER_PREFIX, strlen(XATTR_USER_PREFIX)) ? 0 : memxattr_space(strlen(name), size);
}

static void
tmpfs_free_inode(struct inode *i)
{
	struct tmpfs *t = tmpfs_of(i);
	struct memxattr *x;

	if (S_ISREG(i->mode)) {
		mapping_truncate(&i->mapping, 0);
		commit_add(-(long)i->private);
	} else if (S_ISLNK(i->mode)) {
		kfree(i->private);
	}
	for (x = i->xattrs; x; x = x->next)
		uncharge(&t->inode_space, xattr_room(x->name, x->size));
	memxattr_free(i->xattrs);
	uncharge(&t->inode_space, INODE_SPACE);
}

/* --- extended attributes --- */

static ssize_t
tmpfs_getxattr(struct inode *i, const char *name, void *buf, size_t size)
{
	return memxattr_get(i->xattrs, name, buf, size);
}

static ssize_t
tmpfs_listxattr(struct inode *i, char *buf, size_t size)
{
	return memxattr_list(i->xattrs, buf, size);
}

static int
tmpfs_setxattr(struct inode *i, const char *name, const void *value, size_t size, int flags)
{
	struct tmpfs *t = tmpfs_of(i);
	u64 room = value ? xattr_room(name, size) : 0;
	struct memxattr *old = NULL;
	int err = charge(&t->inode_space, t->max_inodes * INODE_SPACE, room);

	if (err)
		return err;
	err = memxattr_set(&i->xattrs, name, value, size, flags, &old);
	if (err) {
		uncharge(&t->inode_space, room);
		return err;
	}
	if (old)
		uncharge(&t->inode_space, xattr_room(old->name, old->size));
	kfree(old);
	i->ctime = time_now();
	return 0;
}

/* --- directories: the VFS holds their locks --- */

static void
dir_changed(struct inode *dir, int entries)
{
	dir->size += entries * DIRENT_SIZE;
	dir->mtime = dir->ctime = time_now();
}

static int
tmpfs_add(struct inode *dir, struct dentry *d, struct inode *i)
{
	if (IS_ERR(i))
		return PTR_ERR(i);
	ram_link(d, i);
	if (S_ISDIR(i->mode))
		dir->nlink++;
	dir_changed(dir, 1);
	return 0;
}

static int
tmpfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return tmpfs_add(dir, d, tmpfs_inode(dir->sb, dir, mode, 0));
}

static int
tmpfs_mknod(struct inode *dir, struct dentry *d, u32 mode, u32 rdev)
{
	return tmpfs_add(dir, d, tmpfs_inode(dir->sb, dir, mode, rdev));
}

static struct inode *
tmpfs_tmpfile(struct inode *dir, u32 mode)
{
	struct inode *i = tmpfs_inode(dir->sb, dir, mode, 0);

	if (!IS_ERR(i))
		i->nlink = 0;
	return i;
}

static int
tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	struct inode *i = tmpfs_inode(dir->sb, dir, S_IFLNK | 0777, 0);

	if (IS_ERR(i))
		return PTR_ERR(i);
	i->private = kstrdup(target, GFP_KERNEL);
	if (!i->private) {
		inode_put(i);
		return -ENOMEM;
	}
	i->size = strlen(target);
	return tmpfs_add(dir, d, i);
}

static int
tmpfs_link(struct inode *dir, struct dentry *d, struct inode *target)
{
	inode_get(target);
	target->nlink++;
	target->ctime = time_now();
	ram_link(d, target);
	dir_changed(dir, 1);
	return 0;
}

static int
tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	d->inode->nlink--;
	dir_changed(dir, -1);
	d->inode->ctime = dir->ctime;
	ram_unlink(d);
	return 0;
}

static int
tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	d->inode->nlink = 0;
	dir->nlink--;
	dir_changed(dir, -1);
	ram_unlink(d);
	return 0;
}

/* The dentries change places after this, by the VFS; here the counts follow. */
static int
tmpfs_rename(struct inode *odir, struct dentry *od, struct inode *ndir, struct dentry *nd, uint flags)
{
	bool isdir = S_ISDIR(od->inode->mode);

	if (flags & RENAME_EXCHANGE) {
		bool other = S_ISDIR(nd->inode->mode);

		odir->nlink += other - isdir;
		ndir->nlink += isdir - other;
		nd->inode->ctime = time_now();
	} else {
		if (nd->inode && isdir)
			tmpfs_rmdir(ndir, nd);
		else if (nd->inode)
			tmpfs_unlink(ndir, nd);
		odir->nlink -= isdir;
		ndir->nlink += isdir;
		odir->size -= DIRENT_SIZE;
		ndir->size += DIRENT_SIZE;
	}
	od->inode->ctime = odir->mtime = odir->ctime = ndir->mtime = ndir->ctime = time_now();
	return 0;
}

static ssize_t
tmpfs_readlink(struct inode *i, char *buf, size_t size)
{
	size_t n = MIN(i->size, size);

	memcpy(buf, i->private, n);
	return n;
}

static const struct inode_ops tmpfs_dir_ops = {
	.create = tmpfs_create,
	.mkdir = tmpfs_create,
	.tmpfile = tmpfs_tmpfile,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
};
static const struct inode_ops tmpfs_file_ops, tmpfs_special_ops;
static const struct inode_ops tmpfs_link_ops = { .readlink = tmpfs_readlink };

/* --- mount options --- */

/* "64k", "10m", "1g", "25%" (of RAM), in bytes. False if it is none of these. */
static bool
parse_size(const char *s, u64 ram, u64 *out)
{
	char *end;
	u64 n = strtoul(s, &end, 0);

	if (end == s)
		return false;
	switch (*end) {
	case 'k': case 'K':
		n <<= 10;
		end++;
		break;
	case 'm': case 'M':
		n <<= 20;
		end++;
		break;
	case 'g': case 'G':
		n <<= 30;
		end++;
		break;
	case '%':
		n = ram / 100 * n;
		end++;
		break;
	}
	*out = n;
	return !*end;
}

struct parse {
	struct tmpfs *t;
	u64	ram;
};

/* One "key=value". False if it means nothing to us. */
static bool
parse_option(void *arg, const char *key, const char *value)
{
	const struct parse *p = arg;
	struct tmpfs *t = p->t;
	u64 n;
	char *end;

	if (!value)
		return false;
	if (!strcmp(key, "size")) {
		if (!parse_size(value, p->ram, &n))
			return false;
		t->max_pages = DIV_ROUND_UP(n, PAGE_SIZE);
		t->size_given = true;
		return true;
	}
	if (!strcmp(key, "nr_blocks") || !strcmp(key, "nr_inodes")) {
		if (!parse_size(value, p->ram, &n))
			return false;
		if (key[3] == 'b') {
			t->max_pages = n;
			t->size_given = true;
		} else {
			t->max_inodes = n;
			t->inodes_given = true;
		}
		return true;
	}
	n = strtoul(value, &end, !strcmp(key, "mode") ? 8 : 10);
	if (end == value || *end)
		return false;
	if (!strcmp(key, "mode")) {
		t->mode = n & 07777;
		t->mode_given = true;
	} else if (!strcmp(key, "uid")) {
		t->uid = n;
	} else if (!strcmp(key, "gid")) {
		t->gid = n;
	} else {
		return false;
	}
	return true;
}

static int
parse_options(struct tmpfs *t, const char *data, u64 ram)
{
	struct parse p = { t, ram };

	return mount_options_each(data, parse_option, &p);
}

static u64
ram_pages(void)
{
	struct mem_stats m;

	mem_stats(&m);
	return m.total;
}

/* --- super blocks --- */

struct super_block *
ram_super_create(const struct file_system *fs, ulong flags, const char *data, u32 root_mode, bool kernel_mounted)
{
	struct tmpfs *t = kzalloc(sizeof(*t), GFP_KERNEL);
	u64 ram = ram_pages();
	struct super_block *sb;
	struct inode *root;
	int err = -ENOMEM;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->max_pages = t->max_inodes = ram / 2;
	t->mode = root_mode;
	t->uid = current->fsuid;
	t->gid = current->fsgid;
	t->size_given = t->inodes_given = kernel_mounted;
	err = parse_options(t, data, ram * PAGE_SIZE);
	if (err)
		goto out_free;
	err = -ENOMEM;
	sb = super_create(fs, &tmpfs_super_ops, TMPFS_MAGIC);
	if (!sb)
		goto out_free;
	sb->private = t;
	sb->flags = flags & MS_RDONLY;
	root = tmpfs_inode(sb, NULL, S_IFDIR | t->mode, 0);
	if (IS_ERR(root)) {
		err = PTR_ERR(root);
		goto out_super;
	}
	root->uid = t->uid;
	root->gid = t->gid;
	sb->root = dentry_root(sb, root);
	if (!sb->root)
		goto out_super;
	return sb;
out_super:
	super_put(sb);			/* frees t too */
	return ERR_PTR(err);
out_free:
	kfree(t);
	return ERR_PTR(err);
}

static struct super_block *
tmpfs_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	return ram_super_create(fs, flags, data, 01777, false);
}

static struct super_block *
rootfs_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	return ram_super_create(fs, flags, data, 0755, true);
}

static int
tmpfs_statfs(struct super_block *sb, struct abi_statfs *s)
{
	struct tmpfs *t = sb->private;

	if (t->max_pages) {
		s->f_blocks = t->max_pages;
		s->f_bfree = s->f_bavail = t->max_pages - MIN(READ_ONCE(t->pages), t->max_pages);
	}
	if (t->max_inodes) {
		s->f_files = t->max_inodes;
		s->f_ffree = t->max_inodes -
			     MIN(DIV_ROUND_UP(READ_ONCE(t->inode_space), INODE_SPACE), t->max_inodes);
	}
	return 0;
}

static int
tmpfs_remount(struct super_block *sb, ulong flags, const char *data)
{
	struct tmpfs *t = sb->private, new = *t;
	int err = parse_options(&new, data, ram_pages() * PAGE_SIZE);

	if (err)
		return err;
	if ((new.max_pages && new.max_pages < t->pages) ||
	    (new.max_inodes && new.max_inodes * INODE_SPACE < t->inode_space))
		return -EINVAL;
	t->max_pages = new.max_pages;
	t->max_inodes = new.max_inodes;
	t->size_given = new.size_given;
	t->inodes_given = new.inodes_given;
	return 0;
}

static void
tmpfs_unmount(struct super_block *sb)
{
	kfree(sb->private);
}

static int
tmpfs_show_options(struct super_block *sb, char *buf, size_t size)
{
	struct tmpfs *t = sb->private;
	int n = 0;

	if (t->size_given)
		n += snprintf(buf + n, size - n, ",size=%luk", t->max_pages * (PAGE_SIZE / KiB));
	if (t->inodes_given)
		n += snprintf(buf + n, size - n, ",nr_inodes=%lu", t->max_inodes);
	if (t->mode_given)
		n += snprintf(buf + n, size - n, ",mode=%03o", t->mode);
	if (t->uid)
		n += snprintf(buf + n, size - n, ",uid=%u", t->uid);
	if (t->gid)
		n += snprintf(buf + n, size - n, ",gid=%u", t->gid);
	snprintf(buf + n, size - n, ",inode64");
	return 0;
}

static const struct super_ops tmpfs_super_ops = {
	.free_inode = tmpfs_free_inode,
	.statfs = tmpfs_statfs,
	.unmount = tmpfs_unmount,
	.remount = tmpfs_remount,
	.show_options = tmpfs_show_options,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
};

/* --- files made by the kernel --- */

int
ram_node_create(struct dentry *root, const char *name, u32 mode, u32 rdev)
{
	struct inode *dir = root->inode, *i;
	struct dentry *d;
	struct qname q;
	int err;

	qname_init(&q, root, name, strlen(name));
	rwsem_lock_write(&dir->lock);
	d = lookup_locked(root, &q, true);
	err = IS_ERR(d) ? PTR_ERR(d) : d->inode ? -EEXIST : 0;
	if (!err) {
		i = tmpfs_inode(dir->sb, NULL, mode, rdev);
		if (!IS_ERR(i))
			i->uid = i->gid = 0;
		err = tmpfs_add(dir, d, i);
	}
	if (!IS_ERR(d))
		lookup_undo(d);
	rwsem_unlock_write(&dir->lock);
	return err;
}

struct file *
shmem_file_create(u64 size, bool reserve)
{
	ulong pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct inode *i;
	struct file *f;

	if (reserve && !commit_allows(NULL, pages))
		return ERR_PTR(-ENOMEM);
	i = tmpfs_inode(shmem_sb, NULL, S_IFREG | 0777, 0);
	if (IS_ERR(i))
		return ERR_PTR(PTR_ERR(i));
	if (reserve) {
		commit_add(pages);
		i->private = (void *)pages;
	}
	i->nlink = 0;
	i->size = size;
	f = file_create(&ram_file_fops, i, O_RDWR | O_LARGEFILE);
	if (IS_ERR(f))
		inode_put(i);
	return f;
}

struct file *
shmem_file_named(const char *name)
{
	struct inode *i = tmpfs_inode(shmem_sb, NULL, S_IFREG | 0777, 0);
	struct file *f;

	if (IS_ERR(i))
		return ERR_PTR(PTR_ERR(i));
	i->nlink = 0;
	f = open_unnamed(&(struct path){ shmem_mount, shmem_sb->root }, name, i, O_RDWR | O_LARGEFILE);
	if (!IS_ERR(f))
		file_writer_end(f);		/* it may be run, as on Linux; who opens it by its number is one */
	return f;
}

static const struct file_system tmpfs_fs = { .name = "tmpfs", .nodev = true, .mount = tmpfs_mount };
static const struct file_system rootfs_fs = { .name = "rootfs", .nodev = true, .mount = rootfs_mount };

void
tmpfs_init(void)
{
	fs_register(&rootfs_fs);
	fs_register(&tmpfs_fs);
	shmem_sb = ram_super_create(&tmpfs_fs, 0, "size=0,nr_inodes=0", 0700, true);
	shmem_mount = IS_ERR(shmem_sb) ? NULL : mount_hidden(shmem_sb);
	if (!shmem_mount)
		panic("no memory for the first file system");
}
