/*
 * tree.c - inodes, look-ups and reads for the tables of tree.h.
 *
 * Data        struct pnode hangs on every inode; struct ptext on every open file: what the
 *             file said when it was last read from its start.
 * Locks       ptext->lock for the text (rank of a pipe: below it, only user pages fault).
 *             Text is made without it, since making it takes other locks.
 * Invariants  T1  An inode's number depends on its entry, pid and arg alone: the same file
 *                 has the same number whenever it is looked up.
 *             T2  A name of a process is valid while the task it was made for exists.
 * Not here    what files say (info.c, pid.c, fd.c, sys.c).
 */
#include <stdarg.h>
#include "abi/dirent.h"
#include "abi/errno.h"
#include "fs/internal.h"
#include "fs/proc/tree.h"
#include "kernel/cred.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define TEXT_MAX	(4 * MiB)	/* the largest block kmalloc has */
#define WRITE_MAX	(PAGE_SIZE - 1)
#define ROOT_INO	1

/* --- text --- */

static bool
pbuf_grow(struct pbuf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 512;
	char *p;

	while (cap < b->len + more)
		cap *= 2;
	p = cap <= TEXT_MAX ? kmalloc(cap, GFP_KERNEL) : NULL;
	if (!p) {
		b->failed = true;
		return false;
	}
	memcpy(p, b->buf, b->len);
	kfree(b->buf);
	b->buf = p;
	b->cap = cap;
	return true;
}

void
pbuf_put(void *arg, const char *s, size_t n)
{
	struct pbuf *b = arg;

	if (b->failed || (b->len + n > b->cap && !pbuf_grow(b, n)))
		return;
	memcpy(b->buf + b->len, s, n);
	b->len += n;
}

void
pbuf_printf(struct pbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fmt_vformat(pbuf_put, b, fmt, ap);
	va_end(ap);
}

void
pbuf_pad(struct pbuf *b, size_t from, size_t width)
{
	while (b->len < from + width && !b->failed)
		pbuf_putc(b, ' ');
}

/* --- nodes --- */

/* The task a node is about, counted; NULL if it is gone. */
static struct task *
pnode_task(const struct pnode *n)
{
	struct task *t = task_get_by_pid(n->pid);

	if (t && t->start_time != n->start) {
		task_put(t);
		return NULL;
	}
	return t;
}

/* May current see what n says of t? 0 or -EACCES. */
static int
pnode_check(const struct pnode *n, const struct task *t)
{
	return n->e->guarded && !task_traceable(t, current->fsuid, current->fsgid) ? -EACCES : 0;
}

/*
 * *t as the table's functions want it. 0, -ESRCH or -EACCES; pnode_end() when done. What was found out meanwhile may be
 * of a set-uid program that t has started since: pnode_check() again before it is given out.
 */
static int
pnode_begin(const struct pnode *n, struct task **t)
{
	int err;

	*t = n->pid ? pnode_task(n) : NULL;
	if (n->pid && !*t)
		return -ESRCH;
	err = pnode_check(n, *t);
	if (err)
		task_put(*t);
	return err;
}

static void
pnode_end(struct task *t)
{
	if (t)
		task_put(t);
}

/* T1: entries lie in the kernel image, so their place in it tells them apart. */
static u64
pnode_ino(const struct pnode *n)
{
	u64 entry = ((const char *)n->e - image_start) / 8;

	return (u64)n->pid << 40 | entry << 16 | (n->arg & 0xffff);
}

static const struct inode_ops ptree_dir_ops, ptree_file_ops, ptree_link_ops, ptree_object_link_ops;
static const struct file_ops ptree_dir_fops, ptree_file_fops;

/* Whose it is: t's user's; root's what t keeps to itself, but for the directories that are open to all. */
static void
ptree_set_owner(struct inode *inode, const struct task *t)
{
	bool user = t && (inode->mode == (S_IFDIR | 0555) || (t->mm && task_dumpable(t)));

	inode->uid = user ? t->euid : 0;
	inode->gid = user ? t->egid : 0;
}

static struct inode *
ptree_inode(struct super_block *sb, const struct pnode *n, const struct task *t)
{
	struct pnode *copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	struct inode *inode;

	if (!copy)
		return NULL;
	inode = inode_create(sb, n->e->mode);
	if (!inode) {
		kfree(copy);
		return NULL;
	}
	*copy = *n;
	inode->private = copy;
	inode->ino = pnode_ino(n);
	ptree_set_owner(inode, t);
	if (S_ISDIR(n->e->mode)) {
		inode->nlink = 2;
		inode->ops = &ptree_dir_ops;
		inode->fops = &ptree_dir_fops;
	} else if (S_ISLNK(n->e->mode)) {
		inode->ops = n->e->follow ? &ptree_object_link_ops : &ptree_link_ops;
	} else {
		inode->ops = &ptree_file_ops;
		inode->fops = &ptree_file_fops;
	}
	return inode;
}

