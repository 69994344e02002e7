/*
 * fdtable.c - a process's open files, by small number.
 *
 * Data        struct files (fdtable.h): an array of files and two bitmaps in one allocation, of
 *             64 numbers at first and doubled when they are used up.
 * Locks       files->lock.  fd_get() reads fd[] without it, and counts nothing, while the table
 *             has one owner: nobody else can close a file under it.  /proc reads other processes'
 *             tables under the lock, so closing and growing always take it.
 * Invariants  F1  bit n of open set <=> n is reserved; fd[n] set => bit n of open set.
 *             F2  every number below next is reserved.
 * Not here    what a file is (fs/file.c); dup and fcntl (fs/fcntl.c).
 */
#include "kernel/fdtable.h"
#include "fs/vfs.h"
#include "kernel/task.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/vmap.h"

#define FILES_FIRST	64
#define FILES_MAX	(1u << 20)	/* Linux's fs.nr_open */

/* What the tables of `max` numbers need, in one block: fd[], open, cloexec. */
static inline size_t table_size(uint max) { return max * sizeof(struct file *) + max / 4; }
static inline bool table_is_large(uint max) { return table_size(max) > 4 * MiB; }	/* for kmalloc */

/* NULL if out of memory. */
static struct file **
table_alloc(uint max)
{
	struct file **block;

	if (!table_is_large(max))
		return kzalloc(table_size(max), GFP_KERNEL);
	block = vmalloc(table_size(max));
	if (block)
		memset(block, 0, table_size(max));
	return block;
}

static void
table_free(struct file **block, uint max)
{
	if (table_is_large(max))
		vfree(block);
	else
		kfree(block);
}

/* Point f at tables in block. */
static void
table_set(struct files *f, struct file **block, uint max)
{
	f->fd = block;
	f->open = (ulong *)(block + max);
	f->cloexec = f->open + max / 64;
	f->max = max;
}

static struct files *
files_alloc(uint max)
{
	struct files *f = kmalloc(sizeof(*f), GFP_KERNEL);
	struct file **block = table_alloc(max);

	if (!f || !block) {
		kfree(f);
		table_free(block, max);
		return NULL;
	}
	spin_init(&f->lock, RANK_FILES);
	atomic_set(&f->refs, 1);
	table_set(f, block, max);
	f->next = 0;
	return f;
}

struct files *
files_create(void)
{
	return files_alloc(FILES_FIRST);
}

/* The length a copy of f needs. */
static uint
used_length_locked(const struct files *f) MUST_HOLD(f->lock)
{
	uint i = f->max / 64;

	while (i > 1 && !f->open[i - 1])
		i--;
	return i * 64;
}

struct files *
files_copy(struct files *old)
{
	struct files *f;
	uint need, i;
	bool alone;

	for (;;) {
		spin_lock(&old->lock);
		need = used_length_locked(old);
		spin_unlock(&old->lock);
		f = files_alloc(need);
		if (!f)
			return NULL;
		spin_lock(&old->lock);
		if (used_length_locked(old) <= need)
			break;
		spin_unlock(&old->lock);
		table_free(f->fd, f->max);
		kfree(f);
	}
	/* Nobody else changes a table that is ours alone; of one that is shared the copy is that of one moment. */
	alone = atomic_read(&old->refs) == 1;
	for (i = bitmap_find_set(old->open, need, 0); i < need; i = bitmap_find_set(old->open, need, i + 1)) {
		struct file *file;

		if (alone)
			spin_breathe(&old->lock, i);
		file = old->fd[i];
		if (!file)
			continue;
		file_get(file);
		f->fd[i] = file;
		bitmap_set(f->open, i);
		if (bitmap_test(old->cloexec, i))
			bitmap_set(f->cloexec, i);
	}
	spin_unlock(&old->lock);
	return f;
}

void
files_get(struct files *f)
{
	atomic_inc(&f->refs);
}

void
files_put(struct files *f)
{
	uint i;

	if (!atomic_dec_and_test(&f->refs))
		return;
	for (i = bitmap_find_set(f->open, f->max, 0); i < f->max; i = bitmap_find_set(f->open, f->max, i + 1))
		if (f->fd[i])
			file_close(f->fd[i], f);
	table_free(f->fd, f->max);
	kfree(f);
}

/* Make f hold at least `need` numbers: 0 or -ENOMEM, -EMFILE. Drops and retakes the lock. */
static int
grow_locked(struct files *f, uint need) MUST_HOLD(f->lock)
{
	struct file **block, **old = NULL;
	ulong *open, *cloexec;
	uint max = f->max, n = 0;

	if (need >= FILES_MAX)
		return -EMFILE;
	while (max <= need)
		max = MIN(max * 2, FILES_MAX);	/* a copied table has any multiple of 64 */
	spin_unlock(&f->lock);
	block = table_alloc(max);
	spin_lock(&f->lock);
	if (!block)
		return -ENOMEM;
	if (f->max < max) {
		n = f->max;
		old = f->fd;
		open = f->open;
		cloexec = f->cloexec;
		table_set(f, block, max);
		memcpy(f->fd, old, n * sizeof(*old));
		memcpy(f->open, open, n / 8);
		memcpy(f->cloexec, cloexec, n / 8);
		block = NULL;
	}
	spin_unlock(&f->lock);
	table_free(block, max);
	table_free(old, n);
	spin_lock(&f->lock);
	return 0;
}

