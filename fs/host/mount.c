/*
 * mount.c - an ext4 file system mounted on the host, at /mnt.
 */
#include "abi/mount.h"
#include "fs/ext4/ext4.h"
#include "fs/host/host.h"
#include "fs/host/vfs.h"
#include "fs/internal.h"
#include "lib/string.h"

long	sys_umount2(const ulong *a);

int
host_mount(struct block_device *dev, ulong flags, const char *options)
{
	static bool known;
	int err;

	if (!known) {
		ext4_init();
		err = vfs_mkdir(AT_FDCWD, "/mnt", 0755);
		if (err)
			panic("no /mnt: %d", err);
		known = true;
	}
	return vfs_mount(dev->name, "/mnt", "ext4", flags, options);
}

int
host_umount(void)
{
	ulong a[2] = { (ulong)"/mnt", 0 };

	return sys_umount2(a);
}

struct super_block *
host_super(void)
{
	struct super_block *sb;
	struct path p;

	if (path_lookup(AT_FDCWD, "/mnt", 0, &p))
		return NULL;
	sb = p.mnt->sb;
	path_put(&p);
	return sb;
}

/* ---- files, shortly ---- */

ssize_t
host_write(struct file *f, const void *buf, size_t n, loff_t pos)
{
	struct uio u;

	uio_init_kernel(&u, (void *)buf, n);
	return file_write(f, &u, &pos);
}

ssize_t
host_read(struct file *f, void *buf, size_t n, loff_t pos)
{
	return file_read_kernel(f, buf, n, pos);
}

int
host_fsync(struct file *f)
{
	return f->ops->fsync ? f->ops->fsync(f, false) : -EINVAL;
}

int
host_put_file(const char *path, const void *buf, size_t n)
{
	struct file *f = vfs_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	ssize_t done;

	if (IS_ERR(f))
		return PTR_ERR(f);
	done = host_write(f, buf, n, 0);
	file_put(f);
	return done < 0 ? done : (size_t)done == n ? 0 : -ENOSPC;
}

ssize_t
host_get_file(const char *path, void *buf, size_t n)
{
	struct file *f = vfs_open(AT_FDCWD, path, O_RDONLY, 0);
	ssize_t done;

	if (IS_ERR(f))
		return PTR_ERR(f);
	done = host_read(f, buf, n, 0);
	file_put(f);
	return done;
}
