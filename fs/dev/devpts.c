/*
 * devpts.c - the file system of /dev/pts: a name for each pseudo-terminal that exists.
 *
 * Data        struct devpts, one a mount: its numbers in use, its options. Names are dentries that nothing but
 *             this file makes and removes (libfs.c's directory).
 * Locks       d->lock for numbers and options; the VFS's for names.
 * Invariants  Number n is in use as long as its terminal exists; its name only as long as the master is open.
 * Not here    what a name opens (drivers/tty/pty.c).
 * Further     pts(4); Linux Documentation/filesystems/devpts.rst.
 */
#include "fs/dev/devpts.h"
#include "abi/mount.h"
#include "abi/statfs.h"
#include "fs/dev.h"
#include "fs/internal.h"
#include "kernel/printk.h"
#include "lib/fmt.h"
#include "lib/radix.h"
#include "lib/string.h"
#include "mm/slab.h"

#define DEV_PTMX	DEV(5, 2)
#define INO_ROOT	1
#define INO_PTMX	2
#define INO_FIRST	3		/* number 0's */

struct options {
	u32	uid, gid, mode;		/* of new names */
	bool	uid_given, gid_given;	/* else the opener's */
	u32	ptmx_mode;
	u32	max;
};

struct devpts {				/* Guarded by: i immutable  l lock  a atomic */
	atomic_t refs;			/* the super block, and each terminal */
	struct super_block *sb;		/* [i] */
	struct mutex lock;		/* RANK_TTY */
	struct radix numbers;		/* [l] those in use */
	struct options opt;		/* [l] */
};

int devpts_max = 4096;
static int count;			/* [a] */
static const struct file_ops *name_fops;
static void (*name_forget)(void *private);

static const struct super_ops devpts_super_ops;
static const struct inode_ops devpts_dir_ops, devpts_node_ops;

/* --- numbers --- */

int
devpts_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

void
devpts_put(struct devpts *d)
{
	if (!atomic_dec_and_test(&d->refs))
		return;
	radix_destroy(&d->numbers);
	kfree(d);
}

int
devpts_number_alloc(struct devpts *d)
{
	int n = 0, err;

	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) > READ_ONCE(devpts_max)) {
		err = -ENOSPC;
		goto out_count;
	}
	mutex_lock(&d->lock);
	while (radix_get(&d->numbers, n))
		n++;
	err = (u32)n < d->opt.max ? radix_insert(&d->numbers, n, d) : -ENOSPC;
	mutex_unlock(&d->lock);
	if (!err)
		return n;
out_count:
	__atomic_fetch_sub(&count, 1, __ATOMIC_RELAXED);
	return err;
}

void
devpts_number_free(struct devpts *d, int n)
{
	mutex_lock(&d->lock);
	radix_remove(&d->numbers, n);
	mutex_unlock(&d->lock);
	__atomic_fetch_sub(&count, 1, __ATOMIC_RELAXED);
}

/* --- names --- */

static void
devpts_free_inode(struct inode *i)
{
	if (i->private)
		name_forget(i->private);
}

/* Put inode i under the root as `name`; takes over i. The name, counted. ERR_PTR. */
static struct dentry *
name_add(struct super_block *sb, const char *name, struct inode *i)
{
	struct inode *dir = sb->root->inode;
	struct dentry *d;
	struct qname q;

	qname_init(&q, sb->root, name, strlen(name));
	rwsem_lock_write(&dir->lock);
	d = lookup_locked(sb->root, &q, true);
	if (!IS_ERR(d))
		ram_link(d, i);
	rwsem_unlock_write(&dir->lock);
	if (IS_ERR(d))
		inode_put(i);
	return d;
}

/* A character device's inode. NULL: no memory. */
static struct inode *
node_create(struct super_block *sb, u64 ino, u32 mode, u32 rdev)
{
	struct inode *i = inode_create(sb, 0);

	if (!i)
		return NULL;
	init_special_inode(i, S_IFCHR | mode, rdev);
	i->ops = &devpts_node_ops;
	i->ino = ino;
	return i;
}

