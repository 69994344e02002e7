/*
 * namei.c - path walking: from "/usr/bin/../lib" to a mount and a dentry.
 *
 * Data        struct walk (internal.h).  The common walk holds dcache_lock from the first component
 *             to the last and counts only its end.  It leaves the lock (walk_unlock counts where it
 *             stands) to ask a file system for a name, to read a link, or to ask permission where
 *             that is more than mode bits; the next component takes the lock again.
 * Locks       dcache_lock as said; a directory's inode lock while its file system is asked.
 * Further     path_resolution(7), symlink(7); open.c, namespace.c for what is done at the end.
 */
#include "fs/internal.h"
#include "kernel/fdtable.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/slab.h"

void
path_get(const struct path *p)
{
	atomic_inc(&p->mnt->refs);
	atomic_inc(&p->dentry->refs);
}

void
path_put(const struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mnt);
}

int
path_of_fd(int dfd, struct path *out)
{
	bool put;
	struct file *f = fd_get_path(dfd, &put);
	int err = -ENOTDIR;

	if (!f)
		return -EBADF;
	if (f->path.dentry) {
		*out = f->path;
		path_get(out);
		err = 0;
	}
	fd_put(f, put);
	return err;
}

/* --- entering and leaving the lock: w->locked says whether it is held, so NO_TSA --- */

static void
walk_lock(struct walk *w) NO_TSA
{
	w->held = w->at;
	spin_lock(&dcache_lock);
	w->locked = true;
}

void
walk_unlock(struct walk *w) NO_TSA
{
	path_get(&w->at);
	spin_unlock(&dcache_lock);
	w->locked = false;
	if (w->held.dentry) {
		path_put(&w->held);
		w->held.dentry = NULL;
	}
}

/* walk_start where dfd is all that the walk may see. */
static NOINLINE int
walk_start_scoped(struct walk *w, int dfd, const char *name) NO_TSA
{
	struct fs_context *fs = current->fs;
	int err = 0;

	if ((w->flags & LOOKUP_BENEATH) && *name == '/')
		return -EXDEV;
	if (dfd == AT_FDCWD) {
		spin_lock(&fs->lock);
		w->root = fs->cwd;
		path_get(&w->root);
		spin_unlock(&fs->lock);
	} else {
		err = path_of_fd(dfd, &w->root);
	}
	if (err)
		return err;
	w->root_counted = true;
	path_get(&w->root);
	w->at = w->held = w->root;
	spin_lock(&dcache_lock);
	w->locked = true;
	return 0;
}

