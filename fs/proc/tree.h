/*
 * tree.h - file systems whose files are tables: what proc and sysfs are made of.
 *
 * A directory is a table of struct pentry, ended by an entry without a name, and perhaps two
 * functions for names that come and go (process ids, descriptors).  A file is a function that
 * prints all of it into a buffer; reads are served from that buffer.
 */
#ifndef FS_PROC_TREE_H
#define FS_PROC_TREE_H

#include "fs/vfs.h"
#include "kernel/task.h"
#include "lib/types.h"

/* Text that grows. Running out of memory is remembered, and the read then fails. */
struct pbuf {
	char	*buf;			/* kmalloc'd */
	size_t	len, cap;
	bool	failed;
};

void	pbuf_printf(struct pbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void	pbuf_put(void *b, const char *s, size_t n);	/* shaped to be a callback */
static inline void pbuf_putc(struct pbuf *b, char c) { pbuf_put(b, &c, 1); }
void	pbuf_pad(struct pbuf *b, size_t from, size_t width);	/* spaces until from + width */

struct pentry;

/* What an inode is: an entry, and which process or descriptor it is about. */
struct pnode {
	const struct pentry *e;
	int	pid;			/* 0: of no process */
	ulong	arg;			/* descriptor number, device; fixed entries of a directory have its own */
	u64	start;			/* the task's start_time: a reused pid is another task */
};

/* t: the task of n->pid, alive and counted for the call; NULL if n->pid is 0. Errors: -errno. */
struct pentry {
	const char *name;
	u32	mode;			/* S_IFDIR, S_IFREG or S_IFLNK, and permissions */
	/* Files: exactly one of text and show; write may be NULL. */
	const char *text;
	int	(*show)(struct pbuf *b, const struct pnode *n, struct task *t);
	/* s is NUL-terminated, without the final newline. */
	int	(*write)(const struct pnode *n, struct task *t, char *s, size_t len);
	/* Links: the text; and, if it leads to an object whatever its name, the object. */
	ssize_t	(*readlink)(const struct pnode *n, struct task *t, char *buf, size_t size);
	int	(*follow)(const struct pnode *n, struct task *t, struct path *out);
	/* Directories. */
	const struct pentry *children;	/* NULL: none that are fixed */
	/* Fill out's e, pid, arg; -ENOENT. */
	int	(*lookup)(const struct pnode *dir, struct task *t, const char *name, struct pnode *out);
	/* Positions from PTREE_DYNAMIC on. */
	int	(*readdir)(const struct pnode *dir, struct task *t, struct dir_emit *e);
	bool	fleeting;		/* look the name up again every time */
	bool	guarded;		/* only for who could trace the process: its user, or CAP_SYS_PTRACE */
};

#define PDIR(n, kids)		{ .name = (n), .mode = S_IFDIR | 0555, .children = (kids) }
#define PFILE(n, fn)		{ .name = (n), .mode = S_IFREG | 0444, .show = (fn) }
#define PTEXT(n, s)		{ .name = (n), .mode = S_IFREG | 0444, .text = (s) }

#define PTREE_DYNAMIC	256		/* first readdir position after the table's entries */

/* For readdir: emit what n is under this name; false when the buffer is full. Advances *e->pos to next. */
bool	ptree_emit(struct dir_emit *e, const char *name, const struct pnode *n, loff_t next);
/* The whole of s as a decimal number without leading zeros; -1 if it is not one. */
long	ptree_number(const char *s);
/* The task that f is the directory e of, counted. ERR_PTR: -EBADF if it is no such directory, -ESRCH if it has gone. */
struct task *ptree_task(const struct file *f, const struct pentry *e);
/* A super block over the tree below root (a directory entry). ERR_PTR. */
struct super_block *ptree_mount(const struct file_system *fs, const struct pentry *root, u64 magic);

#endif