struct dentry *
devpts_name_create(struct devpts *d, int n, u32 rdev, void *private)
{
	struct dentry *name;
	struct inode *i;
	char text[12];

	i = node_create(d->sb, INO_FIRST + n, d->opt.mode, rdev);
	if (!i) {
		name_forget(private);
		return ERR_PTR(-ENOMEM);
	}
	i->private = private;
	if (d->opt.uid_given)
		i->uid = d->opt.uid;
	if (d->opt.gid_given)
		i->gid = d->opt.gid;
	i->fops = name_fops;
	snprintf(text, sizeof(text), "%d", n);
	name = name_add(d->sb, text, i);
	if (!IS_ERR(name))
		super_get(d->sb);
	return name;
}

void
devpts_name_remove(struct dentry *name)
{
	struct super_block *sb = name->sb;
	struct inode *dir = sb->root->inode;

	rwsem_lock_write(&dir->lock);
	name->inode->nlink--;
	ram_unlink(name);
	rwsem_unlock_write(&dir->lock);
	dentry_put(name);
	super_put(sb);
}

static bool
is_devpts(const struct dentry *d)
{
	return d->sb->ops == &devpts_super_ops;
}

/* Go from the ptmx at p to the pts beside it, and to what is mounted there. */
static int
go_beside(struct path *p)
{
	struct dentry *dir, *d;
	struct qname q;

	spin_lock(&dcache_lock);
	dir = p->dentry->parent;
	dentry_get(dir);
	spin_unlock(&dcache_lock);
	qname_init(&q, dir, "pts", 3);
	rwsem_lock_write(&dir->inode->lock);
	d = lookup_locked(dir, &q, false);
	rwsem_unlock_write(&dir->inode->lock);
	dentry_put(dir);
	if (IS_ERR(d))
		return PTR_ERR(d);
	dentry_put(p->dentry);
	p->dentry = d;
	path_cross(p);
	return is_devpts(p->dentry) && p->dentry == p->dentry->sb->root ? 0 : -ENODEV;
}

int
devpts_find(const struct path *ptmx, struct path *root)
{
	struct path p = *ptmx;
	int err = 0;

	path_get(&p);
	if (is_devpts(p.dentry)) {
		struct dentry *top = p.dentry->sb->root;

		dentry_get(top);
		dentry_put(p.dentry);
		p.dentry = top;
	} else {
		err = go_beside(&p);
	}
	if (err)
		path_put(&p);
	else
		*root = p;
	return err;
}

struct devpts *
devpts_get(const struct path *root)
{
	struct devpts *d = root->dentry->sb->private;

	atomic_inc(&d->refs);
	return d;
}

/* --- options --- */

/* One of them. False if it means nothing to us. */
static bool
parse_option(void *arg, const char *key, const char *value)
{
	struct options *o = arg;
	bool octal = !strcmp(key, "mode") || !strcmp(key, "ptmxmode");
	char *end;
	u64 n;

	if (!value)
		return !strcmp(key, "newinstance");	/* every mount is one */
	n = strtoul(value, &end, octal ? 8 : 10);
	if (end == value || *end)
		return false;
	if (!strcmp(key, "uid")) {
		o->uid = n;
		o->uid_given = true;
	} else if (!strcmp(key, "gid")) {
		o->gid = n;
		o->gid_given = true;
	} else if (!strcmp(key, "mode")) {
		o->mode = n & 07777;
	} else if (!strcmp(key, "ptmxmode")) {
		o->ptmx_mode = n & 07777;
	} else if (!strcmp(key, "max") && n <= DEVPTS_NUMBERS) {
		o->max = n;
	} else {
		return false;
	}
	return true;
}

static int
parse_options(struct options *o, const char *data)
{
	*o = (struct options){ .mode = 0600, .max = DEVPTS_NUMBERS };
	return mount_options_each(data, parse_option, o);
}