int
walk_start(struct walk *w, int dfd, const char *name, uint flags) NO_TSA
{
	struct fs_context *fs = current->fs;
	bool alone = atomic_read(&fs->refs) == 1;	/* then nobody can move root or cwd meanwhile */
	int err;

	if (unlikely(!*name) && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	w->p = name;
	w->heap = NULL;
	w->flags = flags;
	w->links = 0;
	w->held.dentry = NULL;
	if (unlikely(flags & LOOKUP_SCOPED))
		return walk_start_scoped(w, dfd, name);
	w->root_counted = !alone;
	if (*name != '/' && dfd != AT_FDCWD) {
		err = path_of_fd(dfd, &w->held);
		if (err)
			return err;
	}
	if (likely(alone)) {
		w->root = fs->root;
		w->at = *name == '/' ? fs->root : dfd == AT_FDCWD ? fs->cwd : w->held;
	} else {
		spin_lock(&fs->lock);
		w->root = fs->root;
		path_get(&w->root);
		if (*name != '/' && dfd == AT_FDCWD) {
			w->held = fs->cwd;
			path_get(&w->held);
		}
		spin_unlock(&fs->lock);
		w->at = *name == '/' ? w->root : w->held;
	}
	spin_lock(&dcache_lock);
	w->locked = true;
	return 0;
}

void
walk_end(struct walk *w, struct path *out) NO_TSA
{
	if (likely(w->locked)) {
		if (out) {
			*out = w->at;
			path_get(out);
		}
		spin_unlock(&dcache_lock);
		if (w->held.dentry)
			path_put(&w->held);
	} else if (out) {
		*out = w->at;
	} else {
		path_put(&w->at);
	}
	if (unlikely(w->root_counted))
		path_put(&w->root);
	if (unlikely(w->heap))
		kfree(w->heap);
}

/* --- one component --- */

/* May current search the directory we are in? */
static ALWAYS_INLINE int
may_search(struct walk *w)
{
	struct inode *dir = w->at.dentry->inode;

	if (unlikely(!S_ISDIR(dir->mode)))
		return -ENOTDIR;
	if (likely(inode_search_free(dir)))
		return 0;
	if (dir->ops->permission && w->locked)
		walk_unlock(w);
	return inode_permission(dir, MAY_EXEC);
}

/* Cross every mount on *p; nothing is counted. */
static NOINLINE void
cross_locked(struct path *p) MUST_HOLD(dcache_lock)
{
	while (p->dentry->flags & DENTRY_MOUNTED) {
		struct mount *m = mount_on_locked(p->mnt, p->dentry);

		if (!m)
			return;
		p->mnt = m;
		p->dentry = m->root;
	}
}

void
path_cross(struct path *p)
{
	struct path to = *p;

	spin_lock(&dcache_lock);
	cross_locked(&to);
	path_get(&to);
	spin_unlock(&dcache_lock);
	path_put(p);
	*p = to;
}

/* Cross what is mounted where the walk stands, if it may: 0 or -EXDEV. */
static int
walk_cross(struct walk *w) MUST_HOLD(dcache_lock)
{
	struct mount *from = w->at.mnt;

	cross_locked(&w->at);
	return w->at.mnt != from && (w->flags & LOOKUP_NO_XDEV) ? -EXDEV : 0;
}

/* Is the walk's root on the way up from here? */
static bool
below_root_locked(const struct walk *w) MUST_HOLD(dcache_lock)
{
	const struct dentry *d = w->at.dentry;
	const struct mount *m = w->at.mnt;

	while (d != w->root.dentry || m != w->root.mnt) {
		if (d == m->root) {
			if (!m->parent)
				return false;
			d = m->point;
			m = m->parent;
		} else if (d->parent == d) {
			return false;
		} else {
			d = d->parent;
		}
	}
	return true;
}

/* To the parent directory. 0, or for openat2's sake -EXDEV, and -EAGAIN: somebody has moved where the walk stood. */
static int
walk_dotdot(struct walk *w)
{
	if (!w->locked)
		walk_lock(w);
	assert_held(&dcache_lock);
	while (w->at.dentry != w->root.dentry || w->at.mnt != w->root.mnt) {
		if (w->at.dentry != w->at.mnt->root) {
			w->at.dentry = w->at.dentry->parent;
			if (unlikely(w->flags & LOOKUP_SCOPED) && !below_root_locked(w))
				return -EAGAIN;
			return walk_cross(w);
		}
		if (!w->at.mnt->parent)
			return 0;
		if (unlikely(w->flags & LOOKUP_NO_XDEV))
			return -EXDEV;
		w->at.dentry = w->at.mnt->point;
		w->at.mnt = w->at.mnt->parent;
	}
	if (unlikely(w->flags & LOOKUP_BENEATH))
		return -EXDEV;
	return walk_cross(w);
}

int
walk_check_scope(struct walk *w)
{
	bool inside;

	if (likely(!(w->flags & LOOKUP_SCOPED)))
		return 0;
	if (w->locked) {
		assert_held(&dcache_lock);
		inside = below_root_locked(w);
	} else {
		spin_lock(&dcache_lock);
		inside = below_root_locked(w);
		spin_unlock(&dcache_lock);
	}
	return inside ? 0 : -EXDEV;
}

struct dentry *
lookup_locked(struct dentry *dir, const struct qname *q, bool create)
{
	struct inode *i = dir->inode;
	struct dentry *d;
	int err;

	spin_lock(&dcache_lock);
	d = d_find_locked(dir, q);
	if (d)
		dentry_get(d);
	spin_unlock(&dcache_lock);
	if (!d) {
		if (!create && !i->ops->lookup)
			return ERR_PTR(-ENOENT);
		d = d_alloc(dir, q);
		if (!d)
			return ERR_PTR(-ENOMEM);
		err = i->ops->lookup ? i->ops->lookup(i, d) : 0;
		if (!err)
			err = d_hash(d);
		if (err) {
			dentry_put(d);
			return ERR_PTR(err);
		}
	}
	if (!d->inode && !create) {
		dentry_put(d);
		return ERR_PTR(-ENOENT);
	}
	return d;
}

void
lookup_undo(struct dentry *d)
{
	if (!d->inode && !d->parent->inode->ops->lookup)
		d_drop(d);
	dentry_put(d);
}

/* The name q in dir, by the cache or the file system: counted, positive. Takes dir's lock. ERR_PTR. */
static NOINLINE struct dentry *
lookup_slow(struct dentry *dir, const struct qname *q)
{
	struct inode *i = dir->inode;
	struct dentry *d;

	if (i->ops->revalidate) {
		spin_lock(&dcache_lock);
		d = d_find_locked(dir, q);
		if (d)
			dentry_get(d);
		spin_unlock(&dcache_lock);
		if (d) {
			if (d->inode && ((d->flags & DENTRY_MOUNTED) || i->ops->revalidate(d) > 0))
				return d;
			d_drop(d);
			dentry_put(d);
		}
	}
	rwsem_lock_write(&i->lock);
	d = lookup_locked(dir, q, false);
	rwsem_unlock_write(&i->lock);
	return d;
}

/* Follow a link that leads to an object, as far as openat2 lets it. */
static int
walk_follow_magic(struct walk *w, struct inode *link)
{
	struct path to;
	int err;

	if (w->flags & LOOKUP_NO_MAGIC)
		return -ELOOP;
	err = link->ops->follow(link, &to);
	if (err)
		return err;
	if ((w->flags & LOOKUP_SCOPED) || ((w->flags & LOOKUP_NO_XDEV) && to.mnt != w->at.mnt)) {
		path_put(&to);
		return -EXDEV;
	}
	path_put(&w->at);
	w->at = to;
	return 0;
}

/* Go on in link, found in the directory `at`. The walk is unlocked. */
static int
walk_follow(struct walk *w, struct dentry *link)
{
	struct inode *i = link->inode;
	size_t rest = strlen(w->p);
	ssize_t n;
	char *buf;

	if (++w->links > SYMLINK_MAX_DEPTH || (w->flags & LOOKUP_NO_LINKS))
		return -ELOOP;
	if (i->ops->follow)
		return walk_follow_magic(w, i);
	if (!i->ops->readlink)
		return -EINVAL;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	n = i->ops->readlink(i, buf, PATH_MAX);
	if (n == 0)
		n = -ENOENT;
	else if (n > 0 && n + rest >= PATH_MAX)
		n = -ENAMETOOLONG;
	if (n < 0) {
		kfree(buf);
		return n;
	}
	memcpy(buf + n, w->p, rest + 1);
	kfree(w->heap);
	w->heap = buf;
	w->p = buf;
	if (*buf == '/') {
		if ((w->flags & LOOKUP_BENEATH) || ((w->flags & LOOKUP_NO_XDEV) && w->at.mnt != w->root.mnt))
			return -EXDEV;
		path_put(&w->at);
		w->at = w->root;
		path_get(&w->at);
	}
	return 0;
}

/* walk_step where the cache does not have the answer, or the name is a link to follow. */
static NOINLINE int
walk_step_slow(struct walk *w, const struct qname *q, bool follow)
{
	struct dentry *dir = w->at.dentry, *d;
	struct mount *from = w->at.mnt;
	int err;

	assert_held(&dcache_lock);
	d = d_find_locked(dir, q);
	if (d && !dir->inode->ops->revalidate) {
		dentry_get(d);
		walk_unlock(w);
	} else {
		if (!d && !dir->inode->ops->lookup)
			return -ENOENT;
		if (unlikely(w->flags & LOOKUP_CACHED))
			return -EAGAIN;
		walk_unlock(w);
		d = lookup_slow(dir, q);
		if (IS_ERR(d))
			return PTR_ERR(d);
	}
	if (follow && S_ISLNK(d->inode->mode)) {
		err = walk_follow(w, d);
		dentry_put(d);
		return err ? err : 1;
	}
	dentry_put(dir);
	w->at.dentry = d;
	path_cross(&w->at);
	return unlikely(w->flags & LOOKUP_NO_XDEV) && w->at.mnt != from ? -EXDEV : 0;
}

static ALWAYS_INLINE int
walk_step_fast(struct walk *w, const struct qname *q, bool follow)
{
	struct dentry *dir, *d;

	if (unlikely(!w->locked))
		walk_lock(w);
	assert_held(&dcache_lock);
	dir = w->at.dentry;
	d = d_find_locked(dir, q);
	if (unlikely(!d || dir->inode->ops->revalidate))
		return walk_step_slow(w, q, follow);
	if (unlikely(!d->inode))
		return -ENOENT;
	if (unlikely(S_ISLNK(d->inode->mode) && follow))
		return walk_step_slow(w, q, follow);
	w->at.dentry = d;
	if (unlikely(d->flags & DENTRY_MOUNTED))
		return walk_cross(w);
	return 0;
}

int
walk_step(struct walk *w, const struct qname *q, bool follow)
{
	return walk_step_fast(w, q, follow);
}

/* --- whole paths --- */

int
walk_parent(struct walk *w)
{
	const char *p = w->p;
	int err;

	for (;;) {
		struct qname q;
		u64 word = 0, h;
		uint shift;
		u8 c;

		w->slash = *p == '/';
		while (*p == '/')
			p++;
		if (!*p) {
			w->type = LAST_ROOT;
			return 0;
		}
		err = may_search(w);
		if (unlikely(err))
			break;
		q.s = p;
		for (shift = 0; shift < 64 && (c = *p) && c != '/'; shift += 8, p++)
			word |= (u64)c << shift;
		q.word = word;
		h = hash_word(w->at.dentry, word);
		if (shift == 64)
			for (; (c = *p) && c != '/'; p++)
				h = hash_byte(h, c);
		q.hash = hash_end(h);
		q.len = p - q.s;
		if (unlikely(q.len > NAME_MAX)) {
			err = -ENAMETOOLONG;
			break;
		}
		w->type = LAST_NAME;
		if (unlikely(*q.s == '.')) {
			if (q.len == 1)
				w->type = LAST_DOT;
			else if (q.len == 2 && q.s[1] == '.')
				w->type = LAST_DOTDOT;
		}
		w->p = p;
		while (*p == '/')
			p++;
		if (!*p) {
			w->slash = p != w->p;
			w->last = q;
			return 0;
		}
		if (likely(w->type == LAST_NAME)) {
			err = walk_step_fast(w, &q, true);
			if (err < 0)
				break;
			if (err > 0)
				p = w->p;
		} else if (w->type == LAST_DOTDOT) {
			err = walk_dotdot(w);
			if (unlikely(err))
				break;
		}
	}
	walk_end(w, NULL);
	return err;
}

/* The last component: 0, the walk stands on it; 1 as walk_step; or -errno. */
static int
walk_last(struct walk *w)
{
	int err;

	if (likely(w->type == LAST_NAME)) {
		err = walk_step_fast(w, &w->last, w->slash || (w->flags & LOOKUP_FOLLOW));
		if (err)
			return err;
	} else if (w->type == LAST_DOTDOT) {
		err = walk_dotdot(w);
		if (unlikely(err))
			return err;
	}
	if (unlikely(w->slash || (w->flags & LOOKUP_DIRECTORY)) && !S_ISDIR(w->at.dentry->inode->mode))
		return -ENOTDIR;
	return walk_check_scope(w);
}

int
walk_whole(struct walk *w, int dfd, const char *name, uint flags)
{
	int err;

	err = walk_start(w, dfd, name, flags);
	if (unlikely(err))
		return err;
	do {
		err = walk_parent(w);
		if (unlikely(err))
			return err;
		err = walk_last(w);
	} while (unlikely(err > 0));
	if (err)
		walk_end(w, NULL);
	return err;
}

int
walk_to_parent(struct walk *w, int dfd, const char *name)
{
	int err = walk_start(w, dfd, name, 0);

	if (!err)
		err = walk_parent(w);
	if (!err && w->locked)
		walk_unlock(w);
	return err;
}

int
path_lookup(int dfd, const char *name, uint flags, struct path *out)
{
	struct walk w;
	int err;

	err = walk_whole(&w, dfd, name, flags);
	if (likely(!err))
		walk_end(&w, out);
	return err;
}

/* --- names from user memory, and names for people --- */

int
name_get(struct name *n, uptr_t src)
{
	ssize_t len = strncpy_from_user(n->small, src, sizeof(n->small));

	n->s = n->small;
	if (likely((size_t)len < sizeof(n->small)))
		return 0;
	if (len < 0)
		return len;
	n->s = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!n->s)
		return -ENOMEM;
	len = strncpy_from_user(n->s, src, PATH_MAX);
	if (len >= 0 && len < PATH_MAX)
		return 0;
	kfree(n->s);
	return len < 0 ? len : -ENAMETOOLONG;
}

