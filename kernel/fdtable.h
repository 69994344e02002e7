/*
 * fdtable.h - a process's open files, by small number.
 */
#ifndef KERNEL_FDTABLE_H
#define KERNEL_FDTABLE_H

#include "arch/atomic.h"
#include "kernel/spinlock.h"
#include "lib/types.h"

struct file;

struct files {			/* Guarded by: l lock. Readers of fd[] with refs==1 need no lock. */
	struct spinlock lock;
	atomic_t refs;
	uint	max;			/* [l] length of fd[], a multiple of 64 */
	struct file **fd;		/* [l] */
	ulong	*open, *cloexec;	/* [l] bitmaps */
	uint	next;			/* [l] no free number below */
};

struct files *files_create(void);
struct files *files_copy(struct files *old);	/* NULL if out of memory; each file counted */
void	files_get(struct files *f);
void	files_put(struct files *f);
void	files_close_on_exec(struct files *f);

/* Reserve the lowest free number >= min, then install, or give it back. -EMFILE, -ENOMEM. */
int	fd_alloc(int min, bool cloexec);
void	fd_install(int fd, struct file *file);	/* takes over the caller's reference */
void	fd_cancel(int fd);
int	fd_open(struct file *file, bool cloexec);	/* alloc + install; on error the caller still owns file */
int	fd_close(int fd);			/* -EBADF, else the close's result */
/* Make fd name file (counted for it), closing what it named: dup3. fd, -EBADF, -EBUSY or -ENOMEM. */
int	fd_replace(int fd, struct file *file, bool cloexec);
/* The close-on-exec bit: -EBADF, or it (for get) or 0. */
int	fd_cloexec_get(int fd);
int	fd_cloexec_set(int fd, bool on);
/* Close, or mark close-on-exec, every descriptor in [first, last]. */
void	fd_close_range(uint first, uint last, bool cloexec_only);
/*
 * The file behind fd: NULL if closed (or O_PATH, for fd_get). *need_put is false when the table is not shared, so
 * that no reference had to be taken: fd_put(file, need_put) ends the use either way.
 */
struct file *fd_get(int fd, bool *need_put);
struct file *fd_get_path(int fd, bool *need_put);	/* O_PATH ones too */
void	fd_put(struct file *f, bool need_put);
struct file *fd_file(struct files *f, int fd);	/* counted reference, any process's table, or NULL */

#endif
