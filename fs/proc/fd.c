/*
 * fd.c - /proc/PID/{fd,fdinfo,exe,cwd,root}: the files a process holds.
 *
 * The links lead to the object itself, whatever its name says: following one walks to the
 * open file's own dentry, so it works for deleted files, and for pipes, which have none.
 *
 * Locks       the descriptor table's own, through fd_file(); nothing is held while emitting.
 * Not here    the process's other files (pid.c).
 */
#include "abi/errno.h"
#include "fs/proc/proc.h"
#include "kernel/fdtable.h"
#include "kernel/signal.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

/* --- what a path or file is called --- */

ssize_t
proc_path_text(const struct path *p, char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	struct fs_context *fs = current->fs;
	struct dentry *d = p->dentry;
	struct path root;
	char *s;
	size_t len;

	spin_lock(&fs->lock);
	root = fs->root;
	path_get(&root);
	spin_unlock(&fs->lock);
	s = path_string(p, &root, buf, size);
	path_put(&root);
	if (IS_ERR(s))
		return PTR_ERR(s);
	s = strchr(s, '/');		/* links do not say that they lead out of our root */
	len = strlen(s);
	memmove(buf, s, len);
	if (d->parent != d && !(READ_ONCE(d->flags) & DENTRY_HASHED)) {
		if (len + sizeof(deleted) > size)
			return -ENAMETOOLONG;
		memcpy(buf + len, deleted, sizeof(deleted) - 1);
		len += sizeof(deleted) - 1;
	}
	return len;
}

/* "/tmp/x", or what Linux calls things without a name: "pipe:[17]". */
static ssize_t
file_text(struct file *f, char *buf, size_t size)
{
	struct inode *i = f->inode;
	int len;

	if (f->path.dentry)
		return proc_path_text(&f->path, buf, size);
	if (i && S_ISFIFO(i->mode))
		len = snprintf(buf, size, "pipe:[%lu]", (ulong)i->ino);
	else if (i && S_ISSOCK(i->mode))
		len = snprintf(buf, size, "socket:[%lu]", (ulong)i->ino);
	else
		len = snprintf(buf, size, "anon_inode:%s", f->ops->anon_name ? f->ops->anon_name : "[file]");
	return MIN((size_t)len, size);
}

/*
 * Where following a link to f arrives. A file without a name gets a dentry of its own for
 * the occasion, on the caller's root mount.
 */
static int
file_follow(struct file *f, struct path *out)
{
	struct fs_context *fs = current->fs;
	struct path root;

	if (f->path.dentry) {
		*out = f->path;
		path_get(out);
		return 0;
	}
	if (!f->inode)
		return -ENXIO;
	spin_lock(&fs->lock);
	root = fs->root;
	path_get(&root);
	spin_unlock(&fs->lock);
	inode_get(f->inode);
	out->dentry = dentry_root(f->inode->sb, f->inode);
	if (!out->dentry) {
		path_put(&root);
		return -ENOMEM;
	}
	out->mnt = root.mnt;
	dentry_put(root.dentry);	/* the mount stays counted, for out */
	return 0;
}

/* --- fd/ --- */

/* Descriptor fd of t, counted; NULL if closed. */
static struct file *
task_fd(struct task *t, ulong fd)
{
	struct files *files = task_files_get(t);
	struct file *f;

	if (!files)
		return NULL;
	f = fd_file(files, fd);
	files_put(files);
	return f;
}

static ssize_t
fd_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	struct file *f = task_fd(t, n->arg);
	ssize_t len;

	if (!f)
		return -ENOENT;
	len = file_text(f, buf, size);
	file_put(f);
	return len;
}

static int
fd_follow(const struct pnode *n, struct task *t, struct path *out)
{
	struct file *f = task_fd(t, n->arg);
	int err;

	if (!f)
		return -ENOENT;
	err = file_follow(f, out);
	file_put(f);
	return err;
}

static int
fdinfo_show(struct pbuf *b, const struct pnode *n, struct task *t)
{
	struct file *f = task_fd(t, n->arg);

	if (!f)
		return -ENOENT;
	pbuf_printf(b, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", (long long)f->pos, f->flags,
		    f->path.mnt ? f->path.mnt->id : 0, f->inode ? (ulong)f->inode->ino : 0UL);
	if (f->ops->fdinfo)
		f->ops->fdinfo(f, b);
	file_put(f);
	return 0;
}