void
name_put_slow(struct name *n)
{
	kfree(n->s);
}

int
path_lookup_user(int dfd, uptr_t name, uint flags, struct path *out)
{
	struct name n;
	int err;

	err = name_get(&n, name);
	if (unlikely(err))
		return err;
	err = path_lookup(dfd, n.s, flags, out);
	name_put(&n);
	return err;
}

char *
path_string(const struct path *p, const struct path *root, char *buf, size_t size)
{
	const struct dentry *d = p->dentry;
	const struct mount *m = p->mnt;
	static const char outside[] = "(unreachable)";
	char *to = buf + size;
	bool met = false;

	if (size < 2)
		return ERR_PTR(-ENAMETOOLONG);
	*--to = 0;
	spin_lock(&dcache_lock);
	while (!(met = root && d == root->dentry && m == root->mnt)) {
		if (d == m->root) {
			if (!m->parent)
				break;
			d = m->point;
			m = m->parent;
			continue;
		}
		if (d->parent == d)
			break;
		if ((size_t)(to - buf) < d->len + 1) {
			to = NULL;
			break;
		}
		to -= d->len;
		memcpy(to, d->name, d->len);
		*--to = '/';
		d = d->parent;
	}
	spin_unlock(&dcache_lock);
	if (!to)
		return ERR_PTR(-ENAMETOOLONG);
	if (!*to)
		*--to = '/';
	if (root && !met) {
		if ((size_t)(to - buf) < sizeof(outside) - 1)
			return ERR_PTR(-ENAMETOOLONG);
		to -= sizeof(outside) - 1;
		memcpy(to, outside, sizeof(outside) - 1);
	}
	return to;
}