static void
ptree_free_inode(struct inode *inode)
{
	kfree(inode->private);
}

/* --- directories --- */

static int
ptree_find(const struct pnode *dir, struct task *t, const char *name, struct pnode *out)
{
	*out = *dir;
	for (const struct pentry *e = dir->e->children; e && e->name; e++)
		if (strcmp(e->name, name) == 0) {
			out->e = e;
			return 0;
		}
	return dir->e->lookup ? dir->e->lookup(dir, t, name, out) : -ENOENT;
}

static int
ptree_lookup(struct inode *dir, struct dentry *d)
{
	struct pnode *n = dir->private, child;
	struct task *t, *of = NULL;
	struct inode *inode;
	int err;

	err = pnode_begin(n, &t);
	if (err)
		return err;
	err = ptree_find(n, t, d->name, &child);
	if (pnode_check(n, t))
		err = -EACCES;
	if (err)
		goto out;
	if (child.pid) {
		of = task_get_by_pid(child.pid);
		if (!of) {
			err = -ENOENT;
			goto out;
		}
		child.start = of->start_time;
	}
	inode = ptree_inode(dir->sb, &child, of);
	if (of)
		task_put(of);
	if (!inode)
		err = -ENOMEM;
	else
		d_instantiate(d, inode);
out:
	pnode_end(t);
	if (err != -ENOENT)
		return err;
	d_instantiate(d, NULL);
	return 0;
}

/* T2. A process that changed its identity owns its files under the new one. */
static int
ptree_revalidate(struct dentry *d)
{
	struct inode *inode = d->inode;
	struct pnode *n = inode ? inode->private : NULL;
	struct task *t;

	if (!n || n->e->fleeting)
		return 0;
	if (!n->pid)
		return 1;
	t = pnode_task(n);
	if (!t)
		return 0;
	ptree_set_owner(inode, t);
	task_put(t);
	return 1;
}

bool
ptree_emit(struct dir_emit *e, const char *name, const struct pnode *n, loff_t next)
{
	if (!e->emit(e, name, strlen(name), pnode_ino(n), (n->e->mode & S_IFMT) >> 12, next))
		return false;
	*e->pos = next;
	return true;
}

long
ptree_number(const char *s)
{
	char *end;
	ulong v;

	if (*s < '0' || *s > '9' || (*s == '0' && s[1]))
		return -1;
	v = strtoul(s, &end, 10);
	return *end || v > 0x7fffffff ? -1 : (long)v;
}

/* "." and "..": false when the buffer is full. */
static bool
ptree_emit_dots(struct file *f, struct dir_emit *e)
{
	struct dentry *d = f->path.dentry;

	if (*e->pos == 0) {
		if (!e->emit(e, ".", 1, f->inode->ino, DT_DIR, 1))
			return false;
		*e->pos = 1;
	}
	if (*e->pos == 1) {
		if (!e->emit(e, "..", 2, d ? d->parent->inode->ino : f->inode->ino, DT_DIR, 2))
			return false;
		*e->pos = 2;
	}
	return true;
}

static int
ptree_readdir(struct file *f, struct dir_emit *e)
{
	struct pnode *n = f->inode->private;
	const struct pentry *c = n->e->children;
	struct task *t;
	int err = pnode_begin(n, &t);

	if (err)
		return err == -ESRCH ? -ENOENT : err;
	if (!ptree_emit_dots(f, e))
		goto out;
	for (loff_t i = 2; c && c->name; c++, i++) {
		struct pnode child = { .e = c, .pid = n->pid, .arg = n->arg, .start = n->start };

		if (i >= *e->pos && !ptree_emit(e, c->name, &child, i + 1))
			goto out;
	}
	if (n->e->readdir) {
		if (*e->pos < PTREE_DYNAMIC)
			*e->pos = PTREE_DYNAMIC;
		err = n->e->readdir(n, t, e);
	}
out:
	pnode_end(t);
	return err;
}

/* --- links --- */

static ssize_t
ptree_readlink(struct inode *inode, char *buf, size_t size)
{
	const struct pnode *n = inode->private;
	struct task *t;
	ssize_t len;
	int err = pnode_begin(n, &t);

	if (err)
		return err == -ESRCH ? -ENOENT : err;
	len = n->e->readlink(n, t, buf, size);
	if (pnode_check(n, t))
		len = -EACCES;
	pnode_end(t);
	return len;
}

static int
ptree_follow(struct inode *inode, struct path *out)
{
	const struct pnode *n = inode->private;
	struct task *t;
	int err = pnode_begin(n, &t);

	if (err)
		return err == -ESRCH ? -ENOENT : err;
	err = n->e->follow(n, t, out);
	if (!err && pnode_check(n, t)) {
		path_put(out);
		err = -EACCES;
	}
	pnode_end(t);
	return err;
}