static const struct pentry fd_link = {
	.name = "fd", .mode = S_IFLNK | 0700, .readlink = fd_readlink, .follow = fd_follow, .fleeting = true,
	.guarded = true,
};
static const struct pentry fdinfo_file = {
	.name = "fdinfo", .mode = S_IFREG | 0400, .show = fdinfo_show, .fleeting = true, .guarded = true,
};

static int
lookup_fd(const struct pentry *what, struct task *t, const char *name, struct pnode *out)
{
	long fd = ptree_number(name);
	struct file *f = fd < 0 ? NULL : task_fd(t, fd);

	if (!f)
		return -ENOENT;
	file_put(f);
	out->e = what;
	out->arg = fd;
	return 0;
}

static int
readdir_fd(const struct pentry *what, const struct pnode *dir, struct task *t, struct dir_emit *e)
{
	struct files *files = task_files_get(t);

	if (!files)
		return 0;
	for (uint fd = *e->pos - PTREE_DYNAMIC; fd < READ_ONCE(files->max); fd++) {
		struct pnode n = { .e = what, .pid = dir->pid, .start = dir->start, .arg = fd };
		struct file *f = fd_file(files, fd);
		char name[12];

		if (!f)
			continue;
		file_put(f);
		snprintf(name, sizeof(name), "%u", fd);
		if (!ptree_emit(e, name, &n, (loff_t)PTREE_DYNAMIC + fd + 1))
			break;
	}
	files_put(files);
	return 0;
}

int
proc_fd_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out)
{
	return lookup_fd(&fd_link, t, name, out);
}

int
proc_fd_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e)
{
	return readdir_fd(&fd_link, dir, t, e);
}

int
proc_fdinfo_lookup(const struct pnode *dir, struct task *t, const char *name, struct pnode *out)
{
	return lookup_fd(&fdinfo_file, t, name, out);
}

int
proc_fdinfo_readdir(const struct pnode *dir, struct task *t, struct dir_emit *e)
{
	return readdir_fd(&fdinfo_file, dir, t, e);
}

/* --- exe --- */

/* The running program's file, counted, or NULL: kernel threads and the dead have none. */
static struct file *
task_exe(struct task *t)
{
	struct mm *mm = task_mm_get(t);
	struct file *f;

	if (!mm)
		return NULL;
	f = mm->exe;
	if (f)
		file_get(f);
	mm_put(mm);
	return f;
}

ssize_t
proc_exe_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	struct file *f = task_exe(t);
	ssize_t len;

	if (!f)
		return -ENOENT;
	len = file_text(f, buf, size);
	file_put(f);
	return len;
}

int
proc_exe_follow(const struct pnode *n, struct task *t, struct path *out)
{
	struct file *f = task_exe(t);
	int err;

	if (!f)
		return -ENOENT;
	err = file_follow(f, out);
	file_put(f);
	return err;
}

/* --- cwd and root --- */

int
task_path_get(struct task *t, bool cwd, struct path *out)
{
	struct fs_context *fs = task_fs_get(t);

	if (!fs)
		return -ENOENT;
	spin_lock(&fs->lock);
	*out = cwd ? fs->cwd : fs->root;
	path_get(out);
	spin_unlock(&fs->lock);
	fs_context_put(fs);
	return 0;
}

static ssize_t
task_path_text(struct task *t, bool cwd, char *buf, size_t size)
{
	struct path p;
	ssize_t len = task_path_get(t, cwd, &p);

	if (len)
		return len;
	len = proc_path_text(&p, buf, size);
	path_put(&p);
	return len;
}

ssize_t
proc_cwd_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return task_path_text(t, true, buf, size);
}

int
proc_cwd_follow(const struct pnode *n, struct task *t, struct path *out)
{
	return task_path_get(t, true, out);
}

ssize_t
proc_root_readlink(const struct pnode *n, struct task *t, char *buf, size_t size)
{
	return task_path_text(t, false, buf, size);
}

int
proc_root_follow(const struct pnode *n, struct task *t, struct path *out)
{
	return task_path_get(t, false, out);
}
