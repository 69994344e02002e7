/*
 * mount.c - file systems put together to one tree: mount, umount, bind, move, remount.
 *
 * Data        struct mount (vfs.h): on the list of all, on its parent's children.  A dentry with
 *             something on it in any mount carries DENTRY_MOUNTED, so that a walk looks for a
 *             mount only there.
 * Locks       mount_lock (RANK_MOUNT) round each change; the lists also under dcache_lock, which
 *             is all that a walk holds.
 * Invariants  M1  a mount that is in the tree has a reference for that, one for each child, one
 *                 for each path: so a mount nobody uses has exactly one.
 * Not here    propagation and other name spaces: there is one tree.
 * Further     mount(2), umount(2), mount_namespaces(7).
 */
#include "abi/mount.h"
#include "abi/statfs.h"
#include "fs/internal.h"
#include "kernel/fdtable.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/slab.h"

#define PER_MOUNT	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME)
#define PROPAGATION	(MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

static struct mutex mount_lock;
static struct list mounts = LIST_INIT(mounts);
static int last_id;

void
mount_get(struct mount *m)
{
	atomic_inc(&m->refs);
}

static NOINLINE void
mount_free(struct mount *m)
{
	dentry_put(m->root);
	super_put(m->sb);
	kfree(m->source);
	kfree(m);
}

void
mount_put(struct mount *m)
{
	if (unlikely(atomic_dec_and_test(&m->refs)))
		mount_free(m);
}

struct mount *
mount_on_locked(struct mount *mnt, struct dentry *point)
{
	struct mount *m;

	list_for_each(m, &mnt->children, child_link)
		if (m->point == point)
			return m;
	return NULL;
}

int
mount_may_write(const struct path *p)
{
	return (p->mnt->flags | p->mnt->sb->flags) & MS_RDONLY ? -EROFS : 0;
}

/* A mount of sb's tree from root on, in no place; takes over the caller's reference to sb only. NULL: out of memory. */
static struct mount *
mount_new(struct super_block *sb, struct dentry *root, const char *source, ulong flags)
{
	struct mount *m = kzalloc(sizeof(*m), GFP_KERNEL);
	char *copy = kstrdup(source && *source ? source : "none", GFP_KERNEL);

	if (!m || !copy) {
		kfree(m);
		kfree(copy);
		return NULL;
	}
	m->sb = sb;
	m->root = root;
	dentry_get(root);
	m->source = copy;
	m->flags = flags & PER_MOUNT;
	if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
		m->flags |= MS_RELATIME;
	list_init(&m->link);
	list_init(&m->children);
	list_init(&m->child_link);
	atomic_set(&m->refs, 1);
	m->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	return m;
}

/*
 * Put m on p. The tree takes over m's first reference. 0, or -ENOENT, -ENOTDIR, -EBUSY, -EINVAL:
 * p's mount is itself in the tree no more, and nobody could ever unmount m.
 */
static int
attach(struct mount *m, const struct path *p) MUST_HOLD(mount_lock)
{
	if (S_ISDIR(m->root->inode->mode) != S_ISDIR(p->dentry->inode->mode))
		return -ENOTDIR;
	if (p->dentry == p->mnt->root && p->mnt->sb == m->sb && p->mnt->root == m->root)
		return -EBUSY;
	if (list_empty(&p->mnt->link))
		return -EINVAL;
	spin_lock(&dcache_lock);
	if (path_deleted(p) || (p->dentry->inode->flags & INODE_DEAD)) {
		spin_unlock(&dcache_lock);
		return -ENOENT;
	}
	path_get(p);
	m->parent = p->mnt;
	m->point = p->dentry;
	p->dentry->flags |= DENTRY_MOUNTED;
	list_push_front(&p->mnt->children, &m->child_link);
	list_push_back(&mounts, &m->link);
	spin_unlock(&dcache_lock);
	return 0;
}

