/*
 * exec_script.c - from a file's name to the ELF program that will run: #! lines.
 *
 *	execve("/x/script", {"a", "b"})  with  "#!/bin/sh -e" in it runs
 *	execve("/bin/sh", {"/bin/sh", "-e", "/x/script", "b"})
 *
 * All after the interpreter's name, less blanks around it, is one argument.  The interpreter
 * may be a script itself, up to MAX_DEPTH times; each puts its words before those of the last.
 *
 * Further     execve(2), "Interpreter scripts".
 */
#include "abi/errno.h"
#include "abi/mount.h"
#include "fs/vfs.h"
#include "kernel/exec_private.h"
#include "lib/string.h"
#include "mm/slab.h"

#define MAX_DEPTH	5	/* files in a chain: four scripts and a program */
#define LINE_MAX	256	/* of a #! line, as on Linux */

struct file *
exec_open(int dfd, const char *name, uint lookup)
{
	struct path p;
	struct inode *inode;
	struct file *f;
	int err = path_lookup(dfd, name, lookup, &p);

	if (err)
		return ERR_PTR(err);
	inode = p.dentry->inode;
	err = S_ISLNK(inode->mode) ? -ELOOP : -EACCES;
	if (S_ISREG(inode->mode) && !(p.mnt->flags & MS_NOEXEC))
		err = inode_permission(inode, MAY_EXEC);
	f = err ? ERR_PTR(err) : file_create(inode->fops, inode, O_RDONLY);
	if (IS_ERR(f)) {
		path_put(&p);
		return f;
	}
	f->path = p;			/* which counts the inode too */
	f->mode |= FMODE_EXEC;		/* reading for the sake of running it needs no r bit */
	err = f->ops->open ? f->ops->open(inode, f) : 0;
	if (!err)
		err = file_deny_write(f);
	if (err) {
		file_put(f);
		return ERR_PTR(err);
	}
	return f;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Split a script's first line in place: *interp and *arg (NULL if none). line has n bytes.
 * 0, or -ENOEXEC without an interpreter, or when its name does not fit.
 */
static int
split_line(char *line, size_t n, char **interp, char **arg)
{
	char *end = memchr(line, '\n', n), *p = line + 2;

	if (!end) {
		/* Cut short: fine if a word ended within what we have. */
		end = line + n;
		for (; p < end && blank(*p); p++)
			;
		for (; p < end && *p && !blank(*p); p++)
			;
		if (n >= LINE_MAX && p == end)
			return -ENOEXEC;
		end = line + MIN(strnlen(line, n), (size_t)LINE_MAX - 1);
		p = line + 2;
	}
	while (end > p && blank(end[-1]))
		end--;
	*end = '\0';
	while (blank(*p))
		p++;
	if (!*p)
		return -ENOEXEC;
	*interp = p;
	while (*p && !blank(*p))
		p++;
	*arg = NULL;
	if (*p) {
		*p++ = '\0';
		while (blank(*p))
			p++;
		*arg = p;
	}
	return 0;
}

/* The words of one #! line, which come before those of the scripts opened earlier. */
struct script {
	char	line[LINE_MAX + 1];
	char	*interp, *arg;
};

/* argv begins: interp and arg of the last line, then of the one before..., then the first script's name. */
static int
add_words(struct exec *x, const struct script *s, int n)
{
	int err = 0;

	while (!err && n--) {
		x->args.argc++;
		err = strings_add(&x->args, s[n].interp);
		if (!err && s[n].arg) {
			x->args.argc++;
			err = strings_add(&x->args, s[n].arg);
		}
	}
	if (!err) {
		x->args.argc++;
		err = strings_add(&x->args, x->name);
	}
	return err;
}

/* The interpreter a dynamic program names: open it and check it too. */
static int
find_interp(struct exec *x)
{
	const struct elf_image *img = &x->prog.img;
	char head[EXEC_HEAD];
	char *path;
	ssize_t n;
	int err;

	if (!img->interp_len)
		return 0;
	if (img->interp_len > PATH_MAX || img->interp_len < 2)
		return -ENOEXEC;
	path = page_alloc(GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	n = file_read_kernel(x->prog.file, path, img->interp_len, img->interp_off);
	err = n < 0 ? n : -ENOEXEC;
	if (n != (ssize_t)img->interp_len || path[n - 1])
		goto out;
	x->interp.file = exec_open(AT_FDCWD, path, LOOKUP_FOLLOW);
	if (IS_ERR(x->interp.file)) {
		err = PTR_ERR(x->interp.file);
		x->interp.file = NULL;
		goto out;
	}
	n = file_read_kernel(x->interp.file, head, sizeof(head), 0);
	err = n < 0 ? n : program_check(&x->interp, head, n);
	if (err == -ENOEXEC || err == -EINVAL)
		err = -ELIBBAD;
out:
	page_free(path);
	return err;
}

int
exec_find(struct exec *x, bool *replaced)
{
	struct script *scripts = NULL;
	char head[EXEC_HEAD];
	const char *path = NULL;
	ssize_t n;
	int depth, err;

	*replaced = false;
	for (depth = 0;; depth++) {
		struct file *f = path ? exec_open(AT_FDCWD, path, LOOKUP_FOLLOW) :
					exec_open(x->dfd, x->path, x->lookup);

		err = PTR_ERR(f);
		if (IS_ERR(f))
			break;
		x->prog.file = f;
		err = n = file_read_kernel(f, head, sizeof(head), 0);
		if (n < 0)
			break;
		if (n < 2 || head[0] != '#' || head[1] != '!') {
			err = program_check(&x->prog, head, n);
			if (!err)
				err = find_interp(x);
			break;
		}
		err = -ENOENT;
		if (x->hidden)
			break;
		err = -ELOOP;
		if (depth == MAX_DEPTH)
			break;
		if (!scripts)
			scripts = kmalloc(MAX_DEPTH * sizeof(*scripts), GFP_KERNEL);
		err = -ENOMEM;
		if (!scripts)
			break;
		n = MIN(n, LINE_MAX);
		memcpy(scripts[depth].line, head, n);
		scripts[depth].line[n] = '\0';
		err = split_line(scripts[depth].line, n, &scripts[depth].interp, &scripts[depth].arg);
		if (err)
			break;
		path = scripts[depth].interp;
		x->prog.file = NULL;
		file_put(f);
	}
	if (!err && depth) {
		*replaced = true;
		err = add_words(x, scripts, depth);
	}
	kfree(scripts);
	return err;
}