static int
devpts_show_options(struct super_block *sb, char *buf, size_t size)
{
	const struct options *o = &((struct devpts *)sb->private)->opt;
	int n = 0;

	if (o->uid_given)
		n += snprintf(buf + n, size - n, ",uid=%u", o->uid);
	if (o->gid_given)
		n += snprintf(buf + n, size - n, ",gid=%u", o->gid);
	n += snprintf(buf + n, size - n, ",mode=%03o,ptmxmode=%03o", o->mode, o->ptmx_mode);
	if (o->max < DEVPTS_NUMBERS)
		snprintf(buf + n, size - n, ",max=%u", o->max);
	return 0;
}

/* --- super blocks --- */

/* The root directory and its ptmx. 0 or -ENOMEM. */
static int
fill(struct super_block *sb, const struct options *o)
{
	struct inode *root = inode_create(sb, S_IFDIR | 0755), *i;
	struct dentry *d;

	if (!root)
		return -ENOMEM;
	root->ino = INO_ROOT;
	root->nlink = 2;
	root->uid = root->gid = 0;
	root->ops = &devpts_dir_ops;
	root->fops = &ram_dir_fops;
	sb->root = dentry_root(sb, root);
	if (!sb->root)
		return -ENOMEM;
	i = node_create(sb, INO_PTMX, o->ptmx_mode, DEV_PTMX);
	if (!i)
		return -ENOMEM;
	i->uid = i->gid = 0;
	d = name_add(sb, "ptmx", i);
	if (IS_ERR(d))
		return PTR_ERR(d);
	dentry_put(d);
	return 0;
}

static struct super_block *
devpts_mount(const struct file_system *fs, const char *source, ulong flags, const char *data)
{
	struct devpts *d = kzalloc(sizeof(*d), GFP_KERNEL);
	struct super_block *sb;
	int err;

	if (!d)
		return ERR_PTR(-ENOMEM);
	atomic_set(&d->refs, 1);
	mutex_init(&d->lock, RANK_TTY);
	radix_init(&d->numbers);
	err = parse_options(&d->opt, data);
	if (err)
		goto out_put;
	err = -ENOMEM;
	sb = super_create(fs, &devpts_super_ops, DEVPTS_SUPER_MAGIC);
	if (!sb)
		goto out_put;
	sb->private = d;
	sb->flags = flags & MS_RDONLY;
	d->sb = sb;
	err = fill(sb, &d->opt);
	if (!err)
		return sb;
	super_put(sb);			/* d too */
	return ERR_PTR(err);
out_put:
	devpts_put(d);
	return ERR_PTR(err);
}

static void
devpts_unmount(struct super_block *sb)
{
	devpts_put(sb->private);
}

/* The names there are keep their owners and modes; ptmx follows. */
static int
devpts_remount(struct super_block *sb, ulong flags, const char *data)
{
	struct devpts *d = sb->private;
	struct options o;
	struct dentry *ptmx;
	struct qname q;
	int err = parse_options(&o, data);

	if (err)
		return err;
	mutex_lock(&d->lock);
	d->opt = o;
	mutex_unlock(&d->lock);
	qname_init(&q, sb->root, "ptmx", 4);
	spin_lock(&dcache_lock);
	ptmx = d_find_locked(sb->root, &q);
	if (ptmx && ptmx->inode)
		ptmx->inode->mode = S_IFCHR | o.ptmx_mode;
	spin_unlock(&dcache_lock);
	return 0;
}

static int
devpts_statfs(struct super_block *sb, struct abi_statfs *out)
{
	return 0;			/* nothing is stored */
}

static const struct super_ops devpts_super_ops = {
	.free_inode = devpts_free_inode,
	.statfs = devpts_statfs,
	.unmount = devpts_unmount,
	.remount = devpts_remount,
	.show_options = devpts_show_options,
};

static const struct file_system devpts = { .name = "devpts", .nodev = true, .mount = devpts_mount };

void
devpts_init(const struct file_ops *fops, void (*forget)(void *private))
{
	name_fops = fops;
	name_forget = forget;
	fs_register(&devpts);
}