/* Take m off its place; *place is what was counted for it. */
static void
detach_locked(struct mount *m, struct path *place) MUST_HOLD(mount_lock, dcache_lock)
{
	struct mount *o;

	place->mnt = m->parent;
	place->dentry = m->point;
	m->parent = NULL;
	m->point = NULL;
	list_remove(&m->child_link);
	list_remove(&m->link);
	list_for_each(o, &mounts, link)
		if (o->point == place->dentry)
			return;
	place->dentry->flags &= ~DENTRY_MOUNTED;
}

/* --- mount --- */

static int
new_mount(const char *source, const struct path *p, const char *type, ulong flags, const char *data)
{
	const struct file_system *fs = type ? fs_find(type) : NULL;
	struct super_block *sb;
	struct mount *m;
	int err;

	if (!type)
		return -EINVAL;
	if (!fs)
		return -ENODEV;
	sb = fs->mount(fs, source, flags, data);
	if (IS_ERR(sb))
		return PTR_ERR(sb);
	m = mount_new(sb, sb->root, source, flags);
	if (!m) {
		super_put(sb);
		return -ENOMEM;
	}
	mutex_lock(&mount_lock);
	err = attach(m, p);
	mutex_unlock(&mount_lock);
	if (err)
		mount_put(m);
	return err;
}