int
fd_alloc(int min, bool cloexec)
{
	struct files *f = current->files;
	u64 limit = current->proc->rlim[RLIMIT_NOFILE].rlim_cur;
	uint fd;
	int err = 0;

	if ((u64)min >= limit)
		return -EMFILE;
	spin_lock(&f->lock);
	for (;;) {
		fd = MAX((uint)min, f->next);
		fd = fd < f->max ? bitmap_find_clear(f->open, f->max, fd) : fd;
		if (fd >= limit)
			err = -EMFILE;
		if (err || likely(fd < f->max))
			break;
		err = grow_locked(f, fd);
	}
	if (likely(!err)) {
		bitmap_set(f->open, fd);
		if (cloexec)
			bitmap_set(f->cloexec, fd);
		else
			bitmap_clear(f->cloexec, fd);
		if ((uint)min <= f->next)
			f->next = fd + 1;
	}
	spin_unlock(&f->lock);
	return err ? err : (int)fd;
}

void
fd_install(int fd, struct file *file)
{
	struct files *f = current->files;

	spin_lock(&f->lock);
	f->fd[fd] = file;
	spin_unlock(&f->lock);
}

/* fd is free again. */
static inline void
fd_release_locked(struct files *f, uint fd)
{
	f->fd[fd] = NULL;
	bitmap_clear(f->open, fd);
	if (fd < f->next)
		f->next = fd;
}

void
fd_cancel(int fd)
{
	struct files *f = current->files;

	spin_lock(&f->lock);
	fd_release_locked(f, fd);
	spin_unlock(&f->lock);
}

int
fd_open(struct file *file, bool cloexec)
{
	int fd = fd_alloc(0, cloexec);

	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

int
fd_close(int fd)
{
	struct files *f = current->files;
	struct file *file = NULL;

	spin_lock(&f->lock);
	if ((uint)fd < f->max)
		file = f->fd[fd];
	if (file)
		fd_release_locked(f, fd);
	spin_unlock(&f->lock);
	return file ? file_close(file, f) : -EBADF;
}

int
fd_replace(int fd, struct file *file, bool cloexec)
{
	struct files *f = current->files;
	struct file *old = NULL;
	int err = 0;

	if ((u64)(uint)fd >= current->proc->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EBADF;
	spin_lock(&f->lock);
	while (!err && (uint)fd >= f->max)
		err = grow_locked(f, fd);
	if (!err && bitmap_test(f->open, fd) && !f->fd[fd])
		err = -EBUSY;
	if (!err) {
		old = f->fd[fd];
		file_get(file);
		f->fd[fd] = file;
		bitmap_set(f->open, fd);
		if (cloexec)
			bitmap_set(f->cloexec, fd);
		else
			bitmap_clear(f->cloexec, fd);
	}
	spin_unlock(&f->lock);
	if (old)
		file_close(old, f);
	return err ? err : fd;
}

int
fd_cloexec_get(int fd)
{
	struct files *f = current->files;
	int on = -EBADF;

	spin_lock(&f->lock);
	if ((uint)fd < f->max && f->fd[fd])
		on = bitmap_test(f->cloexec, fd);
	spin_unlock(&f->lock);
	return on;
}

int
fd_cloexec_set(int fd, bool on)
{
	struct files *f = current->files;
	int err = -EBADF;

	spin_lock(&f->lock);
	if ((uint)fd < f->max && f->fd[fd]) {
		if (on)
			bitmap_set(f->cloexec, fd);
		else
			bitmap_clear(f->cloexec, fd);
		err = 0;
	}
	spin_unlock(&f->lock);
	return err;
}

void
fd_close_range(uint first, uint last, bool cloexec_only)
{
	struct files *f = current->files;
	struct file *file;
	uint fd = first;

	spin_lock(&f->lock);
	for (;;) {
		spin_breathe(&f->lock, fd);
		fd = fd < f->max ? bitmap_find_set(f->open, f->max, fd) : f->max;
		if (fd >= f->max || fd > last)
			break;
		file = f->fd[fd];
		if (file && cloexec_only) {
			bitmap_set(f->cloexec, fd);
		} else if (file) {
			fd_release_locked(f, fd);
			spin_unlock(&f->lock);
			file_close(file, f);
			spin_lock(&f->lock);
		}
		fd++;
	}
	spin_unlock(&f->lock);
}

void
files_close_on_exec(struct files *f)
{
	struct file *file;
	uint fd = 0;

	spin_lock(&f->lock);
	while ((fd = bitmap_find_set(f->cloexec, f->max, fd)) < f->max) {
		bitmap_clear(f->cloexec, fd);
		file = f->fd[fd];
		if (!file)
			continue;
		fd_release_locked(f, fd);
		spin_unlock(&f->lock);
		file_close(file, f);
		spin_lock(&f->lock);
	}
	spin_unlock(&f->lock);
}

struct file *
fd_file(struct files *f, int fd)
{
	struct file *file = NULL;

	spin_lock(&f->lock);
	if ((uint)fd < f->max)
		file = f->fd[fd];
	if (file)
		file_get(file);
	spin_unlock(&f->lock);
	return file;
}

struct file *
fd_get_path(int fd, bool *need_put)
{
	struct files *f = current->files;

	if (likely(atomic_read(&f->refs) == 1)) {
		*need_put = false;
		return likely((uint)fd < f->max) ? f->fd[fd] : NULL;
	}
	*need_put = true;
	return fd_file(f, fd);
}

struct file *
fd_get(int fd, bool *need_put)
{
	struct file *file = fd_get_path(fd, need_put);

	if (likely(file) && unlikely(file->mode & FMODE_PATH)) {
		fd_put(file, *need_put);
		return NULL;
	}
	return file;
}

void
fd_put(struct file *f, bool need_put)
{
	if (unlikely(need_put))
		file_put(f);
}
