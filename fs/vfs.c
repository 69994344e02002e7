/*
 * vfs.c - the files' start, and what each task sees of them: root, working directory, umask.
 */
#include "fs/async.h"
#include "fs/event/anon.h"
#include "fs/event/epoll.h"
#include "fs/internal.h"
#include "kernel/printk.h"
#include "mm/slab.h"

struct fs_context *kernel_fs;

struct fs_context *
fs_context_copy(struct fs_context *old)
{
	struct fs_context *fs = kmalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	spin_init(&fs->lock, RANK_FS);
	atomic_set(&fs->refs, 1);
	spin_lock(&old->lock);
	fs->root = old->root;
	fs->cwd = old->cwd;
	fs->umask = old->umask;
	path_get(&fs->root);
	path_get(&fs->cwd);
	spin_unlock(&old->lock);
	return fs;
}

void
fs_context_put(struct fs_context *fs)
{
	if (!atomic_dec_and_test(&fs->refs))
		return;
	path_put(&fs->cwd);
	path_put(&fs->root);
	kfree(fs);
}

void
vfs_init(void)
{
	struct fs_context *fs;

	dcache_init();			/* names can be cached */
	inode_init();			/* inode_create */
	super_init();			/* super_mount_disk */
	files_init();			/* file_create */
	mount_init();
	pipe_init();			/* pipe_create */
	async_init();			/* F_SETOWN */
	anon_init();			/* anon_open */
	epoll_init();			/* epoll_create1 */
	signalfd_init();		/* signals may be sent: their senders look at its queues */
	tmpfs_init();			/* shmem_file_create */
	fs = kmalloc(sizeof(*fs), GFP_KERNEL);
	if (!fs || mount_root("rootfs", &fs->root))
		panic("no memory for the root directory");
	spin_init(&fs->lock, RANK_FS);
	atomic_set(&fs->refs, 1);
	fs->cwd = fs->root;
	path_get(&fs->cwd);
	fs->umask = 022;
	current->fs = kernel_fs = fs;	/* those created from here on start with a copy */
}