static int
bind_mount(const char *source, const struct path *p)
{
	struct path from;
	struct mount *m;
	int err;

	if (!source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	super_get(from.mnt->sb);
	m = mount_new(from.mnt->sb, from.dentry, from.mnt->source, from.mnt->flags);
	if (m) {
		mutex_lock(&mount_lock);
		err = attach(m, p);
		mutex_unlock(&mount_lock);
		if (err)
			mount_put(m);
	} else {
		super_put(from.mnt->sb);
		err = -ENOMEM;
	}
	path_put(&from);
	return err;
}

/* Is m a, or mounted somewhere below a? */
static bool
mount_below(const struct mount *m, const struct mount *a) MUST_HOLD(mount_lock)
{
	while (m && m != a)
		m = m->parent;
	return m != NULL;
}

static int
move_mount(const char *source, const struct path *p)
{
	struct path from, place = { 0 };
	int err;

	if (!source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	mutex_lock(&mount_lock);
	if (from.dentry != from.mnt->root || !from.mnt->parent) {
		err = -EINVAL;
	} else if (mount_below(p->mnt, from.mnt)) {
		err = -ELOOP;
	} else if (S_ISDIR(from.dentry->inode->mode) != S_ISDIR(p->dentry->inode->mode)) {
		err = -ENOTDIR;
	} else if (path_deleted(p)) {
		err = -ENOENT;
	} else {
		spin_lock(&dcache_lock);
		detach_locked(from.mnt, &place);
		spin_unlock(&dcache_lock);
		err = attach(from.mnt, p);
		if (err)
			attach(from.mnt, &place);	/* where it was: that went well before */
	}
	mutex_unlock(&mount_lock);
	if (place.mnt)
		path_put(&place);
	path_put(&from);
	return err;
}

/*
 * Set sb's MS_RDONLY to what flags says: 0, or -EBUSY if a file is open for writing. Who opens one counts it and then
 * looks at the flag (path_open_allowed); we set the flag and then look at the count. A first look beforehand, so that
 * trying while there is such a file makes nobody's open fail.
 */
static int
super_set_read_only(struct super_block *sb, ulong flags)
{
	ulong old = sb->flags;

	if ((flags & ~old & MS_RDONLY) && atomic_read(&sb->writers))
		return -EBUSY;
	WRITE_ONCE(sb->flags, (old & ~MS_RDONLY) | (flags & MS_RDONLY));
	smp_mb();
	if ((sb->flags & ~old & MS_RDONLY) && atomic_read(&sb->writers)) {
		WRITE_ONCE(sb->flags, old);
		return -EBUSY;
	}
	return 0;
}

static int
remount_super(struct super_block *sb, ulong flags, const char *data)
{
	ulong old = sb->flags;
	int err = 0;

	if (flags & MS_RDONLY)
		err = super_set_read_only(sb, flags);
	if (!err && sb->ops->remount)
		err = sb->ops->remount(sb, flags, data);
	WRITE_ONCE(sb->flags, (sb->flags & ~MS_RDONLY) | ((err ? old : flags) & MS_RDONLY));
	return err;
}

static int
remount(const struct path *p, ulong flags, const char *data)
{
	int err = 0;

	if (p->dentry != p->mnt->root)
		return -EINVAL;
	mutex_lock(&mount_lock);
	if (!(flags & MS_BIND))
		err = remount_super(p->mnt->sb, flags, data);
	if (!err) {
		p->mnt->flags = flags & PER_MOUNT;
		if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
			p->mnt->flags |= MS_RELATIME;
	}
	mutex_unlock(&mount_lock);
	return err;
}

int
vfs_mount(const char *source, const char *target, const char *type, ulong flags, const char *data)
{
	struct path p;
	int err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(ulong)MS_MGC_MSK;
	err = path_lookup(AT_FDCWD, target, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	if (!capable(CAP_SYS_ADMIN))
		err = -EPERM;
	else if (flags & MS_REMOUNT)
		err = remount(&p, flags, data);
	else if (flags & MS_BIND)
		err = bind_mount(source, &p);
	else if (flags & PROPAGATION)
		err = p.dentry == p.mnt->root ? 0 : -EINVAL;	/* in one name space nothing is to be propagated */
	else if (flags & MS_MOVE)
		err = move_mount(source, &p);
	else
		err = new_mount(source, &p, type, flags, data);
	path_put(&p);
	return err;
}

int
mount_root(const char *type, struct path *out)
{
	const struct file_system *fs = fs_find(type);
	struct super_block *sb = fs->mount(fs, type, 0, NULL);
	struct mount *m;

	if (IS_ERR(sb))
		return PTR_ERR(sb);
	m = mount_new(sb, sb->root, type, 0);
	if (!m)
		return -ENOMEM;
	m->flags = 0;			/* nobody asked for relatime either */
	list_push_back(&mounts, &m->link);
	out->mnt = m;
	out->dentry = m->root;
	path_get(out);
	return 0;
}

struct mount *
mount_hidden(struct super_block *sb)
{
	return mount_new(sb, sb->root, sb->fs->name, 0);
}

/* --- umount --- */

/* Take m and all below it out of the tree, and drop the lock. */
static void
detach_tree(struct mount *m) RELEASES(mount_lock)
{
	struct path place;
	struct mount *leaf;

	do {
		spin_lock(&dcache_lock);
		leaf = m;
		while (!list_empty(&leaf->children))
			leaf = list_first(&leaf->children, struct mount, child_link);
		detach_locked(leaf, &place);
		spin_unlock(&dcache_lock);
		mount_put(leaf);
		path_put(&place);
	} while (leaf != m);
	mutex_unlock(&mount_lock);
}

/* Take m, which the caller counts, off its place unless somebody else uses it. 0 or -EBUSY. */
static int
detach_unused(struct mount *m, struct path *place) MUST_HOLD(mount_lock)
{
	int err = 0;

	spin_lock(&dcache_lock);
	/* The tree's reference and the caller's: anybody else is using it (M1). Walks count under this lock. */
	if (atomic_read(&m->refs) != 2)
		err = -EBUSY;
	else
		detach_locked(m, place);
	spin_unlock(&dcache_lock);
	return err;
}

/* Unmount what *p (counted; given up) is the root of. */
static int
do_umount(struct path *p, uint flags)
{
	struct mount *m = p->mnt;
	struct path place;
	int err = 0;

	mutex_lock(&mount_lock);
	if (p->dentry != m->root)
		err = -EINVAL;
	else if (!m->parent)
		err = -EBUSY;
	if (!err && (flags & MNT_DETACH)) {
		detach_tree(m);
	} else {
		if (!err)
			err = detach_unused(m, &place);
		mutex_unlock(&mount_lock);
		if (!err) {
			mount_put(m);
			path_put(&place);
		}
	}
	path_put(p);
	return err;
}

long
sys_umount2(const ulong *a)
{
	struct path p;
	int err;

	if (a[1] & ~(ulong)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = path_lookup_user(AT_FDCWD, UPTR(a[0]), a[1] & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &p);
	return err ? err : do_umount(&p, a[1]);
}

/* A string argument that may be NULL: *out kmalloc'd or NULL. */
static int
string_get(char **out, uptr_t src)
{
	ssize_t n;

	*out = NULL;
	if (!src.addr)
		return 0;
	*out = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!*out)
		return -ENOMEM;
	n = strncpy_from_user(*out, src, PATH_MAX);
	if (n < 0)
		return n;
	return n < PATH_MAX ? 0 : -EINVAL;
}

long
sys_mount(const ulong *a)
{
	char *s[4] = { NULL };		/* source, target, type, data */
	static const u8 arg[4] = { 0, 1, 2, 4 };
	int err = 0, i;

	for (i = 0; i < 4 && !err; i++)
		err = string_get(&s[i], UPTR(a[arg[i]]));
	if (!err)
		err = s[1] ? vfs_mount(s[0], s[1], s[2], a[3], s[3]) : -EFAULT;
	for (i = 0; i < 4; i++)
		kfree(s[i]);
	return err;
}

/* --- what is mounted --- */

int
mounts_for_each(const struct path *root, void (*fn)(void *arg, const struct mount *m, const char *where), void *arg)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct mount *m;
	struct path p;
	char *where;

	if (!buf)
		return -ENOMEM;
	mutex_lock(&mount_lock);
	list_for_each(m, &mounts, link) {
		if (!mount_below(m, root->mnt))
			continue;
		p.mnt = m;
		p.dentry = m->root;
		where = path_string(&p, root, buf, PATH_MAX);
		if (!IS_ERR(where) && *where == '/')	/* below root */
			fn(arg, m, where);
	}
	mutex_unlock(&mount_lock);
	kfree(buf);
	return 0;
}

/* --- statfs --- */

static int
statfs_out(struct super_block *sb, const struct mount *m, uptr_t to)
{
	struct abi_statfs s;
	int err = 0;

	memset(&s, 0, sizeof(s));
	s.f_type = sb->magic;
	s.f_bsize = s.f_frsize = sb->block_size;
	s.f_namelen = NAME_MAX;
	s.f_fsid[0] = sb->dev;
	s.f_flags = ST_VALID;
	if (m) {
		if ((m->flags | sb->flags) & MS_RDONLY)
			s.f_flags |= ST_RDONLY;
		s.f_flags |= m->flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME);
		if (m->flags & MS_RELATIME)
			s.f_flags |= ST_RELATIME;
	}
	if (sb->ops->statfs)
		err = sb->ops->statfs(sb, &s);
	return err ? err : copy_to_user(to, &s, sizeof(s));
}

long
sys_statfs(const ulong *a)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, UPTR(a[0]), LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = statfs_out(p.mnt->sb, p.mnt, UPTR(a[1]));
	path_put(&p);
	return err;
}

long
sys_fstatfs(const ulong *a)
{
	struct file *f;
	bool put;
	int err;

	f = fd_get_path(a[0], &put);
	if (!f)
		return -EBADF;
	err = f->inode ? statfs_out(f->inode->sb, f->path.mnt, UPTR(a[1])) : -EBADF;
	fd_put(f, put);
	return err;
}

void
mount_init(void)
{
	mutex_init(&mount_lock, RANK_MOUNT);
}