/* --- files --- */

struct ptext {				/* Guarded by: l lock */
	struct mutex lock;
	struct pbuf b;			/* [l] */
	bool	filled;			/* [l] */
};

static int
ptree_open(struct inode *inode, struct file *f)
{
	struct ptext *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	mutex_init(&p->lock, RANK_PIPE);
	f->private = p;
	return 0;
}

static void
ptree_release(struct file *f)
{
	struct ptext *p = f->private;

	kfree(p->b.buf);
	kfree(p);
}

/* Make the file's text anew. 0 or -errno. */
static int
ptree_fill(struct ptext *p, const struct pnode *n)
{
	struct pbuf fresh = { 0 };
	struct task *t;
	int err = pnode_begin(n, &t);

	if (err)
		return err;
	if (n->e->text)
		pbuf_put(&fresh, n->e->text, strlen(n->e->text));
	else if (n->e->show)
		err = n->e->show(&fresh, n, t);
	else
		err = -EINVAL;
	if (!err)
		err = pnode_check(n, t);
	pnode_end(t);
	if (!err && fresh.failed)
		err = -ENOMEM;
	if (err) {
		kfree(fresh.buf);
		return err;
	}
	mutex_lock(&p->lock);
	kfree(p->b.buf);
	p->b = fresh;
	p->filled = true;
	mutex_unlock(&p->lock);
	return 0;
}

static ssize_t
ptree_read(struct file *f, struct uio *u, loff_t *pos)
{
	struct ptext *p = f->private;
	ssize_t n = 0;

	if (*pos < 0)
		return -EINVAL;
	if (*pos == 0 || !READ_ONCE(p->filled)) {
		int err = ptree_fill(p, f->inode->private);

		if (err)
			return err;
	}
	mutex_lock(&p->lock);
	if ((u64)*pos < p->b.len) {
		size_t want = MIN(u->resid, p->b.len - (size_t)*pos);

		n = uio_put(u, p->b.buf + *pos, want);
		if (n == 0 && want)
			n = -EFAULT;
		else
			*pos += n;
	}
	mutex_unlock(&p->lock);
	return n;
}

static ssize_t
ptree_write(struct file *f, struct uio *u, loff_t *pos)
{
	const struct pnode *n = f->inode->private;
	size_t len = u->resid, text;
	struct task *t;
	char *s;
	int err;

	if (!n->e->write)
		return -EIO;
	if (len > WRITE_MAX)
		return -EINVAL;
	s = kmalloc(len + 1, GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	if (uio_get(u, s, len) < len) {
		kfree(s);
		return -EFAULT;
	}
	text = len && s[len - 1] == '\n' ? len - 1 : len;
	s[text] = '\0';
	err = pnode_begin(n, &t);
	if (!err) {
		err = n->e->write(n, t, s, text);
		pnode_end(t);
	}
	kfree(s);
	if (err)
		return err;
	*pos += len;
	return len;
}

/* Directories and files alike: there is no end to seek from. */
static loff_t
ptree_seek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

/* --- the tables --- */

static const struct inode_ops ptree_dir_ops = {
	.lookup = ptree_lookup,
	.revalidate = ptree_revalidate,
};
static const struct inode_ops ptree_file_ops = { 0 };
static const struct inode_ops ptree_link_ops = { .readlink = ptree_readlink };
static const struct inode_ops ptree_object_link_ops = {
	.readlink = ptree_readlink,
	.follow = ptree_follow,
};
static const struct file_ops ptree_dir_fops = {
	.readdir = ptree_readdir,
	.seek = ptree_seek,
};
static const struct file_ops ptree_file_fops = {
	.open = ptree_open,
	.release = ptree_release,
	.read = ptree_read,
	.write = ptree_write,
	.seek = ptree_seek,
};
static const struct super_ops ptree_super_ops = { .free_inode = ptree_free_inode };

struct task *
ptree_task(const struct file *f, const struct pentry *e)
{
	const struct pnode *n;
	struct task *t;

	if (f->ops != &ptree_dir_fops)
		return ERR_PTR(-EBADF);
	n = f->inode->private;
	if (n->e != e)
		return ERR_PTR(-EBADF);
	t = pnode_task(n);
	return t ? t : ERR_PTR(-ESRCH);
}

struct super_block *
ptree_mount(const struct file_system *fs, const struct pentry *root, u64 magic)
{
	struct super_block *sb = super_create(fs, &ptree_super_ops, magic);
	struct pnode n = { .e = root };
	struct inode *inode;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	inode = ptree_inode(sb, &n, NULL);
	if (inode) {
		inode->ino = ROOT_INO;
		sb->root = dentry_root(sb, inode);
	}
	if (!sb->root) {
		super_put(sb);
		return ERR_PTR(-ENOMEM);
	}
	return sb;
}
